"""Receipt stage: delivery notes and receipt reports come in once, and mean order lines."""

import json
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import HttpCase, new_test_user, tagged

from ...lib.ecom_settle.notices import LAYOUTS
from ..receipt_common import ReceiptCase

TITLES = (
    "delivery_note,supplier,po_number,sku,description,quantity,unit,shipped_on,expected_on,carrier"
    ",tracking_no"
)
RUKUDAN = "入库单号,采购单号,仓库编码,商品编码,商品名称,实收数量,残品数量,单位,批次号,入库时间"


@tagged("post_install", "-at_install")
class TestDeliveryNotices(ReceiptCase):
    def test_a_note_is_side_by_side_with_order_and_receipt(self):
        """S2.1.1 S2.1.4 S2.2.6 Given an order of 100, when the supplier announces 90, 60 arrive and 50 are
        invoiced, then the line of the note shows 100, 90, 60 and 50 and 30 are in transit.
        """
        line = self.order((self.product, 100, 10)).order_line
        notice = self.receive_notice({"sku": "P1", "quantity": 90, "order_no": line.order_id.name})
        [told] = notice.line_ids
        self.assertEqual((told.purchase_line_id, told.rule, notice.state), (line, "order_no", "open"))
        self.assertEqual(self.basis(line).quantity_in_transit, 90)
        self.receive(line.order_id, 60)
        self.vendor_bill((line, 50, 10))
        self.env.invalidate_all()
        self.assertEqual(
            [told.quantity_ordered, told.quantity, told.quantity_received, told.quantity_billed],
            [100, 90, 60, 50],
        )
        self.assertEqual((notice.state, told.quantity_done, told.quantity_in_transit), ("difference", 60, 30))
        basis = self.basis(line)
        self.assertEqual((basis.quantity_shipped, basis.quantity_in_transit), (90, 30))
        self.assertEqual(basis.quantity_received, line.qty_received)
        self.receive(line.order_id, 30, day="2026-09-06")
        self.assertEqual(notice.state, "received")
        self.assertEqual(self.basis(line).quantity_in_transit, 0)

    def test_what_never_comes_is_given_up(self):
        """S2.2.6 Given 90 announced and 60 received, when a person closes the note, then 30 are missing and
        nothing is in transit; a closed note stays closed.
        """
        line = self.order((self.product, 100, 10)).order_line
        notice = self.receive_notice(("P1", 90))
        self.receive(line.order_id, 60)
        notice.with_user(self.keeper).action_done()
        self.assertEqual((notice.state, notice.line_ids.quantity_missing), ("done", 30))
        self.assertEqual(self.basis(line).quantity_in_transit, 0)
        with self.assertRaises(UserError):
            notice.with_user(self.keeper).action_cancel()

    def test_receipts_before_the_first_note_are_not_of_it(self):
        """S2.2.6 Given 40 received before anything was announced, when 60 are announced, then 60 are in
        transit.
        """
        line = self.order((self.product, 100, 10), day="2026-08-01").order_line
        self.receive(line.order_id, 40, day="2026-08-10")
        self.receive_notice(("P1", 60))
        self.assertEqual(self.basis(line).quantity_in_transit, 60)

    def test_a_service_is_received_by_hand(self):
        """S2.2.6 Given a service that was announced, when its received quantity is typed in, then the note is
        received and nothing is in transit.
        """
        self.product.write({"type": "service", "is_storable": False})
        line = self.order((self.product, 10, 10)).order_line
        notice = self.receive_notice(("P1", 10))
        self.assertEqual(self.basis(line).quantity_in_transit, 10)
        line.qty_received = 10
        notice.action_match()
        self.assertEqual((notice.state, self.basis(line).quantity_in_transit), ("received", 0))

    def test_every_layout_has_a_name(self):
        """S2.2.2 Given the layouts that are read, when shown to people, then each has a name."""
        names = dict(self.env["ecom.delivery.file"]._fields["layout"].selection)
        self.assertEqual(set(names), {layout.name for layout in LAYOUTS})

    def test_two_notes_of_one_line(self):
        """S2.2.6 Given notes of 30 and 70, when 50 are received, then the first is received, 20 belong to the
        second and 50 are in transit.
        """
        line = self.order((self.product, 100, 10)).order_line
        first = self.receive_notice(("P1", 30), number="D1", day="2026-09-02")
        second = self.receive_notice(("P1", 70), number="D2", day="2026-09-03")
        self.receive(line.order_id, 50)
        self.assertEqual((first.state, second.state), ("received", "difference"))
        self.assertEqual((first.line_ids | second.line_ids).mapped("quantity_done"), [30, 20])
        self.assertEqual(self.basis(line).quantity_in_transit, 50)

    def test_the_same_twice_changes_nothing(self):
        """S2.8.4 S2.2.2 Given a note by interface, when it comes again and as a file, then there is one; with
        another quantity it is refused until the stored one is cancelled.
        """
        order = self.order((self.product, 100, 10))
        message = self.message(("P1", 90))
        [first] = self.notices.receive(message)
        [again] = self.notices.receive([message])
        self.assertEqual((again["id"], again["new"], first["new"]), (first["id"], False, True))
        result = self.upload(f"{TITLES}\nD1,S1,,P1,,90,,2026-09-02,,,\n")
        self.assertEqual((result["state"], result["new"], result["known"]), ("stored", 0, 1))
        self.assertEqual(result["notices"], [first["id"]])
        self.assertEqual(self.reasons(("P1", 91)), ["notice_differs"])
        self.notices.browse(first["id"]).action_cancel()
        self.assertEqual(self.basis(order.order_line).quantity_shipped, 0)
        self.receive_notice(("P1", 91))
        self.assertEqual(self.basis(order.order_line).quantity_shipped, 91)

    def test_another_supplier_may_use_the_number(self):
        """S2.2.3 Given a note D1 of one supplier, when another sends a D1, then both are there; what names a
        supplier nobody knows is refused.
        """
        self.receive_notice(("P1", 1))
        other = self.receive_notice(("P1", 1), supplier="S2")
        self.assertEqual(other.partner_id, self.other_supplier)
        self.assertEqual(self.reasons(("P1", 1), supplier="nobody"), ["which_supplier"])
        self.assertEqual(self.reasons(("P1", 1), supplier=""), ["which_supplier"])
        self.assertEqual(self.reasons(("P1", 1), kind="receipt", warehouse="?"), ["which_warehouse"])

    def test_the_order_says_whose_it_is(self):
        """S2.1.1 Given a note that names nothing but our order, when stored, then it is of the order's
        supplier and goes to its warehouse.
        """
        order = self.order((self.product, 5, 10))
        line = {"sku": "P1", "quantity": 5, "order_no": order.name}
        notice = self.receive_notice(line, supplier="")
        self.assertEqual((notice.partner_id, notice.warehouse_id), (self.supplier, self.warehouse))

    def test_an_order_of_another_supplier_is_never_matched(self):
        """S2.1.4 Given an order of supplier B, when supplier A names it, then the line is nobody's."""
        order = self.order((self.product, 5, 10), partner=self.other_supplier)
        notice = self.receive_notice({"sku": "P1", "quantity": 5, "order_no": order.name})
        self.assertEqual((notice.state, notice.line_ids.match_state), ("draft", "unmatched"))

    def test_a_tie_is_left_to_a_person(self):
        """S2.1.4 Given two open orders of 10, when 4 are announced without a number, then both are offered
        oldest first, and the one a person chooses gets it; a line of another product is refused.
        """
        late = self.order((self.product, 10, 10), day="2026-09-01").order_line
        early = self.order((self.product, 10, 10), (self.other_product, 1, 1), day="2026-08-01").order_line
        notice = self.receive_notice(("P1", 4))
        [told] = notice.line_ids
        self.assertEqual((told.match_state, notice.state), ("ambiguous", "draft"))
        self.assertEqual(set(told.candidate_ids), {late, early[0]})
        chooser = self.env["ecom.delivery.choose"].with_user(self.keeper)
        choice = chooser.with_context(default_line_id=told.id).create({})
        self.assertEqual(choice.candidate_ids, late | early[0])
        choice.order_line_id = early[1]
        with self.assertRaises(UserError):
            choice.action_choose()
        choice.order_line_id = early[0]
        choice.action_choose()
        self.assertEqual((told.purchase_line_id, told.rule), (early[0], "person"))
        self.assertEqual((notice.state, self.basis(early[0]).quantity_shipped), ("open", 4))

    def test_units_are_never_guessed(self):
        """S2.2.3 Given an order of two dozen, when 12 pcs are announced, then one dozen has left; without a
        unit it is that of the order; an unknown word is refused.
        """
        dozen = self.env.ref("uom.product_uom_dozen")
        line = self.order(
            {"product_id": self.product.id, "product_qty": 2, "price_unit": 120, "product_uom_id": dozen.id}
        ).order_line
        self.receive_notice({"sku": "P1", "quantity": 12, "unit": "pcs"})
        self.assertEqual(self.basis(line).quantity_shipped, 1)
        self.receive_notice({"sku": "P1", "quantity": 1}, number="D2")
        self.assertEqual(self.basis(line).quantity_shipped, 2)
        for unit in ("Karton", "kg"):
            self.assertEqual(
                self.reasons({"sku": "P1", "quantity": 1, "unit": unit}, number="D3"), ["unknown_unit"]
            )

    def test_codes_of_suppliers_and_warehouses(self):
        """S2.2.3 S2.8.8 Given codes that nothing knows, when notices name them, then they wait in the queue,
        and are matched by themselves when somebody gives the code its product.
        """
        line = self.order((self.product, 10, 10)).order_line
        note = self.receive_notice({"sku": "X-1", "quantity": 10, "title": "Tea", "unit": "pcs"})
        report = self.receive_notice(("Y-1", 10), kind="receipt")
        self.assertEqual((note.line_ids.match_state, note.state), ("unmapped", "draft"))
        aliases = self.env["ecom.alias"].search([("sku", "in", ("X-1", "Y-1"))], order="sku")
        self.assertEqual(aliases.mapped("origin"), ["supplier", "warehouse"])
        self.assertEqual(aliases.partner_id, self.supplier | self.operator)
        self.assertEqual((aliases[0].title, aliases[0].product_id.id), ("Tea", False))
        self.receive_notice(("X-1", 2), number="D2")
        self.assertEqual(self.env["ecom.alias"].search_count([("sku", "=", "X-1")]), 1)
        for alias in aliases:
            alias.with_user(self.keeper).product_id = self.product
        self.assertEqual((note.line_ids.purchase_line_id, report.line_ids.purchase_line_id), (line, line))
        self.assertEqual((note.line_ids.uom_id, note.state), (self.product.uom_id, "open"))

    def test_codes_that_are_known_already(self):
        """S2.8.8 Given the supplier's own code in its price list, a barcode and an alias, when a note names
        them, then each is its product and the alias wins over our own reference.
        """
        self.product.write({"barcode": "6900000000001"})
        self.other_product.seller_ids = [
            Command.create({"partner_id": self.supplier.id, "product_code": "SUP-2", "price": 1})
        ]
        self.env["ecom.alias"].create(
            {
                **{"sku": "P1", "origin": "supplier", "partner_id": self.supplier.id},
                "product_id": self.other_product.id,
            }
        )
        notice = self.receive_notice(("6900000000001", 1), ("SUP-2", 1), ("P1", 1))
        self.assertEqual(
            [line.product_id for line in notice.line_ids],
            [self.product, self.other_product, self.other_product],
        )

    def test_a_refused_file_keeps_bytes_and_problems_only(self):
        """S2.2.2 S2.8.4 Given a file with two bad cells, when uploaded, then both are named, no notice and no
        alias is there; it may be tried again, and its bytes cannot be changed.
        """
        text = f"{RUKUDAN}\nA1,,,Z-9,Tea,1o,0,,,2026-09-05\nA2,,,Z-9,Tea,1,0,,,soon\n"
        result = self.upload(text, encoding="gb18030", warehouse=self.warehouse.code)
        self.assertEqual((result["state"], result["notices"]), ("refused", []))
        self.assertEqual(
            [(it["row"], it["column"], it["text"], it["reason"]) for it in result["problems"]],
            [(2, "实收数量", "1o", "not_an_amount"), (3, "入库时间", "soon", "not_a_moment")],
        )
        self.assertTrue(all(it["message"] for it in result["problems"]))
        self.assertFalse(self.env["ecom.alias"].search([("sku", "=", "Z-9")]))
        file = self.env["ecom.delivery.file"].browse(result["id"])
        self.assertEqual(file.attachment_id.raw.decode("gb18030"), text)
        with self.assertRaises(UserError):
            file.attachment_id.raw = b""
        self.assertEqual(self.upload(text, encoding="gb18030")["id"], result["id"])

    def test_a_refused_file_is_read_again(self):
        """S2.2.2 Given a report whose unit nobody knows, when the unit is created and the file read again,
        then its notice is there.
        """
        self.order((self.product, 10, 10))
        result = self.upload(
            f"{RUKUDAN}\nA1,,,P1,茶,1,0,箱A,,2026-09-05\n",
            encoding="gb18030",
            warehouse=self.warehouse.code,
        )
        self.assertEqual([it["reason"] for it in result["problems"]], ["unknown_unit"])
        self.env["uom.uom"].create(
            {"name": "箱A", "relative_factor": 6, "relative_uom_id": self.product.uom_id.id}
        )
        file = self.env["ecom.delivery.file"].with_user(self.keeper).browse(result["id"])
        file.action_read_again()
        self.assertEqual((file.state, file.notice_ids.name, len(file.problem_ids)), ("stored", "A1", 0))

    def test_a_file_for_the_wrong_warehouse(self):
        """S2.2.2 Given a report uploaded for the wrong warehouse, when its notice is cancelled and the same
        file uploaded for the right one, then it is there, once.
        """
        text = f"{RUKUDAN}\nA1,,,P1,茶,1,0,,,2026-09-05\n"
        wrong = self.env["stock.warehouse"].create({"name": "Wrong", "code": "WRO"})
        first = self.upload(text, warehouse="WRO")
        self.notices.browse(first["notices"]).action_cancel()
        again = self.upload(text, warehouse=self.warehouse.code)
        self.assertEqual((again["new"], again["known"], again["id"]), (1, 0, first["id"]))
        self.assertEqual((self.upload(text)["new"], self.upload(text)["state"]), (0, "stored"))
        notices = self.env["ecom.delivery.notice"].search([("name", "=", "A1")])
        self.assertEqual(set(notices.mapped("warehouse_id")), {wrong, self.warehouse})

    def test_notices_are_evidence(self):
        """I2 S2.1.1 Given a note, when the keeper makes, changes or deletes notices by hand, then it is
        refused; the accountant reads and does not import; others see nothing.
        """
        notice = self.receive_notice(("P1", 1))
        mine = notice.with_user(self.keeper)
        for change in (
            lambda: mine.write({"state": "done"}),
            lambda: mine.line_ids.write({"quantity": 2}),
            lambda: mine.unlink(),
            lambda: notice.unlink(),
            lambda: self.notices.create({"name": "D9", "kind": "ship"}),
        ):
            with self.assertRaises(UserError):
                change()
        self.assertEqual(notice.with_user(self.accountant).line_ids.quantity, 1)
        with self.assertRaises(AccessError):
            self.notices.with_user(self.accountant).receive(self.message(("P1", 1)))
        with self.assertRaises(AccessError):
            self.upload("x", user=self.accountant)
        stranger = new_test_user(self.env, "settle_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            notice.with_user(stranger).read(["name"])

    def test_other_companies_see_nothing(self):
        """S2.2.2 I4 Given a note of one company, when a keeper of another searches and sends the same number,
        then he sees his own only.
        """
        self.receive_notice(("P1", 1))
        other = self.env["res.company"].create({"name": "Other"})
        keeper = self.person(
            "other_keeper",
            "ecom_supplier_settlement.group_warehouse",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        notices = self.env["ecom.delivery.notice"].with_user(keeper).with_company(other)
        self.assertFalse(notices.search([]))
        [result] = notices.receive(self.message(("P1", 1)))
        self.assertEqual((result["new"], notices.search([]).ids), (True, [result["id"]]))

    def test_queries_do_not_grow_with_lines(self):
        """S2.1.7 Given notes of 5 and of 50 lines, when received, then both take about as many queries."""
        products = self.env["product.product"].concat(*(self.goods(f"Q{number}") for number in range(50)))
        self.order(*((product, 10, 1) for product in products))
        counts = []
        for number, size in (("W", 5), ("A", 5), ("B", 50)):
            lines = [(product.default_code, 1) for product in products[:size]]
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.receive_notice(*lines, number=number)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 15)


@tagged("post_install", "-at_install")
class TestInterface(HttpCase, ReceiptCase):
    def test_json_2(self):
        """S2.8.4 S2.8.9 Given an API key of a warehouse person, when a notice is posted to JSON-2, then it is
        stored and the answer says so.
        """
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.keeper)
            ._generate("rpc", "test", Datetime.now() + timedelta(days=1))
        )
        answer = self.url_open(
            "/json/2/ecom.delivery.notice/receive",
            data=json.dumps({"payload": self.message(("P1", 3))}),
            headers={"Authorization": f"bearer {key}", "Content-Type": "application/json"},
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        [result] = answer.json()
        self.assertEqual((result["new"], result["problems"]), (True, []))
        self.assertEqual(self.env["ecom.delivery.notice"].browse(result["id"]).line_ids.quantity, 3)
