"""What Amazon's settlement files have in common: the head row, order numbers and the vocabulary.

Amazon publishes no list of its words. A word is `transaction-type|amount-type|amount-description`; where
the triple is not known, the description decides, then the type. What stays unknown is listed.
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from ..columns import mapped
from ..layout import Array, Cells, Problems, Proof

FORMS = (
    "YYYY-MM-DD hh:mm:ss UTC",
    "YYYY-MM-DDThh:mm:ss±zz:zz",
    "YYYY-MM-DDThh:mm:ssZ",
    "DD.MM.YYYY hh:mm:ss UTC",
    "YYYY-MM-DD hh:mm:ss",
    "YYYY-MM-DD",
    "DD.MM.YYYY",
)
_ORDER = re.compile(r"\d{3}-\d{7}-\d{7}")

_BY_DESCRIPTION: dict[str, str] = {
    word: category
    for category, words in {
        "sale": "Principal; Liquidations",
        "tax": "Tax; ShippingTax; GiftWrapTax; Tax on fee; TaxAmount",
        "shipping": "Shipping; GiftWrap",
        "commission": (
            "Commission; RefundCommission; VariableClosingFee; FixedClosingFee; DigitalServicesFee; "
            "RegulatoryFee; SalesTaxServiceFee; SalesTaxCollectionFee; GiftwrapChargeback; "
            "ShippingChargeback; ShippingHB"
        ),
        "fulfil_fee": (
            "FBAPerUnitFulfillmentFee; FBAPerOrderFulfillmentFee; FBAWeightBasedFee; "
            "RemoteFulfillmentCredit; FBA transportation fee; FBATransportationFee; Storage Fee; "
            "StorageRenewalBilling; RemovalComplete; DisposalComplete; Inbound Transportation Fee; "
            "FBAInboundTransportationFee; Manual Processing Fee; Inbound Defect Fee; AWD Processing Fee; "
            "AWD Storage Fee; AWD Transportation Fee; Capacity Reservation Fee; FBA Customer Return Fee; "
            "Base fee; Discount on fee; LowInventoryLevelFee; Shipping label purchase; ShippingServices; "
            "ShippingServicesRefund"
        ),
        "ads": (
            "Cost of Advertising; TransactionTotalAmount; CouponRedemptionFee; Promotion_Fee; Deals; "
            "Vine Enrollment Fee"
        ),
        "subscription": "Subscription Fee",
        "reimbursement": (
            "WAREHOUSE_LOST; WAREHOUSE_DAMAGE; WAREHOUSE_DAMAGE_EXCEPTION; WAREHOUSE_LOST_MANUAL; "
            "MISSING_FROM_INBOUND; MISSING_FROM_INBOUND_CLAWBACK; REVERSAL_REIMBURSEMENT; "
            "COMPENSATED_CLAWBACK; CS_ERROR_ITEMS; FREE_REPLACEMENT_REFUND_ITEMS; RE_EVALUATION; "
            "INCORRECT_FEES_ITEMS; INCORRECT_FEES_NON_ITEMIZED; REMOVAL_ORDER_DAMAGED; "
            "REMOVAL_ORDER_LOST; MULTICHANNEL_ORDER_LOST; MULTICHANNEL_ORDER_DAMAGED; "
            "MULTICHANNEL_ORDER_LATE; SAFE-T Reimbursement"
        ),
        "reserve": "Current Reserve Amount; Previous Reserve Amount Balance",
        "payout": (
            "Payable to Amazon; Successful charge; Micro Deposit; Failed Disbursement; "
            "Transfer of funds unsuccessful"
        ),
        "other": (
            "NonSubscriptionFeeAdj; Adjustment; BalanceAdjustment; Paid Services Fee; Merchant Bad Debt; "
            "Income_Tax_charged; Commingling VAT; Seller Rewards; StoredValueCardRevenue; "
            "StoredValueCardRefund"
        ),
        "loan": "Amazon Capital Services",
        "refund": "Goodwill; RestockingFee; ReturnShipping; ReturnPostageBilling",
        "promo": "PointsGranted; TaxDiscount",
    }.items()
    for word in words.split("; ")
}
_REFUNDS = ("Refund", "Chargeback Refund", "A-to-z Guarantee Refund")
_SALE_WORDS = ("Principal", "Shipping", "GiftWrap")


def is_refund(kinds: Array) -> Array:
    """Which transaction types give money back to a buyer."""
    return np.isin(kinds, [*_REFUNDS, "Refund_Retrocharge"])


def category(word: str) -> str:
    """The category of `transaction-type|amount-type|amount-description`."""
    kind, _, rest = word.partition("|")
    group, _, said = rest.partition("|")
    if kind.endswith("_Retrocharge") or kind == "Retrocharge":
        return "tax"
    if group == "ItemWithheldTax" or said.startswith(
        ("MarketplaceFacilitator", "LowValueGoodsTax", "TCS-", "TDS ")
    ):
        return "withholding"
    if group == "Promotion":
        return "promo"
    if kind in _REFUNDS and (group == "ItemPrice" or said in ("Goodwill", "RestockingFee", "ReturnShipping")):
        return "tax" if said.endswith("Tax") else "refund"
    if group == "Cost of Advertising":
        return "ads"
    if group in ("FBA Inventory Reimbursement", "MCF Inventory Reimbursement"):
        return "reimbursement"
    for text in (said, kind, group):
        known = _BY_DESCRIPTION.get(text) or _by_prefix(text)
        if known:
            return known
    return ""


def _by_prefix(said: str) -> str:
    """Words that Amazon decorates: with the campaign, the reason or the month."""
    for prefix, category_ in (
        ("Transfer of funds unsuccessful", "payout"),
        ("FBA Customer Return", "fulfil_fee"),
        ("AWD ", "fulfil_fee"),
        ("FBA", "fulfil_fee"),
        ("MISSING_FROM_INBOUND", "reimbursement"),
    ):
        if said.startswith(prefix):
            return category_
    return ""


def _words() -> dict[str, str]:
    """The triples we know, so that a person sees and changes them."""
    words = []
    for kind in ("Order", *_REFUNDS):
        for said in (
            *_SALE_WORDS,
            "Tax",
            "ShippingTax",
            "GiftWrapTax",
            "Goodwill",
            "RestockingFee",
            "ReturnShipping",
        ):
            words.append(f"{kind}|ItemPrice|{said}")
        words += [
            f"{kind}|ItemFees|{said}"
            for said, known in _BY_DESCRIPTION.items()
            if known in ("commission", "fulfil_fee") and " " not in said
        ]
        words += [f"{kind}|Promotion|{said}" for said in ("Principal", "Shipping", "TaxDiscount")]
        for said in (
            "Tax-Principal",
            "Tax-Shipping",
            "Tax-Giftwrap",
            "Tax-Other",
            "VAT-Principal",
            "VAT-Shipping",
        ):
            words.append(f"{kind}|ItemWithheldTax|MarketplaceFacilitator{said}")
        words += [f"{kind}|ItemWithheldTax|{said}" for said in ("TCS-CGST", "TCS-SGST", "TCS-IGST")]
    words += ["Order|Points|PointsGranted", "ServiceFee|Cost of Advertising|TransactionTotalAmount"]
    for said, known in _BY_DESCRIPTION.items():
        if known == "reimbursement":
            words.append(f"other-transaction|FBA Inventory Reimbursement|{said}")
        elif " " in said or "_" in said or known in ("payout", "reserve", "other", "loan", "subscription"):
            words.append(f"other-transaction|other-transaction|{said}")
    return {word: category(word) for word in words}


WORDS = _words()


def order_refs(orders: Array) -> Array:
    """Order numbers; fee rows of Amazon's own warehouses carry a shipment there, which is no order."""
    return mapped([text if _ORDER.fullmatch(text) else "" for text in orders])


