"""Receipt stage: our own template of a supplier's delivery note (ASN), as CSV or XLSX, in English or Chinese.

One row for each product; facts of the note stand on every row of it. `supplier` is the supplier's reference
or tax number in our books and may be left out when the note names our order numbers or the supplier is chosen
at the upload. Quantities are in the unit of our order unless `unit` names another.

    delivery_note,supplier,po_number,sku,description,quantity,unit,shipped_on,expected_on,carrier,tracking_no
    DN-1,S1,P00012,K-1,Tea,100,,2026-09-02,2026-09-05,SF,SF123
"""

from ..layout import amount, day, ident, text
from .layout import NoticeLayout

LAYOUT = NoticeLayout(
    name="ship_delivery_note",
    kind="ship",
    columns=(
        ident("number", "delivery_note", "送货单号", filled=True),
        ident("supplier", "supplier", "供应商编码", required=False),
        ident("order_no", "po_number", "采购单号"),
        ident("sku", "sku", "商品编码", filled=True),
        text("title", "description", "商品名称"),
        amount("quantity", "quantity", "发货数量", filled=True),
        text("unit", "unit", "单位"),
        ident("lot", "lot", "批次号", required=False),
        day("day", "shipped_on", "发货日期"),
        day("expected_day", "expected_on", "预计到货日期", required=False, filled=False),
        ident("warehouse", "warehouse", "仓库编码", required=False),
        text("carrier", "carrier", "承运商"),
        ident("tracking_no", "tracking_no", "运单号", required=False),
    ),
)
