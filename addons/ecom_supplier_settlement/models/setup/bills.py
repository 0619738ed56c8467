"""All stages: which of Odoo's entries are invoices, and what one says to those who look at it."""

# Invoices; credit notes count against them and are matched by price.
BILLS = ("in_invoice", "in_receipt")
BILLS_AND_CREDITS = (*BILLS, "in_refund")

# What an invoice or its lines say to the match.
BILL_FACTS = {
    *("invoice_line_ids", "line_ids", "partner_id", "currency_id", "invoice_date", "ecom_document_total"),
    *("invoice_currency_rate", "reversed_entry_id"),
}
LINE_FACTS = {
    *("purchase_line_id", "product_id", "product_uom_id", "quantity", "price_unit", "discount"),
    *("price_subtotal", "tax_ids", "display_type", "amount_currency", "balance", "debit", "credit"),
}


def bills_and_credits(moves):
    """Those of these entries that are vendor invoices or their credit notes."""
    return moves.filtered(lambda move: move.move_type in BILLS_AND_CREDITS)


def posted(moves):
    return moves.filtered(lambda move: move.state == "posted")
