"""Explain stage: something nobody could explain yet, and what became of it: by a run, by a person."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .exception_types import TYPES

DUE_DAYS = {"2": 1, "1": 3, "0": 7}
COLUMNS = (
    "cause type order_id shop_id account_id tally_id bill_id currency_id amount day order_no refund_no detail"
).split()


class EcomException(models.Model):
    """One cause, one exception, at the place where a person can act.

    The amount is signed as seen from us: -1.00 means we got one less than we should. Exceptions
    are never deleted: a person resolves them, or a later bill or order closes them by itself.
    """

    _name = "ecom.exception"
    _description = "Reconciliation Exception"
    _inherit = ["ecom.stateful", "mail.thread", "mail.activity.mixin"]
    _transitions = {"open": {"waiting", "done"}, "waiting": {"open", "done"}, "done": {"open"}}
    _order = "state, severity desc, day desc, id desc"
    _rec_name = "type"
    _check_company_auto = True

    cause = fields.Char(required=True, readonly=True, help="The same cause is found again by a rerun.")
    type = fields.Selection(
        [(code, kind.title) for code, kind in TYPES.items()], required=True, readonly=True, index=True
    )
    severity = fields.Selection([("0", "Low"), ("1", "Medium"), ("2", "High")], readonly=True, default="0")
    state = fields.Selection(
        [("open", "Open"), ("waiting", "Waiting"), ("done", "Done")],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
    )
    resolution = fields.Selection(
        [
            ("by_itself", "Closed by Itself"),
            ("linked", "Linked by Hand"),
            ("accepted", "Difference Accepted"),
            ("ignored", "Ignored"),
            ("classified", "Transaction Type Classified"),
        ],
        readonly=True,
        tracking=True,
    )
    resolution_note = fields.Char(readonly=True)
    accepted = fields.Json(readonly=True, help="The differences that were accepted, by leg.")
    resolved_by_id = fields.Many2one("res.users", readonly=True)
    resolved_at = fields.Datetime(readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    account_id = fields.Many2one("ecom.account", readonly=True, index=True, ondelete="restrict")
    shop_id = fields.Many2one("ecom.shop", readonly=True, index=True, ondelete="restrict")
    platform_id = fields.Many2one("ecom.platform", compute="_compute_platform_id", store=True)
    order_id = fields.Many2one("sale.order", readonly=True, index="btree_not_null", ondelete="restrict")
    order_no = fields.Char("Order No.", readonly=True)
    refund_no = fields.Char("Refund No.", readonly=True)
    tally_id = fields.Many2one("ecom.tally", readonly=True, index="btree_not_null", ondelete="restrict")
    bill_id = fields.Many2one("ecom.bill", readonly=True, index="btree_not_null", ondelete="restrict")
    match_id = fields.Many2one("ecom.match", compute="_compute_match_id")
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    day = fields.Date(readonly=True)
    detail = fields.Char(readonly=True)
    candidate_ids = fields.Many2many("sale.order", string="Candidates", readonly=True)
    user_id = fields.Many2one("res.users", "Owner", tracking=True)
    due_day = fields.Date("Due")
    wait_until = fields.Date(readonly=True)
    reason = fields.Char(compute="_compute_texts")
    suggestion = fields.Char("What to Do", compute="_compute_texts")
    legs_html = fields.Html("Order, Payment, Refund and Fee", compute="_compute_legs_html", sanitize=False)
    line_count = fields.Integer("Bill Lines", compute="_compute_counts")
    refund_count = fields.Integer("Refunds", compute="_compute_counts")
    move_count = fields.Integer("Entries", compute="_compute_counts")
    run_id = fields.Many2one("ecom.run", "Found in Run", readonly=True, ondelete="set null")
    closing_run_id = fields.Many2one("ecom.run", "Closed By", readonly=True, ondelete="set null")

    _cause_once = models.UniqueIndex("(company_id, cause)", "This cause has an exception already.")

    @api.depends("shop_id", "account_id")
    def _compute_platform_id(self):
        for exception in self:
            exception.platform_id = exception.shop_id.platform_id or exception.account_id.platform_id

    def _compute_match_id(self):
        links = self.env["ecom.match.order"].search([("order_id", "in", self.order_id.ids)])
        matches = {link.order_id: link.match_id for link in links}
        for exception in self:
            exception.match_id = exception.tally_id.match_id or matches.get(exception.order_id)

    @api.depends("type", "amount", "detail")
    @api.depends_context("lang")
    def _compute_texts(self):
        texts = {code: kind.texts(self.env) for code, kind in TYPES.items()}
        for exception in self:
            reason, suggestion = texts[exception.type]
            match = exception.match_id
            exception.reason = reason % {
                "amount": plain(abs(exception.amount), exception.currency_id),
                "expected": plain(match.expected_received, match.currency_id),
                "received": plain(match.amount_received, match.currency_id),
                "detail": exception.detail or "",
                "count": len(exception.candidate_ids),
            }
            exception.suggestion = suggestion

    def _compute_legs_html(self):
        for exception in self:
            exception.legs_html = exception.match_id.legs_html

    @api.depends("type", "order_no", "refund_no", "detail")
    @api.depends_context("lang")
    def _compute_display_name(self):
        types = dict(self._fields["type"]._description_selection(self.env))
        for exception in self:
            what = exception.order_no or exception.refund_no or exception.detail
            label = types.get(exception.type, "")
            exception.display_name = f"{label} · {what}" if what else label

    @api.depends("tally_id", "order_id")
    def _compute_counts(self):
        for exception in self:
            lines = (exception.tally_id | exception.match_id.tally_ids).line_ids
            moves = lines.posting_line_ids.posting_id.move_id | exception.order_id.invoice_ids
            exception.line_count = len(lines)
            exception.refund_count = len(exception.order_id.ecom_refund_ids)
            exception.move_count = len(moves)

    def _refused_move(self, state):
        return UserError(self.env._("This exception is done already. Reload the page."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Exceptions are evidence and cannot be deleted."))

    # --- found by a run -------------------------------------------------------

    @api.model
    def _sync(self, accounts, found, run):
        """Store what a run has found for `accounts`; close what it has not found again."""
        company = accounts.company_id
        mine = Domain("account_id", "in", accounts.ids) | Domain("shop_id", "in", accounts.shop_ids.ids)
        # What was found again, and what is open: what is done stays out of the way, however much there is.
        wanted = Domain("cause", "in", [values["cause"] for values in found])
        wanted |= Domain("state", "in", ("open", "waiting")) & mine
        known = {
            exception.cause: exception
            for exception in self.search(Domain("company_id", "=", company.id) & wanted)
        }
        fresh = [values for values in found if values["cause"] not in known]
        self._insert(company, fresh, run)
        seen = set()
        for values in found:
            seen.add(values["cause"])
            if values["cause"] in known:
                known[values["cause"]]._found_again(values)
        gone = self.browse([exception.id for cause, exception in known.items() if cause not in seen])
        # A bill may close thousands: the fields say what became of them, a message each would say no more.
        gone.with_context(tracking_disable=True)._go_to(
            "done", resolution="by_itself", resolved_at=fields.Datetime.now(), closing_run_id=run.id
        )
        run._count(exception_count=len(fresh))

    def _found_again(self, values):
        """Same cause as before: follow its amount; a person's word stands while the amount does."""
        amount, kind = values.get("amount") or 0, values["type"]
        changed = self.type != kind or not self.currency_id.is_zero(self.amount - amount)
        if changed:
            self._unseal().write(
                {
                    "type": kind,
                    "amount": amount,
                    "severity": TYPES[kind].severity,
                    "day": values.get("day"),
                }
            )
        # An accepted difference is only found again when it is not the one that was accepted.
        stale = changed or self.resolution in ("by_itself", "accepted")
        over = (
            self.state == "waiting" and self.wait_until and self.wait_until < fields.Date.context_today(self)
        )
        if over or (self.state == "done" and stale):
            self._go_to("open", resolution=False, resolution_note=False, accepted=False, closing_run_id=False)

    @api.model
    def _insert(self, company, found, run):
        if not found:
            return
        today = fields.Date.context_today(self)
        orders = self.env["sale.order"].browse([v["order_id"] for v in found if v.get("order_id")])
        numbers = dict(zip(orders.ids, orders.mapped("ecom_order_no"), strict=True))
        owners = {
            record: record.user_id.id
            for name in ("ecom.shop", "ecom.account")
            for record in self.env[name].browse(
                {
                    v[name.replace("ecom.", "") + "_id"]
                    for v in found
                    if v.get(name.replace("ecom.", "") + "_id")
                }
            )
        }
        values_list = []
        for values in found:
            severity = TYPES[values["type"]].severity
            account = self.env["ecom.account"].browse(values.get("account_id") or ())
            shop = self.env["ecom.shop"].browse(values.get("shop_id") or ())
            if not shop and len(account.shop_ids) == 1:
                shop = account.shop_ids
            values_list.append(
                {
                    **{name: values.get(name) for name in COLUMNS},
                    "order_no": values.get("order_no") or numbers.get(values.get("order_id")),
                    "shop_id": shop.id,
                    "company_id": company.id,
                    "severity": severity,
                    "due_day": today + timedelta(days=DUE_DAYS[severity]),
                    "user_id": owners.get(shop) or owners.get(account),
                    "candidate_ids": [(6, 0, values.get("candidate_ids") or [])],
                    "run_id": run.id,
                }
            )
        quiet = self._unseal().with_context(
            tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True
        )
        quiet.create(values_list)

    # --- decided by a person -----------------------------------------------------

    def _check_may_resolve(self):
        if not self.env.user.has_group("ecom_connectors.group_operator"):
            raise AccessError(self.env._("Only shop operators and accountants resolve exceptions."))
        if any(exception.state == "done" for exception in self):
            raise UserError(self.env._("This exception is done already. Reload the page."))

    def _resolve(self, resolution, note):
        self._go_to(
            "done",
            resolution=resolution,
            resolution_note=note,
            resolved_by_id=self.env.user.id,
            resolved_at=fields.Datetime.now(),
        )

    def action_link(self, order, note=None):
        """Tell that the lines belong to `order`; the next match compares them with it."""
        self._check_may_resolve()
        for exception in self:
            if not exception.tally_id or exception.type == "clearing_not_zero":
                raise UserError(self.env._("Only lines without an order can be linked to one."))
            if order.company_id != exception.company_id:
                raise UserError(self.env._("The order belongs to another company."))
            self.env.cr.execute(
                SQL(
                    "UPDATE ecom_tally SET manual_order_id = %s, dirty = true WHERE id = %s",
                    order.id,
                    exception.tally_id.id,
                )
            )
            exception._resolve("linked", note or order.display_name)
        self.env["ecom.tally"].invalidate_model()

    def action_wait(self, until, note=None):
        """Leave it until a day; if it is still there then, it is open again."""
        self._check_may_resolve()
        self._go_to("waiting", wait_until=until, resolution_note=note)

    def action_accept(self, note):
        """Take the difference as it is: the next match settles the order, posting books the rest."""
        self._check_may_resolve()
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants accept a difference."))
        if any(exception.type not in ("amount_mismatch", "fee_out_of_band") for exception in self):
            raise UserError(self.env._("Only differences of amounts and fees can be accepted."))
        for exception in self:
            exception._unseal().accepted = exception.match_id._mismatches()
        self._resolve("accepted", note)
        self.order_id._touch_tallies()

    def action_ignore(self, note):
        """Close it with a reason; its lines stay where they are posted."""
        self._check_may_resolve()
        if not note:
            raise UserError(self.env._("Say why it may be ignored."))
        named = self.filtered(lambda exception: exception.type != "unknown_category")
        tallies = named.tally_id | named.match_id.tally_ids
        if tallies:
            self.env.cr.execute(
                SQL(
                    "UPDATE ecom_tally SET state = 'ignored', reason = %s, dirty = false WHERE id IN %s",
                    note,
                    tuple(tallies.ids),
                )
            )
            self.env["ecom.tally"].invalidate_model()
        self._resolve("ignored", note)

    def action_classify(self, category):
        """Say what a platform's word means, once for all lines and all later bills."""
        self._check_may_resolve()
        for exception in self:
            if exception.type != "unknown_category":
                raise UserError(self.env._("Only unknown words can be given a category."))
            bill = exception.tally_id.line_ids[:1].bill_id
            self.env["ecom.vocabulary"].create(
                {
                    "platform_id": exception.platform_id.id,
                    "layout": bill.layout,
                    "word": exception.detail,
                    "category_id": category.id,
                }
            )
            exception._resolve("classified", category.name)

    # --- the way to everything it is about ---------------------------------------

    def action_open_resolve(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Resolve"),
            "res_model": "ecom.resolve",
            "view_mode": "form",
            "target": "new",
            "context": {"default_exception_ids": [(6, 0, self.ids)]},
        }

    def action_open_lines(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_line_action")
        tallies = self.tally_id | self.match_id.tally_ids
        return {**action, "domain": [("tally_id", "in", tallies.ids)], "context": {}}

    def action_open_order(self):
        orders = self.order_id | self.match_id.link_ids.order_id
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_order_action")
        return {**action, "domain": [("id", "in", orders.ids)], "context": {}}

    def action_open_pickings(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries"),
            "res_model": "stock.picking",
            "view_mode": "list,form",
            "domain": [("id", "in", self.order_id.picking_ids.ids)],
        }

    def action_open_refunds(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_refund_action")
        return {**action, "domain": [("order_id", "in", self.order_id.ids)], "context": {}}

    def action_open_moves(self):
        tallies = self.tally_id | self.match_id.tally_ids
        moves = tallies.line_ids.posting_line_ids.posting_id.move_id | self.order_id.invoice_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }

    def _export(self):
        """Plain values, amounts as decimal strings."""
        return [
            {
                "id": exception.id,
                "type": exception.type,
                "state": exception.state,
                "account": (exception.account_id or exception.shop_id.account_ids[:1]).code or None,
                "shop": exception.shop_id.code or None,
                "order": exception.order_no or None,
                "refund": exception.refund_no or None,
                "amount": f"{exception.amount:.{exception.currency_id.decimal_places}f}",
                "currency": exception.currency_id.name or None,
                "day": str(exception.day) if exception.day else None,
                "reason": exception.reason,
                "suggestion": exception.suggestion,
            }
            for exception in self
        ]


def plain(amount, currency):
    """An amount in a sentence: grouped, with the digits and the code of its currency."""
    return f"{amount:,.{currency.decimal_places}f} {currency.name}" if currency else ""
