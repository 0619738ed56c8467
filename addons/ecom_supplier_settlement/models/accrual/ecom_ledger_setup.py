"""Invoice stage, at the end of a period: where accounts of accruals stand."""

from odoo import models


class EcomLedgerSetup(models.AbstractModel):
    _inherit = "ecom.ledger.setup"

    def _parent(self, role, company):
        """What is accrued for suppliers stands beside payables, but is no open item of a supplier."""
        if role.code != "goods_accrued":
            return super()._parent(role, company)
        return self.env["account.account"].search(
            [
                ("code", "=like", f"{role.parent_code}%"),
                ("account_type", "in", ("liability_payable", "liability_current")),
                ("company_ids", "in", company.id),
            ],
            order="code",
            limit=1,
        )
