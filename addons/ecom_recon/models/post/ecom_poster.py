"""Post stage: groups of bill lines become balanced entries, once, with every line linked."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.lib.ecom_kernel import Posting, balanced, split
from odoo.addons.ecom_connectors.models.kernel.ecom_books import SCALES

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
        # The context is replaced, not added to: nothing of the caller may reach the checks.
        own = self.env["ecom.books"]._context(accounts.company_id)
        self = self.with_context(own)  # pylint: disable=context-overridden
        accounts = accounts.with_env(self.env)
        self.env.flush_all()
        for account in accounts.filtered(lambda account: not account.journal_id):
            raise UserError(
                self.env._("%(account)s has no journal. Run the ledger set-up.", account=account.display_name)
            )
        self._collect(accounts)
        moves = self.env["ecom.post.opening"]._post(accounts, run)
        for stage in ("money", "reclass"):
            moves |= self._post_stage(accounts, run, stage, when_locked)
        self.env.cr.execute("DROP TABLE post_line")
        for account in accounts:
            moves |= self.env["ecom.post.difference"]._post(account, run, when_locked)
        self._reconcile_orders(accounts)
        self.env["ecom.bill"]._refresh_posted(accounts)
        run._count(move_count=len(moves))
        return moves

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
                        WHERE p.suspense AND p.stage = 'money' AND NOT p.reversed
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
        moves = self.env["ecom.books"]._book([plan["values"] for plan in plans])
        self._link(run, stage, plans, moves)
        run._count(line_count=sum(item["lines"] for plan in plans for item in plan["items"]))
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
        known, books = {}, self.env["ecom.books"]
        for plan in plans:
            account, day = plan["account"], max(item["day"] for item in plan["items"])
            key = (account.journal_id, day)
            if key not in known:
                known[key] = books._open_day(account.company_id, day, account.journal_id)
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

    # --- entries ----------------------------------------------------------------

    def _value(self, plans, stage):
        """Add `values` of the entry and `facts`, one per journal item in its order, to every plan."""
        lookups, rates = {}, {}
        self._name_customers([item for plan in plans for item in plan["items"]])
        for plan in plans:
            account = plan["account"]
            if account.company_id not in lookups:
                lookups[account.company_id] = self.env["ecom.role.map"]._lookup(account.company_id)
            postings, plan["facts"] = self._both_sides(account, stage, plan["items"])
            plan["values"] = {
                "move_type": "entry",
                "journal_id": account.journal_id.id,
                "company_id": account.company_id.id,
                "date": plan["date"],
                "ref": self._title(account, stage, plan["day"]),
                "line_ids": self._journal_items(plan, postings, lookups[account.company_id], rates),
            }

    def _name_customers(self, items):
        """Add `customer` to every item: who owes the order it clears."""
        orders = self.env["sale.order"].browse([item["order_id"] for item in items if item["order_id"]])
        customers = {order.id: order.partner_invoice_id.commercial_partner_id for order in orders}
        for item in items:
            item["customer"] = customers.get(item["order_id"], self.env["res.partner"])

    def _title(self, account, stage, day):
        if stage == "reclass":
            return self.env._("%(account)s %(day)s explained", account=account.name, day=day)
        return f"{account.name} {day}"

    def _journal_items(self, plan, postings, lookup, rates):
        account, books = plan["account"], self.env["ecom.books"]
        company, currency = account.company_id, account.currency_id
        amounts = [posting.amount for posting in postings]
        balances = books._balances(company, currency, amounts, plan["day"], rates)
        return [
            books._item(
                company,
                currency,
                lookup(posting.role, account, fact["shop"]),
                posting.amount,
                balance,
                sequence=sequence,
                name=fact["label"],
                partner_id=fact["partner"].id,
                ecom_order_id=fact["order"],
                ecom_item=fact["item"],
                analytic_distribution=fact["analytic"],
                tax_ids=False,
            )
            for sequence, (posting, fact, balance) in enumerate(
                zip(postings, plan["facts"], balances, strict=True), start=1
            )
        ]

    def _both_sides(self, account, stage, items):
        """(postings, facts) of one entry: what the money is for, and the money; proven to balance."""
        pairs = [pair for item in items for pair in self._counter(item)]
        nobody = {
            "item": 0,
            "shop": self.env["ecom.shop"],
            "order": False,
            "partner": self.env["res.partner"],
            "label": account.name,
            "analytic": False,
        }
        sums = defaultdict(int)
        for item in items:
            sums[self._money_role(account, stage, item)] += item["amount"]
        pairs += [(Posting(role=role, amount=amount), dict(nobody)) for role, amount in sums.items()]
        balanced(posting for posting, _fact in pairs)
        # All of it may cancel out: then one pair of lines keeps the evidence.
        kept = [pair for pair in pairs if pair[0].amount] or pairs[:2]
        return [posting for posting, _fact in kept], [fact for _posting, fact in kept]

    def _money_role(self, account, stage, item):
        """Where the money stands: on the platform, in clearing, or on suspense if it stood there."""
        if stage == "reclass":
            return "suspense"
        if account._clears() and not item["moves_only"]:
            return "clearing"
        return "platform_balance"

    def _counter(self, item):
        """What an item is for, in roles; debit positive, so money that came in is a credit here."""
        shop = self.env["ecom.shop"].browse(item["shop_id"] or ())
        category = self.env["ecom.category"].browse(item["category_id"] or ())
        fact = {
            "item": item["item"],
            "shop": shop,
            "order": item["order_id"] or False,
            "partner": self.env["res.partner"],
            "label": category.name or self.env._("Unknown"),
            "analytic": False,
        }
        if item["moves_only"] and category and category.kind not in ("transfer", "reserve"):
            return [(Posting(role="clearing", amount=-item["amount"], key=item["item"]), fact)]
        if not item["explained"]:
            return [(Posting(role="suspense", amount=-item["amount"], key=item["item"]), fact)]
        rows = item["rows"].get((category, shop.posting_mode or "summary"))
        if not rows:
            raise UserError(
                self.env._("No voucher template has a line for %(category)s.", category=category.name)
            )
        parts = split(item["amount"], [int(Decimal(str(row.percent)).scaleb(4)) for row in rows])
        return [
            pair
            for row, part in zip(rows, parts, strict=True)
            for pair in self._voucher_parts(item, row, part, fact)
        ]

    def _voucher_parts(self, item, row, part, fact):
        """One voucher line, and the tax it includes."""
        own = dict(
            fact,
            partner=self._partner(row, item, fact),
            label=row.label or fact["label"],
            analytic=row.analytic_distribution or False,
        )
        if not row.tax_id:
            return [(Posting(role=row.role_id.code, amount=-part, key=item["item"]), own)]
        rate = Decimal(str(row.tax_id.amount))
        tax = int((Decimal(part) * rate / (100 + rate)).to_integral_value(ROUND_HALF_UP))
        return [
            (Posting(role="tax", amount=-tax, key=item["item"]), dict(own, label=row.tax_id.name)),
            (Posting(role=row.role_id.code, amount=-(part - tax), key=item["item"]), own),
        ]

    def _partner(self, row, item, fact):
        """Whom a voucher line names."""
        if row.partner == "shop":
            return fact["shop"].partner_id
        return item["customer"] if row.partner == "order" else self.env["res.partner"]

    def _link(self, run, stage, plans, moves):
        """Store the postings, and under each journal item the bill lines it books."""
        postings = self.env["ecom.posting"]._record(
            run,
            stage,
            [
                (plan["account"], move, sum(item["lines"] for item in plan["items"]))
                for plan, move in zip(plans, moves, strict=True)
            ],
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
        if stage == "reclass":
            cr.execute(
                """UPDATE ecom_posting_line p SET suspense = false FROM post_keyed l
                    WHERE p.line_id = l.line_id AND p.stage = 'money' AND NOT p.reversed"""
            )
        cr.execute("DROP TABLE post_item, post_keyed")
        self.env["ecom.posting.line"].invalidate_model()

    # --- receivables -------------------------------------------------------------

    def _reconcile_orders(self, accounts):
        """Clear the receivable of every invoiced order with what its bill lines brought.

        Money for several orders paid together carries the first of them and clears the invoices of all.
        """
        self.env.flush_all()
        # `+ 0`: an invoice has few entries, a receivable account nearly all. Without statistics of the
        # entries just made, PostgreSQL may look them up by the account.
        self.env.cr.execute(
            SQL(
                """WITH ours AS (
                       SELECT l.id, l.ecom_order_id AS order_id, l.account_id
                         FROM account_move_line l JOIN account_account a ON a.id = l.account_id
                        WHERE l.journal_id IN %s AND l.ecom_order_id IS NOT NULL AND l.parent_state = 'posted'
                          AND NOT coalesce(l.reconciled, false) AND a.reconcile
                   ), paid AS (
                       SELECT o.order_id, o.account_id, coalesce(other.order_id, o.order_id) AS member_id
                         FROM (SELECT DISTINCT order_id, account_id FROM ours) o
                         LEFT JOIN ecom_match_order mine ON mine.order_id = o.order_id
                         LEFT JOIN ecom_match_order other ON other.match_id = mine.match_id
                   ), invoiced AS (
                       SELECT DISTINCT o.order_id, r.id, o.account_id
                         FROM paid o JOIN sale_order_line s ON s.order_id = o.member_id
                         JOIN sale_order_line_invoice_rel x ON x.order_line_id = s.id
                         JOIN account_move_line i ON i.id = x.invoice_line_id AND i.parent_state = 'posted'
                         JOIN account_move_line r ON r.move_id = i.move_id AND r.account_id + 0 = o.account_id
                          AND NOT coalesce(r.reconciled, false)
                   )
                   SELECT order_id, account_id, array_agg(id) FROM (
                       SELECT order_id, account_id, id FROM invoiced
                       UNION ALL
                       SELECT o.order_id, o.account_id, o.id FROM ours o
                        WHERE EXISTS (SELECT 1 FROM invoiced i WHERE i.order_id = o.order_id)
                   ) x GROUP BY order_id, account_id ORDER BY order_id""",
                tuple(accounts.journal_id.ids),
            )
        )
        lines = self.env["account.move.line"]
        plan = [lines.browse(ids) for _order, _ledger, ids in self.env.cr.fetchall()]
        if plan:
            lines._reconcile_plan(plan)
