"""Two suppliers with a login each, and a statement of the first that waits for its answer."""

import json

from odoo import Command, http
from odoo.tests import HttpCase
from odoo.tools import mute_logger

from .statement_common import StatementCase


class PortalCase(StatementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor, cls.rival = (
            cls.login(name, partner)
            for name, partner in (("vendor", cls.supplier), ("rival", cls.other_supplier))
        )
        cls.purchase = cls.order((cls.product, 10, 5), (cls.other_product, 4, 2.5))
        cls.delivery = cls.receive(cls.purchase)
        first, second = cls.purchase.order_line
        cls.invoice = cls.vendor_bill((first, 10, 5), ref="INV-1")
        cls.second_invoice = cls.vendor_bill((second, 4, 2.5), ref="INV-2")
        cls.sent = cls.statement()
        cls.sent._go_to("sent")

    @classmethod
    def login(cls, name, partner):
        """A portal user who works for a supplier; the password is the login."""
        return cls.env["res.users"].create(
            {
                "name": f"{name} person",
                "login": f"settle_{name}",
                "password": f"settle_{name}",
                "group_ids": [Command.set([cls.env.ref("base.group_portal").id])],
                "partner_id": cls.env["res.partner"]
                .create({"name": f"{name} person", "parent_id": partner.id, "email": f"{name}@example.com"})
                .id,
                "company_ids": [Command.set(cls.company.ids)],
                "company_id": cls.company.id,
            }
        )


class HostileCase(PortalCase, HttpCase):
    """Addresses, forms and remote calls as a browser sends them."""

    def post(self, path, files=None, **fields):
        token = http.Request.csrf_token(self)
        return self.url_open(path, data={"csrf_token": token, **fields}, files=files)

    def rpc(self, route, **params):
        """The text of the answer, result or error."""
        with mute_logger("odoo.http"):
            return self.url_open(
                route,
                data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
                headers={"Content-Type": "application/json"},
            ).text

    def call(self, model, method, *args, **kwargs):
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self.rpc(path, model=model, method=method, args=args, kwargs=kwargs)

    def enter(self, login):
        self.authenticate(login, login)
