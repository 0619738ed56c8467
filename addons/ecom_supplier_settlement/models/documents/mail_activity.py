"""Invoice stage: tasks about bills, one for each person, kind and bill; `ecom.threeway.task` gives them."""

from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    ecom_move_id = fields.Many2one(
        "account.move", "Bill", readonly=True, index="btree_not_null", ondelete="cascade"
    )

    _ecom_task_once = models.UniqueIndex(
        "(ecom_move_id, activity_type_id, user_id) WHERE ecom_move_id IS NOT NULL AND active",
        "This person has this task about the bill already.",
    )
