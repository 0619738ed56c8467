"""How each platform pays an order and takes money back: orders and refunds become movements.

Nothing of a bill's layout here; only which movements exist, when, and which share one row.
"""

from datetime import datetime, timedelta
from random import Random

from .model import Fee, Move, Order, Refund, ShopPlan, share, shifted


class Till:
    """The platform's cash desk of one shop."""

    def __init__(self, plan: ShopPlan, random: Random) -> None:
        self.plan = plan
        self.random = random
        self.rows = 0

    def row(self) -> str:
        self.rows += 1
        return f"{self.plan.code} {self.rows:07d}"

    def move(self, order: Order, at: datetime, word: str, amount: int, row: str, **more) -> Move:
        local = shifted(at, self.plan.timezone, self.plan.account_timezone)
        return Move(
            account=self.plan.account,
            shop=self.plan.code,
            at=local,
            word=word,
            amount=amount,
            row=row,
            order=order.no,
            ordered=order.ordered,
            referenced=order.referenced,
            **{"sub": order.items[0].sub_no, "sku": order.items[0].sku, "trade": trade_number(order), **more},
        )

    def pay(self, order: Order) -> list[Move]:
        """All movements of an order: as often as it is paid, with the fees of each payment."""
        if not order.pays:
            return []
        moves = []
        for turn in range(order.times):
            at = order.settled + turn * timedelta(minutes=self.random.randrange(2, 50))
            again = self._payment(order, at)
            for move in again if turn else ():
                move.trade = move.trade[:-1] + str(turn)
            moves += again
        return [move for move in moves if move.amount]

    def _payment(self, order: Order, at: datetime) -> list[Move]:
        if not order.referenced:
            return [self.move(order, at, "sale", order.gross, self.row())]
        by_line = self.plan.account_platform in ("douyin", "amazon")
        parts = self._by_line(order) if by_line else [self._whole(order)]
        moves = []
        rows = [self.row() for _part in parts]
        for row, part in zip(rows, parts, strict=True):
            # Where every movement has a row of its own the writer ignores `row`.
            item = part.pop("item")
            more = {"sub": item.sub_no, "sku": item.sku, "quantity": item.quantity, "text": item.product}
            moves += [self.move(order, at, word, amount, row, **more) for word, amount in part.items()]
        moves += self._fees(order, at, rows)
        return moves + self._extras(order, at, rows)

    def _whole(self, order: Order) -> dict:
        """One payment: what the buyer paid, and the platform's subsidy if it is shown apart."""
        if self.plan.account_platform == "pinduoduo":
            paid = order.gross - order.subsidy
            return {"item": order.items[0], "sale": paid, "subsidy": order.subsidy}
        return {"item": order.items[0], "sale": order.gross}

    def _by_line(self, order: Order) -> list[dict]:
        """The payment per order line; a difference of the whole falls on the first line."""
        totals = [item.total for item in order.items]
        freights, discounts = share(order.freight, totals), share(order.discount, totals)
        subsidies = share(order.subsidy, totals)
        parts = []
        for n, item in enumerate(order.items):
            goods = item.total + (order.delta if n == 0 else 0)
            if self.plan.account_platform == "amazon":
                parts.append(
                    {"item": item, "sale": goods, "freight": freights[n], "promotion": -discounts[n]}
                )
            else:
                paid = goods - discounts[n] - subsidies[n]
                parts.append({"item": item, "sale": paid, "freight": freights[n], "subsidy": subsidies[n]})
        return parts

    def _fees(self, order: Order, at: datetime, rows: list[str]) -> list[Move]:
        """The rule's fee of the whole payment, split over the payment's rows so that it adds up."""
        moves = []
        totals = [item.total for item in order.items] if len(rows) > 1 else [1]
        for number, fee in enumerate(self.plan.fees):
            amount = fee.of(order.gross) * (order.fee_factor if number == 0 else 1)
            for row, item, part in zip(rows, order.items, share(amount, totals), strict=False):
                more = {"sub": item.sub_no, "sku": item.sku, "quantity": item.quantity}
                moves.append(self.move(order, at, fee.category, -part, row, **more))
        return moves

    def _extras(self, order: Order, at: datetime, rows: list[str]) -> list[Move]:
        """Costs without a rule: affiliates and freight insurance on some orders."""
        platform, moves = self.plan.platform, []
        if platform in ("taobao", "tmall", "pinduoduo") and self.random.randrange(4) == 0:
            amount = order.gross * self.random.randrange(2, 9) // 100
            moves.append(self.move(order, at, "affiliate", -amount, self.row()))
        if platform in ("taobao", "tmall") and self.random.randrange(2) == 0:
            moves.append(self.move(order, at, "insurance", -self.random.randrange(30, 260), self.row()))
        if platform == "douyin" and self.random.randrange(5) == 0:
            moves.append(self.move(order, at, "outside_ads", -(order.gross * 3 // 100), rows[0]))
        if platform == "amazon" and self.plan.currency == "USD":
            row, tax = self.row(), order.goods * 8 // 100
            moves.append(self.move(order, at, "tax", tax, row))
            moves.append(self.move(order, at, "tax_withheld", -tax, row))
        return moves

    def refund(self, refund: Refund) -> list[Move]:
        """The money back to the buyer and, sometimes, the fee of it back to us."""
        moves = []
        item = refund.item or refund.order.items[0]
        for turn in range(refund.times):
            at = refund.at + turn * timedelta(hours=self.random.randrange(1, 20))
            more = {"sub": item.sub_no, "sku": item.sku, "refund": refund.no, "quantity": item.quantity}
            row = self.row()
            moves.append(self.move(refund.order, at, "refund", -refund.amount, row, **more))
            if refund.returns_fee:
                for fee in self.plan.fees:
                    back = returned(fee, refund)
                    moves.append(self.move(refund.order, at, fee.category, back, row, **more))
        return [move for move in moves if move.amount]


def returned(fee: Fee, refund: Refund) -> int:
    """The fee that comes back: what is kept is the rule's fee of what is left, nothing if nothing is left."""
    left = refund.order.gross - refund.amount
    return fee.of(refund.order.gross) - (fee.of(left) if left > 0 else 0)


def trade_number(order: Order) -> str:
    """The platform's own number of the payment; refunds name the payment they come from."""
    return f"{order.paid:%Y%m%d}{Random(f'{order.shop.code} {order.no}').randrange(10**12):012d}0"
