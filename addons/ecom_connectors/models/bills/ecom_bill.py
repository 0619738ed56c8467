"""Load stage: one bill file, its proofs and its problems."""

import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...lib.ecom_bills import Context
from ..setup.ecom_account import KINDS


class EcomBill(models.Model):
    """What the platform gave us for one account and period, complete or not at all.

    A refused or inconsistent bill keeps its bytes and its problems and has no line.
    """

    _name = "ecom.bill"
    _description = "Platform Bill"
    _inherit = ["ecom.stateful", "mail.thread"]
    _order = "first_day desc, id desc"
    _check_company_auto = True
    _transitions = {
        "refused": {"ready", "inconsistent"},
        "inconsistent": {"ready", "refused"},
        "ready": {"posted"},
        "posted": {"ready"},
    }

    name = fields.Char(required=True, readonly=True)
    member = fields.Char(readonly=True, help="Path of the bill inside the file, for archives.")
    account_id = fields.Many2one(
        "ecom.account", readonly=True, index=True, check_company=True, ondelete="restrict"
    )
    platform_id = fields.Many2one(related="account_id.platform_id", store=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    layout = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("refused", "Refused"),
            ("inconsistent", "Inconsistent"),
            ("ready", "Ready"),
            ("posted", "Posted"),
        ],
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True, ondelete="restrict")
    sha256 = fields.Char("SHA-256", required=True, readonly=True, index=True)
    date_from = fields.Datetime("Period Start", readonly=True)
    date_to = fields.Datetime("Period End", readonly=True)
    first_day = fields.Date(readonly=True)
    last_day = fields.Date(readonly=True)
    first_booked_at = fields.Datetime(readonly=True)
    last_booked_at = fields.Datetime(readonly=True)
    row_count = fields.Integer("Rows", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    new_count = fields.Integer("New Lines", readonly=True)
    known_count = fields.Integer("Known Lines", readonly=True, help="Lines that another bill brought before.")
    amount_sum = fields.Monetary("Sum", readonly=True)
    amount_control = fields.Monetary(
        "Control Total", readonly=True, help="What the platform itself says the lines add up to."
    )
    has_control = fields.Boolean(readonly=True)
    amount_difference = fields.Monetary("Difference", compute="_compute_amount_difference")
    opening = fields.Monetary("Opening Balance", readonly=True)
    closing = fields.Monetary("Closing Balance", readonly=True)
    has_balance = fields.Boolean(readonly=True)
    proven = fields.Boolean(readonly=True, help="A total, a count or a running balance was checked.")
    by_category = fields.Json(readonly=True)
    problem_ids = fields.One2many("ecom.bill.problem", "bill_id", readonly=True)
    line_ids = fields.One2many("ecom.bill.line", "bill_id", readonly=True)
    chain_state = fields.Selection(
        [("first", "First"), ("ok", "Follows"), ("gap", "Gap"), ("overlap", "Overlap")],
        readonly=True,
        help="How the bill meets the one before it on the same account.",
    )
    chain_difference = fields.Monetary(
        "Missing Amount", readonly=True, help="Opening balance minus what came before."
    )
    previous_id = fields.Many2one("ecom.bill", "Bill Before", readonly=True, ondelete="set null")
    lines_until = fields.Monetary(
        readonly=True,
        help="Sum of all distinct lines of the account and kind up to the last moment of this bill.",
    )
    has_lines_until = fields.Boolean(
        readonly=True, help="The sum is kept since bills of the account overlap; before that nobody needs it."
    )

    _file_once = models.UniqueIndex(
        "(company_id, coalesce(account_id, 0), sha256, coalesce(member, ''))", "This file is stored already."
    )
    # Each import asks for what stands next to its bills, however many there are.
    _begin_idx = models.Index("(account_id, kind, first_booked_at)")
    _end_idx = models.Index("(account_id, kind, last_booked_at)")
    _day_idx = models.Index("(account_id, kind, last_day)")
    _overlap_idx = models.Index("(account_id, kind) WHERE known_count > 0")
    # Each run asks for what is not posted and for what is missing: few of all bills.
    _ready_idx = models.Index("(account_id) WHERE state = 'ready'")
    _gap_idx = models.Index("(account_id) WHERE chain_state = 'gap'")

    @api.depends("amount_sum", "amount_control", "has_control")
    def _compute_amount_difference(self):
        for bill in self:
            bill.amount_difference = bill.amount_sum - bill.amount_control if bill.has_control else 0

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if any(bill.state in ("ready", "posted") for bill in self):
            raise UserError(self.env._("A bill with lines is evidence and cannot be deleted."))

    def _content(self):
        """The bytes as the platform sent them."""
        self.ensure_one()
        # The bill's own access was checked; its file follows it.
        return self.attachment_id.sudo().with_context(bin_size=False).raw

    def _context_of(self, account):
        """How the reader sees this account."""
        return Context(
            currency=account.currency_id.name,
            digits=account.currency_id.decimal_places,
            timezone=account.timezone,
            platform=account.platform_id.code,
            merchant=account.merchant or "",
            kinds=account._kinds(),
            words=self.env["ecom.vocabulary"]._words(),
        )

    def _result(self, file=None, again=False):
        """What an import reports of this bill; amounts as decimal strings.

        :param again: the same bytes came before, so that every line is known
        """
        self.ensure_one()
        currency = self.currency_id

        def money(amount):
            return f"{amount:.{currency.decimal_places}f}"

        return {
            "file": file or self.name,
            "bill": self.id,
            "account": self.account_id.code or None,
            "layout": self.layout or None,
            "state": self.state,
            "lines": self.line_count,
            "new": 0 if again else self.new_count,
            "known": self.line_count if again else self.known_count,
            "sum": money(self.amount_sum),
            "opening": money(self.opening) if self.has_balance else None,
            "closing": money(self.closing) if self.has_balance else None,
            "control": money(self.amount_control) if self.has_control else None,
            "by_category": self.by_category or {},
            "problems": self.problem_ids._told(),
        }

    @api.model
    def import_files(self, files, account_code=None):
        """Read, prove and store bill files; doing it twice changes nothing.

        :param files: list of `{"name", "content"}`, content in base64
        :param account_code: account they belong to; else the one account that fits
        :return: per bill `file, account, layout, state, lines, new, known, sum, opening, closing,
            control, by_category, problems: [{row, column, text, reason, message}]`
        :raises UserError: if the account does not exist
        """
        if not self.env.user.has_group("ecom_connectors.group_operator"):
            raise AccessError(self.env._("Only shop operators and accountants import bills."))
        account = self.env["ecom.account"]
        if account_code:
            account = account._by_code(account_code)
        return self.env["ecom.reader"]._import(
            account, ((file["name"], base64.b64decode(file["content"]), account) for file in files)
        )

    def action_open_lines(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_line_action")
        return {**action, "domain": [("bill_id", "in", self.ids)], "context": {}}

    def action_read_again(self):
        """Read the stored bytes once more, after a word or a setting has changed."""
        self.check_access("write")
        self.env["ecom.reader"]._import(
            self.account_id, ((bill.name, bill._content(), bill.account_id) for bill in self)
        )


class EcomBillProblem(models.Model):
    """Why a bill was refused, or what is odd about it: place, text and reason."""

    _name = "ecom.bill.problem"
    _description = "Bill Problem"
    _inherit = ["ecom.problem"]
    _order = "bill_id, row, id"
    _sealed_as = "ecom.bill"

    bill_id = fields.Many2one("ecom.bill", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="bill_id.company_id", store=True, index=True)
