"""Purchase stage: an order whose facts change has its prices looked up and its bills matched again."""

from odoo import fields, models

ORDER_FACTS = {"date_order", "date_approve", "currency_id", "partner_id", "state"}


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def write(self, vals):
        result = super().write(vals)
        if ORDER_FACTS & set(vals):
            self.env["ecom.line.terms"]._follow(self.order_line)
            self.env["account.move"]._ecom_threeway_bills_of(self.order_line.ids, "order")
        return result

    def _ecom_day(self, zone):
        """The day the order was confirmed, in this time zone."""
        moment = self.date_approve or self.date_order
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), moment).date()
