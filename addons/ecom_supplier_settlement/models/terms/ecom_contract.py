"""Terms stage: what was agreed with a supplier, in versions that stay readable."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.ecom_connectors.models.kernel.ecom_sealed import without_defaults

TRANSITIONS = {
    "draft": {"signed", "cancelled"},
    "signed": {"ended"},
    "ended": set(),
    "cancelled": set(),
}
SIGNED_FIELDS = {"partner_id", "company_id", "currency_id", "date_from", "name"}
GUARDED = {"state", "version", "root_id", "previous_id", "drafted_id", "signed_id", "signed_on"}
# What comes by RPC cannot hold this object, so no context from outside changes a state.
_STEP = object()


class EcomContract(models.Model):
    """Terms of one supplier from a day to a day. What is signed changes by a new version only."""

    _name = "ecom.contract"
    _description = "Supplier Contract"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, version desc, id desc"
    _check_company_auto = True

    name = fields.Char("Number", required=True, tracking=True, copy=False)
    title = fields.Char(help="What the contract is about.")
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, index=True, ondelete="restrict", tracking=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    date_from = fields.Date("Valid From", required=True, tracking=True)
    date_to = fields.Date("Valid To", required=True, tracking=True)
    state = fields.Selection(
        [("draft", "Draft"), ("signed", "Signed"), ("ended", "Ended"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
        copy=False,
    )
    version = fields.Integer(required=True, readonly=True, default=1, copy=False)
    root_id = fields.Many2one(
        "ecom.contract", "First Version", readonly=True, index=True, ondelete="restrict", copy=False
    )
    previous_id = fields.Many2one(
        "ecom.contract",
        "Replaces",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        help="From this contract's first day on it holds instead of the earlier version.",
    )
    drafted_id = fields.Many2one(
        "res.users",
        "Drafted by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        copy=False,
    )
    signed_id = fields.Many2one("res.users", "Signed by", readonly=True, copy=False)
    signed_on = fields.Date("Signed on", readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users",
        "Buyer",
        default=lambda self: self.env.user,
        help="Gets a task when there are rebates to claim.",
    )
    clause_ids = fields.One2many("ecom.clause", "contract_id", "Clauses", copy=True)
    clause_count = fields.Integer(compute="_compute_clause_count")
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "ecom_contract_attachment_rel",
        string="Documents",
        copy=False,
        bypass_search_access=True,
    )
    note = fields.Html()

    _dates = models.Constraint("CHECK(date_from <= date_to)", "A contract ends after it starts.")
    _number_once = models.UniqueIndex(
        "(company_id, partner_id, name, version) WHERE state != 'cancelled'",
        "This supplier has a contract with this number and version already.",
    )
    _version_once = models.UniqueIndex(
        "(root_id, version) WHERE root_id IS NOT NULL AND state != 'cancelled'",
        "This version of the contract exists already.",
    )

    @api.depends("clause_ids")
    def _compute_clause_count(self):
        for contract in self:
            contract.clause_count = len(contract.clause_ids)

    @api.depends("name", "version", "partner_id.name")
    def _compute_display_name(self):
        for contract in self:
            version = self.env._("%(name)s v%(version)s", name=contract.name, version=contract.version)
            shown = version if contract.version > 1 else contract.name or ""
            contract.display_name = f"{shown} {contract.partner_id.name or ''}".strip()

    @api.model_create_multi
    def create(self, vals_list):
        partners = self.env["res.partner"].browse([vals.get("partner_id") or False for vals in vals_list])
        step = self.env.context.get("ecom_contract_step") is _STEP
        clean = []
        for vals, partner in zip(vals_list, partners, strict=True):
            kept = {name: value for name, value in vals.items() if step or name not in GUARDED}
            clean.append({**kept, "partner_id": partner.commercial_partner_id.id})
        contracts = super(EcomContract, without_defaults(self)).create(clean)
        for contract in contracts:
            contract.attachment_ids._ecom_adopt(contract)
        return contracts

    def write(self, vals):
        signed = self.filtered(lambda contract: contract.state != "draft")
        changed = SIGNED_FIELDS & set(vals)
        if signed and changed:
            raise UserError(
                self.env._(
                    "%s is signed: amend it, and the new version replaces it from a day on.",
                    signed[0].display_name,
                )
            )
        step = self.env.context.get("ecom_contract_step") is _STEP
        if GUARDED & set(vals) and not step:
            raise UserError(self.env._("The state of a contract changes by its buttons only."))
        if signed and "date_to" in vals and not step:
            raise UserError(self.env._("The end of a signed contract changes by ending or amending it."))
        result = super().write(vals)
        if "attachment_ids" in vals:
            self.attachment_ids._ecom_adopt(self)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if any(contract.state != "draft" for contract in self):
            raise UserError(
                self.env._("Only draft contracts can be deleted; what was signed stays readable.")
            )

    @api.constrains("clause_ids", "state", "date_from", "date_to")
    def _check_clauses(self):
        self.clause_ids._check_within_contract()

    # --- steps ----------------------------------------------------------------

    def _step(self, vals):
        return self.with_context(ecom_contract_step=_STEP).write(vals)

    def _go_to(self, state, **vals):
        for contract in self:
            if state not in TRANSITIONS[contract.state]:
                raise UserError(
                    self.env._(
                        "%(contract)s cannot become %(state)s now.",
                        contract=contract.display_name,
                        state=dict(self._fields["state"]._description_selection(self.env))[state],
                    )
                )
        self._step({"state": state, **vals})

    def action_sign(self):
        """Put the terms into force; another person than the drafter does it."""
        if not self.env.user.has_group("ecom_supplier_settlement.group_buyer"):
            raise UserError(self.env._("Only buyers sign contracts."))
        for contract in self:
            contract._check_signable()
            contract._go_to("signed", signed_id=self.env.uid, signed_on=fields.Date.context_today(self))
            if contract.previous_id:
                contract._replace_previous()
        self._end_passed()
        self._terms_changed()
        return True

    def _check_signable(self):
        """What signing needs; :raises UserError: naming what is missing or contradicts"""
        self.ensure_one()
        if self.drafted_id == self.env.user:
            raise UserError(self.env._("%s: who drafted it does not sign it.", self.display_name))
        if not self.clause_ids:
            raise UserError(self.env._("%s has no clause yet.", self.display_name))
        self.clause_ids._check_complete()
        self.clause_ids._refuse_overlaps()

    def _replace_previous(self):
        """The version before ends on the day before this one starts; it stays readable."""
        self.ensure_one()
        before = self.previous_id
        if before.state not in ("signed", "ended") or before.date_from >= self.date_from:
            raise UserError(
                self.env._(
                    "%(new)s starts on %(day)s; %(old)s must have started before.",
                    new=self.display_name,
                    day=self.date_from,
                    old=before.display_name,
                )
            )
        if before.date_to >= self.date_from:
            before._step({"date_to": self.date_from - timedelta(days=1)})
            before.message_post(
                body=self.env._(
                    "Replaced by %(contract)s from %(day)s.", contract=self.display_name, day=self.date_from
                )
            )

    def action_cancel(self):
        self._go_to("cancelled")
        return True

    def action_end(self):
        """End signed contracts today; their clauses hold until today."""
        today = fields.Date.context_today(self)
        for contract in self:
            contract._go_to("ended", date_to=max(contract.date_from, min(contract.date_to, today)))
        self._terms_changed()
        return True

    def action_amend(self):
        """A draft of the next version, with all clauses, to hold from tomorrow unless changed."""
        self.ensure_one()
        if self.state != "signed":
            raise UserError(self.env._("Only a signed contract can be amended."))
        root = self.root_id or self
        newest = max([*self.search([("root_id", "=", root.id)]).mapped("version"), root.version])
        tomorrow = fields.Date.context_today(self) + timedelta(days=1)
        start = min(max(tomorrow, self.date_from + timedelta(days=1)), self.date_to)
        following = self.with_context(ecom_contract_step=_STEP).copy(
            {
                "name": self.name,
                "date_from": start,
                "date_to": self.date_to,
                "version": newest + 1,
                "root_id": root.id,
                "previous_id": self.id,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": following.id,
            "view_mode": "form",
        }

    def _end_passed(self):
        """Signed contracts whose last day is over become ended."""
        today = fields.Date.context_today(self)
        over = self.filtered(lambda contract: contract.state == "signed" and contract.date_to < today)
        if over:
            over._go_to("ended")

    def _terms_changed(self):
        """Hook: the terms in force changed for these suppliers."""

    def action_open_versions(self):
        root = self.root_id or self
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_contract_action"
        )
        return {**action, "domain": ["|", ("id", "in", root.ids), ("root_id", "in", root.ids)], "context": {}}

    @api.constrains("partner_id")
    def _check_commercial(self):
        for contract in self:
            if contract.partner_id != contract.partner_id.commercial_partner_id:
                raise ValidationError(self.env._("A contract is made with the company, not with a contact."))
