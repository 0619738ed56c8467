"""What happens with the suppliers in the month: orders by role, their goods, their bills, and what is off."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from .supply_model import (
    Bill,
    BillLine,
    Good,
    Order,
    OrderLine,
    Payment,
    Receipt,
    Supplier,
    Warehouse,
    half_up,
)

WAREHOUSES = (
    Warehouse(key="central", code="", name="Central Warehouse", kind="central"),
    Warehouse(key="front", code="FRT", name="Front Warehouse Hangzhou", kind="front"),
    Warehouse(
        key="tpl", code="TPL", name="Third-Party Warehouse Shanghai", kind="third_party", report="rukudan"
    ),
)
ROLES = {
    "tea": "clean partial price_over late_receipt returned twice small_extra unbilled clean",
    "textile": "clean short quantity_over price_warn wrong_item unbilled returned_open clean",
    "tools": "clean rate_only price_over unbilled clean partial open clean",
    "toys": "clean over no_order late_receipt uncredited unbilled twice clean",
    "paper": "clean partial short price_over small_extra open unbilled",
}
"""What becomes of each supplier's orders, in the order of their days."""
DOLLAR = 705
"""Cents of yuan for a dollar from the middle of the month on; before, and a year ago, others count."""
DOLLAR_DAY = date(2026, 9, 16)


def _goods(key: str, *rows: tuple[str, int]) -> tuple[Good, ...]:
    return tuple(
        Good(
            code=f"{key.upper()}-{number:02d}",
            theirs=f"{key[:2].upper()}{7000 + number}",
            name=name,
            price=price,
        )
        for number, (name, price) in enumerate(rows, start=1)
    )


SUPPLIERS = (
    Supplier(
        key="tea",
        name="杭州茶业有限公司",
        ref="S-TEA",
        vat="91330100MA2TEA001X",
        currency="CNY",
        tax_percent=13,
        papers="einvoice",
        warehouse="front",
        goods=_goods("tea", ("龙井茶 250g", 8850), ("茉莉花茶 100g", 2315), ("普洱茶饼", 12600)),
        lang="zh_CN",
    ),
    Supplier(
        key="textile",
        name="苏州纺织有限公司",
        ref="S-TEX",
        vat="91320500MA2TEX002Y",
        currency="CNY",
        tax_percent=13,
        papers="einvoice",
        warehouse="tpl",
        goods=_goods("tex", ("真丝围巾", 6420), ("纯棉毛巾", 1275), ("亚麻桌布", 4390)),
        lang="zh_CN",
    ),
    Supplier(
        key="tools",
        name="Pacific Tools Ltd.",
        ref="S-TOO",
        vat="US-98-7654321",
        currency="USD",
        tax_percent=0,
        papers="list",
        warehouse="central",
        goods=_goods("too", ("Multi-tool", 1240), ("Headlamp", 985), ("Camping stove", 2375)),
    ),
    Supplier(
        key="toys",
        name="义乌玩具有限公司",
        ref="S-TOY",
        vat="91330782MA2TOY004K",
        currency="CNY",
        tax_percent=13,
        papers="einvoice",
        warehouse="tpl",
        goods=_goods("toy", ("积木套装", 5599), ("毛绒玩具", 2840), ("拼图 500片", 1965)),
        lang="zh_CN",
    ),
    Supplier(
        key="paper",
        name="Harbour Paper Co.",
        ref="S-PAP",
        vat="US-12-3456789",
        currency="USD",
        tax_percent=0,
        papers="list",
        warehouse="front",
        goods=_goods("pap", ("Gift box", 145), ("Shipping carton", 88), ("Tissue roll", 231)),
    ),
)
TEMPORARY = {"TEX-02": (date(2026, 9, 8), date(2026, 9, 14), 1175)}
"""Prices that hold for some days: first, last, price."""
EXTRA = {"no_order": 35000, "small_extra": 6000}
"""Haulage that nobody ordered, above and below the limit of 100.00."""
TAX_KINDS = {13: "0.13", 0: "0"}


def price_on(good: Good, day: date) -> int:
    """What was agreed for orders of the day."""
    first, last, price = TEMPORARY.get(good.code, (day, day, good.price))
    return price if first <= day <= last else good.price


