"""Post stage: groups of bill lines become balanced entries, once, with every line linked."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.ecom_reconcile import Posting, allocate, balanced, convert

from .ecom_matcher import SCALES

MOVES_PER_BATCH = 100
FINE = ("exact", "tolerance", "net")
FINE_REFUND = (*FINE, "unchecked")


class EcomPoster(models.AbstractModel):
    """Books what is not booked yet. Matched money goes where its category says; sales and refunds
    that nobody has explained go to suspense, and off it when they are explained."""

    _name = "ecom.poster"
    _description = "Poster"

    @api.model
    def _post(self, account, run, when_locked="refuse"):
        """Post one account's open lines; return the entries.

        :param when_locked: "refuse" days in a locked period, or book them on the "first_open" day
        :raises UserError: names what is missing or locked; nothing is posted then
        """
        account._lock_for_import()
        self = self.with_company(account.company_id).with_context(**self._quiet())
        account = account.with_env(self.env)
        self.env.flush_all()
        self._collect(account)
        moves = self._opening(account, run)
        for stage in ("money", "reclass"):
            moves |= self._post_stage(account, run, stage, when_locked)
        self.env.cr.execute("DROP TABLE post_line")
        moves |= self._post_differences(account, run, when_locked)
        self._reconcile_orders(account)
        self.env["ecom.bill"]._refresh_posted(account)
        run.move_count += len(moves)
        return moves

    def _quiet(self):
        """The whole context of a posting: nothing that a caller sent gets through to Odoo's checks."""
        kept = {name: self.env.context[name] for name in ("lang", "tz") if name in self.env.context}
        return {"tracking_disable": True, "mail_create_nolog": True, **kept}

    # --- what is to be booked -------------------------------------------------

    def _collect(self, account):
        """`post_line`: lines that are not booked (money) or stand on suspense though explained (reclass)."""
        cr = self.env.cr
        clears = account._clears()
        default = account.shop_ids.id if len(account.shop_ids) == 1 else None
        cr.execute(
            SQL(
                """CREATE TEMP TABLE post_line ON COMMIT DROP AS
                   SELECT x.* FROM (
                     SELECT l.id AS line_id, l.day, l.bill_id, l.tally_id, l.category_id,
                            coalesce(t.shop_id, %(shop)s) AS shop_id,
                            coalesce(m.order_id, 0) AS order_id, l.amount,
                            %(clears)s AND l.kind = 'fund_flow' AS moves_only,
                            CASE WHEN p.id IS NULL THEN 'money' ELSE 'reclass' END AS stage,
                            CASE WHEN c.id IS NULL OR t.state = 'ignored' THEN false
                                 WHEN c.kind = 'receivable' AND NOT (c.code = 'subsidy' AND l.amount < 0)
                                   OR c.kind = 'tax' AND l.refund_ref IS NULL
                                 THEN coalesce(m.state_received IN %(fine)s, false)
                                 WHEN c.kind IN ('receivable', 'refund', 'tax')
                                 THEN coalesce(m.state_refund IN %(fine_refund)s, false)
                                 ELSE true END AS explained
                       FROM ecom_bill_line l
                       JOIN ecom_tally t ON t.id = l.tally_id
                       LEFT JOIN ecom_match m ON m.id = t.match_id
                       LEFT JOIN ecom_category c ON c.id = l.category_id
                       LEFT JOIN ecom_posting_line p
                         ON p.line_id = l.id AND p.stage = 'money' AND NOT p.reversed
                      WHERE l.account_id = %(account)s
                        AND (p.id IS NULL OR p.suspense AND NOT EXISTS (
                             SELECT 1 FROM ecom_posting_line r
                              WHERE r.line_id = l.id AND r.stage = 'reclass' AND NOT r.reversed))
                   ) x WHERE x.stage = 'money' OR x.explained""",
                shop=default,
                clears=clears,
                fine=FINE,
                fine_refund=FINE_REFUND,
                account=account.id,
            )
        )

    def _post_stage(self, account, run, stage, when_locked):
        items = self._items(account, stage)
        if not items:
            return self.env["account.move"]
        self._guard_summary(account, stage)
        groups = self._groups(account, items)
        dates = self._dates(account, groups, when_locked if stage == "money" else "first_open")
        moves = self._create_moves(account, stage, groups, dates)
        self._link(account, run, stage, groups, moves)
        run.line_count += sum(item["lines"] for item in items)
        return moves

    def _items(self, account, stage):
        """One row per journal item to come: same day, category, shop, order and destination.

        Amounts are minor units of the account's currency, as the platform moves them.
        """
        table = self.env["ecom.voucher.template"]._by_category(account.company_id)
        by_order = [
            category.id
            for (category, mode), rows in table.items()
            if mode == "order" and any(row.partner == "order" for row in rows)
        ]
        keys = {"bill": [0], "order": [0], "line": [0]}
        for (category, _mode), rows in table.items():
            if rows[0].template_id.grouping in keys:
                keys[rows[0].template_id.grouping].append(category.id)
        cr = self.env.cr
        cr.execute(
            SQL(
                """CREATE TEMP TABLE post_item ON COMMIT DROP AS
                   SELECT row_number() OVER (ORDER BY day, category_id, shop_id, order_id, unit)::int AS item, g.*
                     FROM (
                       SELECT day, coalesce(category_id, 0) AS category_id, coalesce(shop_id, 0) AS shop_id,
                              explained, moves_only, %(order)s AS order_id, %(unit)s AS unit,
                              (sum(amount) * max(u.scale))::bigint AS amount, count(*)::int AS lines
                         FROM post_line, %(scales)s u
                        WHERE stage = %(stage)s AND u.id = %(currency)s
                        GROUP BY 1, 2, 3, 4, 5, 6, 7) g""",
                order=self._order_key(by_order),
                unit=self._unit_key(keys),
                stage=stage,
                scales=SCALES,
                currency=account.currency_id.id,
            )
        )
        cr.execute(
            SQL(
                """CREATE TEMP TABLE post_link ON COMMIT DROP AS
                   SELECT l.line_id, i.item FROM post_line l
                     JOIN post_item i ON i.day = l.day AND i.category_id = coalesce(l.category_id, 0)
                      AND i.shop_id = coalesce(l.shop_id, 0) AND i.explained = l.explained
                      AND i.moves_only = l.moves_only AND i.order_id = %s AND i.unit = %s
                    WHERE l.stage = %s""",
                self._order_key(by_order, "l."),
                self._unit_key(keys, "l."),
                stage,
            )
        )
        cr.execute("SELECT * FROM post_item ORDER BY item")
        items = cr.dictfetchall()
        if not items:
            cr.execute("DROP TABLE post_item, post_link")
        return [dict(item, table=table) for item in items]

    def _order_key(self, categories, row=""):
        """Order of a line, where it must stay one item per order: receivables in order mode."""
        shops = self.env["ecom.shop"].search([("posting_mode", "=", "order")]).ids
        prefix = SQL(row)
        return SQL(
            "CASE WHEN %sexplained AND NOT %smoves_only AND %sshop_id = ANY(%s) AND %scategory_id = ANY(%s)"
            " THEN %sorder_id ELSE 0 END",
            prefix,
            prefix,
            prefix,
            shops,
            prefix,
            categories,
            prefix,
        )

    def _unit_key(self, keys, row=""):
        """What keeps lines of one day in entries of their own, by the grouping of their template."""
        prefix = SQL(row)
        return SQL(
            "CASE WHEN %scategory_id = ANY(%s) THEN 'bill:' || %sbill_id"
            " WHEN %scategory_id = ANY(%s) THEN 'order:' || %stally_id"
            " WHEN %scategory_id = ANY(%s) THEN 'line:' || %sline_id ELSE '' END",
            prefix,
            keys["bill"],
            prefix,
            prefix,
            keys["order"],
            prefix,
            prefix,
            keys["line"],
            prefix,
        )

    def _guard_summary(self, account, stage):
        """One order may never have both an invoice and summary revenue."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT l.order_id FROM post_line l JOIN ecom_shop s ON s.id = l.shop_id
                     JOIN ecom_category c ON c.id = l.category_id
                    WHERE l.stage = %s AND l.explained AND NOT l.moves_only AND l.order_id <> 0
                      AND s.posting_mode = 'summary' AND c.kind IN ('receivable', 'refund')""",
                stage,
            )
        )
        invoiced = self.env["sale.order"]._ecom_invoiced([order_id for [order_id] in self.env.cr.fetchall()])
        if invoiced:
            raise UserError(
                self.env._(
                    "%(account)s posts revenue by summary, but %(count)s orders are invoiced already: %(orders)s. "
                    "Set their shop to order mode, or reverse the invoices.",
                    account=account.display_name,
                    count=len(invoiced),
                    orders=", ".join(invoiced[:5].mapped("name")),
                )
            )

    def _groups(self, account, items):
        """{(month-safe key): items}: items that share one entry."""
        groups = defaultdict(list)
        for item in items:
            unit = item["unit"]
            if unit.startswith("bill:"):
                key = (item["day"].replace(day=1), unit)
            else:
                key = (item["day"], unit)
            groups[key].append(item)
        return groups

    # --- entries ---------------------------------------------------------------

    def _dates(self, account, groups, when_locked):
        """{key: accounting date}; a locked one is refused by name, never moved silently."""
        journal = account.journal_id
        if not journal:
            raise UserError(
                self.env._("%(account)s has no journal. Run the ledger set-up.", account=account.display_name)
            )
        dates, locked, first_open = {}, [], None
        for key, items in groups.items():
            date = max(item["day"] for item in items)
            violated = account.company_id._get_violated_lock_dates(date, False, journal)
            if violated and when_locked == "first_open":
                first_open = first_open or max(lock for lock, _field in violated) + timedelta(days=1)
                first_open = self._open_after(account, first_open)
                dates[key] = max(date, first_open)
            else:
                if violated:
                    locked.append(date)
                dates[key] = date
        if locked:
            raise UserError(
                self.env._(
                    "%(account)s has lines from %(first)s to %(last)s in a locked period. Open the period, or "
                    "post them on the first open day.",
                    account=account.display_name,
                    first=min(locked),
                    last=max(locked),
                )
            )
        return dates

    def _open_after(self, account, date):
        """The first day from `date` on that no lock date forbids."""
        while violated := account.company_id._get_violated_lock_dates(date, False, account.journal_id):
            date = max(lock for lock, _field in violated) + timedelta(days=1)
        return date

    def _create_moves(self, account, stage, groups, dates):
        """Post one balanced entry per group, in batches; refuse any date but the intended."""
        lookup = self.env["ecom.role.map"]._lookup(account.company_id)
        values_list = [
            self._move_values(account, stage, items, dates[key], lookup) for key, items in groups.items()
        ]
        moves = self.env["account.move"]
        for start in range(0, len(values_list), MOVES_PER_BATCH):
            batch = values_list[start : start + MOVES_PER_BATCH]
            created = self.env["account.move"].create(batch)
            created._post(soft=False)
            for move, values in zip(created, batch, strict=True):
                if move.date != values["date"]:
                    raise UserError(
                        self.env._(
                            "Odoo would book %(asked)s as %(got)s: the period is locked.",
                            asked=values["date"],
                            got=move.date,
                        )
                    )
            moves |= created
        return moves

    def _move_values(self, account, stage, items, date, lookup):
        """Values of one entry: the money on one side, what it is for on the other."""
        postings, facts = [], []
        for item in items:
            self._counter(account, item, postings, facts)
        postings, facts = self._money_side(account, stage, items, postings, facts)
        amounts = [posting.amount for posting in postings]
        balances = self._balances(account, amounts, max(item["day"] for item in items))
        scale = 10**account.currency_id.decimal_places
        own = 10**account.company_id.currency_id.decimal_places
        lines = []
        for sequence, (posting, fact, balance) in enumerate(zip(postings, facts, balances, strict=True), start=1):
            ledger = lookup(posting.role, account, fact["shop"])
            lines.append(
                {
                    "sequence": sequence,
                    "account_id": ledger.id,
                    "name": fact["label"],
                    "partner_id": fact["partner"].id,
                    "currency_id": account.currency_id.id,
                    "amount_currency": posting.amount / scale,
                    "balance": balance / own,
                    "ecom_order_id": fact["order"],
                    "analytic_distribution": fact["analytic"],
                    "tax_ids": [(6, 0, [])],
                }
            )
            fact["sequence"] = sequence
        return {
            "move_type": "entry",
            "journal_id": account.journal_id.id,
            "company_id": account.company_id.id,
            "currency_id": account.currency_id.id,
            "date": date,
            "ref": self._title(account, stage, items),
            "line_ids": [(0, 0, line) for line in lines],
        }

    def _title(self, account, stage, items):
        day = max(item["day"] for item in items)
        if stage == "reclass":
            return self.env._("%(account)s %(day)s explained", account=account.name, day=day)
        return f"{account.name} {day}"

    def _counter(self, account, item, postings, facts):
        """What the item is for, in roles; debit positive, so money that came in is a credit here."""
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
        if item["moves_only"] and category.kind not in ("transfer", "reserve", False):
            rows, role = [], "clearing"
        elif not item["explained"]:
            rows, role = [], "suspense"
        else:
            rows, role = self._voucher_lines(item, category, shop), None
        if role:
            postings.append(Posting(role=role, amount=-item["amount"], key=item["item"]))
            facts.append(fact)
            return
        parts = allocate(item["amount"], [int(Decimal(str(row.percent)).scaleb(4)) for row in rows])
        for row, part in zip(rows, parts, strict=True):
            self._voucher_parts(account, item, row, part, fact, postings, facts)

    def _voucher_lines(self, item, category, shop):
        mode = shop.posting_mode or "summary"
        rows = item["table"].get((category, mode))
        if not rows:
            raise UserError(
                self.env._("No voucher template has a line for %(category)s.", category=category.name)
            )
        return rows

    def _voucher_parts(self, account, item, row, part, fact, postings, facts):
        """One voucher line, and the tax it includes."""
        partner = self.env["res.partner"]
        if row.partner == "shop":
            partner = fact["shop"].partner_id
        elif row.partner == "order" and fact["order"]:
            order = self.env["sale.order"].browse(fact["order"])
            partner = order.partner_invoice_id.commercial_partner_id
        own = dict(
            fact,
            partner=partner,
            label=row.label or fact["label"],
            analytic=row.analytic_distribution or False,
        )
        tax = 0
        if row.tax_id:
            tax = self._tax_within(row.tax_id, part)
            postings.append(Posting(role="tax", amount=-tax, key=item["item"]))
            facts.append(dict(own, label=row.tax_id.name))
        postings.append(Posting(role=row.role_id.code, amount=-(part - tax), key=item["item"]))
        facts.append(own)

    def _tax_within(self, tax, amount):
        """Minor units of `tax` (percent) that an amount including it holds, half up."""
        rate = Decimal(str(tax.amount))
        return int((Decimal(amount) * rate / (100 + rate)).to_integral_value(rounding="ROUND_HALF_UP"))

    def _money_side(self, account, stage, items, postings, facts):
        """Add the line that moves the money; leave out what is zero and prove the balance."""
        if stage == "reclass":
            role = "suspense"
        elif account._clears():
            role = None
        else:
            role = "platform_balance"
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
            sums[role or ("platform_balance" if item["moves_only"] else "clearing")] += item["amount"]
        for name, amount in sums.items():
            postings.append(Posting(role=name, amount=amount))
            facts.append(dict(nobody))
        kept = [(posting, fact) for posting, fact in zip(postings, facts, strict=True) if posting.amount]
        if not kept:
            # All of it cancels out: one pair of lines keeps the evidence.
            kept = [(posting, fact) for posting, fact in zip(postings, facts, strict=True)][:2]
        balanced(posting for posting, _fact in kept)
        items[0]["facts"] = [fact for _posting, fact in kept]
        return [posting for posting, _fact in kept], [fact for _posting, fact in kept]

    def _balances(self, account, amounts, day):
        """The amounts in the company's currency, at the rate of the day, still adding up to zero."""
        company = account.company_id
        if account.currency_id == company.currency_id:
            return amounts
        rate = self.env["res.currency"]._get_conversion_rate(
            account.currency_id, company.currency_id, company, day
        )
        return convert(
            amounts,
            Decimal(repr(rate)),
            account.currency_id.decimal_places,
            company.currency_id.decimal_places,
        )

    def _link(self, account, run, stage, groups, moves):
        """Store the postings, and under each journal item the bill lines it books."""
        by_item = {}
        entries = {(line.move_id.id, line.sequence): line.id for line in moves.line_ids}
        postings = self.env["ecom.posting"].create(
            [
                {
                    "account_id": account.id,
                    "company_id": account.company_id.id,
                    "run_id": run.id,
                    "date": move.date,
                    "stage": stage,
                    "move_id": move.id,
                    "line_count": sum(item["lines"] for item in items),
                }
                for move, items in zip(moves, groups.values(), strict=True)
            ]
        )
        for posting, items in zip(postings, groups.values(), strict=True):
            for fact in items[0]["facts"]:
                if fact["item"]:
                    by_item[fact["item"]] = entries[posting.move_id.id, fact["sequence"]]
            for item in items:
                by_item[item["item"]] = (
                    item["item"],
                    posting.id,
                    by_item.get(item["item"]),
                    not item["explained"] and not (item["moves_only"] and item["category_id"]),
                )
        cr = self.env.cr
        rows = [list(column) for column in zip(*by_item.values(), strict=True)]
        cr.execute(
            SQL(
                """INSERT INTO ecom_posting_line (posting_id, line_id, entry_id, stage, suspense, reversed)
                   SELECT m.posting_id, l.line_id, m.entry_id, %s, m.suspense, false
                     FROM post_link l
                     JOIN unnest(%s::int[], %s::int[], %s::int[], %s::bool[])
                          AS m(item, posting_id, entry_id, suspense) ON m.item = l.item""",
                "money" if stage == "money" else "reclass",
                *rows,
            )
        )
        if cr.rowcount != sum(item["lines"] for items in groups.values() for item in items):
            raise UserError(self.env._("Lines were lost between the bill and the entry. Nothing was posted."))
        cr.execute("DROP TABLE post_item, post_link")
        self.env["ecom.posting.line"].invalidate_model()
