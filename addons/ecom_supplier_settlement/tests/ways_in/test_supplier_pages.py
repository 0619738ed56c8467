"""Every stage: each menu leads to a page that its readers can open, and that speaks to people."""

from lxml import etree

from odoo.tests import tagged

from ..statement_common import StatementCase

HERE = "ecom_supplier_settlement."


@tagged("post_install", "-at_install")
class TestSupplierPages(StatementCase):
    def pages(self, user):
        """The windows that this user's menus of the suppliers lead to."""
        menus = self.env["ir.ui.menu"].with_user(user)
        root = self.env.ref(f"{HERE}menu_root")
        seen = menus.browse(menus._visible_menu_ids()).filtered(
            lambda menu: menu.parent_path.startswith(root.parent_path) and menu.action
        )
        return self.env["ir.actions.act_window"].concat(*(menu.action for menu in seen.sudo()))

    def people(self):
        return (self.keeper, self.buyer, self.accountant, self.manager)

    def test_every_menu_opens_for_whoever_sees_it(self):
        """Given a person of each kind, when it opens each of its menus, then views, rows and groups can be
        read and buttons exist."""
        self.assertGreater(len(self.pages(self.manager)), 25)
        order = self.order((self.product, 2, 5))
        self.receive(order)
        self.vendor_bill((order.order_line, 3, 5))
        self.statement()
        for user in self.people():
            for page in self.pages(user):
                with self.subTest(user=user.name, page=page.name):
                    model = self.env[page.res_model].with_user(user)
                    kinds = page.view_mode.split(",")
                    ids = {view.view_mode: view.view_id.id for view in page.view_ids}
                    found = model.get_views([(ids.get(kind, False), kind) for kind in (*kinds, "search")])
                    if page.target != "new":
                        record = model.search([], limit=1)
                        self.env.invalidate_all()
                        shown = [
                            field.get("name")
                            for kind in {"list", "form"} & set(kinds)
                            for field in etree.fromstring(found["views"][kind]["arch"]).iter("field")
                            if not field.xpath("ancestor::field")
                        ]
                        record.web_read({name: {} for name in ("display_name", *shown)})
                    for kind in kinds:
                        arch = etree.fromstring(found["views"][kind]["arch"])
                        for button in arch.xpath("//button[@type='object'][@name]"):
                            below = button.xpath("ancestor::field[1]/@name")
                            owner = self.env[model._fields[below[0]].comodel_name] if below else model
                            self.assertTrue(hasattr(owner, button.get("name")), button.get("name"))

    def test_an_empty_page_says_what_to_do(self):
        for page in self.pages(self.manager).filtered(lambda it: it.target != "new"):
            with self.subTest(page=page.name):
                self.assertIn("<p", page.help or "", "there is a text for an empty page")

    def test_records_are_called_by_names_of_people(self):
        """A page is headed by a name, not by a model and a number nor by a key."""
        for page in self.pages(self.manager).filtered(lambda it: "form" in it.view_mode):
            model = self.env[page.res_model]
            if page.target == "new" or model._transient:
                continue
            with self.subTest(model=model._name):
                named = model._rec_name and model._fields[model._rec_name].type != "selection"
                own = type(model)._compute_display_name is not type(self.env["base"])._compute_display_name
                self.assertTrue(named or own)
