"""Post stage: one entry's lines, in roles first, in ledger accounts last."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from odoo import models
from odoo.exceptions import UserError

from ...lib.ecom_reconcile import Posting, allocate, balanced, convert


class EcomPoster(models.AbstractModel):
    _inherit = "ecom.poster"

    def _value(self, plans, stage):
        """Add `values` of the entry and `facts`, one per journal item in its order, to every plan."""
        lookups, rates = {}, {}
        self._name_customers([item for plan in plans for item in plan["items"]])
        for plan in plans:
            account = plan["account"]
            if account.company_id not in lookups:
                lookups[account.company_id] = self.env["ecom.role.map"]._lookup(account.company_id)
            postings, plan["facts"] = self._both_sides(account, stage, plan["items"])
            plan["values"] = {
                "move_type": "entry",
                "journal_id": account.journal_id.id,
                "company_id": account.company_id.id,
                "date": plan["date"],
                "ref": self._title(account, stage, plan["day"]),
                "line_ids": self._journal_items(plan, postings, lookups[account.company_id], rates),
            }

    def _name_customers(self, items):
        """Add `customer` to every item: who owes the order it clears."""
        orders = self.env["sale.order"].browse([item["order_id"] for item in items if item["order_id"]])
        customers = {order.id: order.partner_invoice_id.commercial_partner_id for order in orders}
        for item in items:
            item["customer"] = customers.get(item["order_id"], self.env["res.partner"])

    def _title(self, account, stage, day):
        if stage == "reclass":
            return self.env._("%(account)s %(day)s explained", account=account.name, day=day)
        return f"{account.name} {day}"

    def _journal_items(self, plan, postings, lookup, rates):
        account = plan["account"]
        scale = 10**account.currency_id.decimal_places
        own = 10**account.company_id.currency_id.decimal_places
        balances = self._balances(account, [posting.amount for posting in postings], plan["day"], rates)
        return [
            (
                0,
                0,
                {
                    "sequence": sequence,
                    "account_id": lookup(posting.role, account, fact["shop"]).id,
                    "name": fact["label"],
                    "partner_id": fact["partner"].id,
                    "currency_id": account.currency_id.id,
                    "amount_currency": posting.amount / scale,
                    "balance": balance / own,
                    "ecom_order_id": fact["order"],
                    "ecom_item": fact["item"],
                    "analytic_distribution": fact["analytic"],
                    "tax_ids": False,
                },
            )
            for sequence, (posting, fact, balance) in enumerate(
                zip(postings, plan["facts"], balances, strict=True), start=1
            )
        ]

    def _both_sides(self, account, stage, items):
        """(postings, facts) of one entry: what the money is for, and the money; proven to balance."""
        pairs = [pair for item in items for pair in self._counter(item)]
        nobody = {
            "item": 0,
            "shop": self.env["ecom.shop"],
            "order": False,
            "partner": self.env["res.partner"],
            "label": account.name,
            "analytic": False,
        }
        sums = defaultdict(int)
        for item in items:
            sums[self._money_role(account, stage, item)] += item["amount"]
        pairs += [(Posting(role=role, amount=amount), dict(nobody)) for role, amount in sums.items()]
        balanced(posting for posting, _fact in pairs)
        # All of it may cancel out: then one pair of lines keeps the evidence.
        kept = [pair for pair in pairs if pair[0].amount] or pairs[:2]
        return [posting for posting, _fact in kept], [fact for _posting, fact in kept]

    def _money_role(self, account, stage, item):
        """Where the money stands: on the platform, in clearing, or on suspense if it stood there."""
        if stage == "reclass":
            return "suspense"
        if account._clears() and not item["moves_only"]:
            return "clearing"
        return "platform_balance"

    def _counter(self, item):
        """What an item is for, in roles; debit positive, so money that came in is a credit here."""
        shop = self.env["ecom.shop"].browse(item["shop_id"] or ())
        category = self.env["ecom.category"].browse(item["category_id"] or ())
        fact = {
            "item": item["item"],
            "shop": shop,
            "order": item["order_id"] or False,
            "partner": self.env["res.partner"],
            "label": category.name or self.env._("Unknown"),
            "analytic": False,
        }
        if item["moves_only"] and category and category.kind not in ("transfer", "reserve"):
            return [(Posting(role="clearing", amount=-item["amount"], key=item["item"]), fact)]
        if not item["explained"]:
            return [(Posting(role="suspense", amount=-item["amount"], key=item["item"]), fact)]
        rows = item["rows"].get((category, shop.posting_mode or "summary"))
        if not rows:
            raise UserError(
                self.env._("No voucher template has a line for %(category)s.", category=category.name)
            )
        parts = allocate(item["amount"], [int(Decimal(str(row.percent)).scaleb(4)) for row in rows])
        return [
            pair
            for row, part in zip(rows, parts, strict=True)
            for pair in self._voucher_parts(item, row, part, fact)
        ]

    def _voucher_parts(self, item, row, part, fact):
        """One voucher line, and the tax it includes."""
        own = dict(
            fact,
            partner=self._partner(row, item, fact),
            label=row.label or fact["label"],
            analytic=row.analytic_distribution or False,
        )
        if not row.tax_id:
            return [(Posting(role=row.role_id.code, amount=-part, key=item["item"]), own)]
        rate = Decimal(str(row.tax_id.amount))
        tax = int((Decimal(part) * rate / (100 + rate)).to_integral_value(ROUND_HALF_UP))
        return [
            (Posting(role="tax", amount=-tax, key=item["item"]), dict(own, label=row.tax_id.name)),
            (Posting(role=row.role_id.code, amount=-(part - tax), key=item["item"]), own),
        ]

    def _partner(self, row, item, fact):
        """Whom a voucher line names."""
        if row.partner == "shop":
            return fact["shop"].partner_id
        return item["customer"] if row.partner == "order" else self.env["res.partner"]

    def _balances(self, account, amounts, day, rates=None):
        """The amounts in the company's currency, at the rate of the day, still adding up to zero.

        :param amounts: minor units of the account's currency, sum zero
        :param rates: cache of this call
        """
        company = account.company_id
        if account.currency_id == company.currency_id:
            return amounts
        rates = {} if rates is None else rates
        key = (account.currency_id, company, day)
        if key not in rates:
            rates[key] = self._rate(account, day)
        digits = account.currency_id.decimal_places, company.currency_id.decimal_places
        return convert(amounts, rates[key], *digits)

    def _rate(self, account, day):
        """Company units per unit of the account's currency; without any rate nothing is booked 1:1."""
        company = account.company_id
        rates = self.env["res.currency.rate"]
        for currency in account.currency_id | company.currency_id:
            # A company's own currency is the yardstick and needs no rate.
            known = currency == company.currency_id or rates.search_count(
                [
                    ("currency_id", "=", currency.id),
                    ("name", "<=", day),
                    ("company_id", "in", [company.root_id.id, False]),
                ],
                limit=1,
            )
            if not known:
                raise UserError(
                    self.env._(
                        "There is no exchange rate of %(currency)s on or before %(day)s. Enter it first.",
                        currency=currency.name,
                        day=day,
                    )
                )
        rate = self.env["res.currency"]._get_conversion_rate(
            account.currency_id, company.currency_id, company, day
        )
        return Decimal(repr(rate))
