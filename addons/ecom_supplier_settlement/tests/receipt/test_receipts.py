"""Receipt stage: reports book receipts once, odd receipts are told, suppliers are scored."""

from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..receipt_common import ReceiptCase


@tagged("post_install", "-at_install")
class TestBookReports(ReceiptCase):
    def report(self, *lines, **values):
        return self.receive_notice(*lines, **{"kind": "receipt", "day": "2026-09-05", **values})

    def test_a_report_books_the_receipt_once(self):
        """S2.2.2 S2.2.6 Given orders of 100 and 5, when the warehouse reports 60 and a keeper books it, then
        60 are received, the rest waits in a backorder, and booking again is refused.
        """
        order = self.order((self.product, 100, 10), (self.other_product, 5, 1))
        report = self.report({"sku": "P1", "quantity": 60, "order_no": order.name})
        report.with_user(self.keeper).action_receive()
        self.assertEqual(order.order_line.mapped("qty_received"), [60, 0])
        self.assertEqual((report.state, report.line_ids.quantity_done), ("received", 60))
        self.assertEqual(report.picking_ids.state, "done")
        left = order.picking_ids.filtered(lambda it: it.state not in ("done", "cancel"))
        self.assertEqual(sorted(left.move_ids.mapped("product_uom_qty")), [5, 40])
        with self.assertRaises(UserError):
            report.with_user(self.keeper).action_receive()
        with self.assertRaises(UserError):
            report.with_user(self.keeper).action_cancel()
        self.assertEqual(order.order_line[0].qty_received, 60)

    def test_what_is_booked_by_hand_is_not_booked_again(self):
        """S2.2.6 Given 40 of the reported 60 booked by hand that day, when the report is booked, then 20 are
        added; a report of what is all here books nothing.
        """
        line = self.order((self.product, 100, 10)).order_line
        report = self.report(("P1", 60))
        self.receive(line.order_id, 40, day="2026-09-05")
        report.action_receive()
        self.assertEqual(line.qty_received, 60)
        again = self.report(("P1", 40), number="R2", day="2026-09-06")
        self.receive(line.order_id, 40, day="2026-09-06")
        self.assertEqual(again.line_ids.quantity_done, 40)
        with self.assertRaises(UserError):
            again.action_receive()
        self.assertEqual(line.qty_received, 100)

    def test_more_than_ordered_is_booked_as_it_arrived(self):
        """S2.2.7 Given an order of 10, when 12 are reported and booked, then 12 are received and told."""
        line = self.order((self.product, 10, 10)).order_line
        self.report(("P1", 12)).action_receive()
        self.assertEqual(line.qty_received, 12)
        self.assertEqual(self.env["ecom.receipt.alert"]._find(self.company).mapped("kind"), ["over"])

    def test_lots_are_those_of_the_report(self):
        """S2.2.2 Given a product with lots, when the report names two, then both are booked; a report
        without them is refused and books nothing.
        """
        self.product.tracking = "lot"
        line = self.order((self.product, 10, 10)).order_line
        bare = self.report(("P1", 3))
        with self.assertRaises(UserError):
            bare.action_receive()
        bare.with_user(self.keeper).action_cancel()
        lots = [{"sku": "P1", "quantity": quantity, "lot": lot} for lot, quantity in (("A", 4), ("B", 6))]
        report = self.report(*lots)
        report.action_receive()
        self.assertEqual(line.qty_received, 10)
        moved = report.picking_ids.move_line_ids
        self.assertEqual({it.lot_id.name: it.quantity for it in moved}, {"A": 4, "B": 6})

    def test_an_accountant_books_nothing(self):
        """I3 Given a report, when an accountant books it, or somebody a delivery note, then it is refused."""
        self.order((self.product, 10, 10))
        with self.assertRaises(AccessError):
            self.report(("P1", 3)).with_user(self.accountant).action_receive()
        with self.assertRaises(UserError):
            self.receive_notice(("P1", 3)).action_receive()


