"""Every stage: records that are printed from the Print menu, by the printer in `reports/paper.py`."""

from odoo import models


class EcomPaper(models.AbstractModel):
    """One PDF of the records that were chosen; a server action of the Print menu calls `action_print`."""

    _name = "ecom.paper"
    _description = "Paper"

    def _render_pdf(self):
        """The PDF of these records, each with pages of its own, in the language of whoever gets it: bytes."""
        raise NotImplementedError

    def _print_language(self, partner):
        """The code of the language in which a partner is written to."""
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        # Whoever may print the document may do so in the language of its reader.
        wanted = partner.sudo().lang
        return wanted if wanted in installed else self.env.lang or "en_US"

    def action_print(self):
        """Download the PDF."""
        self.check_access("read")
        ids = ",".join(map(str, self.ids))
        return {"type": "ir.actions.act_url", "url": f"/ecom/paper/{self._name}/{ids}", "target": "new"}
