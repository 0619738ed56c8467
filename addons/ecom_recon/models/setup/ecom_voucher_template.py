"""Post stage: which role every category goes to, per business type."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

GROUPINGS = [
    ("day", "One entry per day"),
    ("bill", "One entry per bill and month"),
    ("order", "One entry per order"),
    ("line", "One entry per bill line"),
]


class EcomVoucherTemplate(models.Model):
    """A business type: sale receipt, refund, platform fee … Its lines say what is posted against
    the money on the platform account."""

    _name = "ecom.voucher.template"
    _description = "Voucher Template"
    _order = "sequence, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    grouping = fields.Selection(
        GROUPINGS, required=True, default="day", help="Templates of one grouping share their entries."
    )
    line_ids = fields.One2many("ecom.voucher.line", "template_id", copy=True)

    _code_once = models.Constraint("UNIQUE(code)", "A voucher template with this code exists already.")

    @api.model
    def _by_category(self, company):
        """{(category, mode): [voucher lines]} of a company; the company's own lines win."""
        table = {}
        lines = self.env["ecom.voucher.line"].search(
            [("template_id.active", "=", True), ("company_id", "in", [company.id, False])]
        )
        for line in lines.sorted(lambda line: (bool(line.company_id), line.sequence, line.id)):
            for mode in ("order", "summary") if line.mode == "both" else (line.mode,):
                key = (line.category_id, mode)
                rows = table.setdefault(key, [])
                if line.company_id and rows and not rows[0].company_id:
                    rows.clear()
                rows.append(line)
        for (category, _mode), rows in table.items():
            if round(sum(row.percent for row in rows), 4) != 100:
                raise UserError(
                    self.env._(
                        "The voucher lines of %(category)s do not add up to 100 %%.", category=category.name
                    )
                )
        return table


class EcomVoucherLine(models.Model):
    """Role, share, partner, tax and analytics of one category in one mode."""

    _name = "ecom.voucher.line"
    _description = "Voucher Template Line"
    _order = "template_id, sequence, id"

    template_id = fields.Many2one("ecom.voucher.template", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", help="Only for this company; its lines replace the common ones."
    )
    category_id = fields.Many2one("ecom.category", required=True, ondelete="restrict")
    mode = fields.Selection(
        [("both", "Both"), ("summary", "Summary"), ("order", "Order")], required=True, default="both"
    )
    role_id = fields.Many2one("ecom.role", required=True, ondelete="restrict")
    percent = fields.Float("Share (%)", digits=(9, 4), default=100, required=True)
    partner = fields.Selection(
        [("none", "None"), ("shop", "Shop's Customer"), ("order", "Order's Customer")],
        required=True,
        default="none",
    )
    tax_id = fields.Many2one(
        "account.tax", ondelete="restrict", help="Tax that the amount includes: it is posted apart."
    )
    analytic_distribution = fields.Json()
    analytic_precision = fields.Integer(
        store=False, default=lambda self: self.env["decimal.precision"].precision_get("Percentage Analytic")
    )
    label = fields.Char(translate=True)

    @api.constrains("percent")
    def _check_percent(self):
        if any(line.percent <= 0 for line in self):
            raise ValidationError(self.env._("A share is more than zero."))