@tagged("post_install", "-at_install")
class TestReceiptAlerts(ReceiptCase):
    def find(self, day="2026-09-20"):
        alerts = self.env["ecom.receipt.alert"]
        return alerts._find(self.company, today=date.fromisoformat(day))

    def told(self, day="2026-09-20"):
        return sorted((it.kind, it.quantity_expected, it.quantity_found) for it in self.find(day))

    def test_over_and_short_by_the_limits_of_the_warehouse(self):
        """S2.2.7 S2.8.5 Given 2 % allowed, when 102 and 98 of 100 arrive, then neither is told; 103 and 97
        are.
        """
        self.warehouse.write({"ecom_over_percent": 2, "ecom_short_percent": 2})
        order = self.order(*((self.product, 100, 1) for _line in range(4)))
        picking = self.receive(order, 102, 103, 98, 97)
        order.picking_ids.filtered(lambda it: it.state not in ("done", "cancel")).action_cancel()
        self.assertEqual(picking.state, "done")
        self.assertEqual(self.told(), [("over", 100, 103), ("short", 100, 97)])

    def test_late_by_the_days_of_the_warehouse(self):
        """S2.2.7 Given goods due on 1 September in Shanghai and three days allowed, when nothing came, then
        it is told on the 5th and not on the 4th, and closes by itself when they come.
        """
        self.warehouse.ecom_late_days = 3
        line = self.order((self.product, 100, 1)).order_line
        line.date_planned = "2026-08-31 16:00:00"
        self.assertEqual(self.told("2026-09-04"), [])
        [alert] = self.find("2026-09-05")
        self.assertEqual((alert.kind, alert.day, alert.due_day), ("late", date(2026, 9, 1), date(2026, 9, 7)))
        self.assertEqual(self.find("2026-09-06"), alert)
        self.receive(line.order_id, 100)
        self.assertFalse(self.find("2026-09-07"))
        self.assertEqual((alert.state, alert.resolution), ("done", "by_itself"))

    def test_what_was_shipped_and_what_was_reported(self):
        """S2.2.7 S2.2.6 Given 90 announced for the 5th and 60 reported, when 50 are booked, then both are
        told until the rest is booked.
        """
        line = self.order((self.product, 100, 1)).order_line
        line.date_planned = "2026-12-31 00:00:00"
        self.receive_notice(("P1", 90), expected_day="2026-09-05")
        self.receive_notice(("P1", 60), kind="receipt", number="R1", day="2026-09-05")
        self.receive(line.order_id, 50)
        self.assertEqual(self.told("2026-09-06"), [])
        self.assertEqual(self.told("2026-09-07"), [("report", 60, 50), ("transit", 90, 50)])
        self.receive(line.order_id, 40, day="2026-09-07")
        self.assertEqual(self.told("2026-09-08"), [("report", 60, 90)])

    def test_nothing_of_a_shipment_is_here(self):
        """S2.2.7 Given 90 announced, when nothing has come, then all of it is missing, in words of people."""
        line = self.order((self.product, 100, 1)).order_line
        line.date_planned = "2026-12-31 00:00:00"
        self.receive_notice(("P1", 90), expected_day="2026-09-05")
        [alert] = self.find("2026-09-07")
        self.assertEqual((alert.kind, alert.quantity_found, alert.percent), ("transit", 0, -100))
        self.assertEqual(alert.display_name, f"Shipped, Not Arrived: {line.order_id.name}")

    def test_a_person_accepts(self):
        """S2.2.7 Given an alert, when a keeper accepts it, then it stays closed until its quantities change;
        an accountant may not, and nobody deletes it.
        """
        line = self.order((self.product, 10, 1)).order_line
        self.receive(line.order_id, 12)
        [alert] = self.find()
        with self.assertRaises(AccessError):
            alert.with_user(self.accountant).action_accept()
        alert.with_user(self.keeper).action_accept("Two samples")
        self.assertEqual(
            (alert.state, alert.note, alert.resolved_by_id), ("done", "Two samples", self.keeper)
        )
        self.assertFalse(self.find())
        with self.assertRaises(UserError):
            alert.with_user(self.keeper).write({"state": "open"})
        with self.assertRaises(UserError):
            alert.unlink()
        line.product_qty = 11
        self.assertEqual((self.find(), alert.quantity_expected, alert.note), (alert, 11, False))

    def test_a_return_is_not_a_short_receipt(self):
        """S2.2.7 Given all goods received and some sent back, when looked at, then nothing is told."""
        line = self.order((self.product, 10, 1)).order_line
        self.send_back(self.receive(line.order_id, 10), 3)
        self.assertEqual(self.told(), [])

    def test_the_night_run(self):
        """S2.2.7 Given companies with odd receipts, when the nightly job runs, then each has its alerts."""
        line = self.order((self.product, 10, 1)).order_line
        self.receive(line.order_id, 12)
        self.env["ecom.receipt.alert"]._cron_find()
        alerts = self.env["ecom.receipt.alert"].search([("purchase_line_id", "=", line.id)])
        self.assertEqual((alerts.kind, alerts.company_id), ("over", self.company))


