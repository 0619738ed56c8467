"""Invoice stage: tasks about invoices, one for a person and kind; `ecom.threeway.task` gives
them."""

from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    ecom_move_id = fields.Many2one(
        "account.move", "Invoice", readonly=True, index="btree_not_null", ondelete="cascade"
    )

    _ecom_task_once = models.UniqueIndex(
        "(ecom_move_id, activity_type_id, user_id) WHERE ecom_move_id IS NOT NULL AND active",
        "This person has this task about the invoice already.",
    )
