"""Post stage: groups of bill lines become balanced entries, once, with every line linked."""

from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..match.ecom_matcher import SCALES

MOVES_PER_BATCH = 100
# What makes one journal item: what came and what went are never netted against each other.
ITEM = "account_id, day, unit, category_id, shop_id, explained, moves_only, order_id, came"
FINE = ("exact", "tolerance", "net")
FINE_REFUND = (*FINE, "unchecked")


class EcomPoster(models.AbstractModel):
    """Books what is not booked yet. Matched money goes where its category says; sales and refunds
    that nobody has explained go to suspense, and off it when they are explained."""

    _name = "ecom.poster"
    _description = "Poster"

    @api.model
    def _post(self, accounts, run, when_locked="refuse"):
        """Post the open lines of some accounts of one company; return the entries.

        :param when_locked: "refuse" days in a locked period, or book them on the "first_open" day
        :raises UserError: names what is missing or locked; nothing is posted then
        """
        accounts._lock_for_import()
        # The context is replaced, not added to: nothing of the caller may reach the checks.
        self = self.with_context(self._own_context(accounts.company_id))  # pylint: disable=context-overridden
        accounts = accounts.with_env(self.env)
        self.env.flush_all()
        for account in accounts.filtered(lambda account: not account.journal_id):
            raise UserError(
                self.env._("%(account)s has no journal. Run the ledger set-up.", account=account.display_name)
            )
        self._collect(accounts)
        moves = self._openings(accounts, run)
        for stage in ("money", "reclass"):
            moves |= self._post_stage(accounts, run, stage, when_locked)
        self.env.cr.execute("DROP TABLE post_line")
        for account in accounts:
            moves |= self._post_differences(account, run, when_locked)
        self._reconcile_orders(accounts)
        self.env["ecom.bill"]._refresh_posted(accounts)
        run.move_count += len(moves)
        return moves

    def _own_context(self, company):
        """The whole context of a posting: nothing that a caller sent gets through to Odoo's checks."""
        kept = {name: self.env.context[name] for name in ("lang", "tz") if name in self.env.context}
        others = [other for other in self.env.companies.ids if other != company.id]
        return {
            **kept,
            "allowed_company_ids": [company.id, *others],
            "tracking_disable": True,
            "mail_create_nolog": True,
        }

    # --- what is to be booked -------------------------------------------------

    def _collect(self, accounts):
        """`post_line`: lines that are not booked (money) or stand on suspense though explained (reclass)."""
        explained = SQL(
            """CASE WHEN c.id IS NULL OR t.state = 'ignored' THEN false
                    WHEN c.kind = 'receivable' AND NOT (c.code = 'subsidy' AND l.amount < 0)
                      OR c.kind = 'tax' AND l.refund_ref IS NULL
                    THEN coalesce(m.state_received IN %s, false)
                    WHEN c.kind IN ('receivable', 'refund', 'tax')
                    THEN coalesce(m.state_refund IN %s, false)
                    ELSE true END""",
            FINE,
            FINE_REFUND,
        )
        self.env.cr.execute(
            SQL(
                """CREATE TEMP TABLE post_line ON COMMIT DROP AS
                   WITH scope AS (
                       SELECT a.id, a.takes_settlement AND a.takes_fund_flow AS clears,
                              (SELECT min(r.ecom_shop_id) FROM ecom_account_ecom_shop_rel r
                                WHERE r.ecom_account_id = a.id HAVING count(*) = 1) AS shop_id
                         FROM ecom_account a WHERE a.id IN %(accounts)s
                   ), waiting AS (
                       SELECT l.id, 'money' AS stage
                         FROM ecom_bill b JOIN ecom_bill_line l ON l.bill_id = b.id
                        WHERE b.account_id IN %(accounts)s AND b.state = 'ready' AND NOT EXISTS (
                              SELECT 1 FROM ecom_posting_line p
                               WHERE p.line_id = l.id AND p.stage = 'money' AND NOT p.reversed)
                       UNION ALL
                       SELECT p.line_id, 'reclass' FROM ecom_posting_line p
                        WHERE p.suspense AND p.stage = 'money' AND NOT p.reversed AND NOT EXISTS (
                              SELECT 1 FROM ecom_posting_line r
                               WHERE r.line_id = p.line_id AND r.stage = 'reclass' AND NOT r.reversed)
                   )
                   SELECT x.* FROM (
                     SELECT l.id AS line_id, l.account_id, l.day, l.bill_id, l.tally_id,
                            coalesce(l.category_id, 0) AS category_id,
                            coalesce(t.shop_id, s.shop_id, 0) AS shop_id,
                            coalesce(m.order_id, 0) AS order_id, l.amount,
                            s.clears AND l.kind = 'fund_flow' AS moves_only, w.stage,
                            %(explained)s AS explained
                       FROM waiting w JOIN ecom_bill_line l ON l.id = w.id
                       JOIN scope s ON s.id = l.account_id
                       JOIN ecom_tally t ON t.id = l.tally_id
                       LEFT JOIN ecom_match m ON m.id = t.match_id
                       LEFT JOIN ecom_category c ON c.id = l.category_id
                   ) x WHERE x.stage = 'money' OR x.explained""",
                accounts=tuple(accounts.ids),
                explained=explained,
            )
        )

    def _post_stage(self, accounts, run, stage, when_locked):
        plans = self._plans(accounts, stage)
        if not plans:
            return self.env["account.move"]
        self._guard_summary(stage)
        self._date(plans, when_locked if stage == "money" else "first_open")
        self._value(plans, stage)
        moves = self._create_moves([plan["values"] for plan in plans])
        self._link(run, stage, plans, moves)
        run.line_count += sum(item["lines"] for plan in plans for item in plan["items"])
        return moves

    def _plans(self, accounts, stage):
        """Entries to come: `{"account", "items"}`, items being its journal items to come.

        An item is all lines of one day, category, shop, order, destination and sign; its amount is
        minor units of the account's currency, as the platform moves them.
        """
        table = self.env["ecom.voucher.template"]._by_category(accounts.company_id)
        order, unit = self._order_key(table), self._unit_key(table)
        cr = self.env.cr
        cr.execute(
            SQL(
                """CREATE TEMP TABLE post_keyed ON COMMIT DROP AS
                   SELECT line_id, account_id, day, category_id, shop_id, explained, moves_only, amount,
                          amount >= 0 AS came, %s AS order_id, %s AS unit
                     FROM post_line WHERE stage = %s""",
                order,
                unit,
                stage,
            )
        )
        cr.execute(
            SQL(
                f"""CREATE TEMP TABLE post_item ON COMMIT DROP AS
                    SELECT row_number() OVER (ORDER BY {ITEM})::int AS item, g.* FROM (
                        SELECT {ITEM}, (sum(amount) * max(u.scale))::bigint AS amount, count(*)::int AS lines
                          FROM post_keyed JOIN ecom_account a ON a.id = account_id
                          JOIN %s u ON u.id = a.currency_id GROUP BY {ITEM}) g""",  # pylint: disable=sql-injection
                SCALES,
            )
        )
        cr.execute("ANALYZE post_keyed; ANALYZE post_item")
        cr.execute("SELECT * FROM post_item ORDER BY item")
        groups = defaultdict(list)
        for item in cr.dictfetchall():
            item["rows"] = table
            # A bill that spans two months is booked in both.
            day = item["day"].replace(day=1) if item["unit"].startswith("bill:") else item["day"]
            groups[item["account_id"], day, item["unit"]].append(item)
        if not groups:
            cr.execute("DROP TABLE post_item, post_keyed")
        return [
            {"account": self.env["ecom.account"].browse(account_id), "items": items}
            for (account_id, _day, _unit), items in groups.items()
        ]

    def _order_key(self, table):
        """SQL: the order where a line needs an item of its own, in order mode; else 0."""
        categories = [
            category.id
            for (category, mode), rows in table.items()
            if mode == "order" and any(row.partner == "order" for row in rows)
        ]
        shops = self.env["ecom.shop"].search([("posting_mode", "=", "order")]).ids
        return SQL(
            """CASE WHEN explained AND NOT moves_only AND shop_id = ANY(%s) AND category_id = ANY(%s)
                    THEN order_id ELSE 0 END""",
            shops,
            categories,
        )

    def _unit_key(self, table):
        """SQL: what keeps lines of one day in entries of their own, by the grouping of their template."""
        groupings = defaultdict(set)
        for (category, _mode), rows in table.items():
            groupings[rows[0].template_id.grouping].add(category.id)
        return SQL(
            """CASE WHEN category_id = ANY(%s) THEN 'bill:' || bill_id
                    WHEN category_id = ANY(%s) THEN 'order:' || tally_id
                    WHEN category_id = ANY(%s) THEN 'line:' || line_id ELSE '' END""",
            *(sorted(groupings[name]) for name in ("bill", "order", "line")),
        )

    def _guard_summary(self, stage):
        """One order may never have both an invoice and summary revenue."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT o.order_id FROM post_line l JOIN ecom_shop s ON s.id = l.shop_id
                     JOIN ecom_category c ON c.id = l.category_id JOIN ecom_tally t ON t.id = l.tally_id
                     JOIN ecom_match_order o ON o.match_id = t.match_id
                    WHERE l.stage = %s AND l.explained AND NOT l.moves_only
                      AND s.posting_mode = 'summary' AND c.kind IN ('receivable', 'refund')""",
                stage,
            )
        )
        invoiced = self.env["sale.order"]._ecom_invoiced([order_id for [order_id] in self.env.cr.fetchall()])
        if invoiced:
            raise UserError(
                self.env._(
                    "%(shop)s posts revenue by summary, but %(count)s orders are invoiced already: "
                    "%(orders)s. Set the shop to order mode, or reverse the invoices.",
                    shop=invoiced[0].ecom_shop_id.display_name,
                    count=len(invoiced),
                    orders=", ".join(invoiced[:5].mapped("name")),
                )
            )

    # --- when -------------------------------------------------------------------

    def _date(self, plans, when_locked):
        """Give every plan its accounting date; a locked day is refused by name, never moved silently."""
        locked = defaultdict(list)
        known = {}
        for plan in plans:
            account, day = plan["account"], max(item["day"] for item in plan["items"])
            key = (account.journal_id, day)
            if key not in known:
                known[key] = self._open_after(account, day)
            plan["day"], plan["date"] = day, known[key]
            if known[key] != day and when_locked != "first_open":
                locked[account].append(day)
        for account, days in locked.items():
            raise UserError(
                self.env._(
                    "%(account)s has lines from %(first)s to %(last)s in a locked period. "
                    "Open the period, or post them on the first open day.",
                    account=account.display_name,
                    first=min(days),
                    last=max(days),
                )
            )

    def _open_after(self, account, date):
        """The first day from `date` on that no lock date forbids."""
        company = account.company_id
        while violated := company._get_violated_lock_dates(date, False, account.journal_id):
            date = max(lock for lock, _field in violated) + timedelta(days=1)
        return date

    # --- entries ----------------------------------------------------------------

    def _create_moves(self, values_list):
        """Post one entry per set of values, in batches; refuse any date but the intended."""
        moves = self.env["account.move"]
        for start in range(0, len(values_list), MOVES_PER_BATCH):
            batch = values_list[start : start + MOVES_PER_BATCH]
            created = self.env["account.move"].create(batch)
            created._post(soft=False)
            self._check_dates(created, batch)
            moves |= created
        return moves

    def _check_dates(self, moves, values_list):
        """Odoo moves an entry of a locked day to a later one without a word; we refuse it."""
        for move, values in zip(moves, values_list, strict=True):
            if move.date != values["date"]:
                raise UserError(
                    self.env._(
                        "Odoo would book %(asked)s as %(got)s: the period is locked.",
                        asked=values["date"],
                        got=move.date,
                    )
                )

    def _link(self, run, stage, plans, moves):
        """Store the postings, and under each journal item the bill lines it books."""
        # People undo postings, they do not write them: only the poster does, whoever lets it.
        postings = (
            self.env["ecom.posting"]
            .sudo()
            .create(
                [
                    {
                        "account_id": plan["account"].id,
                        "company_id": plan["account"].company_id.id,
                        "run_id": run.id,
                        "date": plan["date"],
                        "stage": stage,
                        "move_id": move.id,
                        "line_count": sum(item["lines"] for item in plan["items"]),
                    }
                    for plan, move in zip(plans, moves, strict=True)
                ]
            )
        )
        rows = []
        for plan, move, posting in zip(plans, moves, postings, strict=True):
            entries = {line.sequence: line.id for line in move.line_ids}
            of_item = {fact["item"]: entries[number] for number, fact in enumerate(plan["facts"], start=1)}
            for item in plan["items"]:
                suspense = not item["explained"] and not (item["moves_only"] and item["category_id"])
                rows.append((item["item"], posting.id, of_item.get(item["item"]), suspense))
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            SQL(
                f"""INSERT INTO ecom_posting_line (posting_id, line_id, entry_id, stage, suspense, reversed)
                    SELECT m.posting_id, l.line_id, m.entry_id, %s, m.suspense, false
                      FROM post_keyed l JOIN post_item i USING ({ITEM})
                      JOIN unnest(%s::int[], %s::int[], %s::int[], %s::bool[])
                           AS m(item, posting_id, entry_id, suspense) ON m.item = i.item
                     ORDER BY m.posting_id, m.entry_id""",  # pylint: disable=sql-injection
                stage,
                *(list(column) for column in zip(*rows, strict=True)),
            )
        )
        if cr.rowcount != sum(posting.line_count for posting in postings):
            raise UserError(self.env._("Lines were lost between the bill and the entry. Nothing was posted."))
        cr.execute("DROP TABLE post_item, post_keyed")
        self.env["ecom.posting.line"].invalidate_model()