@tagged("post_install", "-at_install")
class TestSupplierScore(ReceiptCase):
    def score(self, supplier=None):
        self.env.flush_all()
        return self.env["ecom.supplier.score"].search([("partner_id", "=", (supplier or self.supplier).id)])

    def test_numbers(self):
        """S2.2.8 Given 100 at 10.00 due on 1 September of which 40 came in time, 50 late, 9 went back and 80
        were invoiced at 10.50, then fill rate is 90 %, on time 40 %, over or short 10 %, price variance 5 %
        and returns 10 %.
        """
        line = self.order((self.product, 100, 10)).order_line
        first = self.receive(line.order_id, 40, day="2026-09-01")
        self.receive(line.order_id, 50, day="2026-09-05")
        self.send_back(first, 9)
        self.vendor_bill((line, 80, 10.5))
        score = self.score()
        self.assertEqual((score.month, score.line_count), (date(2026, 9, 1), 1))
        self.assertEqual(
            [
                score.fill_rate,
                score.on_time_rate,
                score.quantity_variance,
                score.price_variance,
                score.defect_rate,
            ],
            [90, 40, 10, 5, 10],
        )

    def test_groups_compare_sums(self):
        """S2.2.8 Given 900.00 in full in one month and nothing of 100.00 in another, when grouped, then the
        fill rate is 90 %, not the mean of both.
        """
        self.receive(self.order((self.product, 90, 10), day="2026-09-01"), 90)
        self.order((self.product, 10, 10), day="2026-08-01")
        self.assertEqual(sorted(self.score().mapped("fill_rate")), [0, 100])
        groups = self.score()._read_group(
            [("partner_id", "=", self.supplier.id)], ["partner_id"], ["fill_rate:avg", "amount_ordered:sum"]
        )
        self.assertEqual(groups, [(self.supplier, 90, 1000)])

    def test_a_rate_that_moved_is_no_price(self):
        """S2.2.8 C9 Given an order in dollars at 7.10, when invoiced at 7.00 for the same price, then the
        price variance is 0; a supplier whose goods are not due yet has no score.
        """
        usd = self.currency("USD", 7.10)
        line = self.order((self.product, 1000, 10), currency=usd).order_line
        self.receive(line.order_id, 1000)
        self.env["res.currency.rate"].create(
            {
                **{"currency_id": usd.id, "company_id": self.company.id},
                **{"name": "2026-09-10", "inverse_company_rate": 7.0},
            }
        )
        self.vendor_bill((line, 1000, 10), currency=usd, day="2026-09-10")
        self.assertEqual((self.score().price_variance, self.score().amount_agreed), (0, 71000))
        future = self.order((self.product, 1, 1), partner=self.other_supplier)
        future.order_line.date_planned = "2099-01-01 00:00:00"
        self.assertFalse(self.score(self.other_supplier))

    def test_who_sees_scores_and_alerts(self):
        """S2.2.8 I4 Given another company, when its keeper looks, then he sees neither scores nor alerts."""
        self.receive(self.order((self.product, 10, 10)), 12)
        self.env["ecom.receipt.alert"]._find(self.company)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.person(
            "other_keeper",
            "ecom_supplier_settlement.group_warehouse",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.env.flush_all()
        for model in ("ecom.supplier.score", "ecom.receipt.alert"):
            self.assertTrue(self.env[model].with_user(self.accountant).search([]))
            self.assertFalse(self.env[model].with_user(stranger).search([]))


@tagged("post_install", "-at_install")
class TestProvider(ReceiptCase):
    def test_a_system_is_asked_and_asked_again(self):
        """S2.2.2 S2.8.4 Given a warehouse whose system answers, when asked twice, then each notice is stored
        once; one that does not answer is asked again from the same moment.
        """
        self.order((self.product, 10, 1))
        provider = "ecom.delivery.provider"
        answers = [self.message(("P1", 3), kind="receipt")]
        asked = []

        def fetch(_self, warehouse, since):
            asked.append(since)
            if not answers:
                raise UserError(warehouse.env._("No answer."))
            return answers

        with (
            patch.object(type(self.env[provider]), "_choices", lambda _self: [(provider, "Test")]),
            patch.object(type(self.env[provider]), "_fetch", fetch),
        ):
            self.warehouse.ecom_provider = provider
            [first] = self.warehouse._ecom_pull()
            [again] = self.warehouse._ecom_pull()
            self.assertEqual((first["new"], again["new"], again["id"]), (True, False, first["id"]))
            moment = self.warehouse.ecom_pulled_at
            answers.clear()
            logger = "odoo.addons.ecom_supplier_settlement.models.receipt.ecom_delivery_provider"
            with self.assertLogs(logger, "WARNING") as said:
                self.env[provider]._cron_pull()
            self.assertIn("No answer", said.output[0])
            self.assertEqual((len(asked), self.warehouse.ecom_pulled_at), (3, moment))