class Story:
    """Grows order by order; `random` decides quantities and days, never what happens."""

    def __init__(self, random: Random, start: date, suppliers: tuple[Supplier, ...]) -> None:
        self.random, self.start = random, start
        self.suppliers = suppliers
        self.warehouses = {one.key: one for one in WAREHOUSES}
        self.orders: list[Order] = []
        self.receipts: list[Receipt] = []
        self.bills: list[Bill] = []
        self.payments: list[Payment] = []
        self._numbers: dict[str, int] = {}

    @property
    def end(self) -> date:
        """The last day of the month."""
        return (self.start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    def tell(self, roles: dict[str, str]) -> None:
        self._before()
        for supplier in self.suppliers:
            for place, role in enumerate(roles[supplier.key].split()):
                day = self.start + timedelta(days=min(1 + 2 * place + self.random.randrange(2), 17))
                order = self.order(supplier, role, day)
                getattr(self, f"_{role}")(order)
        self._pay()

    def _before(self) -> None:
        """A bill of August that is open, and the September of a year ago that growth is measured by."""
        for supplier in self.suppliers:
            if supplier.key == "tea":
                self._clean(self.order(supplier, "before", self.start - timedelta(days=20)))
            if supplier.key == "tools":
                day = self.start.replace(year=self.start.year - 1) + timedelta(days=6)
                order = self.order(supplier, "before", day)
                self.receive(order, day + timedelta(days=3))
                bill = self.bill(order, day + timedelta(days=5))
                self.payments.append(Payment(bill=bill, day=day + timedelta(days=30)))

    # --- papers ------------------------------------------------------------------

    def order(self, supplier: Supplier, role: str, day: date, prefix: str = "") -> Order:
        chosen = self.random.sample(supplier.goods, self.random.choice([1, 2, 2, 3]))
        lines = [
            OrderLine(good=good, quantity=10 * self.random.randrange(4, 30), price=price_on(good, day))
            for good in chosen
        ]
        number = (
            f"PO-{supplier.ref[2:]}-{day:%y%m}-{sum(one.supplier == supplier for one in self.orders) + 1:02d}"
        )
        order = Order(
            number=number,
            supplier=supplier,
            warehouse=self.warehouses[supplier.warehouse],
            day=day,
            due=day + timedelta(days=6),
            lines=lines,
            role=role,
        )
        self.orders.append(order)
        return order

    def receive(self, order: Order, day: date, pieces: list[int] | None = None, **values: bool) -> Receipt:
        whole = [line.quantity for line in order.lines]
        receipt = Receipt(order=order, day=day, pieces=whole if pieces is None else pieces, **values)
        if order.warehouse.report and not receipt.back:
            receipt.report = f"RK{day:%y%m%d}{len(self.receipts) + 1:03d}"
        self.receipts.append(receipt)
        return receipt

    def bill(
        self,
        order: Order,
        day: date,
        pieces: list[int] | None = None,
        *,
        percent: int = 100,
        fault: str = "",
        refund: bool = False,
    ) -> Bill:
        """Bill these pieces at so many per cent of the order's price."""
        counts = [line.quantity for line in order.lines] if pieces is None else pieces
        bill = Bill(
            number=self._bill_number(order.supplier),
            supplier=order.supplier,
            day=day,
            currency=order.supplier.currency,
            lines=[
                self._line(order, position, count, half_up(count * line.price * percent, 100))
                for position, (line, count) in enumerate(zip(order.lines, counts, strict=True))
                if count
            ],
            fault=fault,
            refund=refund,
        )
        self.bills.append(bill)
        return bill

    def _bill_number(self, supplier: Supplier) -> str:
        count = self._numbers[supplier.key] = self._numbers.get(supplier.key, 0) + 1
        place = [one.key for one in SUPPLIERS].index(supplier.key)
        if supplier.papers == "einvoice":
            return f"26{3300 + place}{self.start:%y%m}{self.random.randrange(10**6):06d}{count:04d}"
        return f"{supplier.ref[2:]}-{self.start:%y%m}{count:03d}"

    def _line(self, order: Order, position: int, count: int, amount: int) -> BillLine:
        good = order.lines[position].good
        return BillLine(
            good=good,
            name=good.name,
            quantity=count,
            amount=amount,
            tax=half_up(amount * order.supplier.tax_percent, 100),
            order=order,
            position=position,
        )

    def _days(self, order: Order, days: int) -> date:
        """So many days after the order, or the last of the month."""
        return min(order.day + timedelta(days=days + self.random.randrange(2)), self.end)

    # --- roles -------------------------------------------------------------------

    def _clean(self, order: Order) -> None:
        self.receive(order, self._days(order, 4))
        self.bill(order, self._days(order, 6))

    def _partial(self, order: Order) -> None:
        """Half of it comes and is billed, then the rest."""
        first = [line.quantity // 2 for line in order.lines]
        rest = [line.quantity - half for line, half in zip(order.lines, first, strict=True)]
        for days, pieces in ((3, first), (7, rest)):
            self.receive(order, self._days(order, days), pieces)
            self.bill(order, self._days(order, days + 2), pieces)

    def _short(self, order: Order) -> None:
        came = [line.quantity - 10 for line in order.lines]
        self.receive(order, self._days(order, 4), came)
        self.bill(order, self._days(order, 6), came)

    def _over(self, order: Order) -> None:
        """Five more come than were ordered; the bill is right."""
        self.receive(order, self._days(order, 4), [line.quantity + 5 for line in order.lines])
        self.bill(order, self._days(order, 6))

    def _unbilled(self, order: Order) -> None:
        self.receive(order, self._days(order, 4))

    def _open(self, order: Order) -> None:
        """Shipped, and not here when the month ends."""

    def _price_over(self, order: Order) -> None:
        self.receive(order, self._days(order, 4))
        self.bill(order, self._days(order, 6), percent=108, fault="price_over")

    def _price_warn(self, order: Order) -> None:
        self.receive(order, self._days(order, 4))
        self.bill(order, self._days(order, 6), percent=102, fault="price_warn")

    def _quantity_over(self, order: Order) -> None:
        """All is billed, and ten of each are missing."""
        self.receive(order, self._days(order, 4), [line.quantity - 10 for line in order.lines])
        self.bill(order, self._days(order, 6), fault="quantity_over")

    def _late_receipt(self, order: Order) -> None:
        """The bill is here first and waits; the goods let it pass."""
        self.bill(order, self._days(order, 2), fault="late_receipt")
        self.receive(order, self._days(order, 9))

    def _returned(self, order: Order) -> None:
        self.receive(order, self._days(order, 3))
        self.bill(order, self._days(order, 5))
        back = [5] + [0] * (len(order.lines) - 1)
        self.receive(order, self._days(order, 7), back, back=True)
        self.bill(order, self._days(order, 9), back, refund=True)

    def _returned_open(self, order: Order) -> None:
        """What went back is not billed in the first place."""
        self.receive(order, self._days(order, 3))
        back = [4] + [0] * (len(order.lines) - 1)
        self.receive(order, self._days(order, 5), back, back=True)
        kept = [line.quantity - gone for line, gone in zip(order.lines, back, strict=True)]
        self.bill(order, self._days(order, 7), kept)

    def _uncredited(self, order: Order) -> None:
        """Billed, then sent back, and no credit note has come."""
        self.receive(order, self._days(order, 3))
        self.bill(order, self._days(order, 5), fault="uncredited")
        self.receive(order, self._days(order, 8), [6] + [0] * (len(order.lines) - 1), back=True)

    def _twice(self, order: Order) -> None:
        self.receive(order, self._days(order, 3))
        self.bill(order, self._days(order, 5))
        self.bill(order, self._days(order, 8), fault="twice")

    def _wrong_item(self, order: Order) -> None:
        """A person links a line to the order although it names something else; the others are not billed."""
        self.receive(order, self._days(order, 4))
        bill = self.bill(order, self._days(order, 6), fault="wrong_item")
        bill.typed = True
        first, bill.lines = bill.lines[0], bill.lines[:1]
        other = next(good for good in order.supplier.goods if good != first.good)
        bill.lines[0] = BillLine(
            good=other,
            name=other.name,
            quantity=first.quantity,
            amount=first.amount,
            tax=first.tax,
            order=order,
            position=first.position,
        )

    def _no_order(self, order: Order) -> None:
        self._extra(order, "no_order")

    def _small_extra(self, order: Order) -> None:
        self._extra(order, "small_extra")

    def _extra(self, order: Order, fault: str) -> None:
        """A line of haulage that nobody ordered."""
        self.receive(order, self._days(order, 4))
        bill = self.bill(order, self._days(order, 6), fault=fault)
        amount = EXTRA[fault] if order.supplier.currency == "CNY" else EXTRA[fault] // 10
        tax = half_up(amount * order.supplier.tax_percent, 100)
        bill.lines.append(BillLine(good=None, name="Haulage", quantity=1, amount=amount, tax=tax))

    def _rate_only(self, order: Order) -> None:
        """Ordered in dollars, billed in yuan at the rate of the day: the price is right."""
        self.receive(order, self._days(order, 4))
        day = max(self._days(order, 6), DOLLAR_DAY)
        bill = self.bill(order, day, fault="rate_only")
        bill.typed, bill.currency = True, "CNY"
        bill.lines = [
            BillLine(
                good=line.good,
                name=line.name,
                quantity=line.quantity,
                amount=half_up(line.amount * DOLLAR, 100),
                tax=0,
                order=order,
                position=line.position,
            )
            for line in bill.lines
        ]

    # --- payments ----------------------------------------------------------------

    def _pay(self) -> None:
        """The first right bill of every supplier is paid; one blocked bill is tried, and refused."""
        credited = {
            line.order.number for bill in self.bills if bill.refund for line in bill.lines if line.order
        }
        for supplier in self.suppliers:
            own = [bill for bill in self.bills if bill.supplier == supplier and not _orders(bill) & credited]
            right = next(
                bill for bill in own if bill.day >= self.start and not bill.fault and not bill.refund
            )
            self.payments.append(Payment(bill=right, day=min(right.day + timedelta(days=5), self.end)))
        wrong = next((bill for bill in self.bills if bill.fault == "price_over"), None)
        if wrong:
            self.payments.append(Payment(bill=wrong, day=self.end, refused=True))


def _orders(bill: Bill) -> set[str]:
    return {line.order.number for line in bill.lines if line.order}
