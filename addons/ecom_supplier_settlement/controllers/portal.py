"""Confirm stage: a supplier reads its statements, confirms or disputes line by line."""

import base64

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.portal.controllers import portal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.statement.ecom_statement import LARGEST_ID
from ..reports import statement_document

LINES_PER_PAGE = 50
UPLOAD_LIMIT = 20 << 20


def own():
    """Domain of what belongs to the company of whoever is logged in, and to no company below or above it."""
    company = request.env.user.partner_id.commercial_partner_id
    return [("partner_id.commercial_partner_id", "=", company.id)]


class SupplierPortal(portal.CustomerPortal):
    """Reads through the record rules of the portal user; writes only through the methods made for it."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "statement_count" in counters:
            statements = request.env["ecom.statement"]
            values["statement_count"] = statements.search_count([]) if statements.has_access("read") else 0
        return values

    # --- list -----------------------------------------------------------------

    @http.route(["/my/statements", "/my/statements/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_statements(self, page=1, sortby=None, filterby=None, **kwargs):
        """The statements that were sent to the supplier, newest first."""
        sortings = {
            "date": {"label": request.env._("Newest"), "order": "date_to desc, id desc"},
            "amount": {"label": request.env._("Closing amount"), "order": "amount_closing desc, id desc"},
            "state": {"label": request.env._("Status"), "order": "state, date_to desc"},
        }
        filters = {
            "all": {"label": request.env._("All"), "domain": []},
            "open": {
                "label": request.env._("To answer"),
                "domain": [("state", "in", ("sent", "disputed"))],
            },
            "done": {
                "label": request.env._("Confirmed"),
                "domain": [("state", "in", ("confirmed", "approved", "paid"))],
            },
        }
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        statements = request.env["ecom.statement"]
        domain = filters[filterby]["domain"]
        pager = portal_pager(
            url="/my/statements",
            url_args={"sortby": sortby, "filterby": filterby},
            total=statements.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = statements.search(
            domain, order=sortings[sortby]["order"], limit=self._items_per_page, offset=pager["offset"]
        )
        request.session["my_statements_history"] = found.ids[:100]
        return request.render(
            "ecom_supplier_settlement.portal_my_statements",
            {
                **self._prepare_portal_layout_values(),
                # Rules chose the rows; names of currencies and companies are shown with them.
                "statements": found.sudo(),
                "page_name": "statement",
                "pager": pager,
                "searchbar_sortings": sortings,
                "searchbar_filters": filters,
                "sortby": sortby,
                "filterby": filterby,
                "default_url": "/my/statements",
            },
        )

    # --- one statement ----------------------------------------------------------

    def _statement(self, statement_id):
        if not 0 < statement_id <= LARGEST_ID:
            raise MissingError(request.env._("There is no such statement."))
        return self._document_check_access("ecom.statement", statement_id)

    @http.route(
        ["/my/statements/<int:statement_id>", "/my/statements/<int:statement_id>/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_statement(self, statement_id, page=1, origin="", show="", **kwargs):
        """One statement. A link of a mail leads here by the login: whoever holds it has no right by it."""
        try:
            statement = self._statement(statement_id)
        except (AccessError, MissingError):
            return request.redirect("/my")
        # What is still being worked on is shown to nobody outside, whatever the rules let them read.
        if statement.state in ("draft", "cancelled") and not request.env.user._is_internal():
            return request.redirect("/my")
        if kwargs.get("report_type") in ("pdf", "xlsx"):
            return self._download(statement, kwargs["report_type"])
        lines, pager, origins = self._page_of_lines(statement, page, origin, show)
        values = {
            "statement": statement,
            "lines": lines,
            "lines_pager": pager,
            "origins": origins,
            "origin": origin,
            "show": show,
            "reasons": dict(
                request.env["ecom.statement.line"]
                ._fields["dispute_reason"]
                ._description_selection(request.env)
            ),
            "may_answer": self._may_answer(statement),
            "comparison": statement.comparison_ids[:1],
            "footing": statement_document.footing(statement),
            "message": request.session.pop("ecom_message", None),
            "report_type": "html",
        }
        values = self._get_page_view_values(statement, None, values, "my_statements_history", False)
        return request.render("ecom_supplier_settlement.portal_statement", values)

    def _may_answer(self, statement):
        mine = statement.partner_id == request.env.user.partner_id.commercial_partner_id
        return mine and statement.state in ("sent", "disputed")

    def _page_of_lines(self, statement, page, origin, show):
        """The lines of one page, its pager, and (origin, label, number, amount) of all there are."""
        model = request.env["ecom.statement.line"].sudo()  # the statement was checked, these are its lines
        names = dict(model._fields["origin"]._description_selection(request.env))
        domain = [("statement_id", "=", statement.id)]
        found = {
            code: (count, amount)
            for code, count, amount in model._read_group(domain, ["origin"], ["__count", "amount:sum"])
        }
        origins = [(code, name, *found[code]) for code, name in names.items() if code in found]
        if origin in names:
            domain.append(("origin", "=", origin))
        if show in ("open", "disputed", "confirmed"):
            domain.append(("state", "=", show))
        pager = portal_pager(
            url=f"/my/statements/{statement.id}",
            url_args={"origin": origin, "show": show},
            total=model.search_count(domain),
            page=page,
            step=LINES_PER_PAGE,
        )
        lines = model.search(domain, order="day, id", limit=LINES_PER_PAGE, offset=pager["offset"])
        return lines, pager, origins

    def _download(self, statement, kind):
        content = getattr(statement, f"_render_{kind}")()
        mimetype = {
            "pdf": "application/pdf",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }[kind]
        name = f"{statement.name.replace('/', '-')}.{kind}"
        return request.make_response(
            content,
            headers=[
                ("Content-Type", mimetype),
                ("Content-Length", len(content)),
                ("Content-Disposition", http.content_disposition(name)),
            ],
        )

    # --- answers ----------------------------------------------------------------

    def _answer(self, statement_id, call, done):
        """Run one answer as the user and come back to the page with what came of it."""
        statement = request.env["ecom.statement"].browse(statement_id)
        if not 0 < statement_id <= LARGEST_ID:
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                call(statement)
            request.session["ecom_message"] = {"kind": "success", "text": done}
        except (AccessError, MissingError):
            return request.redirect("/my")
        except UserError as error:
            request.session["ecom_message"] = {"kind": "danger", "text": str(error)}
        return request.redirect(f"/my/statements/{statement_id}#lines")

    @http.route("/my/statements/<int:statement_id>/confirm", type="http", auth="user", methods=["POST"])
    def portal_statement_confirm(self, statement_id, everything=None, **kwargs):
        """Confirm the lines that were ticked, or all that are open."""
        ticked = request.httprequest.form.getlist("line")
        if not everything and not ticked:
            request.session["ecom_message"] = {
                "kind": "warning",
                "text": request.env._("Tick the lines that you confirm."),
            }
            return request.redirect(f"/my/statements/{statement_id}#lines")
        return self._answer(
            statement_id,
            lambda statement: statement.portal_confirm(None if everything else ticked),
            request.env._("Thank you. The lines are confirmed."),
        )

    @http.route("/my/statements/<int:statement_id>/dispute", type="http", auth="user", methods=["POST"])
    def portal_statement_dispute(self, statement_id, line=None, reason="", text="", **kwargs):
        """Dispute one line, with a reason, a text and files."""
        return self._answer(
            statement_id,
            lambda statement: statement.portal_dispute(line, reason, text, _uploads("files")),
            request.env._("The line is disputed. The rest of the statement is not held back by it."),
        )

    @http.route("/my/statements/<int:statement_id>/own", type="http", auth="user", methods=["POST"])
    def portal_statement_own(self, statement_id, **kwargs):
        """Compare the supplier's own statement with ours."""

        def compare(statement):
            file = (_uploads("file") or [{"name": "", "content": ""}])[0]
            statement.portal_compare(file["name"], file["content"])

        return self._answer(statement_id, compare, request.env._("Your statement was compared with ours."))


def _uploads(field):
    """Files of a form as {"name", "content"} in base64."""
    files = [file for file in request.httprequest.files.getlist(field) if file.filename]
    result = []
    for file in files:
        content = file.read(UPLOAD_LIMIT + 1)
        if len(content) > UPLOAD_LIMIT:
            raise UserError(request.env._("%s is larger than 20 MB.", file.filename))
        result.append({"name": file.filename, "content": base64.b64encode(content).decode()})
    return result
