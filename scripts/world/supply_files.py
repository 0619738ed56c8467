"""The suppliers' and warehouses' papers as files: invoices, receipt reports, delivery notes, a statement."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from .supply_expected import Ledger, documents, money, unreceived
from .supply_model import Bill, Order, Receipt, Supplier
from .supply_story import TAX_KINDS, Story

BUYER_VAT, BUYER_NAME = "91310000MA1DEMO99A", "Example Trading"
_INVOICE_LIST = (
    "invoice_no,invoice_date,supplier_tax_no,po,sku,product,unit,quantity,unit_price,amount,tax_rate,tax,currency"
).split(",")
_RUKUDAN = "入库单号,采购单号,仓库编码,商品编码,商品名称,实收数量,残品数量,单位,批次号,入库时间".split(",")
_NOTE = (
    "delivery_note,supplier,po_number,sku,description,quantity,unit,shipped_on,expected_on,carrier,tracking_no"
).split(",")
_STATEMENT = "日期,单据编号,采购订单号,摘要,金额".split(",")


def table(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(encoding)


def bill_file(bill: Bill) -> tuple[str, bytes]:
    """Name and bytes of a bill as its supplier sends it."""
    if bill.supplier.papers == "einvoice":
        return f"dzfp_{bill.number}.xml", _einvoice(bill)
    return f"{bill.number}.csv", _listed(bill)


def _einvoice(bill: Bill) -> bytes:
    """A digital invoice; a red one has negative quantities and amounts."""
    sign = -1 if bill.refund else 1
    orders = list(dict.fromkeys(line.order.number for line in bill.lines if line.order))
    items = []
    for line in bill.lines:
        # Suppliers write the order into the name, the invoice has no place of its own for it.
        name = f"*商品*{line.name} {line.order.number}" if line.order else f"*运输服务*{line.name}"
        code = line.good.theirs if line.good else ""
        quantity = str(sign * line.quantity) if line.good else ""
        items.append(
            f"<IssuItemInformation><ItemName>{escape(name)}</ItemName><SpecMod>{code}</SpecMod>"
            f"<MeaUnits>{'件' if line.good else ''}</MeaUnits><Quantity>{quantity}</Quantity>"
            f"<UnPrice></UnPrice>"
            f"<Amount>{money(sign * line.amount)}</Amount>"
            f"<TaxRate>{TAX_KINDS[bill.supplier.tax_percent]}</TaxRate>"
            f"<ComTaxAm>{money(sign * line.tax)}</ComTaxAm></IssuItemInformation>\n"
        )
    net, total = sign * bill.net, sign * bill.total
    moment = f"{bill.day:%Y-%m-%d} 10:11:12"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<EInvoice>\n'
        f"<Header><EIid>{bill.number}</EIid></Header><EInvoiceData>"
        f"<SellerInformation><SellerIdNum>{bill.supplier.vat}</SellerIdNum>"
        f"<SellerName>{escape(bill.supplier.name)}</SellerName></SellerInformation>\n"
        f"<BuyerInformation><BuyerIdNum>{BUYER_VAT}</BuyerIdNum><BuyerName>{BUYER_NAME}</BuyerName>"
        "</BuyerInformation>\n"
        f"<BasicInformation><TotalAmWithoutTax>{money(net)}</TotalAmWithoutTax>"
        f"<TotalTaxAm>{money(total - net)}</TotalTaxAm>"
        f"<TotalTax-includedAmount>{money(total)}</TotalTax-includedAmount>"
        f"<RequestTime>{moment}</RequestTime></BasicInformation>\n{''.join(items)}"
        f"<AdditionalInformation><Remark>{escape(' '.join(orders))}</Remark></AdditionalInformation>"
        "</EInvoiceData>\n"
        f"<TaxSupervisionInfo><InvoiceNumber>{bill.number}</InvoiceNumber><IssueTime>{moment}</IssueTime>"
        "</TaxSupervisionInfo></EInvoice>\n"
    ).encode()


def _listed(bill: Bill) -> bytes:
    sign = -1 if bill.refund else 1
    rows = [_INVOICE_LIST]
    for line in bill.lines:
        price = (Decimal(line.amount).scaleb(-2) / line.quantity).quantize(Decimal("0.000001"))
        rows.append(
            [
                bill.number,
                bill.day.isoformat(),
                bill.supplier.vat,
                line.order.number if line.order else "",
                line.good.theirs if line.good else "",
                line.name,
                "pcs",
                str(sign * line.quantity),
                f"{price:f}",
                money(sign * line.amount),
                f"{bill.supplier.tax_percent}%",
                money(sign * line.tax),
                bill.currency,
            ]
        )
    return table(rows)


def report_file(receipt: Receipt) -> tuple[str, bytes]:
    """Name and bytes of a warehouse's report on what arrived, in its own code page."""
    order = receipt.order
    rows = [_RUKUDAN]
    for line, count in zip(order.lines, receipt.pieces, strict=True):
        if count:
            rows.append(
                [receipt.report, order.number, order.warehouse.code, line.good.code, line.good.name]
                + [str(count), "0", "件", "", f"{receipt.day:%Y-%m-%d} 16:20:00"]
            )
    return f"入库单_{receipt.report}.csv", table(rows, "gb18030")


