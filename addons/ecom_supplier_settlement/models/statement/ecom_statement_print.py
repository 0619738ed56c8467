"""Statement stage: the statement as the supplier gets it: paper, workbook, mail, in its language."""

from odoo import models
from odoo.exceptions import UserError

from ...reports import statement_document, statement_pdf, statement_xlsx


class EcomStatement(models.Model):
    _inherit = "ecom.statement"

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
            statement._move_to("sent")
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
