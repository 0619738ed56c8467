"""Ways in: the public methods that the command-line client and other systems call.

Amounts come as decimal strings, moments as ISO text. Every method runs with the rights of its caller.
"""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from odoo import api, models
from odoo.exceptions import AccessError, UserError


class EcomApi(models.AbstractModel):
    """One facade, so that the shapes below are in one place."""

    _name = "ecom.api"
    _description = "E-commerce API"

    # --- set-up -----------------------------------------------------------------

    @api.model
    def apply(self, setup):
        """Create or update company, accounts, shops and ledger from a file; twice changes nothing.

        :param setup: `{"company", "accounts": [{"code", "platform", "name", "currency", "timezone",
            "kinds"}], "shops": [{"code", "platform", "name", "account", "currency", "timezone", "fees":
            [{"category", "rate_percent", "fixed", "minimum", "maximum"}]}]}`
        :return: `{"company", "accounts": {"created", "updated", "unchanged"}, "shops": {...},
            "ledger": {...}}`
        :raises UserError: names the entry and the value that is wrong
        """
        return self.env["ecom.setup"]._apply(setup)

    # --- flow -------------------------------------------------------------------

    @api.model
    def import_bills(self, files, account=None):
        """As `ecom.bill.import_files`."""
        return self.env["ecom.bill"].import_files(files, account)

    @api.model
    def import_orders(self, files, shop=None):
        """As `ecom.order.import.import_orders`."""
        return self.env["ecom.order.import"].import_orders(files, shop)

    @api.model
    def import_refunds(self, files, shop=None):
        """As `ecom.order.import.import_refunds`."""
        return self.env["ecom.order.import"].import_refunds(files, shop)

    @api.model
    def groups(self, accounts=None):
        """Account codes in the groups that one call of `match` or `post` should take."""
        records = self._accounts(accounts)
        return [group.mapped("code") for group in self.env["ecom.matcher"]._groups(records)]

    @api.model
    def match(self, accounts=None):
        """Match what is open; return `{"tallies", "matched", "exceptions", "states": {state: tallies}}`."""
        records = self._accounts(accounts)
        runs = [group._run_match() for group in self.env["ecom.matcher"]._groups(records)]
        scope = self.env["ecom.account"].union(*[run.account_ids for run in runs])
        states = dict(
            self.env["ecom.tally"]._read_group([("account_id", "in", scope.ids)], ["state"], ["__count"])
        )
        return {
            "tallies": sum(states.values()),
            "matched": states.get("matched", 0) + states.get("tolerance", 0),
            "exceptions": sum(run.exception_count for run in runs),
            "states": states,
        }

    @api.model
    def post(self, accounts=None, when_locked="refuse", session=None):
        """Post what is open; an account that cannot be posted does not stop the others.

        :param session: a name that several calls of one posting share, so that `undo` takes them together
        :return: `{"moves", "lines", "accounts": {code: ledger balance}, "errors": {code: why}}`
        """
        records = self._accounts(accounts)
        session = session or str(uuid4())
        runs = [group._run_post(when_locked, session) for group in self.env["ecom.matcher"]._groups(records)]
        return {
            "moves": sum(run.move_count for run in runs),
            "lines": sum(run.line_count for run in runs),
            "accounts": {
                account.code: self._money(account._ledger_balance(), account.currency_id)
                for account in records
            },
            "errors": {code: text for run in runs for code, text in (run.errors or {}).items()},
        }

    @api.model
    def revalue(self, day, accounts=None, preview=False):
        """Bring what stands in other currencies to the closing rate of a day (text, as 2026-09-30).

        :param preview: compute only, book nothing
        :return: `{"day", "moves", "differences": [{account, ledger, currency, balance, rate, booked, worth,
            difference}], "later": [day], "errors": {code: why}}`; balance in `currency`, the last three in
            the company's; "later" names days that are revalued already and have to be revalued again
        """
        day = self._day(day)
        # What is left on an account that is not used any more counts as well.
        records = self.with_context(active_test=False)._accounts(accounts)
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants revalue."))
        session, moves, differences, errors = str(uuid4()), 0, [], {}
        for group in records.grouped("company_id").values():
            found, why = group._revaluation(day)
            if not preview:
                run = group._run_revalue(day, session)
                moves, why = moves + run.move_count, run.errors or {}
            errors.update(why)
            differences += [fact for fact in found if fact[0].code not in why and fact[2].difference]
        return {
            "day": str(day),
            "moves": moves,
            "differences": [self._difference(*fact) for fact in differences],
            "later": [str(later) for later in records._revalued_after(day)] if differences else [],
            "errors": errors,
        }

    def _difference(self, account, ledger, valuation):
        own = account.company_id.currency_id
        return {
            "account": account.code,
            "ledger": ledger.with_company(account.company_id).code,
            "currency": account.currency_id.name,
            "balance": self._minor(valuation.amount, account.currency_id),
            "rate": valuation.rate_text or None,
            "booked": self._minor(valuation.booked, own),
            "worth": self._minor(valuation.worth, own),
            "difference": self._minor(valuation.difference, own),
        }

    @api.model
    def undo(self, accounts=None, bill=None, everything=False):
        """Reverse postings and open their matches; without a choice those of the last posting run.

        :return: `{"moves", "lines"}` that were reversed
        """
        domain = [("state", "=", "posted"), ("company_id", "in", self.env.companies.ids)]
        postings = self.env["ecom.posting"]
        if bill:
            found = self._bill(bill)
            domain.append(("line_ids.line_id.bill_id", "=", found.id))
        elif accounts:
            domain.append(("account_id", "in", self._accounts(accounts).ids))
        elif not everything:
            domain.append(("run_id.session", "=", postings._last_run(self.env.companies).session))
        chosen = postings.search(domain)
        if not chosen:
            return {"moves": 0, "lines": 0}
        run = chosen.action_undo()
        return {"moves": run.move_count, "lines": run.line_count}

    # --- questions --------------------------------------------------------------

    @api.model
    def exceptions(self, state="open", accounts=None):
        """`[{id, type, state, account, shop, order, refund, amount, currency, day, reason, suggestion}]`.

        :param state: "open" (open and waiting), "done" or "all"
        """
        domain = {"open": [("state", "!=", "done")], "done": [("state", "=", "done")], "all": []}.get(state)
        if domain is None:
            raise UserError(self.env._("State is open, done or all."))
        if accounts:
            records = self._accounts(accounts)
            domain += ["|", ("account_id", "in", records.ids), ("shop_id.account_ids", "in", records.ids)]
        return self.env["ecom.exception"].search(domain)._export()

    @api.model
    def bills(self, accounts=None):
        """The results of all imports, newest first, with `id`, `chain` and `chain_difference`."""
        domain = [("account_id", "in", self._accounts(accounts).ids)] if accounts else []
        return [
            {
                **bill._result(),
                "kind": bill.kind or None,
                "first_day": str(bill.first_day) if bill.first_day else None,
                "last_day": str(bill.last_day) if bill.last_day else None,
                "chain": bill.chain_state or None,
                "chain_difference": self._money(bill.chain_difference, bill.currency_id),
            }
            for bill in self.env["ecom.bill"].search(domain)
        ]

    @api.model
    def lines(self, bill, offset=0, limit=1000):
        """Lines of a bill (id or name): `[{row, part, day, booked_at, order, refund, transaction,
        payout, word, category, amount, balance, state, rule, match_order, entries}]`."""
        found = self._bill(bill)
        lines = self.env["ecom.bill.line"].search(
            [("bill_id", "=", found.id)], offset=offset, limit=limit, order="row, id"
        )
        return [
            {
                "row": line.row,
                "part": line.part or None,
                "day": str(line.day),
                "booked_at": line.booked_at.isoformat(),
                "line": line.line_ref or None,
                "order": line.order_ref or None,
                "refund": line.refund_ref or None,
                "transaction": line.transaction_ref or None,
                "payout": line.payout_ref or None,
                "word": line.word,
                "category": line.category_id.code or None,
                "amount": self._money(line.amount, line.currency_id),
                "balance": self._money(line.balance, line.currency_id) if found.has_balance else None,
                "state": line.state,
                "rule": line.rule or None,
                "match_order": line.order_id.ecom_order_no or None,
                "entries": line.move_ids.mapped("name"),
            }
            for line in lines
        ]

    @api.model
    def check(self):
        """`{"holds", "invariants": [{id, holds, offenders}]}`."""
        invariants = self.env["ecom.invariant"]._check(self.env.companies)
        return {"holds": all(invariant["holds"] for invariant in invariants), "invariants": invariants}

    @api.model
    def figures(self, accounts=None):
        """`{"accounts": [{code, name, currency, lines, matched, exceptions: {type: count}, posted,
        ledger_balance, platform_closing, difference}]}`."""
        result = []
        for account, figures in self._accounts(accounts)._figures().items():
            amounts = {
                name: self._money(figures[name], account.currency_id)
                for name in ("ledger_balance", "platform_closing", "difference")
            }
            result.append(
                {
                    "code": account.code,
                    "name": account.name,
                    "currency": account.currency_id.name,
                    **figures,
                    **amounts,
                }
            )
        return {"accounts": result}

    # --- helpers ----------------------------------------------------------------

    def _accounts(self, codes=None):
        if not codes:
            return self.env["ecom.account"].search([("company_id", "in", self.env.companies.ids)])
        codes = [codes] if isinstance(codes, str) else codes
        accounts = self.env["ecom.account"]
        for code in codes:
            accounts |= accounts._by_code(code)
        return accounts

    def _bill(self, bill):
        bills = self.env["ecom.bill"]
        number = int(bill) if str(bill).isdigit() else 0
        # A search, so that a bill of another company is told from a missing one by nobody.
        found = bills.search([("id", "=", number)] if number else [("name", "=", bill)])
        if len(found) != 1:
            raise UserError(self.env._("There is no single bill %s. Give its number.", bill))
        return found

    def _day(self, text):
        try:
            return date.fromisoformat(text)
        except (TypeError, ValueError):
            raise UserError(self.env._("%s is no day. Give it as 2026-09-30.", text)) from None

    def _minor(self, minor, currency):
        """Text of minor units."""
        return f"{Decimal(minor).scaleb(-currency.decimal_places):f}"

    def _money(self, amount, currency):
        # Adding zero turns a negative zero into zero.
        return f"{currency.round(amount) + 0:.{currency.decimal_places}f}"