def notes(story: Story) -> list[tuple[str, bytes]]:
    """Delivery notes of what is on the way when the month ends, one file per order."""
    ledger = Ledger(story)
    return [
        _note(order, number, unreceived(order, ledger))
        for number, order in enumerate((order for order in story.orders if order.role == "open"), start=1)
    ]


def _note(order: Order, number: int, pieces: list[int]) -> tuple[str, bytes]:
    name = f"DN-{order.supplier.ref[2:]}-{number:03d}"
    rows = [_NOTE] + [
        [name, order.supplier.ref, order.number, line.good.code, line.good.name, str(count), ""]
        + [order.due.isoformat(), "", "SF", f"SF{number:09d}"]
        for line, count in zip(order.lines, pieces, strict=True)
        if count
    ]
    return f"{name}.csv", table(rows)


def their_statement(
    story: Story, supplier: Supplier, opening: int, payments: list[tuple[date, int]]
) -> tuple[bytes, dict]:
    """A supplier's own statement with a wrong amount, a bill left out and one that we do not have.

    :return: the file, and what a comparison must find
    """
    ours = documents(story, supplier, supplier.currency)
    paid = {payment.bill.number for payment in story.payments}
    left_out = ours[-1][1]
    wrong = next(number for _day, number, _order, _amount in ours[:-1] if number not in paid)
    rows = [_STATEMENT, [f"{story.start:%Y-%m-%d}", "期初余额", "", "", money(opening)]]
    theirs = opening
    for day, number, order, amount in ours:
        if number == left_out:
            continue
        amount += 900 if number == wrong else 0
        theirs += amount
        rows.append([day.isoformat(), number, order, "销售", money(amount)])
    for place, (day, amount) in enumerate(payments, start=1):
        theirs -= amount
        rows.append([day.isoformat(), f"收款{place:03d}", "", "收到货款", money(-amount)])
    theirs += 12345
    rows.append([story.end.isoformat(), f"{story.start:%y%m}99999", "", "销售", "123.45"])
    rows.append([story.end.isoformat(), "期末余额", "", "", money(theirs)])
    closing = opening + sum(row[3] for row in ours) - sum(amount for _day, amount in payments)
    kinds = {
        "same": len(ours) - 2,
        "amount": 1,
        "suggestion": len(payments),
        "theirs": 1,
        "ours": 1,
    }
    return table(rows), {
        "kinds": {kind: count for kind, count in kinds.items() if count},
        "closing": money(theirs),
        "difference": money(theirs - closing),
    }
