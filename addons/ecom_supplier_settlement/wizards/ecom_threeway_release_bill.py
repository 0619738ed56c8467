"""Invoice stage: letting a blocked bill pass, with a reason, by somebody who had no hand in it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.threeway.ecom_threeway_result import seen_values


class EcomInvoiceRelease(models.TransientModel):
    """Asks for the reason and releases; what was seen is stored with it."""

    _name = "ecom.invoice.release"
    _description = "Release Blocked Bills"

    move_ids = fields.Many2many("account.move", string="Bills", required=True)
    result_ids = fields.Many2many("ecom.threeway.result", compute="_compute_result_ids", string="What Is Off")
    reason = fields.Text(required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "account.move" and "move_ids" in fields_list:
            values["move_ids"] = [fields.Command.set(self.env.context.get("active_ids", []))]
        return values

    @api.depends("move_ids")
    def _compute_result_ids(self):
        for wizard in self:
            wizard.result_ids = wizard.move_ids.ecom_threeway_result_ids.filtered(
                lambda row: row.verdict != "inside"
            )

    def action_release(self):
        self.ensure_one()
        self.move_ids._ecom_release(self.reason)
        return {"type": "ir.actions.act_window_close"}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ecom_release(self, reason):
        """Let these blocked bills be paid although they do not match.

        :param reason: text, not empty
        :raises AccessError: if the user is no accountant, or entered, changed or posted one of them
        :raises UserError: if a bill is not blocked, or no reason is given
        """
        user = self.env.user
        if not user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only an accountant releases a bill."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the bill may be paid."))
        self.check_access("read")
        # The verdicts are made anew, so that what is released is what is so now.
        moves = self.sudo()
        moves._ecom_threeway("release")
        for move in moves:
            if move.ecom_threeway_state != "blocked":
                raise UserError(self.env._("%s is not blocked.", move.display_name))
            if user in move._ecom_hands():
                raise AccessError(
                    self.env._(
                        "You entered, changed or posted %s. Somebody else releases it.", move.display_name
                    )
                )
        rows = moves.env["ecom.threeway.matcher"]._decided(moves.ids)
        values = []
        for move in moves:
            its = [row for row in rows if row["move_id"] == move.id]
            values.append(
                {
                    "move_id": move.id,
                    "user_id": user.id,
                    "released_at": fields.Datetime.now(),
                    "reason": reason.strip(),
                    "seen": seen_values(its),
                }
            )
        moves.env["ecom.threeway.release"]._unseal().create(values)
        moves._ecom_threeway("release")
        moves._message_log_batch(
            bodies={
                move.id: self.env._("Released by %(user)s: %(reason)s", user=user.name, reason=reason.strip())
                for move in moves
            }
        )

    def action_ecom_release(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release Blocked Bills"),
            "res_model": "ecom.invoice.release",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": "account.move", "active_ids": self.ids},
        }
