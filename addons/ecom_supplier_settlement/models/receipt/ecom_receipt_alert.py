"""Receipt stage: goods that are too many, too few, too late, or told differently, each told once."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

KINDS = [
    ("over", "More Than Ordered"),
    ("short", "Less Than Ordered"),
    ("late", "Late"),
    ("transit", "Shipped, Not Arrived"),
    ("report", "Report Differs"),
]
DUE_DAYS = 2
FACTS = "quantity_expected quantity_found percent day".split()


class EcomReceiptAlert(models.Model):
    """One cause, one alert, for the people of the warehouse; it closes by itself when the cause is gone.

    Found every night by the limits of the warehouse; alerts are never deleted.
    """

    _name = "ecom.receipt.alert"
    _description = "Receipt Alert"
    _inherit = ["ecom.sealed", "mail.thread", "mail.activity.mixin"]
    _order = "state desc, due_day, id"
    _check_company_auto = True

    cause = fields.Char(required=True, readonly=True, help="The same cause is found again by the next night.")
    kind = fields.Selection(KINDS, required=True, readonly=True, index=True)
    state = fields.Selection(
        [("open", "Open"), ("done", "Done")], required=True, readonly=True, default="open", index=True,
        tracking=True,
    )  # fmt: skip
    resolution = fields.Selection(
        [("by_itself", "Closed by Itself"), ("accepted", "Accepted")], readonly=True, tracking=True
    )
    note = fields.Char("Reason", help="Why it is accepted.")
    resolved_by_id = fields.Many2one("res.users", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner", "Supplier", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", readonly=True, index="btree_not_null", ondelete="restrict", check_company=True
    )
    warehouse_type = fields.Selection(related="warehouse_id.ecom_type", store=True)
    shop_id = fields.Many2one(related="warehouse_id.ecom_shop_id", string="Channel", store=True)
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict", check_company=True)
    purchase_line_id = fields.Many2one(
        "purchase.order.line", "Order Line", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    order_id = fields.Many2one(related="purchase_line_id.order_id", string="Order")
    notice_id = fields.Many2one(
        "ecom.delivery.notice", "Delivery", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True, ondelete="restrict")
    quantity_expected = fields.Float("Expected", digits="Product Unit", readonly=True)
    quantity_found = fields.Float("Found", digits="Product Unit", readonly=True)
    difference = fields.Float(digits="Product Unit", compute="_compute_difference", store=True)
    percent = fields.Float("%", digits=(16, 2), readonly=True, aggregator="avg")
    day = fields.Date("Since", readonly=True, help="Day on which the goods were due, or told.")
    due_day = fields.Date("Due")
    user_id = fields.Many2one("res.users", "Owner", tracking=True)

    _cause_once = models.UniqueIndex("(company_id, cause)", "This cause has an alert already.")

    @api.depends("kind", "product_id", "order_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for alert in self:
            about = alert.order_id.name or alert.product_id.display_name
            alert.display_name = f"{kinds.get(alert.kind, '')}: {about}" if about else kinds.get(alert.kind)

    @api.depends("quantity_expected", "quantity_found")
    def _compute_difference(self):
        for alert in self:
            alert.difference = alert.quantity_found - alert.quantity_expected

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Alerts are evidence and cannot be deleted. Accept them with a reason."))

    def action_accept(self, note=None):
        """Button: a person knows why. The alert opens again when its quantities change.

        :param note: why, if it is not written down yet
        """
        if not self.env.user.has_group("ecom_supplier_settlement.group_warehouse"):
            raise AccessError(self.env._("Only warehouse people and buyers answer alerts."))
        self.check_access("write")
        for alert in self.filtered(lambda alert: alert.state == "open"):
            alert._unseal().write(
                {
                    "state": "done",
                    "resolution": "accepted",
                    "note": note or alert.note,
                    "resolved_by_id": self.env.uid,
                }
            )

    @api.model
    def _cron_find(self):
        """Every night: look at receipts again and tell what is odd, company by company."""
        for company in self.env["res.company"].search([("active", "=", True)]):
            waiting = [("company_id", "=", company.id), ("state", "not in", ("done", "cancel"))]
            self.env["ecom.delivery.notice"].with_company(company).search(waiting)._match()
            self.with_company(company)._find(company)
            if "ir_cron_progress_id" in self.env.context:
                self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _find(self, company, today=None):
        """Store what is odd in a company today; close what is not odd any more.

        :return: the alerts that are open now
        """
        today = today or fields.Date.context_today(self)
        self.env.flush_all()
        self.env.cr.execute(_alerts(company, today))
        found = {row["cause"]: row for row in self.env.cr.dictfetchall()}
        known = {alert.cause: alert for alert in self.search([("company_id", "=", company.id)])}
        fresh = [
            {**row, "company_id": company.id, "due_day": today + timedelta(days=DUE_DAYS)}
            for cause, row in found.items()
            if cause not in known
        ]
        self._unseal().create(fresh)
        for cause, alert in known.items():
            if cause in found:
                alert._found_again(found[cause], today)
            elif alert.state == "open":
                alert._unseal().write({"state": "done", "resolution": "by_itself"})
        return self.search([("company_id", "=", company.id), ("state", "=", "open")])

    def _found_again(self, row, today):
        """Follow the quantities; a person's word stands while they stay the same."""
        unit = self.uom_id
        same = not any(
            unit.compare(self[name], float(row[name] or 0))
            for name in ("quantity_expected", "quantity_found")
        )
        stays = self.state == "open" or (same and self.resolution == "accepted")
        if same and stays:
            return
        values = {name: row[name] for name in FACTS}
        if not stays:
            values |= {"state": "open", "resolution": False, "note": False, "resolved_by_id": False}
            values["due_day"] = today + timedelta(days=DUE_DAYS)
        self._unseal().write(values)

    def action_open_order(self):
        """Button: ordered, shipped, received and invoiced of the order line."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_purchase_basis_action"
        )
        return {**action, "domain": [("id", "in", self.purchase_line_id.ids)], "context": {}}


def _alerts(company, today):
    """SELECT of one row for each cause: the columns of `ecom.receipt.alert` that say what it is.

    Limits are those of the warehouse; without one (dropshipping) nothing over or short is allowed, and one
    day is. Services are left out: they do not arrive.
    """
    return SQL(
        """WITH lines AS (
               SELECT b.*, b.quantity_received + b.quantity_returned AS arrived,
                      (b.date_planned AT TIME ZONE 'UTC' AT TIME ZONE b.timezone)::date AS planned,
                      coalesce(w.ecom_over_percent, 0)::numeric AS over_percent,
                      coalesce(w.ecom_short_percent, 0)::numeric AS short_percent,
                      coalesce(w.ecom_late_days, 1) AS late_days,
                      EXISTS (SELECT 1 FROM stock_move m
                               WHERE m.purchase_line_id = b.id AND m.state NOT IN ('done', 'cancel')) AS waits
                 FROM ecom_purchase_basis b
                 JOIN purchase_order_line l ON l.id = b.id AND l.qty_received_method = 'stock_moves'
                 LEFT JOIN stock_warehouse w ON w.id = b.warehouse_id
                WHERE b.company_id = %(company)s AND b.state = 'purchase'
           ), told AS (
               SELECT n.id, n.product_id, n.purchase_line_id, n.uom_id, n.quantity, n.quantity_done,
                      n.quantity_missing, d.id AS notice_id, d.kind, coalesce(d.expected_day, d.day) AS day,
                      coalesce(d.partner_id, b.partner_id) AS partner_id,
                      coalesce(d.warehouse_id, b.warehouse_id) AS warehouse_id,
                      coalesce(w.ecom_short_percent, 0)::numeric AS short_percent,
                      coalesce(w.ecom_late_days, 1) AS late_days
                 FROM ecom_delivery_notice_line n
                 JOIN ecom_delivery_notice d ON d.id = n.notice_id
                 JOIN ecom_purchase_basis b ON b.id = n.purchase_line_id
                 LEFT JOIN stock_warehouse w ON w.id = coalesce(d.warehouse_id, b.warehouse_id)
                WHERE d.company_id = %(company)s AND d.state NOT IN ('done', 'cancel')
           )
           SELECT 'over:' || id AS cause, 'over' AS kind, %(of_line)s,
                  quantity_ordered AS quantity_expected, quantity_received AS quantity_found,
                  round((quantity_received - quantity_ordered) * 100 / nullif(quantity_ordered, 0), 2)
                      AS percent, planned AS day
             FROM lines
            WHERE (quantity_received - quantity_ordered) * 100 > over_percent * quantity_ordered
           UNION ALL
           SELECT 'short:' || id, 'short', %(of_line)s, quantity_ordered, arrived,
                  round((arrived - quantity_ordered) * 100 / nullif(quantity_ordered, 0), 2), planned
             FROM lines
            WHERE NOT waits AND (quantity_ordered - arrived) * 100 > short_percent * quantity_ordered
           UNION ALL
           SELECT 'late:' || id, 'late', %(of_line)s, quantity_ordered, arrived,
                  round((arrived - quantity_ordered) * 100 / nullif(quantity_ordered, 0), 2), planned
             FROM lines
            WHERE waits AND arrived < quantity_ordered AND planned + late_days < %(today)s
           UNION ALL
           SELECT 'transit:' || id, 'transit', %(of_notice)s, quantity, quantity_done,
                  round((coalesce(quantity_done, 0) - quantity) * 100 / nullif(quantity, 0), 2), day
             FROM told
            WHERE kind = 'ship' AND day + late_days < %(today)s
              AND (quantity - coalesce(quantity_missing, 0) - coalesce(quantity_done, 0)) * 100
                  > short_percent * quantity
           UNION ALL
           SELECT 'report:' || id, 'report', %(of_notice)s, quantity, quantity_done,
                  round((coalesce(quantity_done, 0) - quantity) * 100 / nullif(quantity, 0), 2), day
             FROM told
            WHERE kind = 'receipt' AND day + late_days < %(today)s
              AND coalesce(quantity_done, 0) <> quantity""",
        company=company.id,
        today=today,
        of_line=SQL(
            "partner_id, warehouse_id, product_id, id AS purchase_line_id, NULL::integer AS notice_id, uom_id"
        ),
        of_notice=SQL("partner_id, warehouse_id, product_id, purchase_line_id, notice_id, uom_id"),
    )
