"""Every stage: the PDF of records, for our own people."""

from odoo import http
from odoo.http import request

ID_LIMIT = 1000


class PaperController(http.Controller):
    @http.route("/ecom/paper/<string:model>/<string:ids>", type="http", auth="user", readonly=True)
    def paper(self, model, ids, **kwargs):
        """One PDF of the records; suppliers have pages of their own."""
        printed = request.env.registry.descendants(["ecom.paper"], "_inherit") - {"ecom.paper"}
        numbers = [int(number) for number in ids.split(",")[:ID_LIMIT] if number.isdecimal()]
        if model not in printed or not numbers or not request.env.user._is_internal():
            return request.not_found()
        records = request.env[model].search([("id", "in", numbers)]).sorted(lambda it: numbers.index(it.id))
        if not records:
            return request.not_found()
        content = records._render_pdf()
        name = records[0].display_name if len(records) == 1 else records._description
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(content)),
                ("Content-Disposition", http.content_disposition(f"{name.replace('/', '-')}.pdf")),
            ],
        )
