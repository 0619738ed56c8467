"""The days of the suppliers' month: goods come and go back, bills come in and are posted, some are paid."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from client.errors import RefusedError

from .hands import Hands
from .supply_setup import NOON, Plan

Step = Mapping[str, Any]
# What happens first on one day.
KINDS = ("receipt", "return", "bill", "payment")
# So many days are done at once, kind after kind; a bill that is before its goods is so in another window.
WINDOW = 5


class StepError(Exception):
    """A step did not do what it must; the text says which."""


def steps(plan: Plan, first: Sequence[str] = ()) -> list[tuple[str, list[Step]]]:
    """(kind, its steps in the order of their days), window after window of some days.

    :param first: kinds whose steps come before all others, whatever their day
    """
    found = [("return" if step["back"] else "receipt", step) for step in plan["receipts"]]
    found += [("bill", step) for step in plan["bills"]]
    found += [("payment", step) for step in plan["payments"]]
    rank = {kind: place for place, kind in enumerate(first)}
    groups: dict[tuple[int, int, int], list[Step]] = {}
    for kind, step in found:
        window = 0 if kind in rank else date.fromisoformat(step["day"]).toordinal() // WINDOW
        groups.setdefault((rank.get(kind, len(rank)), window, KINDS.index(kind)), []).append(step)
    return [(KINDS[key[2]], sorted(groups[key], key=lambda it: it["day"])) for key in sorted(groups)]


class Days:
    """Does the steps that are not done yet; what was refused that must be is in `refused`."""

    def __init__(self, hands: Hands, plan: Plan, folder: Path) -> None:
        self.hands, self.plan, self.folder = hands, plan, folder
        self.refused: list[str] = []
        self._pickings = self._count_pickings()
        self._bills = self._known_bills()

    def run(self, wanted: Sequence[tuple[str, list[Step]]]) -> None:
        does: dict[str, Callable[[list[Step]], None]] = {
            "receipt": self._receive,
            "return": self._send_back,
            "bill": self._bill,
            "payment": self._pay,
        }
        total, done = sum(len(group) for _kind, group in wanted), 0
        for kind, group in wanted:
            does[kind](group)
            done += len(group)
            self.hands.say(f"suppliers: {done} of {total} receipts, returns, bills and payments")

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

    def _receive(self, group: list[Step]) -> None:
        left = [step for step in group if not self._is_done(step)]
        while left:
            # Of two receipts of one order the second one waits for the first one's backorder.
            now = list({step["order"]: step for step in reversed(left)}.values())
            self._report([step for step in now if step["report"]])
            self._by_hand([step for step in now if not step["report"]])
            left = [step for step in left if step not in now]

    def _report(self, group: list[Step]) -> None:
        """The warehouse's reports book what they say."""
        if not group:
            return
        files = [self._file(step["report"]) for step in group]
        results = self.hands.keeper.settle("import_notices", files, what="reading receipt reports")
        for result in results:
            if result["state"] != "stored" or len(result["notices"]) != 1:
                raise StepError(f"{result['file']}: {result['problems']}")
        ids = [result["notices"][0] for result in results]
        self.hands.keeper.execute("ecom.delivery.notice", "action_receive", ids, what="booking reports")
        rows = self.hands.keeper.execute("ecom.delivery.notice", "read", ids, ["picking_ids"])
        pickings = {row["id"]: row["picking_ids"] for row in rows}
        self._date({one: step["day"] for key, step in zip(ids, group, strict=True) for one in pickings[key]})

    def _by_hand(self, group: list[Step]) -> None:
        if not group:
            return
        moves = self.hands.keeper.execute(
            "stock.move",
            "search_read",
            [
                (
                    "purchase_line_id.order_id",
                    "in",
                    [self.hands.of("order", step["order"]) for step in group],
                ),
                ("state", "not in", ("draft", "done", "cancel")),
                ("location_dest_usage", "=", "internal"),
            ],
            ["picking_id", "purchase_line_id"],
        )
        self._validate(group, moves)

    def _send_back(self, group: list[Step]) -> None:
        for step in group:
            if not self._is_done(step):
                self._send_back_one(step)

    def _send_back_one(self, step: Step) -> None:
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
        self._validate([step], moves)

    def _by_product(self, step: Step) -> dict[int, int]:
        order = next(one for one in self.plan["orders"] if one["number"] == step["order"])
        return {
            self.hands.of("good", line["good"]): count
            for line, count in zip(order["lines"], step["pieces"], strict=True)
        }

    def _validate(self, group: list[Step], moves: Sequence[Mapping[str, Any]]) -> None:
        """Put the pieces on the moves, one transfer for each step, and validate; the rest stays open."""
        pieces, days = {}, {}
        for step in group:
            for position, count in enumerate(step["pieces"]):
                line = self.hands.of("order_line", f"{step['order']} {position}")
                pieces[line], days[line] = count, step["day"]
        pickings: dict[int, str] = {}
        commands: dict[int, list[tuple[int, int, dict[str, Any]]]] = {}
        for move in moves:
            line, picking = move["purchase_line_id"][0], move["picking_id"][0]
            values = {"quantity": pieces[line], "picked": bool(pieces[line])}
            commands.setdefault(picking, []).append((1, move["id"], values))
            pickings[picking] = days[line]
        for picking, changes in commands.items():
            self.hands.keeper.execute("stock.picking", "write", [picking], {"move_ids": changes})
        self.hands.keeper.execute(
            "stock.picking",
            "button_validate",
            list(pickings),
            context={"skip_backorder": True, "skip_sms": True},
            what="receiving goods",
        )
        self._date(pickings)

    def _date(self, pickings: Mapping[int, str]) -> None:
        """Done on these days, not now."""
        rows = self.hands.keeper.execute("stock.picking", "read", list(pickings), ["name", "state"])
        for row in rows:
            if row["state"] != "done":
                raise StepError(f"{row['name']} of {pickings[row['id']]} is not done")
        for day in sorted(set(pickings.values())):
            ids = [picking for picking, its in pickings.items() if its == day]
            self.hands.keeper.execute("stock.picking", "write", ids, {"date_done": f"{day} {NOON}"})

    # --- bills and payments ------------------------------------------------------------

    def _bill(self, group: list[Step]) -> None:
        missing = [step for step in group if step["number"] not in self._bills]
        made = self._imported([step for step in missing if not step["typed"]])
        made |= {step["number"]: self._typed(step) for step in missing if step["typed"]}
        for number, bill in made.items():
            self._bills[number] = {"id": bill, "state": "draft", "payment_state": "not_paid"}
        drafts = [it for step in group if (it := self._bills[step["number"]])["state"] == "draft"]
        if drafts:
            ids = [bill["id"] for bill in drafts]
            self.hands.accountant.execute("account.move", "action_post", ids, what="posting bills")
        for bill in drafts:
            bill["state"] = "posted"

    def _imported(self, group: list[Step]) -> dict[str, int]:
        """{number: id} of the drafts that the files gave."""
        if not group:
            return {}
        files = [self._file(step["file"]) for step in group]
        found = {}
        results = self.hands.buyer.settle("import_bills", files, what="importing bills")
        for step, result in zip(group, results, strict=True):
            if result["state"] == "refused" or len(result["bills"]) != 1:
                raise StepError(f"{step['file']}: {result['problems'] or result['bills']}")
            [bill] = result["bills"]
            ordered = sum(1 for line in step["lines"] if line["order"])
            if bill["linked"] != ordered or bill["total"].lstrip("-") != step["total"]:
                raise StepError(
                    f"{step['file']}: {bill['linked']} of {ordered} lines linked, total {bill['total']}"
                )
            found[step["number"]] = int(bill["id"])
        return found

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

    def _pay(self, group: list[Step]) -> None:
        for step in group:
            bill = self._bills[step["bill"]]
            if bill["payment_state"] != "not_paid":
                continue
            try:
                self._pay_one(bill["id"], step["day"])
            except RefusedError:
                if not step["refused"]:
                    raise
                self.refused.append(step["bill"])

    def _pay_one(self, bill: int, day: str) -> None:
        wizard = self.hands.accountant.execute(
            "account.payment.register",
            "create",
            {"payment_date": day, "journal_id": self.hands.of("journal", "bank")},
            context={"active_model": "account.move", "active_ids": [bill]},
        )
        self.hands.accountant.execute(
            "account.payment.register", "action_create_payments", [wizard], what="paying a bill"
        )

    def _file(self, name: str) -> dict[str, str]:
        content = (self.folder / name).read_bytes()
        return {"name": Path(name).name, "content": base64.b64encode(content).decode("ascii")}
