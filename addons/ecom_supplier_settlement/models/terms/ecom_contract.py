"""Terms stage: what was agreed with a supplier, in versions that stay readable."""

import logging
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import split_every

from .kinds import REBATES

_logger = logging.getLogger(__name__)

TERMS_CHUNK = 1000
SIGNED_FIELDS = {"partner_id", "company_id", "currency_id", "date_from", "name"}


class EcomContract(models.Model):
    """Terms of one supplier from a day to a day. What is signed changes by a new version only."""

    _name = "ecom.contract"
    _description = "Supplier Contract"
    _inherit = ["ecom.stateful", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, version desc, id desc"
    _check_company_auto = True
    _steps_once = True
    _transitions = {
        "draft": {"signed", "cancelled"},
        "signed": {"ended"},
        "ended": set(),
        "cancelled": set(),
    }

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
        clean = [
            {**vals, "partner_id": partner.commercial_partner_id.id}
            for vals, partner in zip(self._entered(vals_list), partners, strict=True)
        ]
        contracts = super(EcomContract, self._unseal()).create(clean)._seal()
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
        if signed and "date_to" in vals and self._is_sealed():
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

    def _refuse_signed(self):
        for contract in self:
            if contract.state != "draft":
                raise UserError(
                    self.env._(
                        "%s is signed: amend it, and the new version replaces it from a day on.",
                        contract.display_name,
                    )
                )

    # --- steps ----------------------------------------------------------------

    def _refused_move(self, state):
        return UserError(
            self.env._(
                "%(contract)s cannot become %(state)s now.",
                contract=self.display_name,
                state=dict(self._fields["state"]._description_selection(self.env))[state],
            )
        )

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
        self.env["ecom.line.terms"]._follow_contracts(self)
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
        self.clause_ids._fix_origin()

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
            before._unseal().write({"date_to": self.date_from - timedelta(days=1)})
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
        self.env["ecom.line.terms"]._follow_contracts(self)
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
        following = self._unseal().copy(
            {
                "name": self.name,
                "date_from": start,
                "date_to": self.date_to,
                "version": newest + 1,
                "root_id": root.id,
                "previous_id": self.id,
            }
        )
        # Odoo copies the lines of a record in the order of their ids.
        pairs = zip(self.clause_ids.sorted("id"), following.clause_ids.sorted("id"), strict=True)
        for before, clause in pairs:
            clause._unseal().previous_id = before
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

    # --- every night ------------------------------------------------------------

    def action_compute_rebates(self):
        """Compute the rebates of these contracts now, and show them."""
        if not self.env.user.has_group("ecom_supplier_settlement.group_buyer"):
            raise AccessError(self.env._("Only buyers compute rebates."))
        self.env["ecom.rebate"]._compute_clauses(self.clause_ids)
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_supplier_settlement.ecom_rebate_action")
        return {**action, "domain": [("origin_id", "in", self.clause_ids.origin_id.ids)], "context": {}}

    @api.model
    def _nightly(self):
        """End contracts, compute what their clauses earned and remind of what is not claimed.

        One clause at a time: each is committed, and one that cannot be computed stops no other.
        """
        signed = self.search([("state", "=", "signed")])
        signed._end_passed()
        since = fields.Date.subtract(fields.Date.context_today(self), years=1)
        contracts = signed | self.search([("state", "=", "ended"), ("date_to", ">=", since)])
        clauses = contracts.clause_ids.filtered(lambda it: it.kind in REBATES)
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(clauses))
        for clause in clauses:
            try:
                with self.env.cr.savepoint():
                    self.env["ecom.rebate"]._compute_clauses(clause)
            except (UserError, SerializationFailure) as refused:
                # Somebody computes it at this moment, or it cannot be computed: the next night tries again.
                _logger.warning("clause %s is not computed: %s", clause.id, refused)
            if not cron._commit_progress(1):
                break
        self.env["ecom.rebate"]._remind()
        terms = self.env["ecom.line.terms"]
        stale = terms._stale_lines(contracts.partner_id)
        cron._commit_progress(remaining=len(stale))
        for chunk in split_every(TERMS_CHUNK, stale.ids):
            terms._refresh(stale.browse(chunk))
            if not cron._commit_progress(len(chunk)):
                break
