"""Invoice stage: rows of a supplier's own invoice list become invoices, one per number.

One row for each invoice line. `amount` is without tax, and so is the price, which may have more decimals than
any currency and is read as text. An empty `tax` follows from the rate.

    invoice_no,invoice_date,po,sku,product,quantity,unit_price,amount,tax_rate,tax,currency
    V1,2026-09-10,P00001,K1,Tea,3,3.333,10.00,13%,1.30,CNY
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from . import layout
from .invoice import Invoice, InvoiceLine, UnreadableError, parse_amount, parse_number, parse_rate
from .layout import Row, TableLayout
from .problem import DocumentError, Problem, shown

LAYOUT = TableLayout(
    name="supplier_invoices",
    columns=(
        layout.ident("invoice_no", "invoice_no", "发票号码", filled=True),
        layout.day("invoice_date", "invoice_date", "开票日期"),
        layout.ident(
            "supplier_tax_no", "supplier_tax_no", "销方识别号", "销售方纳税人识别号", required=False
        ),
        layout.ident("po", "po", "采购订单号", required=False),
        layout.ident("sku", "sku", "商品编码", required=False),
        layout.text("product", "product", "货物或应税劳务名称", "项目名称", required=True),
        layout.text("unit", "unit", "单位"),
        layout.amount("quantity", "quantity", "数量"),
        layout.text("unit_price", "unit_price", "单价"),
        layout.amount("amount", "amount", "金额", filled=True),
        layout.text("tax_rate", "tax_rate", "税率", required=True),
        layout.amount("tax", "tax", "税额", required=False),
        layout.ident("currency", "currency", "币种", filled=True),
    ),
)
_SAME = ("invoice_date", "supplier_tax_no", "currency")


def read_list(rows: Sequence[Row], digits: Mapping[str, int]) -> list[Invoice]:
    """The invoices of a list, in the order of their first rows.

    :param digits: decimals by currency code; another currency is refused
    :raises DocumentError: names every value that cannot be used
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["invoice_no"]), []).append(row)
    problems: list[Problem] = []
    invoices = [_invoice(number, group, digits, problems) for number, group in groups.items()]
    if problems:
        raise DocumentError(problems)
    return [invoice for invoice in invoices if invoice]


def _invoice(
    number: str, rows: list[Row], digits: Mapping[str, int], problems: list[Problem]
) -> Invoice | None:
    first = rows[0]
    before = len(problems)
    for row in rows[1:]:
        problems += [
            Problem(row["row"], name, shown(f"{row[name]} ≠ {first[name]}"), "invoice_differs")
            for name in _SAME
            if row[name] != first[name]
        ]
    currency = str(first["currency"])
    if currency not in digits:
        problems.append(Problem(first["row"], "currency", shown(currency), "unknown_currency"))
        return None
    lines = [_line(row, digits[currency], problems) for row in rows]
    if len(problems) > before:
        return None
    return Invoice(
        number=number,
        day=date.fromisoformat(str(first["invoice_date"])[:10]),
        currency=currency,
        seller_vat=str(first["supplier_tax_no"]),
        lines=tuple(line for line in lines if line),
    )


def _line(row: Row, digits: int, problems: list[Problem]) -> InvoiceLine | None:
    before = len(problems)
    values: dict[str, Decimal | None] = {}
    for name in ("quantity", "unit_price", "amount", "tax", "tax_rate"):
        text = str(row[name]).strip()
        try:
            values[name] = (
                parse_rate(text)
                if name == "tax_rate"
                else None
                if not text
                else parse_amount(text, digits)
                if name in ("amount", "tax")
                else parse_number(text)
            )
        except UnreadableError as bad:
            problems.append(Problem(row["row"], name, shown(text), str(bad)))
    if len(problems) > before:
        return None
    amount, rate, unit = values["amount"], values["tax_rate"] or Decimal(0), Decimal(1).scaleb(-digits)
    if amount is None:
        problems.append(Problem(row["row"], "amount", "", "empty_required"))
        return None
    _check_price(row, values["quantity"], values["unit_price"], amount, unit, problems)
    tax = values["tax"]
    if tax is None:
        tax = (amount * rate / 100).quantize(unit, ROUND_HALF_UP)
    return InvoiceLine(
        row=row["row"],
        name=str(row["product"]) or str(row["sku"]),
        sku=str(row["sku"]),
        unit=str(row["unit"]),
        order_ref=str(row["po"]),
        quantity=values["quantity"] or None,
        amount=amount,
        tax=tax,
        rate=rate,
    )


def _check_price(
    row: Row,
    quantity: Decimal | None,
    price: Decimal | None,
    amount: Decimal,
    unit: Decimal,
    problems: list[Problem],
) -> None:
    """Quantity times price is the amount, as far as the decimals of the price, two at least, can say it."""
    if quantity is None or price is None:
        return
    exponent = price.as_tuple().exponent
    step = Decimal(1).scaleb(min(exponent if isinstance(exponent, int) else 0, -2))
    if abs(quantity * price - amount) > (abs(quantity) * step + unit) / 2:
        problems.append(
            Problem(row["row"], "amount", shown(f"{quantity} x {price} ≠ {amount}"), "amounts_differ")
        )
