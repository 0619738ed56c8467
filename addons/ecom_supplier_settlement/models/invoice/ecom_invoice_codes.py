"""Invoice stage: drafts that wait for a code find their product as soon as anybody has entered it."""

from odoo import models

from ...lib.ecom_settle.invoice import same_vat

SUPPLIER_CODES = {"product_code", "product_name", "partner_id", "product_id", "product_tmpl_id", "company_id"}
OUR_CODES = {"default_code", "barcode", "active", "company_id"}


class EcomInvoiceIntake(models.AbstractModel):
    _inherit = "ecom.invoice.intake"

    def _other_buyer(self, move, tree):
        """The tax number of the buyer whom a UBL or CII invoice names, if that is another company."""
        named = [
            element.text.strip()
            for path in BUYER_NUMBERS
            for element in tree.iterfind(path)
            if (element.text or "").strip()
        ]
        # A branch is billed under the number of its company; whose it is anybody may know.
        companies = move.sudo().company_id
        while companies[-1:].parent_id:
            companies |= companies[-1:].parent_id
        own = [company.vat for company in companies if company.vat]
        known = not named or not own or any(same_vat(one, two) for one in named for two in own)
        return None if known else named[0]

    def _keep_codes(self, move, tree):
        """Lines that found no product keep the supplier's code, so that whoever knows it helps them."""
        items = [_item(line, paths) for tag, *paths in ITEMS for line in tree.iterfind(f".//{tag}")]
        for line in move.invoice_line_ids.filtered(lambda it: it.display_type == "product"):
            found = next((item for item in items if item[0] and item[0] in (line.name or "")), None)
            if found:
                items.remove(found)
                if found[1] and not line.product_id and not line.ecom_supplier_sku:
                    line.ecom_supplier_sku = found[1]


def _item(line, paths):
    """(name, code) of an invoice line: the first path is the name's, the others the codes', best first."""
    texts = [(line.findtext(path) or "").strip() for path in paths]
    return texts[0], next(filter(None, texts[1:]), "")


BUYER_NUMBERS = (
    ".//{*}AccountingCustomerParty/{*}Party/{*}PartyTaxScheme/{*}CompanyID",
    ".//{*}BuyerTradeParty/{*}SpecifiedTaxRegistration/{*}ID",
)
# Tag of a line, and where its name, the supplier's code and the barcode stand, by UBL and by CII.
ITEMS = (
    (
        "{*}InvoiceLine",
        "{*}Item/{*}Name",
        "{*}Item/{*}SellersItemIdentification/{*}ID",
        "{*}Item/{*}StandardItemIdentification/{*}ID",
    ),
    (
        "{*}CreditNoteLine",
        "{*}Item/{*}Name",
        "{*}Item/{*}SellersItemIdentification/{*}ID",
        "{*}Item/{*}StandardItemIdentification/{*}ID",
    ),
    (
        "{*}IncludedSupplyChainTradeLineItem",
        "{*}SpecifiedTradeProduct/{*}Name",
        "{*}SpecifiedTradeProduct/{*}SellerAssignedID",
        "{*}SpecifiedTradeProduct/{*}GlobalID",
    ),
)
