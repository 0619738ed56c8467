"""Invoice stage: which invoices a supplier's file holds; whatever cannot be trusted is named."""

from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.ecom_connectors.lib.ecom_bills import RefusedError
from odoo.addons.ecom_connectors.lib.ecom_bills.budget import Budget
from odoo.addons.ecom_connectors.lib.ecom_bills.zips import entries, stream

from ...lib.ecom_settle import einvoice, invoice_list
from ...lib.ecom_settle.problem import DocumentError, Problem
from ..receipt.supplier_file import invoice_problem_text, read_rows, refused

MAX_ZIP_FILES = 50
# Where UBL and CII state the total with tax, and what was rounded beside it.
TOTALS = (
    ("LegalMonetaryTotal", "TaxInclusiveAmount", "PayableRoundingAmount"),
    ("SpecifiedTradeSettlementHeaderMonetarySummation", "GrandTotalAmount", "RoundingAmount"),
)
ATTACHED_ONLY = {".pdf", ".png", ".jpg", ".jpeg", ".ofd"}


class EcomInvoiceIntake(models.AbstractModel):
    _inherit = "ecom.invoice.intake"

    @api.model
    def _is_einvoice(self, content):
        return einvoice.is_einvoice(content)

    def _documents(self, name, content):
        """(invoices, files to attach besides); None for files whose data Odoo reads, or that have none."""
        if einvoice.is_einvoice(content):
            return [self._einvoice(name, content)], []
        if content.startswith(b"PK") and not _is_workbook(content):
            members = self._members(name, content)
            found = [item for item in members if einvoice.is_einvoice(item[1])]
            if not found:
                raise UserError(
                    self.env._("%s: no e-invoice XML is in the archive. Upload its files one by one.", name)
                )
            return [self._einvoice(inner, data) for inner, data in found], [
                item for item in members if PurePosixPath(item[0]).suffix.lower() in ATTACHED_ONLY
            ]
        if einvoice.is_xml(content) and b"<!DOCTYPE" in content:
            raise self._refused(name, [Problem(0, "", "<!DOCTYPE", "doctype")])
        if einvoice.is_xml(content) or PurePosixPath(name).suffix.lower() in ATTACHED_ONLY:
            return None, []
        return self._listed(name, content), []

    def _einvoice(self, name, content):
        try:
            return einvoice.read_einvoice(content)
        except DocumentError as bad:
            raise self._refused(name, bad.problems) from bad

    @api.model
    def _keep_total(self, move, files):
        """Give a bill that Odoo read the total its file states; the match compares it.

        That reader reads the lines alone and rounds their quantities.

        :param files: file data of Odoo
        :return: notes for a person, when the bill is another amount
        """
        trees = [file["xml_tree"] for file in files if file.get("xml_tree") is not None]
        totals = [total for total in map(_stated_total, trees) if total is not None]
        if not totals:
            return []
        if not totals[0].is_finite():
            return [self.env._("The total that the file states cannot be read.")]
        move.ecom_document_total = total = float(abs(totals[0]))
        if not move.currency_id.compare_amounts(total, move.amount_total):
            return []
        return [
            self.env._(
                "The file states a total of %(stated)s, its lines come to %(total)s.",
                stated=move.currency_id.format(total),
                total=move.currency_id.format(move.amount_total),
            )
        ]

    @api.model
    def _refused(self, name, problems):
        """The error that names every problem of a file."""
        return refused(self.env, name, problems, invoice_problem_text)

    def _listed(self, name, content):
        """The invoices of a CSV or workbook, read by the limited child process."""
        digits = {currency.name: currency.decimal_places for currency in self.env["res.currency"].search([])}
        _rows, invoices = read_rows(
            self.env,
            name,
            content,
            [invoice_list.LAYOUT],
            lambda rows: invoice_list.read_list(rows, digits),
            invoice_problem_text,
        )
        return invoices

    def _members(self, name, content):
        """[(name, bytes)] of a ZIP, within limits."""
        try:
            found = [entry for entry in entries(content, Budget()) if not entry.is_folder]
            if len(found) > MAX_ZIP_FILES:
                raise RefusedError([Problem(0, "", f"{len(found)}", "too_large")])
            return [(entry.name, b"".join(stream(content, entry))) for entry in found]
        except RefusedError as refused:
            raise self._refused(name, refused.problems) from refused

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


def _is_workbook(content):
    """Whether a ZIP is a spreadsheet; the part that every workbook has stands near its start or its end."""
    return b"[Content_Types].xml" in content[:4096] or b"[Content_Types].xml" in content[-65536:]


def _stated_total(tree):
    """The total with tax that UBL or CII states, before prepayments; NaN if it is no number, None without."""
    for head, total, rounding in TOTALS:
        found = tree.findtext(f".//{{*}}{head}/{{*}}{total}")
        if found:
            try:
                return Decimal(found) + Decimal(tree.findtext(f".//{{*}}{head}/{{*}}{rounding}") or 0)
            except InvalidOperation:
                return Decimal("NaN")
    return None
