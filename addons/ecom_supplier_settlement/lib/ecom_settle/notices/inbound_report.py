"""Receipt stage: "Inbound report", the XLSX that English-speaking warehouses send for each arrival.

One row for each SKU below a title line; "Received Qty" is all that arrived, "Damaged Qty" is part of it.
Dates are date cells or ISO texts. The same titles as CSV are read too.

    Inbound No,PO Number,SKU,Description,Received Qty,Damaged Qty,UOM,Lot,Received Date,Warehouse
    IB-7731,P00012,K-1,Tea,100,0,pcs,,2026-09-05,WH
"""

from ..layout import amount, day, ident, text
from .layout import NoticeLayout

LAYOUT = NoticeLayout(
    name="receipt_inbound_report",
    kind="receipt",
    encodings=("utf-8",),
    separator=",",
    columns=(
        ident("number", "Inbound No", "Inbound Number", filled=True),
        ident("order_no", "PO Number", "PO No"),
        ident("sku", "SKU", filled=True),
        text("title", "Description"),
        amount("quantity", "Received Qty", filled=True),
        amount("damaged", "Damaged Qty", required=False),
        text("unit", "UOM"),
        ident("lot", "Lot", required=False),
        day("day", "Received Date"),
        ident("warehouse", "Warehouse", required=False),
    ),
)
