"""A supplier at its browser: log in, open the statement, read a working, dispute with a file, confirm."""

import pytest

from odoo.tests import HttpCase, tagged

from odoo.addons.ecom_supplier_settlement.tests.portal_common import PortalCase

from .browsing import DESK, PHONE, Browsing


@tagged("post_install", "-at_install")
class TestSupplier(Browsing, PortalCase, HttpCase):
    @pytest.mark.capability("S2.8.6")
    def test_dispute_one_line_and_confirm_the_rest(self):
        self.sent.line_ids[0]._unseal().working = {
            "rule": "bill",
            "version": 1,
            "title": "Invoice INV-1",
            "base": [{"label": "P1", "quantity": "10", "amount": "50.00"}],
            "formula": "10 x 5.00",
            "result": "50.00",
            "currency": "CNY",
        }
        with self.browser("settle_vendor", size=PHONE) as page:
            page.goto(f"{self.base_url()}/my")
            page.click("a[href='/my/statements']")
            page.click(f"text={self.sent.name}")
            self.assertLessEqual(
                page.evaluate("document.documentElement.scrollWidth"), PHONE[0], "it fits a phone"
            )
            line = page.locator(f".ecom_line[data-line='{self.sent.line_ids[0].id}']")
            line.locator("summary", has_text="Working").click()
            self.assertTrue(line.locator("text=10 x 5.00").first.is_visible())
            line.locator("summary", has_text="Dispute").click()
            line.locator("select[name=reason]").select_option("price")
            line.locator("textarea[name=text]").fill("We agreed on 5.10")
            line.locator("input[type=file]").set_input_files(
                {"name": "offer.txt", "mimeType": "text/plain", "buffer": b"5.10"}
            )
            line.locator("button[type=submit]").click()
            page.wait_for_selector("text=The line is disputed")
            page.click("#confirm_all")
            page.wait_for_selector("text=The lines are confirmed")
        self.env.invalidate_all()
        self.assertEqual(self.sent.state, "disputed")
        self.assertEqual(self.sent.line_ids[0].dispute_text, "We agreed on 5.10")
        self.assertEqual(set(self.sent.line_ids[1:].mapped("state")), {"confirmed"})
        names = self.env["ir.attachment"].search(
            [("res_model", "=", "ecom.statement"), ("res_id", "=", self.sent.id)]
        )
        self.assertIn("offer.txt", names.mapped("name"))

    def test_the_statement_on_a_desk(self):
        with self.browser("settle_vendor", size=DESK) as page:
            page.goto(f"{self.base_url()}/my/statements/{self.sent.id}")
            page.wait_for_selector("text=Communication history")
            self.assertIn("INV-1", page.inner_text("body"))
