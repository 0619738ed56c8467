"""Terms stage: what a supplier's due does to the ledger: accrual by share sold, credit note, income."""

from decimal import ROUND_HALF_UP, Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...lib.ecom_settle.shares import accrual
from .clause_words import exact


class EcomSupplierDuePoster(models.AbstractModel):
    """The entries and documents of one due at a time; what it says about itself decides."""

    _name = "ecom.supplier.due.poster"
    _description = "Poster of What Suppliers Owe"

    @api.model
    def _accrue(self, due, target, day=None):
        """Dr receivable from the supplier, Cr cost of sales and stock by share sold; reversed if less.

        :param day: of the entry, at the rate of the day the amount belongs to; None: that day. Where it is
            locked, the first open one after it
        """
        due.ensure_one()
        digits = due.currency_id.decimal_places
        difference = target - exact(due.amount_accrued, digits)
        if not difference:
            return
        parts = self._counter_parts(due, difference)
        if not target:
            # All of it is taken back from where it stands.
            stock = exact(due.amount_stock, digits)
            parts = [("rebate_inventory", stock), (due._cost_role(), -difference - stock)]
            parts = [(role, part) for role, part in parts if part]
        own_day = self._open_day(due, due._due_day())
        move = self._accrual_move(
            due,
            [("rebate_receivable", difference), *parts],
            self._open_day(due, day) if day else own_day,
            own_day,
        )
        on_stock = sum(part for role, part in parts if role == "rebate_inventory")
        due._unseal().write(
            {
                "amount_accrued": target,
                "amount_stock": exact(due.amount_stock, digits) - on_stock,
                "accrual_ids": [Command.link(move.id)],
            }
        )

    @api.model
    def _follow_stock(self, due):
        """What was accrued on goods in stock becomes cost of sales as they are sold, today."""
        due.ensure_one()
        digits = due.currency_id.decimal_places
        accrued, now = exact(due.amount_accrued, digits), exact(due.amount_stock, digits)
        if not now or not accrued:
            return
        today = fields.Date.context_today(self)
        left = -accrual(accrued, *due._sold_share(today), digits).inventory
        if left == now:
            return
        first = due.accrual_ids.sorted("date")[:1].date
        parts = [("rebate_inventory", now - left), (due._cost_role(), left - now)]
        move = self._accrual_move(due, parts, self._open_day(due, today), first)
        due._unseal().write({"amount_stock": left, "accrual_ids": [Command.link(move.id)]})

    def _accrual_move(self, due, parts, day, rate_day):
        words = self.env["ecom.books"]._words(due.company_id)
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": due.company_id._ecom_terms_journal().id,
                "company_id": due.company_id.id,
                "date": day,
                "ref": words._("%s accrued", self._title(due)),
                "line_ids": [Command.create(vals) for vals in self._items(due, parts, rate_day)],
            }
        )
        move.action_post()
        return move

    def _counter_parts(self, due, amount):
        """[(role, signed amount)] that take `amount` off what bore the cost: debit is positive."""
        if due._cost_role() != "rebate_cogs":
            return [(due._cost_role(), -amount)]
        split = accrual(amount, *due._sold_share(), due.currency_id.decimal_places)
        return [
            (role, part)
            for role, part in (("rebate_cogs", split.cogs), ("rebate_inventory", split.inventory))
            if part
        ]

    def _items(self, due, parts, day):
        """Values of journal items; in another currency the last one takes the rounding."""
        company = due.company_id
        own = company.currency_id
        account = self._role_accounts(due)
        # Without any rate nothing is booked one to one: this raises and names the currency.
        rate = self.env["ecom.books"]._rate(company, due.currency_id, day)
        unit = Decimal(1).scaleb(-own.decimal_places)
        balances = [(amount * rate).quantize(unit, ROUND_HALF_UP) for _role, amount in parts]
        balances[-1] -= sum(balances)
        return [
            {
                "account_id": account(role).id,
                "name": self._title(due),
                "partner_id": due.partner_id.id,
                "currency_id": due.currency_id.id,
                "amount_currency": float(amount),
                "balance": float(balance),
            }
            for (role, amount), balance in zip(parts, balances, strict=True)
        ]

    def _role_accounts(self, due):
        # Maps are configuration; whoever may post a due may know where it stands.
        lookup = self.env["ecom.role.map"].sudo()._lookup(due.company_id)
        nothing = self.env["ecom.account"], self.env["ecom.shop"]
        return lambda role: lookup(role, *nothing)

    def _open_day(self, due, day):
        company = due.company_id
        return self.env["ecom.books"]._open_day(company, day, company._ecom_terms_journal())

    # --- settlement ---------------------------------------------------------------

    @api.model
    def _settlement_move(self, due):
        service = due.vat_treatment == "service"
        back = due.amount_accepted < 0
        if service:
            kind = "out_refund" if back else "out_invoice"
        else:
            kind = "in_invoice" if back else "in_refund"
        amount = abs(exact(due.amount_accepted, due.currency_id.decimal_places))
        account = self._role_accounts(due)
        sign = -1 if back else 1
        lines = [
            Command.create(
                {
                    "name": self._title(due),
                    "account_id": account(role).id,
                    "quantity": 1,
                    "price_unit": float(part),
                    "tax_ids": [Command.set(due.tax_id.ids if due.vat_treatment != "none" else [])],
                }
            )
            for role, part in self._settlement_parts(due, sign)
        ]
        moves = due._unseal().env["account.move"]
        move = moves.create(
            {
                "move_type": kind,
                "partner_id": due.partner_id.id,
                "currency_id": due.currency_id.id,
                "company_id": due.company_id.id,
                "invoice_date": fields.Date.context_today(self),
                "invoice_origin": self._title(due),
                "ecom_settles_terms": True,
                "invoice_line_ids": lines,
            }
        )
        move = move.with_env(self.env)
        self._fit_total(due, move, amount)
        return move

    def _settlement_parts(self, due, sign):
        """[(role, positive net amount)]: clears the receivable if accrued, else what bore the cost."""
        digits = due.currency_id.decimal_places
        net = due._net(due.amount_accepted)
        accrued = exact(due.amount_accrued, digits)
        if accrued and accrued != net:
            due._accrue_to_target()
            accrued = exact(due.amount_accrued, digits)
        if accrued:
            return [("rebate_receivable", sign * accrued)]
        return [(role, sign * -part) for role, part in self._counter_parts(due, net)]

    def _fit_total(self, due, move, amount):
        """Net and tax were cut from the total: where the tax computed anew differs by a unit, it follows."""
        off = amount - exact(move.amount_total, due.currency_id.decimal_places)
        if not off:
            return
        tax_line = move.line_ids.filtered("tax_line_id")[:1]
        if not tax_line or abs(off) > 2 * Decimal(1).scaleb(-due.currency_id.decimal_places):
            raise UserError(
                self.env._(
                    "The total of the document would not be %s.", due.currency_id.format(float(amount))
                )
            )
        side = -1 if tax_line.amount_currency < 0 else 1
        tax_line.amount_currency += side * float(off)

    @api.model
    def _settled(self, due, day):
        """The document is posted: put an invoice for services on the payable, match the receivable."""
        if due.vat_treatment == "service" and due.settlement_mode == "deduction":
            due._unseal().netting_id = self._netting_move(due, day)
        account = self._role_accounts(due)("rebate_receivable") if due.amount_accrued else False
        if account and account.reconcile:
            items = (due.accrual_ids | due.move_id).line_ids.filtered(
                lambda item: (
                    item.account_id == account and item.parent_state == "posted" and not item.reconciled
                )
            )
            items.reconcile()

    def _netting_move(self, due, day):
        """Dr payable, Cr receivable: what we invoiced for services lessens what we owe."""
        words = self.env["ecom.books"]._words(due.company_id)
        items = due.move_id.line_ids.filtered(lambda it: it.account_id.account_type == "asset_receivable")
        payable = due.partner_id.with_company(due.company_id).property_account_payable_id
        pairs = [(item.account_id, -1, item) for item in items] + [(payable, 1, item) for item in items]
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": due.company_id._ecom_terms_journal().id,
                "company_id": due.company_id.id,
                "date": day,
                "ref": words._("%s deducted", self._title(due)),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "name": self._title(due),
                            "partner_id": due.partner_id.id,
                            "currency_id": item.currency_id.id,
                            "amount_currency": sign * item.amount_currency,
                            "balance": sign * item.balance,
                        }
                    )
                    for account, sign, item in pairs
                ],
            }
        )
        move.action_post()
        for item in items:
            twins = move.line_ids.filtered(lambda it, item=item: it.account_id == item.account_id)
            (item | twins).filtered(lambda it: not it.reconciled).reconcile()
        return move

    def _title(self, due):
        """What a due is called in its company's language."""
        language = self.env["ecom.books"]._language(due.company_id)
        return due.with_context(lang=language).display_name
