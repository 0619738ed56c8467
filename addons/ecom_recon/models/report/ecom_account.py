"""Every stage: what one button does for some accounts, what came of it, and what waits on the overview."""

from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, config

from odoo.addons.queue_job.job import identity_exact

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

    # --- stages ------------------------------------------------------------------

    def _process(self, post=False, when_locked="refuse"):
        """Match and post; with a job runner as one job per group of accounts, else here and now."""
        groups = self.env["ecom.matcher"]._groups(self)
        kind = "success"
        if self._has_runner():
            for group in groups:
                # The same work is not queued twice; a job that runs already does not stop a new one.
                group.with_delay(
                    description=f"ecom: {', '.join(group.mapped('code'))}", identity_key=identity_exact
                )._job(post, when_locked)
            message = self.env._("%s jobs are queued. Their results appear under Runs.", len(groups))
        else:
            runs = [run for group in groups for run in group._job(post, when_locked)]
            message = self.env._(
                "%(matched)s of %(all)s matched, %(new)s new exceptions, %(moves)s entries.",
                matched=sum(run.matched_count for run in runs),
                all=sum(run.tally_count for run in runs),
                new=sum(run.exception_count for run in runs),
                moves=sum(run.move_count for run in runs),
            )
            failed = [text for run in runs for text in (run.errors or {}).values()]
            message = "\n".join([message, *failed])
            kind = "warning" if failed else "success"
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "sticky": kind == "warning",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.model
    def _has_runner(self):
        """Whether this server runs OCA's job queue; without it the work is done in the foreground."""
        modules = config["server_wide_modules"]
        return "queue_job" in (modules.split(",") if isinstance(modules, str) else modules)

    def _job(self, post, when_locked):
        runs = [self._run_match()]
        if post:
            runs.append(self._run_post(when_locked))
        return runs

    def _run_match(self):
        """Match this group of accounts; return the run that logs it."""
        if not self.env.user.has_group("ecom_connectors.group_operator"):
            raise AccessError(self.env._("Only shop operators and accountants match."))
        with self.env["ecom.stage"]._stage("match", self) as run:
            self.env["ecom.matcher"]._match(self, run)
        return run

    def _run_post(self, when_locked="refuse", session=None):
        """Post this group of accounts; return the run that logs it.

        An account that cannot be posted does not stop the others; the run says why.
        """
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants post."))
        accounts = self.sorted("id")
        with self.env["ecom.stage"]._stage("post", accounts, session or str(uuid4())) as run:
            errors = accounts._try_to_post(run, when_locked)
            if errors and len(accounts) > 1:
                errors = {}
                for account in accounts:
                    errors |= account._try_to_post(run, when_locked)
            if errors:
                run._fail(errors)
        return run

    def _try_to_post(self, run, when_locked):
        """Post these accounts together or not at all; return {code: why} if not."""
        try:
            with self.env.cr.savepoint():
                self.env["ecom.poster"]._post(self, run, when_locked)
        except UserError as error:
            return {account.code: str(error) for account in self}
        return {}

    def action_process(self):
        """Button: match and post these accounts."""
        return self._process(post=self.env.user.has_group("ecom_connectors.group_accountant"))

    def _in_other_currency(self):
        """[accounts of one company and currency], without those in their company's own currency."""
        foreign = self.filtered(lambda account: account.currency_id != account.company_id.currency_id)
        groups = foreign.sorted("id").grouped(lambda account: (account.company_id, account.currency_id))
        return list(groups.values())

    def _run_revalue(self, day, session=None):
        """Revalue these accounts of one company at a day; return the run that logs it.

        A currency that cannot be revalued does not stop the others; the run says why.
        """
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants revalue."))
        # Accounts of one currency may share ledger accounts, so they wait for each other.
        alike = self.with_context(active_test=False).search(
            [
                ("company_id", "in", self.company_id.ids),
                ("currency_id", "in", self.currency_id.ids),
            ]
        )
        self.env["ecom.stage"]._take(alike | self)
        with self.env["ecom.stage"]._stage("revalue", self, session or str(uuid4())) as run:
            for group in self._in_other_currency():
                try:
                    with self.env.cr.savepoint():
                        self.env["ecom.revaluer"]._revalue(group, run, day)
                except UserError as error:
                    run._fail({account.code: str(error) for account in group})
        return run

    def _revaluation(self, day):
        """What a revaluation would find: ([(account, ledger account, valuation)], {code: why not}).

        Nothing is written.
        """
        found, errors = [], {}
        for group in self._in_other_currency():
            try:
                found += self.env["ecom.revaluer"]._valuations(group, day)
            except UserError as error:
                errors.update({account.code: str(error) for account in group})
        return found, errors

    def _revalued_after(self, day):
        """Later days at which accounts of these currencies are revalued: they should be revalued again."""
        postings = self.env["ecom.posting"].search(
            [
                ("stage", "=", "revaluation"),
                ("state", "=", "posted"),
                ("date", ">", day),
                ("company_id", "in", self.company_id.ids),
                ("account_id.currency_id", "in", self.currency_id.ids),
            ]
        )
        return sorted(set(postings.mapped("date")))

    # --- figures -----------------------------------------------------------------

    def _figures(self):
        """{account: counts and balances as the demo and the overview show them}, from posted data."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT a.id, count(l.id) AS lines,
                          count(l.id) FILTER (WHERE t.state IN ('matched', 'tolerance')) AS matched,
                          count(p.id) AS posted
                     FROM ecom_account a
                     LEFT JOIN ecom_bill_line l ON l.account_id = a.id
                     LEFT JOIN ecom_tally t ON t.id = l.tally_id
                     LEFT JOIN ecom_posting_line p
                       ON p.line_id = l.id AND p.stage = 'money' AND NOT p.reversed
                    WHERE a.id = ANY(%s) GROUP BY a.id""",
                self.ids,
            )
        )
        counts = {row["id"]: row for row in self.env.cr.dictfetchall()}
        figures = {}
        for account in self:
            ledger, platform = account._ledger_balance(), account._platform_closing()
            figures[account] = {
                **{name: counts[account.id][name] for name in ("lines", "matched", "posted")},
                "exceptions": account._exception_counts(),
                "ledger_balance": ledger,
                "platform_closing": platform,
                "difference": account.currency_id.round(ledger - platform),
            }
        return figures

    def _exception_counts(self):
        """{type: number} of the account's open exceptions; a shop's go to its first account."""
        groups = self.env["ecom.exception"]._read_group(
            [
                ("state", "!=", "done"),
                "|",
                ("account_id", "=", self.id),
                "&",
                ("account_id", "=", False),
                ("shop_id", "in", self.shop_ids.filtered(lambda shop: shop.account_ids[:1] == self).ids),
            ],
            ["type"],
            ["__count"],
        )
        return dict(groups)

    def _money_ledger(self):
        """The ledger account where the platform's balance stands."""
        return self.env["ecom.role.map"]._lookup(self.company_id)(
            "platform_balance", self, self.env["ecom.shop"]
        )

    def _ledger_balance(self):
        """Balance of the money account in its own currency, posted entries only."""
        mapped = self.env["ecom.role.map"].search_count(
            [("role_id.code", "=", "platform_balance"), ("account_id", "=", self.id)], limit=1
        )
        if not mapped:
            return 0.0
        # Operators see this one sum beside the platform's, though not the entries behind it.
        [[amount]] = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [("account_id", "=", self._money_ledger().id), ("parent_state", "=", "posted")],
                aggregates=["amount_currency:sum"],
            )
        )
        return self.currency_id.round(amount or 0)

    def _platform_closing(self):
        """What the platform says it holds for us.

        The closing balance of the last bill; where bills have none, the sum of the totals that
        the platform declares, less what overlapping bills repeat.
        """
        kind = "fund_flow" if self.takes_fund_flow else "settlement"
        bills = self.env["ecom.bill"].search(
            [("account_id", "=", self.id), ("kind", "=", kind), ("state", "in", ("ready", "posted"))]
        )
        ends = bills.filtered(lambda bill: bill.has_balance and bill.last_booked_at)
        if ends:
            return ends.sorted(lambda bill: (bill.last_booked_at, bill.first_booked_at))[-1].closing
        total = 0
        for bill in bills:
            if bill.known_count:
                total += sum(bill.line_ids.mapped("amount"))
            else:
                total += bill.amount_control if bill.has_control else bill.amount_sum
        return self.currency_id.round(total)

    # --- overview ----------------------------------------------------------------

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
