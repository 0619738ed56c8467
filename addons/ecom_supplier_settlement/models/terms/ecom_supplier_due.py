"""Terms stage: money that a supplier owes us by terms, from the claim to its settlement."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .working_words import working_html

TRANSITIONS = {
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


class EcomSupplierDue(models.AbstractModel):
    """An amount the supplier owes us (+), or we give back (-); only steps change it.

    The model that inherits brings `state`, its rows are sealed as evidence.
    """

    _name = "ecom.supplier.due"
    _description = "Due by a Supplier"
    _inherit = ["ecom.sealed", "ecom.statement.source", "mail.thread", "mail.activity.mixin"]
    _sealed_as = "ecom.supplier.due"
    _check_company_auto = True

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

    def _go_to(self, state, **vals):
        for due in self:
            if state not in TRANSITIONS[due.state]:
                states = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(due)s is %(now)s and cannot become %(then)s.",
                        due=due.display_name,
                        now=states[due.state],
                        then=states[state],
                    )
                )
        self._unseal().write({"state": state, **vals})

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
