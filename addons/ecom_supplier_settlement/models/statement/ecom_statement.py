"""Statement stage: what one supplier is owed for one period, proven against the ledger."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.tools import SQL

STATES = [
    ("draft", "Draft"),
    ("sent", "Sent"),
    ("disputed", "Disputed"),
    ("confirmed", "Confirmed"),
    ("approved", "Approved"),
    ("paid", "Paid"),
    ("cancelled", "Cancelled"),
]
TRANSITIONS = {
    "draft": {"sent", "cancelled"},
    "sent": {"draft", "confirmed", "disputed", "cancelled"},
    "disputed": {"draft", "sent", "confirmed", "approved", "cancelled"},
    "confirmed": {"approved", "cancelled"},
    "approved": {"paid"},
    "paid": {"approved"},
    "cancelled": set(),
}
BUYER = "ecom_supplier_settlement.group_buyer"
ACCOUNTANT = "ecom_connectors.group_accountant"
# From these states on the statement says for good what both sides agreed.
AGREED = ("confirmed", "approved", "paid")
CUTOFFS = [("accounting", "Accounting date"), ("bill", "Bill date")]


class EcomStatement(models.Model):
    """One supplier, company, currency and period. Amounts are what we owe: bills +, payments -.

    `_move_to(state)` is the only writer of `state`. A statement begins the day after the one before it and
    with its closing amount, so no document is between two statements.
    """

    _name = "ecom.statement"
    _description = "Supplier Statement"
    _inherit = ["ecom.evidence", "ecom.paper", "portal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    name = fields.Char("Number", required=True, readonly=True, copy=False)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, readonly=True, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("To", required=True, readonly=True)
    cutoff = fields.Selection(CUTOFFS, "Cut-off", required=True, readonly=True, default="accounting")
    state = fields.Selection(
        STATES, required=True, readonly=True, default="draft", tracking=True, group_expand=True
    )
    previous_id = fields.Many2one(
        "ecom.statement", "Statement Before", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    prepared_id = fields.Many2one("res.users", "Prepared by", readonly=True, ondelete="restrict")
    sent_id = fields.Many2one("res.users", "Sent by", readonly=True, ondelete="restrict")
    confirmed_id = fields.Many2one("res.users", "Confirmed by", readonly=True, ondelete="restrict")
    approved_id = fields.Many2one("res.users", "Approved by", readonly=True, ondelete="restrict")
    computed_at = fields.Datetime("Computed on", readonly=True)
    sent_at = fields.Datetime("Sent on", readonly=True)
    confirmed_at = fields.Datetime("Confirmed on", readonly=True)
    approved_at = fields.Datetime("Approved on", readonly=True)
    line_ids = fields.One2many("ecom.statement.line", "statement_id", "Lines", readonly=True)
    note = fields.Text("Note to the Supplier")
    internal_note = fields.Text(groups="base.group_user")
    line_count = fields.Integer("Number of Lines", readonly=True)
    open_count = fields.Integer("Open Lines", compute="_compute_counts")
    disputed_count = fields.Integer("Disputed Lines", compute="_compute_counts")
    amount_disputed = fields.Monetary("Disputed", compute="_compute_counts")

    _once = models.UniqueIndex(
        "(company_id, partner_id, currency_id, date_from, date_to) WHERE state != 'cancelled'",
        "This supplier has a statement of this period already.",
    )
    _chain = models.UniqueIndex(
        "(company_id, partner_id, currency_id, coalesce(previous_id, 0)) WHERE state != 'cancelled'",
        "Another statement follows the one before already.",
    )
    _period = models.Constraint("CHECK (date_from <= date_to)", "The period ends before it begins.")
    # Ranges of one number each, because equality of numbers would need an extension.
    _apart = models.Constraint(
        """EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH =,
           int4range(partner_id, partner_id, '[]') WITH =, int4range(currency_id, currency_id, '[]') WITH =,
           daterange(date_from, date_to, '[]') WITH &&) WHERE (state <> 'cancelled')""",
        "This supplier has a statement of some of these days already.",
    )

    @api.depends("line_ids.state", "line_ids.amount")
    def _compute_counts(self):
        found = {
            (statement.id, state): (count, amount)
            for statement, state, count, amount in self.env["ecom.statement.line"]._read_group(
                [("statement_id", "in", self.ids)], ["statement_id", "state"], ["__count", "amount:sum"]
            )
        }
        for statement in self:
            statement.open_count = found.get((statement.id, "open"), (0, 0))[0]
            count, amount = found.get((statement.id, "disputed"), (0, 0))
            statement.disputed_count, statement.amount_disputed = count, amount

    def _compute_access_url(self):
        for statement in self:
            statement.access_url = f"/my/statements/{statement.id}"

    def _portal_ensure_token(self):
        """None: a token never expires and lets in whoever gets hold of it. Its pages ask for a login."""
        return ""

    @api.constrains("partner_id", "previous_id", "date_from")
    def _check_chain(self):
        for statement in self:
            if statement.partner_id != statement.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._("%s is a contact; statements are of the company.", statement.partner_id.name)
                )
            before = statement.previous_id
            if before and before.date_to + timedelta(days=1) != statement.date_from:
                raise ValidationError(
                    self.env._(
                        "The statement must begin on %(day)s, the day after %(before)s ends.",
                        day=before.date_to + timedelta(days=1),
                        before=before.name,
                    )
                )

    def unlink(self):
        self._lock()
        lines = self.env["ecom.statement.line"]
        done = super().unlink()
        # The bulk table has no foreign key that would do it.
        self.env.cr.execute(SQL("DELETE FROM ecom_statement_line WHERE statement_id = ANY(%s)", self.ids))
        lines.invalidate_model()
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        for statement in self:
            if statement.state != "draft" or statement.sent_at or statement._next():
                raise UserError(
                    self.env._("%s cannot be deleted any more. Cancel it instead.", statement.name)
                )

    # --- making -------------------------------------------------------------

    @api.model
    def create_for(self, partner_id, date_from, date_to, currency_id=None):
        """The statement of a supplier for a period; made and computed unless it is there already.

        It begins the day after the supplier's last statement; `date_from` counts for the first one only.

        :param partner_id: id of the supplier or of a contact of it
        :param date_from, date_to: first and last day, both included
        :param currency_id: id; without it the currency of the company
        :return: id of the statement
        :raise UserError: a later statement is there already
        """
        self.check_access("create")
        partner = self.env["res.partner"].browse(partner_id).commercial_partner_id
        currency = self.env["res.currency"].browse(currency_id) or self.env.company.currency_id
        days = (fields.Date.to_date(date_from), fields.Date.to_date(date_to))
        return self._open(self.env.company, partner, currency, *days).id

    def _open(self, company, partner, currency, date_from, date_to):
        domain = [("company_id", "=", company.id), ("partner_id", "=", partner.id)]
        domain += [("currency_id", "=", currency.id), ("state", "!=", "cancelled")]
        last = self.search(domain, order="date_to desc", limit=1)
        if last and last.date_to >= date_to:
            if last.date_to == date_to:
                return last
            raise UserError(
                self.env._(
                    "%(supplier)s has a statement until %(day)s already.",
                    supplier=partner.name,
                    day=last.date_to,
                )
            )
        # Nobody can cancel the one before while another begins with its closing amount.
        last._lock()
        statement = self._unseal().create(
            {
                "name": "/",
                "company_id": company.id,
                "partner_id": partner.id,
                "currency_id": currency.id,
                "date_from": last.date_to + timedelta(days=1) if last else date_from,
                "date_to": date_to,
                "cutoff": last.cutoff if last else self._cutoff_of(company, partner),
                "previous_id": last.id,
            }
        )
        # Stored before it takes a number: who is second hears of the statement, not of the numbers.
        statement.flush_recordset()
        statement.name = self.env["ir.sequence"].with_company(company).next_by_code("ecom.statement")
        statement = statement._seal()
        statement._fill()
        return statement

    def _cutoff_of(self, company, partner):
        return partner.with_company(company).ecom_cutoff or company.ecom_cutoff

    def _next(self):
        """The statement that begins with our closing amount."""
        return self.search([("previous_id", "in", self.ids), ("state", "!=", "cancelled")], limit=1)

    def _chain_ids(self):
        """Ids of this statement and of all before it."""
        ids, at = [], self
        while at:
            ids.append(at.id)
            at = at.previous_id
        return ids

    def _lock(self):
        """Take these statements, or wait for whoever has them.

        The row is written and not only locked: somebody who waited for it must not go on with what it read
        before. PostgreSQL refuses it then, and Odoo runs it again with what is there now.

        :raise MissingError: one was deleted in the meantime
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """WITH one AS (SELECT id FROM ecom_statement WHERE id = ANY(%s) ORDER BY id FOR UPDATE)
                   UPDATE ecom_statement s SET write_uid = s.write_uid FROM one WHERE one.id = s.id""",
                self.ids,
            )
        )
        if self.env.cr.rowcount != len(set(self.ids)):
            raise MissingError(self.env._("The statement is not there any more."))

    # --- states -------------------------------------------------------------

    def _move_to(self, state):
        """Change the state: the table, the right and the proof decide; nothing else writes it.

        :raise UserError: not from here, or the statement is not ready for it
        :raise AccessError: not this user
        """
        self._lock()
        names = dict(self._fields["state"]._description_selection(self.env))
        for statement in self:
            if state not in TRANSITIONS[statement.state]:
                raise UserError(
                    self.env._(
                        "%(name)s is “%(old)s” and cannot become “%(new)s”.",
                        name=statement.name,
                        old=names[statement.state],
                        new=names[state],
                    )
                )
            statement._check_may(state)
            getattr(statement, f"_check_{state}", lambda: None)()
        for statement in self:
            values = {"state": state}
            # A dispute that is taken back sends nothing, and what is no longer paid was approved before.
            back = (statement.state, state) in {("disputed", "sent"), ("paid", "approved")}
            if state in ("sent", "confirmed", "approved") and not back:
                values |= {f"{state}_id": self.env.uid, f"{state}_at": fields.Datetime.now()}
            statement._unseal().write(values)
        if state == "cancelled":
            self.env.cr.execute(
                SQL("UPDATE ecom_statement_line SET live = false WHERE statement_id = ANY(%s)", self.ids)
            )
            self.env["ecom.statement.line"].invalidate_model(["live"])

    def _check_may(self, state):
        """Buyers and accountants prepare; accountants approve, and never what they prepared themselves."""
        if self.env.su and state != "approved":
            return
        user = self.env.user
        if state in ("approved", "paid"):
            if not (user.has_group(ACCOUNTANT) or self.env.su):
                raise AccessError(self.env._("Only accountants approve and pay statements."))
        elif not (user.has_group(BUYER) or user.has_group(ACCOUNTANT)):
            raise AccessError(self.env._("Only buyers and accountants work on statements."))
        if state == "approved" and self.state != "paid":
            self._check_other_person()

    def _check_other_person(self):
        """Who prepares does not release."""
        # Whoever entered the supplier's answer to a line has confirmed a part of it.
        answered = self.line_ids.confirmed_id if self.state not in ("approved", "paid") else self.confirmed_id
        if self.env.user in self.prepared_id | self.sent_id | self.confirmed_id | answered:
            raise AccessError(
                self.env._("%s: who prepared, sent or confirmed it cannot approve it.", self.name)
            )

    def _check_sent(self):
        if self.state == "disputed":
            return
        before = self.previous_id
        if before.state == "draft" and (before.line_count or before.amount_closing):
            raise UserError(
                self.env._(
                    "%(name)s begins with the closing amount of %(before)s. Send that one first.",
                    name=self.name,
                    before=before.name,
                )
            )
        self._check_foots()
        if not self.line_count and self.currency_id.is_zero(self.amount_closing):
            raise UserError(self.env._("%s has neither lines nor a balance.", self.name))

    def _check_confirmed(self):
        if self._lines(("state", "!=", "confirmed")):
            raise UserError(self.env._("%s has lines that are not confirmed.", self.name))
        self._check_current()

    def _check_approved(self):
        if self.state == "disputed" and self.open_count:
            raise UserError(
                self.env._("%(count)s lines of %(name)s are open.", count=self.open_count, name=self.name)
            )
        if self.state != "paid":
            self._check_current()

    def _check_draft(self):
        # A draft that follows is computed again with it.
        if self._next().state != "draft":
            self._check_last()

    def _check_cancelled(self):
        self._check_last()
        if self.state == "confirmed" and not self.env.user.has_group("ecom_connectors.group_manager"):
            raise AccessError(self.env._("Only managers cancel a confirmed statement."))

    def _check_last(self):
        following = self._next()
        if following:
            raise UserError(
                self.env._(
                    "%(next)s begins with the closing amount of %(name)s. Cancel it first.",
                    next=following.name,
                    name=self.name,
                )
            )

    def action_compute(self):
        """Gather the lines again; what people wrote and confirmed stays."""
        for statement in self:
            if statement.state != "draft":
                raise UserError(self.env._("Only drafts are computed. Take %s back first.", statement.name))
        self._fill()

    def action_draft(self):
        """Take a statement back to correct and send it again."""
        self._move_to("draft")

    def action_cancel(self):
        self._move_to("cancelled")

    def action_approve(self):
        self._move_to("approved")
        self._refresh_paid()

    def _lines_action(self, **context):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_statement_line_action"
        )
        return {**action, "domain": [("statement_id", "in", self.ids)], "context": context}

    def action_open_lines(self):
        return self._lines_action(search_default_group_origin=1)

    def action_open_disputed(self):
        return self._lines_action(search_default_disputed=1)
