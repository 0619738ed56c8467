"""Post stage, once: the button that sets a company's ledger up."""

from odoo import fields, models


class EcomLedgerWizard(models.TransientModel):
    """Journals, ledger accounts and maps for one company."""

    _name = "ecom.ledger.wizard"
    _description = "Ledger Set-up Wizard"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)

    def action_apply(self):
        made = self.env["ecom.ledger.setup"]._apply(self.company_id)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(journals)s journals, %(accounts)s ledger accounts and %(maps)s maps were made.", **made
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
