"""Receipt stage: 入库单, the receipt report that Chinese warehouses export as CSV.

One row for each product and batch, in GB18030 as the warehouse's system writes it, quantities without
decimals or with a point. 实收数量 is all that arrived; 残品数量, of it, arrived damaged. The day is the
last one on which goods were put away. Several reports may stand in one file.

    入库单号,采购单号,仓库编码,商品编码,商品名称,实收数量,残品数量,单位,批次号,入库时间
    RK260905001,P00012,WH,K-1,茶叶,100,2,件,B1,2026-09-05 16:20:00
"""

from ..layout import amount, day, ident, text
from .layout import NoticeLayout

LAYOUT = NoticeLayout(
    name="receipt_rukudan",
    kind="receipt",
    encodings=("gb18030", "utf-8"),
    separator=",",
    columns=(
        ident("number", "入库单号", filled=True),
        ident("order_no", "采购单号", "采购订单号"),
        ident("warehouse", "仓库编码", required=False),
        ident("sku", "商品编码", "货品编码", filled=True),
        text("title", "商品名称", "货品名称"),
        amount("quantity", "实收数量", filled=True),
        amount("damaged", "残品数量", required=False),
        text("unit", "单位"),
        ident("lot", "批次号", required=False),
        day("day", "入库时间", "入库日期"),
    ),
)
