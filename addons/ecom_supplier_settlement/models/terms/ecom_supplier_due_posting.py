"""Terms stage: what a supplier's due does to the ledger: accrual by share sold, credit note, income."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...lib.ecom_settle.shares import accrual, tax_inside
from .ecom_clause import exact


class EcomSupplierDue(models.AbstractModel):
    _inherit = "ecom.supplier.due"

    # --- amounts ----------------------------------------------------------------

    def _net(self, amount):
        """The part without tax of an amount that includes it, a Decimal of the currency."""
        digits = self.currency_id.decimal_places
        amount = exact(amount, digits)
        if self.vat_treatment == "none" or not self.tax_id:
            return amount
        return tax_inside(amount, exact(self.tax_id.amount, 4), digits).net

    def _accrual_target(self):
        """What should stand as receivable now, without tax: open, claimed and accepted amounts."""
        self.ensure_one()
        if self.state in ("accepted", "partly"):
            return self._net(self.amount_accepted)
        if self.state in ("computed", "approved", "claimed"):
            return self._net(self.amount) if self._accrues() else Decimal(0)
        if self.state == "settled":
            return exact(self.amount_accrued, self.currency_id.decimal_places)
        return Decimal(0)

    def _accrues(self):
        """Whether the amount is booked before it is settled."""
        return bool(self.clause_id.accrue)

    def _sold_share(self, day=None):
        """(bought, sold) of the goods the amount is about; (0, 0): nothing on stock bears it.

        :param day: what is sold until its end; None: until the end of what was counted
        """
        return Decimal(0), Decimal(0)

    # --- accrual ----------------------------------------------------------------

    def action_accrue(self):
        """Book, or correct, the accrual of what is probable now, and what of it is sold by now."""
        self._need(
            "ecom_connectors.group_accountant", self.env._("Only accountants book what suppliers owe.")
        )
        for due in self:
            if due.state not in ("settled", "cancelled") and (due._accrues() or due.amount_accrued):
                due._accrue_to_target()
            due._follow_stock()
        return True

    def _accrue_to_target(self, only_less=False):
        """Post the difference between what is accrued and what should be; nothing if there is none."""
        for due in self:
            now = exact(due.amount_accrued, due.currency_id.decimal_places)
            target = due._accrual_target()
            if due.state in ("accepted", "partly") and not now:
                continue
            if not (only_less and abs(target) > abs(now)):
                due._accrue(target)

    def _accrue(self, target, day=None):
        """Dr receivable from the supplier, Cr cost of sales and stock by share sold; reversed if less.

        :param day: of the entry, at the rate of the day the amount belongs to; None: that day
        """
        self.ensure_one()
        digits = self.currency_id.decimal_places
        difference = target - exact(self.amount_accrued, digits)
        if not difference:
            return
        parts = self._counter_parts(difference)
        if not target:
            # All of it is taken back from where it stands.
            stock = exact(self.amount_stock, digits)
            parts = [("rebate_inventory", stock), (self._cost_role(), -difference - stock)]
            parts = [(role, part) for role, part in parts if part]
        own_day = self._ledger_day()
        move = self._accrual_move([("rebate_receivable", difference), *parts], day or own_day, own_day)
        on_stock = sum(part for role, part in parts if role == "rebate_inventory")
        self._unseal().write(
            {
                "amount_accrued": target,
                "amount_stock": exact(self.amount_stock, digits) - on_stock,
                "accrual_ids": [Command.link(move.id)],
            }
        )

    def _follow_stock(self):
        """What was accrued on goods in stock becomes cost of sales as they are sold, today."""
        self.ensure_one()
        digits = self.currency_id.decimal_places
        accrued, now = exact(self.amount_accrued, digits), exact(self.amount_stock, digits)
        if not now or not accrued:
            return
        today = fields.Date.context_today(self)
        left = -accrual(accrued, *self._sold_share(today), digits).inventory
        if left == now:
            return
        first = self.accrual_ids.sorted("date")[:1].date
        move = self._accrual_move(
            [("rebate_inventory", now - left), (self._cost_role(), left - now)], self._open_day(today), first
        )
        self._unseal().write({"amount_stock": left, "accrual_ids": [Command.link(move.id)]})

    def _accrual_move(self, parts, day, rate_day):
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.company_id._ecom_terms_journal().id,
                "company_id": self.company_id.id,
                "date": day,
                "ref": self.env._("%s accrued", self.display_name),
                "line_ids": [Command.create(vals) for vals in self._items(parts, rate_day)],
            }
        )
        move.action_post()
        return move

    def _cost_role(self):
        """What bears the cost that the amount lessens, beside goods in stock."""
        if self.vat_treatment == "service":
            return "rebate_income"
        return "rebate_expense" if self.offset == "expense" else "rebate_cogs"

    def _counter_parts(self, amount):
        """[(role, signed amount)] that take `amount` off what bore the cost: debit is positive."""
        if self._cost_role() != "rebate_cogs":
            return [(self._cost_role(), -amount)]
        split = accrual(amount, *self._sold_share(), self.currency_id.decimal_places)
        return [
            (role, part)
            for role, part in (("rebate_cogs", split.cogs), ("rebate_inventory", split.inventory))
            if part
        ]

    def _items(self, parts, day):
        """Values of journal items; in another currency the last one takes the rounding."""
        company = self.company_id
        own = company.currency_id
        account = self._role_accounts()
        # Without any rate nothing is booked one to one: this raises and names the currency.
        rate = self.env["ecom.books"]._rate(company, self.currency_id, day)
        unit = Decimal(1).scaleb(-own.decimal_places)
        balances = [(amount * rate).quantize(unit, ROUND_HALF_UP) for _role, amount in parts]
        balances[-1] -= sum(balances)
        return [
            {
                "account_id": account(role).id,
                "name": self.display_name,
                "partner_id": self.partner_id.id,
                "currency_id": self.currency_id.id,
                "amount_currency": float(amount),
                "balance": float(balance),
            }
            for (role, amount), balance in zip(parts, balances, strict=True)
        ]

    def _role_accounts(self):
        # Maps are configuration; whoever may post a due may know where it stands.
        lookup = self.env["ecom.role.map"].sudo()._lookup(self.company_id)
        nothing = self.env["ecom.account"], self.env["ecom.shop"]
        return lambda role: lookup(role, *nothing)

    def _due_day(self):
        """The day the amount belongs to."""
        return fields.Date.context_today(self)

    def _ledger_day(self):
        return self._open_day(self._due_day())

    def _open_day(self, day):
        """That day, or the first open one after the lock."""
        locked = self.company_id._get_user_fiscal_lock_date(self.company_id._ecom_terms_journal())
        return max(day, locked + timedelta(days=1))

    # --- settlement ---------------------------------------------------------------

    def action_settle(self):
        """A draft credit note of the accepted amount; a bill where we give back; an invoice for services."""
        self._need(
            "ecom_connectors.group_accountant", self.env._("Only accountants settle what suppliers owe.")
        )
        for due in self:
            if due.state not in ("accepted", "partly"):
                raise UserError(self.env._("%s: the supplier has not accepted yet.", due.display_name))
            if due.settlement_mode == "goods":
                raise UserError(
                    self.env._(
                        "%s is settled in goods: name the receipt that brought them.", due.display_name
                    )
                )
            if due.move_id and due.move_id.state != "cancel":
                raise UserError(
                    self.env._(
                        "%(due)s is settled by %(move)s already.",
                        due=due.display_name,
                        move=due.move_id.display_name,
                    )
                )
            links = self.env["ecom.document.link"]
            links._cut(due.move_id)
            links._link(due, due._settlement_move(), due._statement_origin(), due.working)
        return self.action_open_move() if len(self) == 1 else True

    def _settlement_move(self):
        service = self.vat_treatment == "service"
        back = self.amount_accepted < 0
        if service:
            kind = "out_refund" if back else "out_invoice"
        else:
            kind = "in_invoice" if back else "in_refund"
        amount = abs(exact(self.amount_accepted, self.currency_id.decimal_places))
        account = self._role_accounts()
        sign = -1 if back else 1
        lines = [
            Command.create(
                {
                    "name": self.display_name,
                    "account_id": account(role).id,
                    "quantity": 1,
                    "price_unit": float(part),
                    "tax_ids": [Command.set(self.tax_id.ids if self.vat_treatment != "none" else [])],
                }
            )
            for role, part in self._settlement_parts(sign)
        ]
        moves = self._unseal().env["account.move"]
        move = moves.create(
            {
                "move_type": kind,
                "partner_id": self.partner_id.id,
                "currency_id": self.currency_id.id,
                "company_id": self.company_id.id,
                "invoice_date": fields.Date.context_today(self),
                "invoice_origin": self.display_name,
                "ecom_settles_terms": True,
                "invoice_line_ids": lines,
            }
        )
        move = move.with_env(self.env)
        self._fit_total(move, amount)
        return move

    def _settlement_parts(self, sign):
        """[(role, positive net amount)]: clears the receivable if accrued, else what bore the cost."""
        digits = self.currency_id.decimal_places
        net = self._net(self.amount_accepted)
        accrued = exact(self.amount_accrued, digits)
        if accrued and accrued != net:
            self._accrue_to_target()
            accrued = exact(self.amount_accrued, digits)
        if accrued:
            return [("rebate_receivable", sign * accrued)]
        return [(role, sign * -part) for role, part in self._counter_parts(net)]

    def _fit_total(self, move, amount):
        """Net and tax were cut from the total: where the tax computed anew differs by a unit, it follows."""
        off = amount - exact(move.amount_total, self.currency_id.decimal_places)
        if not off:
            return
        tax_line = move.line_ids.filtered("tax_line_id")[:1]
        if not tax_line or abs(off) > 2 * Decimal(1).scaleb(-self.currency_id.decimal_places):
            raise UserError(
                self.env._(
                    "The total of the document would not be %s.", self.currency_id.format(float(amount))
                )
            )
        side = -1 if tax_line.amount_currency < 0 else 1
        tax_line.amount_currency += side * float(off)

    def _settled(self, day):
        """The document is posted: close the due, and match the receivable with its accruals."""
        for due in self:
            due._go_to("settled", settled_on=day)
            if due.vat_treatment == "service" and due.settlement_mode == "deduction":
                due._unseal().netting_id = due._netting_move(day)
            account = due._role_accounts()("rebate_receivable") if due.amount_accrued else False
            if account and account.reconcile:
                items = (due.accrual_ids | due.move_id).line_ids.filtered(
                    lambda item, account=account: (
                        item.account_id == account and item.parent_state == "posted" and not item.reconciled
                    )
                )
                items.reconcile()

    def _netting_move(self, day):
        """Dr payable, Cr receivable: what we invoiced for services lessens what we owe."""
        items = self.move_id.line_ids.filtered(lambda it: it.account_id.account_type == "asset_receivable")
        payable = self.partner_id.with_company(self.company_id).property_account_payable_id
        pairs = [(item.account_id, -1, item) for item in items] + [(payable, 1, item) for item in items]
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.company_id._ecom_terms_journal().id,
                "company_id": self.company_id.id,
                "date": day,
                "ref": self.env._("%s deducted", self.display_name),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "name": self.display_name,
                            "partner_id": self.partner_id.id,
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

    def _unsettled(self):
        """The document went back to draft: the due waits for it again."""
        for due in self.filtered(lambda it: it.state == "settled"):
            if due.netting_id:
                due.netting_id._reverse_moves([{"date": due.netting_id.date}], cancel=True)
                due._unseal().netting_id = False
            whole = not due.currency_id.compare_amounts(due.amount_accepted, due.amount)
            due._go_to("accepted" if whole else "partly", settled_on=False)

    def _settle_by_goods(self, picking):
        """The goods came instead of money; their receipt is the proof, and settles nothing else.

        They come without a price, so their cost is what lessens the cost of sales when they are sold: what
        was accrued as money is taken back.
        """
        self.ensure_one()
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers settle in goods."))
        if self.settlement_mode != "goods" or picking.state != "done":
            raise UserError(self.env._("Only done receipts settle what is agreed to be settled in goods."))
        if picking.partner_id.commercial_partner_id != self.partner_id:
            raise UserError(self.env._("The receipt is of another supplier."))
        self.env.cr.execute(SQL("SELECT id FROM stock_picking WHERE id = %s FOR UPDATE", picking.id))
        for dues in self._models():
            used = dues.search([("picking_id", "=", picking.id)], limit=1)
            if used:
                raise UserError(
                    self.env._(
                        "%(picking)s settles %(due)s already.", picking=picking.name, due=used.display_name
                    )
                )
        today = fields.Date.context_today(self)
        self._go_to("settled", picking_id=picking.id, settled_on=today)
        # The buyer who names the receipt may not post entries; what it reverses is our own accrual.
        own = self.sudo()
        own._accrue(Decimal(0), own._open_day(today))
