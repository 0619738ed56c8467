"""Every stage: what waits, counted for the page that a day begins with."""

from odoo import api, fields, models
from odoo.tools import SQL

COUNTS = (
    "bill_refused_count",
    "bill_inconsistent_count",
    "bill_gap_count",
    "bill_unposted_count",
    "exception_open_count",
    "exception_overdue_count",
    "tally_dirty_count",
)
# {tile: (how urgent, action, domain)}
BILLS, EXCEPTIONS = "ecom_connectors.ecom_bill_action", "ecom_recon.ecom_exception_action"
TILES = {
    "refused": ("danger", BILLS, [("state", "=", "refused")]),
    "inconsistent": ("danger", BILLS, [("state", "=", "inconsistent")]),
    "gap": ("danger", BILLS, [("chain_state", "=", "gap")]),
    "overdue": ("danger", EXCEPTIONS, [("state", "!=", "done"), ("due_day", "<", "today")]),
    "open": ("warning", EXCEPTIONS, [("state", "=", "open")]),
    "unmapped": ("warning", "ecom_connectors.ecom_alias_action", [("product_id", "=", False)]),
    "unposted": ("info", BILLS, [("state", "=", "ready"), ("line_count", ">", 0)]),
}


class EcomAccount(models.Model):
    _inherit = "ecom.account"

    bill_refused_count = fields.Integer("Refused Bills", compute="_compute_overview")
    bill_inconsistent_count = fields.Integer("Inconsistent Bills", compute="_compute_overview")
    bill_gap_count = fields.Integer("Gaps", compute="_compute_overview")
    bill_unposted_count = fields.Integer("Bills to Post", compute="_compute_overview")
    bill_last_day = fields.Date("Bills Until", compute="_compute_overview")
    exception_open_count = fields.Integer("Open Exceptions", compute="_compute_overview")
    exception_overdue_count = fields.Integer("Overdue Exceptions", compute="_compute_overview")
    tally_dirty_count = fields.Integer("To Match", compute="_compute_overview")

    def _compute_overview(self):
        rows = {row["id"]: row for row in self._overview_rows()}
        for account in self:
            row = rows.get(account.id, {})
            account.bill_last_day = row.get("last_day")
            for name in COUNTS:
                account[name] = row.get(name) or 0

    def _overview_rows(self):
        """All counts of these accounts at once; an exception of a shop counts at its first account."""
        self.env["ecom.bill"].flush_model()
        self.env["ecom.exception"].flush_model()
        self.env.cr.execute(
            SQL(
                """WITH bills AS (
                       SELECT account_id, max(last_day) AS last_day,
                              count(*) FILTER (WHERE state = 'refused') AS bill_refused_count,
                              count(*) FILTER (WHERE state = 'inconsistent') AS bill_inconsistent_count,
                              count(*) FILTER (WHERE chain_state = 'gap') AS bill_gap_count,
                              count(*) FILTER (WHERE state = 'ready' AND line_count > 0)
                                  AS bill_unposted_count
                         FROM ecom_bill WHERE account_id = ANY(%(ids)s) GROUP BY account_id
                   ), firsts AS (%(firsts)s
                   ), odd AS (
                       SELECT coalesce(e.account_id, f.account_id) AS account_id,
                              count(*) FILTER (WHERE e.state = 'open') AS exception_open_count,
                              count(*) FILTER (WHERE e.due_day < %(today)s) AS exception_overdue_count
                         FROM ecom_exception e LEFT JOIN firsts f ON f.shop_id = e.shop_id
                        WHERE e.state <> 'done' GROUP BY 1
                   ), dirty AS (
                       SELECT account_id, count(*) AS tally_dirty_count
                         FROM ecom_tally WHERE dirty AND account_id = ANY(%(ids)s) GROUP BY account_id
                   )
                   SELECT a.id, bills.*, odd.*, dirty.*
                     FROM ecom_account a
                     LEFT JOIN bills ON bills.account_id = a.id
                     LEFT JOIN odd ON odd.account_id = a.id
                     LEFT JOIN dirty ON dirty.account_id = a.id
                    WHERE a.id = ANY(%(ids)s)""",
                ids=self.ids,
                firsts=self._first_accounts(),
                today=fields.Date.context_today(self),
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _first_accounts(self):
        """SQL of (shop_id, account_id): the account that shows what only its shop knows."""
        return SQL(
            """SELECT DISTINCT ON (r.ecom_shop_id) r.ecom_shop_id AS shop_id, a.id AS account_id
                 FROM ecom_account_ecom_shop_rel r JOIN ecom_account a ON a.id = r.ecom_account_id
                WHERE a.active ORDER BY r.ecom_shop_id, a.company_id, a.code"""
        )

    def action_open_exceptions(self):
        """Button: the exceptions that the card counts."""
        self.env.cr.execute(
            SQL(
                "SELECT shop_id FROM (%s) firsts WHERE account_id = ANY(%s)",
                self._first_accounts(),
                self.ids,
            )
        )
        shops = [shop_id for [shop_id] in self.env.cr.fetchall()]
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_recon.ecom_exception_action")
        domain = [
            "|",
            ("account_id", "in", self.ids),
            "&",
            ("account_id", "=", False),
            ("shop_id", "in", shops),
        ]
        return {**action, "domain": domain}

    def action_open_waiting_bills(self):
        """Button: the bills of one filter, which the context names."""
        action = self.action_open_bills()
        return {**action, "context": {f"search_default_{self.env.context.get('bill_filter', 'ready')}": 1}}

    @api.model
    def overview_tiles(self):
        """What waits in all accounts: [{"label", "count", "tone", "action"}], most urgent first."""
        labels = {
            "refused": self.env._("Refused bills"),
            "inconsistent": self.env._("Inconsistent bills"),
            "gap": self.env._("Missing bills between"),
            "overdue": self.env._("Overdue exceptions"),
            "open": self.env._("Open exceptions"),
            "unmapped": self.env._("Unknown SKUs"),
            "unposted": self.env._("Bills to post"),
        }
        return [tile(self.env, labels[key], *shape) for key, shape in TILES.items()]


def tile(env, label, tone, xmlid, domain):
    """One tile of an overview: what waits behind an action, and how urgent it is."""
    action = env["ir.actions.act_window"]._for_xml_id(xmlid)
    return {
        "label": label,
        "count": env[action["res_model"]].search_count(domain),
        "tone": tone,
        "action": {**action, "name": label, "domain": domain, "context": {}},
    }
