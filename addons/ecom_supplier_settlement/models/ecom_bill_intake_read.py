"""Invoice stage: which invoices a supplier's file holds; whatever cannot be trusted is named."""

from pathlib import PurePosixPath

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.ecom_connectors.lib.ecom_bills import RefusedError
from odoo.addons.ecom_connectors.lib.ecom_bills.budget import Budget
from odoo.addons.ecom_connectors.lib.ecom_bills.zips import entries, stream
from odoo.addons.ecom_connectors.models.ecom_reader import problem_text

from ..lib.ecom_settle import einvoice, invoice_list
from ..lib.ecom_settle.invoice import InvoiceError, Problem

MAX_ZIP_FILES = 50
SHOWN = 10
ATTACHED_ONLY = {".pdf", ".png", ".jpg", ".jpeg", ".ofd"}


class EcomBillIntake(models.AbstractModel):
    _inherit = "ecom.bill.intake"

    @api.model
    def _is_einvoice(self, content):
        return einvoice.is_einvoice(content)

    def _documents(self, name, content):
        """(invoices, files to attach besides); None for files whose data Odoo reads, or that have none."""
        if einvoice.is_einvoice(content):
            return [self._read(name, einvoice.read_einvoice, content)], []
        if content.startswith(b"PK") and not _is_workbook(content):
            members = self._members(name, content)
            found = [item for item in members if einvoice.is_einvoice(item[1])]
            if not found:
                raise UserError(
                    self.env._("%s: no e-invoice XML is in the archive. Upload its files one by one.", name)
                )
            return [self._read(inner, einvoice.read_einvoice, data) for inner, data in found], [
                item for item in members if PurePosixPath(item[0]).suffix.lower() in ATTACHED_ONLY
            ]
        if einvoice.is_xml(content) or PurePosixPath(name).suffix.lower() in ATTACHED_ONLY:
            return None, []
        return self._listed(name, content), []

    def _read(self, name, reader, *args):
        try:
            return reader(*args)
        except InvoiceError as bad:
            raise UserError(self._problem_text(name, bad.problems)) from bad

    def _listed(self, name, content):
        """The invoices of a CSV or workbook, read by the limited child process."""
        # Buyers do not see the platforms' vocabulary that the reader hands on; no invoice uses it.
        found = self.env["ecom.reader"].sudo()._records(content, name, "invoices")
        if found["problems"]:
            raise UserError(self._problem_text(name, [Problem(**item) for item in found["problems"]]))
        digits = {currency.name: currency.decimal_places for currency in self.env["res.currency"].search([])}
        return self._read(name, invoice_list.read_list, found["invoices"], digits)

    def _members(self, name, content):
        """[(name, bytes)] of a ZIP, within limits."""
        try:
            found = [entry for entry in entries(content, Budget()) if not entry.is_folder]
            if len(found) > MAX_ZIP_FILES:
                raise RefusedError([Problem(0, "", f"{len(found)}", "too_large")])
            return [(entry.name, b"".join(stream(content, entry))) for entry in found]
        except RefusedError as refused:
            raise UserError(self._problem_text(name, refused.problems)) from refused

    @api.model
    def _einvoices_in_zip(self, name, content):
        """[(name, bytes)] of the e-invoices in a ZIP; none if it cannot be trusted or is something else."""
        if _is_workbook(content):
            return []
        try:
            members = self._members(name, content)
        except UserError:
            return []
        return [item for item in members if einvoice.is_einvoice(item[1])]

    def _problem_text(self, name, problems):
        """Every problem on a line of its own: file, row, column, value, what to do."""
        lines = [
            " · ".join(
                part
                for part in (
                    name,
                    self.env._("row %s", item.row) if item.row else "",
                    item.column,
                    item.text,
                    self._reason_text(item.reason),
                )
                if part
            )
            for item in problems[:SHOWN]
        ]
        if len(problems) > SHOWN:
            lines.append(self.env._("… and %s more.", len(problems) - SHOWN))
        return "\n".join(lines)

    def _reason_text(self, reason):
        texts = {
            "not_an_einvoice": self.env._("This XML is not a digital invoice. Upload the original download."),
            "doctype": self.env._("The XML declares a document type, which no invoice has. It is not read."),
            "not_xml": self.env._("The XML is damaged. Download it again."),
            "not_20_digits": self.env._("An e-invoice number has 20 digits. Upload the original download."),
            "numbers_differ": self.env._("The file gives two invoice numbers. Upload the original download."),
            "not_a_day": self.env._("This is not a date. Upload the original download."),
            "not_a_rate": self.env._("This is not a tax rate."),
            "total_differs": self.env._(
                "The lines do not add up to the invoice's total: the file was changed or cut. "
                "Ask the supplier for the original."
            ),
            "no_rows": self.env._("There is no line on the invoice."),
            "invoice_differs": self.env._("Rows of one invoice say different things. Make them agree."),
            "unknown_currency": self.env._("This currency is not active. Activate it or correct the code."),
            "amounts_differ": self.env._("Quantity times price is not the amount. Correct the row."),
            "not_a_bill": self.env._("This kind of file is not read. Upload XML, ZIP, CSV, XLSX or PDF."),
            "unknown_layout": self.env._(
                "The column titles are not those of an invoice list: invoice_no, invoice_date, product, "
                "quantity, amount, tax_rate, currency and more."
            ),
            "wrong_encoding": self.env._(
                "These bytes are not text of the declared encoding. Upload the original."
            ),
        }
        return texts.get(reason) or problem_text(self.env, reason)


def _is_workbook(content):
    """Whether a ZIP is a spreadsheet; the part that every workbook has stands near its start or its end."""
    return b"[Content_Types].xml" in content[:4096] or b"[Content_Types].xml" in content[-65536:]
