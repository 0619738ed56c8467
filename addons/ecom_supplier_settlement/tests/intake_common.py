"""Invoices as suppliers send them, made up, in the shapes of the real ones."""

import io
import zipfile

from .common import SettleCase

SELLER, BUYER = "91310000MA1TESTA1X", "91310000MA1TESTB2Y"
NUMBER = "26312000000000000001"


def einvoice(*lines, number=NUMBER, seller=SELLER, buyer=BUYER, day="2026-09-10", remark="", totals=None):
    """A digital invoice; `lines` are (name, quantity or None, amount, rate, tax), all texts."""
    cents = [[round(float(value) * 100) for value in (line[2], line[4])] for line in lines]
    net, tax = sum(pair[0] for pair in cents), sum(pair[1] for pair in cents)
    shown = totals or [f"{value / 100:.2f}" for value in (net, tax, net + tax)]
    items = "".join(
        f"<IssuItemInformation><ItemName>{name}</ItemName><SpecMod></SpecMod><MeaUnits>个</MeaUnits>"
        f"<Quantity>{quantity or ''}</Quantity><UnPrice></UnPrice><Amount>{amount}</Amount>"
        f"<TaxRate>{rate}</TaxRate><ComTaxAm>{tax}</ComTaxAm></IssuItemInformation>\n"
        for name, quantity, amount, rate, tax in lines
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<EInvoice>\n'
        f"<Header><EIid>{number}</EIid></Header><EInvoiceData>"
        f"<SellerInformation><SellerIdNum>{seller}</SellerIdNum><SellerName>卖方</SellerName></SellerInformation>"
        f"<BuyerInformation><BuyerIdNum>{buyer}</BuyerIdNum><BuyerName>买方</BuyerName></BuyerInformation>\n"
        f"<BasicInformation><TotalAmWithoutTax>{shown[0]}</TotalAmWithoutTax><TotalTaxAm>{shown[1]}</TotalTaxAm>"
        f"<TotalTax-includedAmount>{shown[2]}</TotalTax-includedAmount>"
        f"<RequestTime>{day} 10:11:12</RequestTime></BasicInformation>\n{items}"
        f"<AdditionalInformation><Remark>{remark}</Remark></AdditionalInformation></EInvoiceData>"
        f"<TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber><IssueTime>{day}</IssueTime>"
        "</TaxSupervisionInfo></EInvoice>"
    ).encode()


def zipped(**files):
    """A ZIP of files; dots in names are written as double underscores."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


class IntakeCase(SettleCase):
    """The company and Supplier A have tax numbers, as the Chinese chart has VAT of 13%."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.vat = BUYER
        cls.supplier.vat = SELLER
        cls.yuan = cls.currency("CNY")
        cls.intake = cls.env["ecom.invoice.intake"].with_user(cls.buyer)

    def bring_in(self, content, name="invoice.xml", **options):
        return self.intake._from_file(name, content, **options)
