"""Match and post stage: what one button does for some accounts, in jobs or at once."""

from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, config

from odoo.addons.queue_job.job import identity_exact


class EcomAccount(models.Model):
    _inherit = "ecom.account"

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
        run = self._new_run("match")
        self.env["ecom.matcher"]._match(self, run)
        states = dict(
            self.env["ecom.tally"]._read_group([("account_id", "in", self.ids)], ["state"], ["__count"])
        )
        run.tally_count = sum(states.values())
        run.matched_count = states.get("matched", 0) + states.get("tolerance", 0)
        run.ended_at = fields.Datetime.now()
        return run

    def _run_post(self, when_locked="refuse", session=None):
        """Post this group of accounts; return the run that logs it.

        An account that cannot be posted does not stop the others; the run says why.
        """
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants post."))
        run = self._new_run("post")
        run.session = session or str(uuid4())
        try:
            with self.env.cr.savepoint():
                self.env["ecom.poster"]._post(self.sorted("id"), run, when_locked)
        except UserError as error:
            if len(self) > 1:
                run.write({"move_count": 0, "line_count": 0})
                for account in self.sorted("id"):
                    account._post_alone(run, when_locked)
            else:
                run.write({"move_count": 0, "line_count": 0, "errors": {self.code: str(error)}})
        run.ended_at = fields.Datetime.now()
        return run

    def _post_alone(self, run, when_locked):
        counts = {"move_count": run.move_count, "line_count": run.line_count}
        try:
            with self.env.cr.savepoint():
                self.env["ecom.poster"]._post(self, run, when_locked)
        except UserError as error:
            run.write({**counts, "errors": {**(run.errors or {}), self.code: str(error)}})

    def _new_run(self, stage):
        # The run stays unsealed for the stages that count in it.
        runs = self.env["ecom.run"]._unseal()
        return runs.create(
            {"name": stage, "company_id": self.company_id.id, "account_ids": [(6, 0, self.ids)]}
        )

    def action_process(self):
        """Button: match and post these accounts."""
        return self._process(post=self.env.user.has_group("ecom_connectors.group_accountant"))

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
