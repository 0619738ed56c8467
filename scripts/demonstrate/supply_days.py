"""The days of the suppliers' month: goods come and go back, bills come in and are posted, some are paid."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from client.errors import RefusedError

from .hands import Hands
from .supply_setup import NOON, Plan

Step = Mapping[str, Any]
# What happens first on one day.
KINDS = ("receipt", "return", "bill", "payment")


class StepError(Exception):
    """A step did not do what it must; the text says which."""


def steps(plan: Plan, first: Sequence[str] = ()) -> list[tuple[str, Step]]:
    """(kind, step) by their days; those of the kinds in `first` before all others, whatever their day."""
    found = [("return" if step["back"] else "receipt", step) for step in plan["receipts"]]
    found += [("bill", step) for step in plan["bills"]]
    found += [("payment", step) for step in plan["payments"]]
    rank = {kind: place for place, kind in enumerate(first)}
    return sorted(found, key=lambda it: (rank.get(it[0], len(rank)), it[1]["day"], KINDS.index(it[0])))


class Days:
    """Does the steps that are not done yet; what was refused that must be is in `refused`."""

    def __init__(self, hands: Hands, plan: Plan, folder: Path) -> None:
        self.hands, self.plan, self.folder = hands, plan, folder
        self.refused: list[str] = []
        self._pickings = self._count_pickings()
        self._bills = self._known_bills()

    def run(self, wanted: Sequence[tuple[str, Step]]) -> None:
        does: dict[str, Callable[[Step], None]] = {
            "receipt": self._receive,
            "return": self._send_back,
            "bill": self._bill,
            "payment": self._pay,
        }
        for place, (kind, step) in enumerate(wanted, start=1):
            does[kind](step)
            if place % 20 == 0 or place == len(wanted):
                self.hands.say(f"suppliers: {place} of {len(wanted)} receipts, returns, bills and payments")

    # --- what is there already -----------------------------------------------------

    def _count_pickings(self) -> dict[tuple[int, bool], int]:
        """{(order, went back): transfers that are done}"""
        orders = list(self.hands.ids["order"].values())
        moves = self.hands.keeper.execute(
            "stock.move",
            "search_read",
            [("purchase_line_id.order_id", "in", orders), ("state", "=", "done")],
            ["picking_id", "purchase_line_id", "location_dest_usage"],
        )
        order_of = {line: key.rpartition(" ")[0] for key, line in self.hands.ids["order_line"].items()}
        found: dict[tuple[int, bool], set[int]] = {}
        for move in moves:
            order = self.hands.of("order", order_of[move["purchase_line_id"][0]])
            back = move["location_dest_usage"] == "supplier"
            found.setdefault((order, back), set()).add(move["picking_id"][0])
        return {key: len(pickings) for key, pickings in found.items()}

    def _known_bills(self) -> dict[str, dict[str, Any]]:
        rows = self.hands.accountant.execute(
            "account.move",
            "search_read",
            [
                ("ref", "in", [bill["number"] for bill in self.plan["bills"]]),
                ("company_id", "=", self.hands.company),
                ("move_type", "in", ("in_invoice", "in_refund")),
            ],
            ["ref", "state", "payment_state"],
        )
        return {row["ref"]: row for row in rows}

    def _is_done(self, step: Step) -> bool:
        """Whether the transfer of this step is among those that are done; one fewer is left to find."""
        key = (self.hands.of("order", step["order"]), step["back"])
        if self._pickings.get(key, 0):
            self._pickings[key] -= 1
            return True
        return False

    # --- goods -----------------------------------------------------------------------

    def _receive(self, step: Step) -> None:
        if self._is_done(step):
            return
        if step["report"]:
            [result] = self.hands.keeper.settle("import_notices", [self._file(step["report"])])
            if result["state"] != "stored":
                raise StepError(f"{step['report']}: {result['problems']}")
            self.hands.keeper.execute("ecom.delivery.notice", "action_receive", result["notices"])
            [notice] = self.hands.keeper.execute(
                "ecom.delivery.notice", "read", result["notices"], ["picking_ids"]
            )
            self._date(notice["picking_ids"], step["day"])
            return
        moves = self.hands.keeper.execute(
            "stock.move",
            "search_read",
            [
                ("purchase_line_id.order_id", "=", self.hands.of("order", step["order"])),
                ("state", "not in", ("draft", "done", "cancel")),
                ("location_dest_usage", "=", "internal"),
            ],
            ["picking_id", "purchase_line_id"],
        )
        self._validate(step, moves)

    def _send_back(self, step: Step) -> None:
        if self._is_done(step):
            return
        done = self.hands.keeper.execute(
            "stock.move",
            "search_read",
            [
                ("purchase_line_id.order_id", "=", self.hands.of("order", step["order"])),
                ("state", "=", "done"),
                ("location_dest_usage", "=", "internal"),
            ],
            ["picking_id"],
            order="id desc",
        )
        picking = done[0]["picking_id"][0]
        context = {"active_id": picking, "active_ids": [picking], "active_model": "stock.picking"}
        wizard = self.hands.keeper.execute(
            "stock.return.picking", "create", {"picking_id": picking}, context=context
        )
        [row] = self.hands.keeper.execute("stock.return.picking", "read", [wizard], ["product_return_moves"])
        lines = self.hands.keeper.execute(
            "stock.return.picking.line", "read", row["product_return_moves"], ["product_id"]
        )
        wanted = self._by_product(step)
        for line in lines:
            values = {"quantity": wanted.get(line["product_id"][0], 0)}
            self.hands.keeper.execute("stock.return.picking.line", "write", [line["id"]], values)
        action = self.hands.keeper.execute("stock.return.picking", "action_create_returns", [wizard])
        moves = self.hands.keeper.execute(
            "stock.move",
            "search_read",
            [("picking_id", "=", action["res_id"])],
            ["picking_id", "purchase_line_id"],
        )
        self._validate(step, moves)

    def _by_product(self, step: Step) -> dict[int, int]:
        order = next(one for one in self.plan["orders"] if one["number"] == step["order"])
        return {
            self.hands.of("good", line["good"]): count
            for line, count in zip(order["lines"], step["pieces"], strict=True)
        }

    def _validate(self, step: Step, moves: Sequence[Mapping[str, Any]]) -> None:
        """Put the pieces on the moves of one transfer and validate it; the rest stays open."""
        pieces = {
            self.hands.of("order_line", f"{step['order']} {position}"): count
            for position, count in enumerate(step["pieces"])
        }
        for move in moves:
            count = pieces.get(move["purchase_line_id"][0], 0)
            values = {"quantity": count, "picked": bool(count)}
            self.hands.keeper.execute("stock.move", "write", [move["id"]], values)
        pickings = sorted({move["picking_id"][0] for move in moves})
        self.hands.keeper.execute(
            "stock.picking", "button_validate", pickings, context={"skip_backorder": True, "skip_sms": True}
        )
        self._date(pickings, step["day"])

    def _date(self, pickings: Sequence[int], day: str) -> None:
        rows = self.hands.keeper.execute("stock.picking", "read", list(pickings), ["name", "state"])
        for row in rows:
            if row["state"] != "done":
                raise StepError(f"{row['name']} of {day} is not done")
        self.hands.keeper.execute("stock.picking", "write", list(pickings), {"date_done": f"{day} {NOON}"})

    # --- bills and payments ------------------------------------------------------------

    def _bill(self, step: Step) -> None:
        found = self._bills.get(step["number"])
        if not found:
            found = {"id": self._typed(step) if step["typed"] else self._imported(step), "state": "draft"}
        if found["state"] == "draft":
            self.hands.accountant.execute("account.move", "action_post", [found["id"]], what="posting a bill")
        self._bills[step["number"]] = {**found, "state": "posted", "payment_state": "not_paid"} | {
            name: found[name] for name in ("payment_state",) if name in found
        }

    def _imported(self, step: Step) -> int:
        [result] = self.hands.buyer.settle("import_bills", [self._file(step["file"])])
        if result["state"] == "refused" or len(result["bills"]) != 1:
            raise StepError(f"{step['file']}: {result['problems'] or result['bills']}")
        [bill] = result["bills"]
        ordered = sum(1 for line in step["lines"] if line["order"])
        if bill["linked"] != ordered or bill["total"].lstrip("-") != step["total"]:
            raise StepError(
                f"{step['file']}: {bill['linked']} of {ordered} lines linked, total {bill['total']}"
            )
        return int(bill["id"])

    def _typed(self, step: Step) -> int:
        supplier = next(one for one in self.plan["suppliers"] if one["key"] == step["supplier"])
        lines = []
        for line in step["lines"]:
            taxed = line["tax"] != "0.00"
            taxes = [self.hands.of("tax", str(supplier["tax_percent"]))] if taxed else []
            lines.append(
                {
                    "product_id": self.hands.of("good", line["good"]),
                    "purchase_line_id": self.hands.of("order_line", f"{line['order']} {line['position']}"),
                    "quantity": line["quantity"],
                    "price_unit": float(line["amount"]) / line["quantity"],
                    "tax_ids": [(6, 0, taxes)],
                }
            )
        made = self.hands.accountant.execute(
            "account.move",
            "create",
            {
                "move_type": "in_invoice",
                "partner_id": self.hands.of("supplier", step["supplier"]),
                "company_id": self.hands.company,
                "currency_id": self.hands.of("currency", step["currency"]),
                "ref": step["number"],
                "invoice_date": step["day"],
                "invoice_line_ids": [(0, 0, line) for line in lines],
            },
        )
        return int(made[0] if isinstance(made, list) else made)

    def _pay(self, step: Step) -> None:
        bill = self._bills[step["bill"]]
        if bill["payment_state"] != "not_paid":
            return
        try:
            wizard = self.hands.accountant.execute(
                "account.payment.register",
                "create",
                {"payment_date": step["day"], "journal_id": self.hands.of("journal", "bank")},
                context={"active_model": "account.move", "active_ids": [bill["id"]]},
            )
            self.hands.accountant.execute(
                "account.payment.register", "action_create_payments", [wizard], what=f"paying {step['bill']}"
            )
        except RefusedError:
            if not step["refused"]:
                raise
            self.refused.append(step["bill"])

    def _file(self, name: str) -> dict[str, str]:
        content = (self.folder / name).read_bytes()
        return {"name": Path(name).name, "content": base64.b64encode(content).decode("ascii")}