def refund_refs(cells: Cells) -> Array:
    """What makes a row recognisable as part of a refund, also where it is a tax or a fee."""
    refund = is_refund(cells.text["kind"])
    refs = cells.text["adjustment"]
    for name in ("adjustment_item", "order"):
        refs = np.where(refs == "", cells.text[name], refs)
    return np.where(refund, refs, "")


class HeadRow:
    """The row that carries the settlement's own total, currency and period."""

    def __init__(self, cells: Cells, problems: Problems) -> None:
        heads = np.flatnonzero(cells.given["total"])
        settlements = sorted(set(cells.text["settlement"].tolist()) - {""})
        self.total = int(cells.amount["total"][heads[0]]) if len(heads) else 0
        self.mask = cells.given["total"]
        self.row = int(cells.rows[heads[0]]) if len(heads) else 0
        self.settlement = settlements[0] if settlements else ""
        if len(heads) > 1 or len(settlements) > 1:
            at = int(cells.rows[heads[1]]) if len(heads) > 1 else 0
            problems.add("two_bills", ", ".join(settlements), at, cells.titles["settlement"])
        if not len(heads):
            problems.add("trailer_missing", "", 0, cells.titles["total"])
        currencies = sorted(set(cells.text["currency"].tolist()) - {""})
        self.currency = currencies[0] if currencies else ""
        if len(currencies) > 1:
            problems.add("other_currency", ", ".join(currencies), 0, cells.titles["currency"])
        self.date_from = _moment(cells, "date_from", heads)
        self.date_to = _moment(cells, "date_to", heads)

    def prove(self, counted: int) -> Proof:
        """The total of the head row against the lines."""
        proof = Proof(control=self.total)
        proof.check("total-amount", self.total, counted, self.row)
        return proof


def _moment(cells: Cells, name: str, heads: Array) -> datetime | None:
    found = cells.moment[name][heads[:1]]
    moments: list[datetime] = found[~np.isnat(found)].tolist()
    return moments[0] if moments else None
