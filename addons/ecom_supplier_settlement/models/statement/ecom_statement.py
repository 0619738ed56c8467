"""Statement stage: what one supplier is owed for one period: its states, what both sides say, its paper."""

import base64
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, float_repr

from ...reports import statement_document, statement_pdf, statement_xlsx
from ..setup.changes import differs

STATES = [
    ("draft", "Draft"),
    ("sent", "Sent"),
    ("disputed", "Disputed"),
    ("confirmed", "Confirmed"),
    ("approved", "Approved"),
    ("paid", "Paid"),
    ("cancelled", "Cancelled"),
]
BUYER = "ecom_supplier_settlement.group_buyer"
ACCOUNTANT = "ecom_connectors.group_accountant"
# From these states on the statement says for good what both sides agreed.
AGREED = ("confirmed", "approved", "paid")
CUTOFFS = [("accounting", "Accounting date"), ("bill", "Invoice date")]
# What a supplier's message consists of; everything else about it is for us to say.
SAID = ("body", "attachments", "attachment_ids")
SIZE_LIMIT = 20 << 20
COMPARISONS = 50
LARGEST_ID = 2**31 - 1


def decoded(content, env):
    """The bytes of a file that came in base64."""
    try:
        content = content.encode() if isinstance(content, str) else content
        return base64.b64decode(b"".join(content.split()), validate=True)
    except (AttributeError, TypeError, ValueError):
        raise UserError(env._("The file is not in base64. Upload it again.")) from None


