"""Receipt stage: whoever may open a page can read all of it."""

from lxml import etree

from odoo.tests import tagged

from ..receipt_common import ReceiptCase

ACTIONS = (
    "ecom_delivery_notice_action",
    "ecom_delivery_file_action",
    "ecom_purchase_basis_action",
    "ecom_purchase_basis_report_action",
    "ecom_receipt_alert_action",
    "ecom_supplier_score_action",
    "ecom_delivery_alias_action",
)


@tagged("post_install", "-at_install")
class TestReceiptViews(ReceiptCase):
    def specification(self, model, arch):
        """What the web client asks for when it shows this view: fields, names of records, lines below."""
        wanted = {}
        for node in arch.xpath("//field[not(ancestor::field)]"):
            field = model._fields[node.get("name")]
            below = node.xpath("./list | ./kanban")
            if field.type in ("one2many", "many2many") and below:
                inner = etree.fromstring(etree.tostring(below[0]))
                wanted[field.name] = {
                    "fields": self.specification(self.env[field.comodel_name], inner),
                    "limit": 40,
                }
            elif field.type in ("many2one", "many2many"):
                wanted[field.name] = {"fields": {"display_name": {}}}
            else:
                wanted[field.name] = {}
        return wanted

    def test_every_page_opens(self):
        """S2.2.4 S2.1.1 Given notices, files, alerts and scores, when keeper, buyer, accountant and manager
        open every list, form and pivot, then all of it can be read.
        """
        order = self.order((self.product, 10, 10))
        report = self.receive_notice(
            {"sku": "P1", "quantity": 12, "order_no": order.name}, kind="receipt", day="2026-09-05"
        )
        report.action_receive()
        self.receive_notice(("unknown", 1))
        self.upload("x,y\n1,2\n")
        self.env["ecom.receipt.alert"]._find(self.company)
        self.env.flush_all()
        for user in (self.keeper, self.buyer, self.accountant, self.manager):
            for xmlid in ACTIONS:
                action = (
                    self.env["ir.actions.act_window"]
                    .with_user(user)
                    ._for_xml_id(f"ecom_supplier_settlement.{xmlid}")
                )
                self.open_action(user, action)

    def open_action(self, user, action):
        model = self.env[action["res_model"]].with_user(user)
        views = [(False, kind) for kind in (*action["view_mode"].split(","), "search")]
        found = model.get_views(views)["views"]
        self.env.invalidate_all()
        with self.subTest(user=user.name, model=model._name):
            for kind in ("list", "form"):
                if kind in found:
                    arch = etree.fromstring(found[kind]["arch"])
                    spec = self.specification(model, arch)
                    rows = model.web_search_read([], spec, limit=10)["records"]
                    self.assertTrue(rows or model._name == "ecom.alias")
            if "pivot" in found:
                for node in etree.fromstring(found["pivot"]["arch"]).xpath("//field[@type='row']"):
                    measures = [
                        f"{field.name}:{field.aggregator}"
                        for field in model._fields.values()
                        if field.aggregator and field.store and field.type in ("float", "monetary")
                    ]
                    self.assertTrue(model.formatted_read_group([], [node.get("name")], measures))
