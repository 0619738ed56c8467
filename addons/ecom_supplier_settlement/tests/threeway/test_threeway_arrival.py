"""Invoice stage: what is said of invoices does not depend on what of their story arrives first."""

import random

from odoo.tests import tagged

from ..threeway_common import MatchCase

MONEY = ((None, 10.0), ("JPY", 333.0), ("KWD", 1.25))


@tagged("post_install", "-at_install")
class TestArrival(MatchCase):
    """A story is told twice in two orders; a return follows the receipts, a reset invoice was posted."""

    def begin(self, seed):
        """Policy, order and draft invoices of a seed, and the events that are left to happen."""
        self.random = random.Random(seed)
        pick = self.random.choice
        name, price = pick(MONEY)
        self.price = price
        currency = self.currency(name, 7, "2026-01-01") if name else self.company.currency_id
        limits = [("quantity", pick((0, 2, 10)), None, side, "block") for side in ("above", "below")]
        limits += [("price", pick((0, 5)), None, "above", "block"), ("price", 1, None, "above", "warn")]
        if pick((True, False)):
            limits.append(("order", 5, None, "above", "block"))
        self.policy(
            *limits, receipts=pick(("product", "required", "first")), weigh_by_price=pick((True, False))
        )
        self.order_lines = self.order(
            (self.product, 100, price), (self.other_product, 50, price * 2), currency=currency
        ).order_line
        self.drafts = [self.draft(currency) for _bill in range(3)]
        events = [(self.arrive, pick(self.order_lines), pick((20, 50, 55))) for _receipt in range(4)]
        events += [(self.post, bill) for bill in range(3)]
        events += [(self.credit, pick((0, 1, 2, None)), pick((5, 10, 20))) for _note in range(2)]
        events.append(pick(((self.agree, price * 1.04), (self.correct, price * 1.04), (self.cancel, 2))))
        self.random.shuffle(events)
        return [*events, (self.arrive, self.order_lines[0], -pick((5, 10)))]

    def draft(self, currency):
        quantities = [self.random.choice((20, 40, 50, 60)) for _line in self.order_lines]
        factor = self.random.choice((1, 1, 1.04, 1.2))
        return self.vendor_bill(
            *(
                (line, quantity, line.price_unit * factor)
                for line, quantity in zip(self.order_lines, quantities, strict=True)
            ),
            currency=currency,
            post=False,
        )

    def arrive(self, line, quantity):
        places = [self.env.ref("stock.stock_location_suppliers").id, self.warehouse.lot_stock_id.id]
        source, target = places if quantity > 0 else reversed(places)
        move = self.env["stock.move"].create(
            {
                "product_id": line.product_id.id,
                "product_uom_qty": abs(quantity),
                "location_id": source,
                "location_dest_id": target,
                "purchase_line_id": line.id,
                "to_refund": quantity < 0,
            }
        )
        move._action_confirm(merge=False)
        move.write({"quantity": abs(quantity), "picked": True})
        move._action_done()

    def post(self, bill):
        if self.drafts[bill].state == "draft":
            self.drafts[bill].action_post()

    def cancel(self, bill):
        self.drafts[bill].button_cancel()

    def credit(self, bill, quantity):
        """A credit note of an invoice, or of none that it names."""
        line, price = self.order_lines[0], self.price
        named = {} if bill is None else {"reversed_entry_id": self.drafts[bill].id}
        self.vendor_bill(
            (line, quantity, price),
            currency=self.drafts[0].currency_id,
            move_type="in_refund",
            **named,
        )

    def agree(self, price):
        self.env["ecom.price.agreement"].create(
            {
                "partner_id": self.supplier.id,
                "product_id": self.product.id,
                "currency_id": self.drafts[0].currency_id.id,
                "price": price,
                "date_from": "2026-01-01",
            }
        )

    def correct(self, price):
        self.order_lines[0].price_unit = price

    def verdicts(self):
        """What stands of each invoice, without asking anew."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            (
                bill.state,
                bill.ecom_threeway_state,
                [
                    (row.verdict, row.reasons, row.variance_quantity, row.variance_price, row.inputs)
                    for row in bill.ecom_threeway_result_ids.sorted("move_line_id")
                    if bill.state == "posted"
                ],
            )
            for bill in self.drafts
        ]

    def tell(self, events):
        for event, *facts in events:
            event(*facts)
        told = self.verdicts()
        for bill in self.drafts:
            if bill.state == "posted":
                bill.action_ecom_threeway()
        self.assertEqual(self.verdicts(), told, "everything was matched when it happened")
        return told

    def test_whatever_comes_first(self):
        """C1 C2 C5 C10 Given receipts, a return, invoices, credit notes and a late price, when they arrive in
        another order, then every invoice and line ends with the same verdict, at once."""
        for seed in range(5):
            with self.subTest(seed=seed), self.env.cr.savepoint() as outer:
                events = self.begin(seed)
                with self.env.cr.savepoint() as savepoint:
                    first = self.tell(events)
                    savepoint.rollback()
                self.env.invalidate_all()
                for _turn in range(2):
                    *others, back = events
                    self.random.shuffle(others)
                    with self.env.cr.savepoint() as savepoint:
                        self.assertEqual(self.tell([*others, back]), first)
                        savepoint.rollback()
                    self.env.invalidate_all()
                outer.rollback()