class EcomStatement(models.Model):
    """One supplier, company, currency and period. Amounts are what we owe: invoices +, payments -.

    `_go_to(state)` is the only writer of `state`. A statement begins the day after the one before it and
    with its closing amount, so no document is between two statements. A disputed line holds back its own
    amount and nothing else. Its lines are gathered by `ecom.statement.composer` and proven by
    `ecom.statement.proof`; `ecom.statement.payer` pays it.
    """

    _name = "ecom.statement"
    _description = "Supplier Statement"
    _inherit = ["ecom.stateful", "ecom.paper", "portal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_to desc, id desc"
    _check_company_auto = True
    _steps_once = True
    _transitions = {
        "draft": {"sent", "cancelled"},
        "sent": {"draft", "confirmed", "disputed", "cancelled"},
        "disputed": {"draft", "sent", "confirmed", "approved", "cancelled"},
        "confirmed": {"approved", "cancelled"},
        "approved": {"paid"},
        "paid": {"approved"},
        "cancelled": set(),
    }
    # Whoever reads a statement may say something about it.
    _mail_post_access = "read"

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
    amount_opening = fields.Monetary("Opening", readonly=True)
    amount_purchases = fields.Monetary("Invoices", readonly=True)
    amount_credits = fields.Monetary("Returns and Credit Notes", readonly=True)
    amount_payments = fields.Monetary("Payments", readonly=True)
    amount_adjustments = fields.Monetary("Adjustments", readonly=True)
    amount_closing = fields.Monetary("Closing", readonly=True)
    amount_ledger = fields.Monetary(
        "Ledger", readonly=True, help="What the payable accounts owe the supplier by accounting date."
    )
    amount_timing = fields.Monetary(
        "Cut-off Difference",
        readonly=True,
        help="Documents with one of their dates before the end and one after it.",
    )
    amount_crossed = fields.Monetary(
        "Settled in Other Currencies",
        readonly=True,
        help="Documents in this currency that were matched with documents in another one.",
    )
    amount_difference = fields.Monetary("Difference", readonly=True)
    amount_unbilled = fields.Monetary("Received, not Invoiced", readonly=True)
    amount_terms = fields.Monetary("Rebates, Shares and Claims, not Booked", readonly=True)
    amount_expected = fields.Monetary(
        "Closing with what is not Booked",
        compute="_compute_amount_expected",
        help="Closing + not invoiced + terms.",
    )
    missing_html = fields.Html("Missing", compute="_compute_missing_html", groups="base.group_user")
    # The items that the opening amount of a first statement is made of: what comes late is told from them.
    opening_item_ids = fields.Json(readonly=True, prefetch=False, groups="base.group_system")
    document_ids = fields.Many2many(
        "account.move", string="Documents Made", compute="_compute_document_ids", compute_sudo=False
    )
    document_count = fields.Integer(compute="_compute_document_ids", compute_sudo=False)
    comparison_ids = fields.One2many(
        "ecom.statement.comparison", "statement_id", "Comparisons", readonly=True, groups="base.group_user"
    )

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

    @api.depends(lambda self: ["amount_closing", *self.env["ecom.statement.proof"]._groups()[1]])
    def _compute_amount_expected(self):
        _booked, memo = self.env["ecom.statement.proof"]._groups()
        for statement in self:
            statement.amount_expected = statement.amount_closing + sum(statement[name] for name in memo)

    @api.depends("amount_difference", "computed_at")
    def _compute_missing_html(self):
        proof = self.env["ecom.statement.proof"]
        for statement in self:
            foots = not statement.id or statement.currency_id.is_zero(statement.amount_difference)
            statement.missing_html = False if foots else proof._missing_html(statement)

    def _compute_document_ids(self):
        domain = [("statement_id", "in", self.ids), ("document_id", "!=", False)]
        found = dict(
            self.env["ecom.statement.line"]._read_group(domain, ["statement_id"], ["document_id:recordset"])
        )
        for statement in self:
            documents = found.get(statement, self.env["account.move"])
            statement.document_ids = documents
            statement.document_count = len(documents)

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

    def write(self, vals):
        if "note" in vals and any(
            statement.state in AGREED and differs(statement, "note", vals["note"]) for statement in self
        ):
            raise UserError(self.env._("What was agreed is not changed: write a message instead."))
        return super().write(vals)

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

    def _exact(self, amount):
        """A stored amount, or one read as text, as a Decimal with the currency's decimals."""
        if isinstance(amount, str):
            return Decimal(amount).quantize(Decimal(1).scaleb(-self.currency_id.decimal_places))
        return Decimal(float_repr(amount or 0, self.currency_id.decimal_places))

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
        statement._compose()
        return statement

    def _compose(self):
        """Compute the lines and the footing of drafts; what people wrote and confirmed stays."""
        self.env["ecom.statement.composer"]._compose(self)

    def _cutoff_of(self, company, partner):
        return partner.with_company(company).ecom_cutoff or company.ecom_cutoff

    def _next(self):
        """The statement that begins with our closing amount."""
        return self.search([("previous_id", "in", self.ids), ("state", "!=", "cancelled")], limit=1)

    def _chain_ids(self):
        """Ids of this statement and of all before it."""
        self.flush_model(["previous_id"])
        self.env.cr.execute(
            SQL(
                """WITH RECURSIVE chain AS (
                       SELECT id, previous_id, 1 AS place FROM ecom_statement WHERE id = %s
                        UNION ALL
                       SELECT s.id, s.previous_id, place + 1
                         FROM ecom_statement s JOIN chain ON chain.previous_id = s.id)
                   SELECT id FROM chain ORDER BY place""",
                self.id,
            )
        )
        return [number for (number,) in self.env.cr.fetchall()]

    def _lock(self):
        """Take these statements, or wait for whoever has them; what is waiting is written before.

        :raise MissingError: one was deleted in the meantime
        """
        self.env.flush_all()
        self.env["ecom.stage"]._take(self)

    # --- states -------------------------------------------------------------

    def _go_to(self, state, **values):  # pylint: disable=missing-return
        """Change the state: the table, the right and the proof decide; nothing else writes it.

        :raise UserError: not from here, or the statement is not ready for it
        :raise AccessError: not this user
        """
        self._lock()
        for statement in self:
            written = dict(values)
            # A dispute that is taken back sends nothing, and what is no longer paid was approved before.
            back = (statement.state, state) in {("disputed", "sent"), ("paid", "approved")}
            if state in ("sent", "confirmed", "approved") and not back:
                written |= {f"{state}_id": self.env.uid, f"{state}_at": fields.Datetime.now()}
            super(EcomStatement, statement)._go_to(state, **written)
        if state == "cancelled":
            self.env.cr.execute(
                SQL("UPDATE ecom_statement_line SET live = false WHERE statement_id = ANY(%s)", self.ids)
            )
            self.env["ecom.statement.line"].invalidate_model(["live"])

    def _check_may_go_to(self, state):
        for statement in self:
            statement._check_may(state)
            getattr(statement, f"_check_{state}", lambda: None)()

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
        self.env["ecom.statement.proof"]._check_foots(self)
        if not self.line_count and self.currency_id.is_zero(self.amount_closing):
            raise UserError(self.env._("%s has neither lines nor a balance.", self.name))

    def _check_confirmed(self):
        if self._lines(("state", "!=", "confirmed")):
            raise UserError(self.env._("%s has lines that are not confirmed.", self.name))
        self.env["ecom.statement.proof"]._check_current(self)

    def _check_approved(self):
        if self.state == "disputed" and self.open_count:
            raise UserError(
                self.env._("%(count)s lines of %(name)s are open.", count=self.open_count, name=self.name)
            )
        if self.state != "paid":
            self.env["ecom.statement.proof"]._check_current(self)

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
        self._compose()

    def action_draft(self):
        """Take a statement back to correct and send it again."""
        self._go_to("draft")

    def action_cancel(self):
        self._go_to("cancelled")

    def action_approve(self):
        self._go_to("approved")
        self.env["ecom.statement.payer"]._refresh(self)

    def action_pay(self):
        """Open the payment of what is due."""
        self.ensure_one()
        if self.state != "approved":
            raise UserError(self.env._("%s is not approved.", self.name))
        # A dialog that is not stored yet shows what is due as it is computed; of a stored one it is not kept.
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pay %s", self.name),
            "res_model": "ecom.statement.pay",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_statement_id": self.id, "dialog_size": "extra-large"},
        }

    def _lines_action(self, **context):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_statement_line_action"
        )
        return {**action, "domain": [("statement_id", "in", self.ids)], "context": context}

    def action_open_lines(self):
        return self._lines_action(search_default_group_origin=1)

    def action_open_disputed(self):
        return self._lines_action(search_default_disputed=1)

    # --- what both sides say --------------------------------------------------

    @api.model
    def _get_thread_with_access(self, thread_id, *, mode="read", **kwargs):
        """The link of a mail shows the statement; what is said about it needs a login."""
        return super()._get_thread_with_access(thread_id, mode=mode)

    def message_post(self, **kwargs):
        """A supplier speaks in its own name, to us, visibly for both sides."""
        if self.env.user.share and not self.env.su:
            kwargs = {name: kwargs[name] for name in SAID if name in kwargs}
            kwargs |= {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        return super().message_post(**kwargs)

    # --- the supplier's answers ------------------------------------------------

    def portal_confirm(self, line_ids=None):
        """The supplier confirms lines of its statement.

        :param line_ids: ids of lines of this statement; without it all that are open
        :return: {"state": state of the statement, "open": count, "disputed": count}
        :raise AccessError: not this supplier's statement
        :raise UserError: it is not waiting for an answer, or a line is of another statement
        """
        statement = self._as_supplier()
        domain = [("state", "=", "open")]
        if line_ids is not None:
            domain.append(("id", "in", statement._lines_of(line_ids).ids))
        statement._lines(*domain)._confirm()
        return statement._after_answer()

    def portal_dispute(self, line_id, reason, text="", attachments=None):
        """The supplier disputes one line.

        :param reason: key of `REASONS`
        :param attachments: list of {"name", "content"}, content in base64
        :return: as `portal_confirm`
        """
        statement = self._as_supplier()
        statement._lines_of([line_id])._dispute(reason, text, attachments)
        return statement._after_answer()

    def _as_supplier(self):
        """This statement with the right to answer it; whoever asks is checked here, once, before anything."""
        self.ensure_one()
        user = self.env.user
        # The owner must be known before it can be compared; nothing of it is given to the caller.
        facts = self.sudo().exists()
        own = facts and facts.partner_id == user.partner_id.commercial_partner_id
        if not own or facts.state in ("draft", "cancelled") or facts.company_id not in user.company_ids:
            raise AccessError(self.env._("This statement is not yours."))
        facts._check_waits()
        return facts

    def _check_waits(self):
        """Two who answer at once take turns: each finds what the other has answered."""
        self._lock()
        for statement in self:
            if statement.state not in ("sent", "disputed"):
                raise UserError(self.env._("%s is not waiting for an answer.", statement.name))

    def _lines(self, *domain):
        return self.env["ecom.statement.line"].search([("statement_id", "in", self.ids), *domain])

    def _lines_of(self, line_ids):
        try:
            ids = {int(line_id) for line_id in line_ids}
        except (TypeError, ValueError):
            ids = {0}
        # No record has a number beyond these, and the database would refuse to look for it.
        lines = self._lines(("id", "in", [one for one in ids if 0 < one <= LARGEST_ID]))
        if len(lines) != len(ids):
            raise UserError(self.env._("Some lines are not of %s.", self.name))
        return lines

    def _as_staff(self):
        """For an answer that came by mail or telephone: buyers and accountants enter it."""
        user = self.env.user
        if not (user.has_group(BUYER) or user.has_group(ACCOUNTANT)):
            raise AccessError(self.env._("Only buyers and accountants enter a supplier's answer."))
        self.check_access("write")
        self._check_waits()

    def action_confirm(self):
        """Enter that the supplier confirms all lines that are open."""
        self._as_staff()
        for statement in self:
            statement._lines(("state", "=", "open"))._confirm()
            statement._after_answer()

    def _after_answer(self):
        """The state that follows from the lines."""
        states = {
            state
            for (state,) in self.env["ecom.statement.line"]._read_group(
                [("statement_id", "=", self.id)], ["state"]
            )
        }
        if "disputed" in states:
            if self.state == "sent":
                self._go_to("disputed")
                self._ask_for_answer()
        elif "open" not in states:
            self._go_to("confirmed")
            self._make_documents()
        elif self.state == "disputed":
            self._go_to("sent")
        self.invalidate_recordset()
        self._drop_tasks()
        return {"state": self.state, "open": self.open_count, "disputed": self.disputed_count}

    def _ask_for_answer(self):
        """Whoever sent the statement has the dispute to do."""
        if not self.activity_ids.filtered(lambda it: it.automated and it.user_id == self.sent_id):
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env["ecom.books"]
                ._words(self.company_id)
                ._("Answer the dispute of %s", self.partner_id.name),
                user_id=self.sent_id.id or self.env.uid,
            )

    def _drop_tasks(self):
        """Where nothing is disputed any more there is nothing to answer, whoever settled it."""
        calm = self.filtered(lambda statement: not statement.disputed_count)
        # The task is of whoever sent the statement; who settles the dispute may not see it.
        calm.sudo().activity_ids.filtered("automated").action_feedback()

    # --- documents ----------------------------------------------------------

    def action_make_documents(self):
        """Make the documents of confirmed lines that have none; those that have one are left alone."""
        self._check_may("sent")
        self.check_access("write")
        for statement in self:
            statement._make_documents()

    def _make_documents(self):
        """Have the sources book what is confirmed and not in the ledger; twice makes nothing twice."""
        self.ensure_one()
        self._lock()
        # Whoever answers for the supplier need not read orders nor make invoices; what is made is a draft.
        self = self.sudo()
        waiting = [("in_ledger", "=", False), ("document_id", "=", False)]
        lines = self._lines(("state", "=", "confirmed"), *waiting)
        for source in self.env["ecom.statement.source"]._statement_sources():
            codes = {origin.code for origin in source._statement_origins}
            source._statement_settle(self, lines.filtered(lambda line, codes=codes: line.origin in codes))

    def action_open_documents(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_in_invoice_type")
        return {**action, "domain": [("id", "in", self.document_ids.ids)], "context": {"create": False}}

    # --- paper ----------------------------------------------------------------

    def _printable(self):
        """What is printed, in the supplier's language; see `reports/statement_document.py`."""
        self.ensure_one()
        self.check_access("read")
        # Who may read the statement may read what is printed on it: names of documents, orders, products.
        return statement_document.document(
            self.sudo().with_context(lang=self._print_language(self.partner_id))
        )

    def _render_pdf(self):
        return statement_pdf.render([statement._printable() for statement in self])

    def _render_xlsx(self):
        """The workbook of one statement: bytes."""
        return statement_xlsx.render(self._printable())

    def _files(self):
        """[(file name, bytes)] of both."""
        name = self.name.replace("/", "-")
        document = self._printable()
        return [
            (f"{name}.pdf", statement_pdf.render([document])),
            (f"{name}.xlsx", statement_xlsx.render(document)),
        ]

    # --- sending ------------------------------------------------------------

    def action_send(self):
        """Prove that it foots, mark it as sent, and mail it with both files and the link to the portal."""
        for statement in self:
            statement._go_to("sent")
            files = statement._files()
            # What was sent is kept as it was, whoever may write attachments.
            attachments = self.env["ir.attachment"].sudo()
            for name, content in files:
                attachments |= attachments.create(
                    {"name": name, "raw": content, "res_model": self._name, "res_id": statement.id}
                )
            if statement.partner_id.email:
                template = self.env.ref("ecom_supplier_settlement.mail_template_statement")
                template.send_mail(
                    statement.id, email_values={"attachment_ids": [(4, file.id) for file in attachments]}
                )
            else:
                statement.message_post(
                    body=self.env._(
                        "The supplier has no e-mail address: it finds the statement in the portal."
                    ),
                    attachment_ids=attachments.ids,
                )

    def action_print(self):
        self._check_printable()
        return super().action_print()

    def action_download_xlsx(self):
        self.ensure_one()
        self._check_printable()
        return {
            "type": "ir.actions.act_url",
            "url": f"/my/statements/{self.id}?report_type=xlsx",
            "target": "new",
        }

    def _check_printable(self):
        for statement in self.filtered(lambda it: it.state == "cancelled"):
            raise UserError(self.env._("%s is cancelled.", statement.name))

    # --- the supplier's own statement ---------------------------------------

    def compare_file(self, name, content):
        """Compare the supplier's own statement with this one.

        :param name: file name
        :param content: CSV or XLSX in base64
        :return: id of the comparison; of the one there is when the file comes again
        :raise UserError: the file cannot be used; names every bad cell
        """
        self.ensure_one()
        self.check_access("write")
        return self.env["ecom.statement.comparison"]._compare_file(self, name, decoded(content, self.env)).id

    def portal_compare(self, name, content):
        """The supplier brings its own statement; arguments as `compare_file`.

        :return: {"result", "difference", "lines"} of the comparison; difference is theirs less ours, as text
        """
        statement = self._as_supplier()
        file = decoded(content, self.env)
        if not file:
            raise UserError(self.env._("Choose a file."))
        if len(file) > SIZE_LIMIT or len(statement.comparison_ids) >= COMPARISONS:
            raise UserError(
                self.env._("At most %s files of 20 MB for one statement. Ask your buyer.", COMPARISONS)
            )
        comparison = statement.env["ecom.statement.comparison"]._compare_file(statement, str(name), file)
        statement.message_post(
            body=self.env._("The supplier brought its own statement: %s.", comparison.name),
            author_id=self.env.user.partner_id.id,
        )
        return {
            "result": comparison.result,
            "difference": str(statement._exact(comparison.difference)),
            "lines": len(comparison.line_ids),
        }

    def action_compare(self):
        """Ask for the supplier's file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Compare with the supplier's statement"),
            "res_model": "ecom.statement.upload",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_statement_id": self.id},
        }
