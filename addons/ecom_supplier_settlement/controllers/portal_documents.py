"""Confirm stage: what a supplier delivered and was paid, and the invoices it sends."""

import base64

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers import portal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import _uploads, own

FILES_AT_ONCE = 20


class SupplierDocuments(portal.CustomerPortal):
    """Portal users have no right on receipts and payments: each page asks for its own supplier's alone."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        for counter, (model, domain) in {
            "receipt_count": ("stock.picking", self._receipts()),
            "supplier_payment_count": ("account.payment", self._payments()),
        }.items():
            if counter in counters:
                # Counts of the asker's own documents; the domain is the right.
                values[counter] = request.env[model].sudo().search_count(domain)
        return values

    def _is_supplier(self):
        """Customers have a login, too: invoices are taken of those whom we buy from."""
        company = request.env.user.partner_id.commercial_partner_id
        # A portal user does not read its own rank; orders are counted, not shown.
        company = company.sudo()
        orders = company.env["purchase.order"]
        return company.supplier_rank > 0 or bool(
            orders.search_count([*own(), ("state", "in", ("purchase", "sent"))], limit=1)
        )

    def _prepare_portal_layout_values(self):
        return {**super()._prepare_portal_layout_values(), "is_supplier": self._is_supplier()}

    def _companies(self):
        return [("company_id", "in", request.env.user.company_ids.ids)]

    def _receipts(self):
        kinds = [("picking_type_id.code", "in", ("incoming", "dropship")), ("state", "=", "done")]
        return own() + self._companies() + kinds

    def _payments(self):
        return [
            *own(),
            *self._companies(),
            ("payment_type", "=", "outbound"),
            ("partner_type", "=", "supplier"),
            ("state", "in", ("in_process", "paid")),
        ]

    def _list(self, model, domain, order, url, template, page, name):
        # Read with more rights than a supplier has; the domain holds its own documents only.
        records = request.env[model].sudo()
        pager = portal_pager(
            url=url, total=records.search_count(domain), page=page, step=self._items_per_page
        )
        found = records.search(domain, order=order, limit=self._items_per_page, offset=pager["offset"])
        return request.render(
            template,
            {
                **self._prepare_portal_layout_values(),
                "records": found,
                "page_name": name,
                "pager": pager,
                "default_url": url,
            },
        )

    @http.route(["/my/receipts", "/my/receipts/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_receipts(self, page=1, **kwargs):
        """What arrived in our warehouses, by delivery, newest first."""
        return self._list(
            "stock.picking",
            self._receipts(),
            "date_done desc, id desc",
            "/my/receipts",
            "ecom_supplier_settlement.portal_my_receipts",
            page,
            "receipt",
        )

    @http.route(
        ["/my/supplier-payments", "/my/supplier-payments/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_payments(self, page=1, **kwargs):
        """What was paid to the supplier, newest first, with the invoices it paid."""
        return self._list(
            "account.payment",
            self._payments(),
            "date desc, id desc",
            "/my/supplier-payments",
            "ecom_supplier_settlement.portal_my_payments",
            page,
            "supplier_payment",
        )

    @http.route("/my/supplier-bills/upload", type="http", auth="user", website=True, methods=["GET", "POST"])
    def portal_bill_upload(self, **kwargs):
        """Invoices as e-invoice, UBL, CSV or XLSX become drafts for the accountant, file by file."""
        if not self._is_supplier():
            return request.redirect("/my")
        results = []
        if request.httprequest.method == "POST":
            try:
                files = _uploads("files")
                if not files or len(files) > FILES_AT_ONCE:
                    raise UserError(request.env._("Choose 1 to %s files.", FILES_AT_ONCE))
                results = [result for file in files for result in self._take(file)]
            except UserError as error:
                results = [{"name": "", "text": str(error), "kind": "danger"}]
        return request.render(
            "ecom_supplier_settlement.portal_bill_upload",
            {**self._prepare_portal_layout_values(), "results": results, "page_name": "bill_upload"},
        )

    def _take(self, file):
        """One file through the intake, alone: a bad one stops no other. A list gives several invoices."""
        # The supplier's own company; the intake compares its tax number with the file's.
        supplier = request.env.user.partner_id.commercial_partner_id.sudo()
        # A supplier cannot create invoices; the intake makes a draft in its own name and nothing else.
        intake = request.env["ecom.invoice.intake"].sudo()
        try:
            with request.env.cr.savepoint():
                moves = intake._from_file(
                    file["name"],
                    base64.b64decode(file["content"]),
                    partner=supplier,
                    company=request.env.company,
                    source="portal",
                )
        except UserError as error:
            return [{"name": file["name"], "text": str(error), "kind": "danger"}]
        return [{"name": file["name"], "text": self._thanks(move), "kind": "success"} for move in moves]

    def _thanks(self, move):
        return request.env._(
            "Received: %(reference)s, %(amount)s. We check it and tell you.",
            reference=move.ref or move.name or "",
            amount=move.currency_id.format(move.amount_total),
        )
