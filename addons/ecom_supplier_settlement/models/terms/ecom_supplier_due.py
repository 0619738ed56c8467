"""Terms stage: money that a supplier owes us by terms, from the claim to its settlement."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...lib.ecom_settle.shares import tax_inside
from .clause_words import exact
from .working_words import working_html


class EcomSupplierDue(models.AbstractModel):
    """An amount the supplier owes us (+), or we give back (-); only steps change it.

    The model that inherits brings `state`, its rows are sealed as evidence.
    """

    _name = "ecom.supplier.due"
    _description = "Due by a Supplier"
    _inherit = ["ecom.stateful", "ecom.statement.source", "mail.thread", "mail.activity.mixin"]
    _sealed_as = "ecom.supplier.due"
    _check_company_auto = True
    _steps_once = True
    _transitions = {
        "draft": {"approved", "cancelled"},
        "approved": {"claimed", "cancelled"},
        "computed": {"claimed"},
        "claimed": {"accepted", "partly", "refused"},
        "accepted": {"settled"},
        "partly": {"settled"},
        "refused": set(),
        "settled": {"accepted", "partly"},
        "cancelled": set(),
    }

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, readonly=True, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    clause_id = fields.Many2one(
        "ecom.clause", readonly=True, index=True, ondelete="restrict", check_company=True
    )
    amount = fields.Monetary("To Settle", readonly=True, tracking=True)
    amount_accepted = fields.Monetary("Accepted", readonly=True, tracking=True)
    amount_accrued = fields.Monetary(
        "Accrued", readonly=True, help="Without tax, booked as receivable before it is settled."
    )
    amount_stock = fields.Monetary(
        "Accrued on Stock", readonly=True, help="The part of it that lessens the value of goods not sold yet."
    )
    settlement_mode = fields.Selection(
        [("credit_note", "Supplier's Credit Note"), ("deduction", "Deducted"), ("goods", "Goods")],
        readonly=True,
        default="credit_note",
    )
    vat_treatment = fields.Selection(
        [("input_vat", "Reduces Input Tax"), ("service", "Income from Services"), ("none", "No Tax")],
        "VAT Treatment",
        readonly=True,
        default="none",
    )
    tax_id = fields.Many2one("account.tax", readonly=True, check_company=True, ondelete="restrict")
    offset = fields.Selection(
        [("goods", "Cost of Goods"), ("expense", "Selling Expenses")], readonly=True, default="goods"
    )
    working = fields.Json("Working Data", readonly=True)
    working_html = fields.Html("Working", compute="_compute_working_html", sanitize=False)
    claimed_on = fields.Date(readonly=True)
    answered_on = fields.Date(readonly=True)
    answer = fields.Text(readonly=True, help="What the supplier said.")
    settled_on = fields.Date(readonly=True)
    move_id = fields.Many2one(
        "account.move", "Settled by", compute="_compute_move_id", search="_search_move_id"
    )
    picking_id = fields.Many2one(
        "stock.picking",
        "Settled by Goods",
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    netting_id = fields.Many2one(
        "account.move",
        "Netted by",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Puts an invoice for services on the payable, where it is deducted.",
    )
    accrual_ids = fields.Many2many("account.move", string="Accruals", readonly=True, copy=False)

    def _compute_move_id(self):
        found = self.env["ecom.document.link"]._moves(self)
        for due in self:
            due.move_id = found.get(due.id, self.env["account.move"])[-1:]

    def _search_move_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Whoever reads the due may know that it has a document.
        links = self.env["ecom.document.link"].sudo()
        own = [("res_model", "=", self._name)]
        found = Domain("id", "in", links.search([*own, ("move_id", "in", value)]).mapped("res_id"))
        if False in value:
            found |= Domain("id", "not in", links.search(own).mapped("res_id"))
        return found

    @api.depends("working")
    @api.depends_context("lang")
    def _compute_working_html(self):
        for due in self:
            due.working_html = due.working and working_html(self.env, due.working)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What a supplier owes is settled, refused or cancelled, never deleted."))

    # --- steps ------------------------------------------------------------------

    def _refused_move(self, state):
        states = dict(self._fields["state"]._description_selection(self.env))
        return UserError(
            self.env._(
                "%(due)s is %(now)s and cannot become %(then)s.",
                due=self.display_name,
                now=states[self.state],
                then=states[state],
            )
        )

    def _need(self, group, message):
        if not self.env.user.has_group(group):
            raise AccessError(message)

    def action_claim(self):
        """Demand the amount from the supplier."""
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers claim from suppliers."))
        for due in self:
            due._check_claimable()
            due._go_to("claimed", claimed_on=fields.Date.context_today(self))
        return True

    def _check_claimable(self):
        if self.currency_id.is_zero(self.amount):
            raise UserError(self.env._("%s: there is nothing to claim.", self.display_name))

    def action_accept(self):
        """The supplier agreed to the whole amount."""
        for due in self:
            due._answer(due.amount)
        return True

    def _answer(self, accepted, text=""):
        """Keep the supplier's answer; what is refused is taken out of the accrual.

        :param accepted: of the claimed amount, with its sign; 0 refuses all
        """
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers keep suppliers' answers."))
        self.ensure_one()
        claimed, currency = self.amount, self.currency_id
        low, high = sorted([0, claimed])
        if currency.compare_amounts(accepted, low) < 0 or currency.compare_amounts(accepted, high) > 0:
            raise UserError(
                self.env._("Between 0 and %(amount)s can be accepted.", amount=currency.format(claimed))
            )
        accepted = currency.round(accepted)
        state = "refused"
        if not currency.is_zero(accepted):
            state = "partly" if currency.compare_amounts(accepted, claimed) else "accepted"
        if state != "accepted" and not text:
            raise UserError(self.env._("Say why the supplier does not accept all of it."))
        self._go_to(
            state,
            amount_accepted=accepted,
            answered_on=fields.Date.context_today(self),
            answer=text or False,
        )
        # The buyer who keeps the answer may not post entries; what it reverses is our own accrual.
        self.sudo()._accrue_to_target(only_less=True)

    def action_answer(self):
        """Open the dialog for an answer other than yes."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Supplier's Answer"),
            "res_model": "ecom.due.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_res_model": self._name, "default_res_id": self.ensure_one().id},
        }

    def action_goods(self):
        """Ask which receipt brought the goods that settle it."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settled by Goods"),
            "res_model": "ecom.due.goods",
            "view_mode": "form",
            "target": "new",
            "context": {"default_res_model": self._name, "default_res_id": self.ensure_one().id},
        }

    def action_open_move(self):
        return self.move_id.get_formview_action()

    def action_open_accruals(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_journal_line")
        return {**action, "domain": [("id", "in", self.accrual_ids.ids)], "context": {}}

    # --- amounts: what a model that inherits may say otherwise ----------------------

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

    def _cost_role(self):
        """What bears the cost that the amount lessens, beside goods in stock."""
        if self.vat_treatment == "service":
            return "rebate_income"
        return "rebate_expense" if self.offset == "expense" else "rebate_cogs"

    def _due_day(self):
        """The day the amount belongs to."""
        return fields.Date.context_today(self)

    # --- ledger -------------------------------------------------------------------

    def action_accrue(self):
        """Book, or correct, the accrual of what is probable now, and what of it is sold by now."""
        self._need(
            "ecom_connectors.group_accountant", self.env._("Only accountants book what suppliers owe.")
        )
        for due in self:
            if due.state not in ("settled", "cancelled") and (due._accrues() or due.amount_accrued):
                due._accrue_to_target()
            self.env["ecom.supplier.due.poster"]._follow_stock(due)
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
        self.env["ecom.supplier.due.poster"]._accrue(self, target, day)

    def action_settle(self):
        """A draft credit note of the amount; a vendor invoice where we give back; our own for services."""
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
            move = self.env["ecom.supplier.due.poster"]._settlement_move(due)
            links._link(due, move, due._statement_origin(), due.working)
        return self.action_open_move() if len(self) == 1 else True

    def _settled(self, day):
        """The document is posted: close the due, and match the receivable with its accruals."""
        for due in self:
            due._go_to("settled", settled_on=day)
            self.env["ecom.supplier.due.poster"]._settled(due, day)

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
        self.env["ecom.stage"]._take(picking)
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
        self.sudo()._accrue(Decimal(0), today)

    # --- statements ---------------------------------------------------------------

    @api.model
    def _models(self):
        """The models of what suppliers owe."""
        names = self.env.registry.descendants(["ecom.supplier.due"], "_inherit")
        return [self.env[name] for name in names if not self.env[name]._abstract]

    def _statement_origin(self):
        """The code of the origin as which this due stands on statements."""
        return self._statement_origins[0].code

    def _sql_due_rows(self, statement, origin, name, join=None):
        """What the supplier has accepted and no posted document settles yet; `d` is the due.

        :param origin, name: SQL of the line's origin and text
        """
        return SQL(
            """SELECT %(origin)s, d.answered_on, %(model)s, d.id, '', NULL::int, NULL::int, NULL::int,
                      NULL::int, NULL::numeric, NULL::numeric, -d.amount_accepted, false, %(name)s, d.working
                 FROM %(table)s d %(join)s
                WHERE d.company_id = %(company)s AND d.partner_id = %(partner)s
                  AND d.currency_id = %(currency)s AND d.state IN ('accepted', 'partly')
                  AND d.settlement_mode <> 'goods' AND d.answered_on <= %(to)s
                  AND NOT EXISTS (
                      SELECT 1 FROM ecom_document_link k JOIN account_move m ON m.id = k.move_id
                       WHERE k.res_model = %(model)s AND k.res_id = d.id AND m.state = 'posted')""",
            origin=origin,
            model=self._name,
            name=name,
            table=SQL.identifier(self._table),
            join=join or SQL(),
            company=statement.company_id.id,
            partner=statement.partner_id.id,
            currency=statement.currency_id.id,
            to=statement.date_to,
        )

    def _statement_posted(self):
        for due in self.filtered(lambda it: it.state in ("accepted", "partly")):
            due._settled(due.move_id.date)

    def _statement_unposted(self):
        self._unsettled()
