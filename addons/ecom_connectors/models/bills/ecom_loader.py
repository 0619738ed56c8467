"""Load stage: proven lines into the database, in bulk and once."""

import hashlib
import io
from datetime import datetime, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ...lib.ecom_bills import LINE_COLUMNS
from .ecom_tally import LOOK_AGAIN, TRANSACTION

COLUMN_TYPES = {
    "row": "int",
    "booked_at": "timestamp",
    "day": "date",
    "amount": "bigint",
    "balance": "bigint",
}
# More conflicts than this tell nobody more.
CONFLICTS_SHOWN = 100


class EcomLoader(models.AbstractModel):
    """Staging table, one set-based insert, chain of balances. No ORM call per line."""

    _name = "ecom.loader"
    _description = "Bill Loader"

    @api.model
    def _store(self, account, name, content, meta, payload):
        """Store one bill that the reader handed over; return its record and whether it is new.

        :param meta: `Bill.meta()` of the reader
        :param payload: its lines in COPY text format
        """
        sha256 = hashlib.sha256(content).hexdigest()
        # A bill that is the whole file is the same under another name.
        meta = dict(meta, member="" if meta["member"] == name else meta["member"])
        bill = self._find(account, sha256, meta["member"])
        if bill.state in ("ready", "posted"):
            return bill, False
        meta = dict(meta, state={"read": "ready"}.get(meta["state"], meta["state"]))
        if meta["state"] == "ready":
            meta = self._stage(account, meta, payload)
        return self._write_bill(bill, account, name, sha256, content, meta), True

    @api.model
    def _stored(self, account, content):
        """The bills that these very bytes became before, if all of them were accepted."""
        bills = self.env["ecom.bill"].search(
            [("account_id", "=", account.id), ("sha256", "=", hashlib.sha256(content).hexdigest())]
        )
        return bills if all(bill.state in ("ready", "posted") for bill in bills) else bills.browse()

    def _find(self, account, sha256, member):
        """The record of this file for the account; one that was refused for want of an account will do."""
        found = self.env["ecom.bill"].search(
            [
                ("company_id", "=", (account.company_id if account else self.env.company).id),
                ("account_id", "in", [account.id, False] if account else [False]),
                ("sha256", "=", sha256),
                ("member", "=", member or False),
            ]
        )
        return found.filtered("account_id") or found

    def _stage(self, account, meta, payload):
        """Copy the lines beside the stored ones and compare; conflicts refuse the bill."""
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS ecom_stage")
        columns = ", ".join(f"{name} {COLUMN_TYPES.get(name, 'text')}" for name in LINE_COLUMNS)
        # Column names and types are constants of ours.
        cr.execute(f"CREATE TEMP TABLE ecom_stage ({columns}) ON COMMIT DROP")  # pylint: disable=sql-injection
        with cr._cnx.cursor() as cursor:
            cursor.copy_expert("COPY ecom_stage FROM STDIN", io.BytesIO(payload))
        cr.execute("ANALYZE ecom_stage (key)")
        cr.execute("SELECT count(*), min(day), max(day), min(booked_at), max(booked_at) FROM ecom_stage")
        count, *span = cr.fetchone()
        meta = dict(
            meta,
            lines=count,
            span=dict(zip(("first_day", "last_day", "first_booked_at", "last_booked_at"), span, strict=True)),
        )
        # Which keys are stored already; with an array PostgreSQL probes the index.
        cr.execute("DROP TABLE IF EXISTS ecom_stage_known")
        cr.execute(
            SQL(
                """CREATE TEMP TABLE ecom_stage_known ON COMMIT DROP AS
                   SELECT key, amount, booked_at, bill_id FROM ecom_bill_line
                    WHERE account_id = %s AND kind = %s AND key = ANY(ARRAY(SELECT key FROM ecom_stage))""",
                account.id,
                meta["kind"],
            )
        )
        known = cr.rowcount
        digits = account.currency_id.decimal_places
        cr.execute(
            SQL(
                """SELECT s.row, s.line_ref, b.name, k.amount, s.amount * %(unit)s
                     FROM ecom_stage s JOIN ecom_stage_known k USING (key)
                     JOIN ecom_bill b ON b.id = k.bill_id
                    WHERE k.amount <> s.amount * %(unit)s OR k.booked_at <> s.booked_at
                    ORDER BY s.row LIMIT %(limit)s""",
                unit=Decimal(1).scaleb(-digits),
                limit=CONFLICTS_SHOWN,
            )
        )
        conflicts = cr.fetchall()
        if conflicts:
            problems = [
                {
                    "row": row,
                    "column": line_ref or "",
                    "text": f"{other}: {old:.{digits}f} / {new:.{digits}f}",
                    "reason": "line_conflict",
                }
                for row, line_ref, other, old, new in conflicts
            ]
            return dict(meta, state="refused", problems=meta["problems"] + problems)
        if known:
            cr.execute("DELETE FROM ecom_stage s USING ecom_stage_known k WHERE k.key = s.key")
        return dict(meta, known=known)

    def _write_bill(self, bill, account, name, sha256, content, meta):
        """Create or refresh the record, then insert its new lines."""
        ready = meta["state"] == "ready"
        scale = 10 ** (account.currency_id.decimal_places if account else 2)
        lines = meta["lines"] if ready else 0
        values = {
            "name": name,
            "member": meta["member"] or False,
            "account_id": account.id if account else False,
            "company_id": (account.company_id if account else self.env.company).id,
            "currency_id": (account.currency_id if account else self.env.company.currency_id).id,
            "kind": meta["kind"] or False,
            "layout": meta["layout"],
            "state": meta["state"],
            "sha256": sha256,
            "row_count": meta["rows"],
            "line_count": lines,
            "known_count": meta.get("known", 0),
            "new_count": lines - meta.get("known", 0),
            "amount_sum": meta["sum"] / scale,
            "amount_control": (meta["control"] or 0) / scale,
            "has_control": meta["control"] is not None,
            "opening": (meta["opening"] or 0) / scale,
            "closing": (meta["closing"] or 0) / scale,
            "has_balance": meta["closing"] is not None,
            "proven": meta["proven"],
            "by_category": {
                code or "unknown": f"{amount / scale:.{len(str(scale)) - 1}f}"
                for code, amount in meta["by_category"].items()
            },
        }
        values["problem_ids"] = self.env["ecom.bill.problem"]._replaced_by(self._problems(meta))
        values.update(self._moments(account, meta))
        bills = self.env["ecom.bill"]._unseal().with_context(tracking_disable=True)
        bill = bills.browse(bill.ids)
        if bill:
            bill.write(values)
        else:
            bill = bills.create(values)
            # Importing is right enough to keep the file; ordinary users cannot create attachments of it.
            bill.attachment_id = (
                self.env["ir.attachment"]
                .sudo()
                .create(
                    {
                        "name": name,
                        "raw": content,
                        "res_model": "ecom.bill",
                        "res_id": bill.id,
                        # Not a text type: Odoo would copy every word of the file into a search index.
                        "mimetype": "application/x-bill",
                    }
                )
            )
        if ready and values["new_count"]:
            self._insert_lines(bill)
        return bill._seal()

    def _problems(self, meta):
        """What refused the bill, and on a stored one the words nobody knows yet."""
        unknown = [
            {"row": word["row"], "column": "", "text": word["word"], "reason": "unknown_word"}
            for word in meta.get("unknown", [])
        ]
        return meta["problems"] + (unknown if meta["state"] == "ready" else [])

    def _moments(self, account, meta):
        """Declared period, and the days and moments that the lines span."""
        span = meta.get("span", {})
        moments = {
            name: datetime.fromisoformat(meta[name]) if meta[name] else False
            for name in ("date_from", "date_to")
        }
        days = self._declared_days(account, moments) if account else []
        days += [span[name] for name in ("first_day", "last_day") if span.get(name)]
        moments["first_day"], moments["last_day"] = min(days, default=False), max(days, default=False)
        for name in ("first_booked_at", "last_booked_at"):
            moments[name] = span.get(name) or False
        return moments

    def _declared_days(self, account, moments):
        """First and last day of the declared period; an end at midnight is the end of the day before."""
        begin, end = moments["date_from"], moments["date_to"]
        last = end and max(end - timedelta(microseconds=1), begin or datetime.min)
        return [account._day_of(moment) for moment in (begin, last) if moment]

    def _insert_lines(self, bill):
        """Give every staged line its tally and store it."""
        account = bill.account_id
        unit = Decimal(1).scaleb(-bill.currency_id.decimal_places)
        self.env.flush_all()
        clears = account._clears() and bill.kind == "fund_flow"
        ref = self.env["ecom.tally"]._ref_sql("s", SQL("c.kind"), clears)
        shop = account.shop_ids.id if len(account.shop_ids) == 1 else None
        cr = self.env.cr
        if account._clears() and bill.kind == "settlement":
            self._announce_fund_flow(account)
        cr.execute(
            SQL(
                """WITH s AS MATERIALIZED (
                       SELECT s.*, %s AS ref, c.id AS category_id
                         FROM ecom_stage s LEFT JOIN ecom_category c ON c.code = s.category
                   ), t AS (
                       INSERT INTO ecom_tally (account_id, company_id, shop_id, kind, ref, state, dirty)
                       SELECT DISTINCT %s, %s, %s::int, %s, ref, 'open', true FROM s
                       ON CONFLICT (account_id, kind, ref) DO UPDATE SET %s
                       RETURNING id, ref
                   )
                   INSERT INTO ecom_bill_line (
                       bill_id, account_id, company_id, currency_id, tally_id, category_id, kind,
                       row, part, key, line_ref, order_ref, sub_order_ref, transaction_ref, refund_ref,
                       payout_ref, sku, word, booked_at, day, amount, balance, memo)
                   SELECT %s, %s, %s, %s, t.id, s.category_id, %s,
                          s.row, nullif(s.part, ''), s.key, nullif(s.line_ref, ''), nullif(s.order_ref, ''),
                          nullif(s.sub_order_ref, ''), nullif(s.transaction_ref, ''),
                          nullif(s.refund_ref, ''), nullif(s.payout_ref, ''), nullif(s.sku, ''), s.word,
                          s.booked_at, s.day, s.amount * %s, s.balance * %s,
                          nullif(s.memo, '')
                     FROM s JOIN t ON t.ref = s.ref""",
                ref,
                account.id,
                bill.company_id.id,
                shop,
                bill.kind,
                LOOK_AGAIN,
                bill.id,
                account.id,
                bill.company_id.id,
                bill.currency_id.id,
                bill.kind,
                unit,
                unit,
            )
        )
        cr.execute("DROP TABLE ecom_stage")
        self.env["ecom.bill.line"].invalidate_model()
        self.env["ecom.tally"].invalidate_model()

    def _announce_fund_flow(self, account):
        """Every settled transaction must show up in the fund flow: open its tally there."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO ecom_tally (account_id, company_id, kind, ref, state, dirty)
                   SELECT DISTINCT %s, %s, 'fund_flow', %s || transaction_ref, 'open', true
                     FROM ecom_stage WHERE transaction_ref <> ''
                   ON CONFLICT (account_id, kind, ref) DO UPDATE SET %s""",
                account.id,
                account.company_id.id,
                TRANSACTION,
                LOOK_AGAIN,
            )
        )
