"""Every stage: what must always hold, each as one query that must find nothing."""

import logging

from odoo import api, models
from odoo.tools import SQL

from ..match.ecom_awaited import REFUNDED
from ..match.ecom_lag import PAID
from ..match.ecom_match_facts import EXPECTED

_logger = logging.getLogger(__name__)

POSTED_BILL = SQL("b.state IN ('ready', 'posted')")

QUERIES = {
    "bill_sum": SQL(
        """SELECT b.company_id, b.name FROM ecom_bill b LEFT JOIN ecom_bill_line l ON l.bill_id = b.id
            WHERE %s AND coalesce(b.known_count, 0) = 0 AND b.line_count = b.new_count
            GROUP BY b.id HAVING coalesce(sum(l.amount), 0) <> b.amount_sum
               OR (b.has_control AND b.amount_sum <> b.amount_control)""",
        POSTED_BILL,
    ),
    "bill_balance": SQL(
        """SELECT b.company_id, b.name FROM ecom_bill b
            WHERE %s AND b.has_balance AND b.opening + b.amount_sum <> b.closing""",
        POSTED_BILL,
    ),
    "line_company": SQL(
        """SELECT l.company_id, l.key FROM ecom_bill_line l JOIN ecom_bill b ON b.id = l.bill_id
             JOIN ecom_tally t ON t.id = l.tally_id JOIN ecom_account a ON a.id = l.account_id
            WHERE l.company_id <> b.company_id OR l.company_id <> a.company_id OR l.account_id <> t.account_id
               OR l.currency_id <> a.currency_id"""
    ),
    "line_parents": SQL(
        """SELECT l.company_id, l.key FROM ecom_bill_line l
            WHERE NOT EXISTS (SELECT 1 FROM ecom_bill b WHERE b.id = l.bill_id)
               OR NOT EXISTS (SELECT 1 FROM ecom_tally t WHERE t.id = l.tally_id)
               OR l.category_id IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM ecom_category c WHERE c.id = l.category_id)"""
    ),
    "tally_parents": SQL(
        """SELECT t.company_id, t.ref FROM ecom_tally t
            WHERE NOT EXISTS (SELECT 1 FROM ecom_account a WHERE a.id = t.account_id)
               OR t.match_id IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM ecom_match m WHERE m.id = t.match_id)"""
    ),
    "posting_parents": SQL(
        """SELECT o.company_id, p.id FROM ecom_posting_line p LEFT JOIN ecom_posting o ON o.id = p.posting_id
            WHERE NOT EXISTS (SELECT 1 FROM ecom_posting x WHERE x.id = p.posting_id)
               OR NOT EXISTS (SELECT 1 FROM ecom_bill_line l WHERE l.id = p.line_id)
               OR p.entry_id IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM account_move_line e WHERE e.id = p.entry_id)"""
    ),
    "refused_is_empty": SQL(
        """SELECT b.company_id, b.name FROM ecom_bill b JOIN ecom_bill_line l ON l.bill_id = b.id
            WHERE b.state IN ('refused', 'inconsistent') GROUP BY b.id"""
    ),
    "matched_has_rule": SQL(
        """SELECT company_id, ref FROM ecom_tally
            WHERE state IN ('matched', 'tolerance') AND coalesce(rule, '') = ''"""
    ),
    "match_sum": SQL(
        """SELECT m.company_id, m.id FROM ecom_match m JOIN ecom_tally t ON t.match_id = m.id AND NOT t.dirty
             JOIN ecom_bill_line l ON l.tally_id = t.id JOIN ecom_category c ON c.id = l.category_id
            WHERE NOT EXISTS (SELECT 1 FROM ecom_tally d WHERE d.match_id = m.id AND d.dirty)
            GROUP BY m.id
           HAVING sum(l.amount) FILTER (WHERE c.kind IN ('receivable', 'tax', 'refund', 'fee'))
               <> m.amount_received + m.amount_refund + m.amount_fee"""
    ),
    "posted_once": SQL(
        """SELECT min(o.company_id), x.line_id
             FROM ecom_posting_line x JOIN ecom_posting o ON o.id = x.posting_id
            WHERE NOT x.reversed GROUP BY x.line_id, x.stage HAVING count(*) > 1"""
    ),
    "posted_bill_is_posted": SQL(
        """SELECT b.company_id, b.name FROM ecom_bill b JOIN ecom_bill_line l ON l.bill_id = b.id
            WHERE b.state = 'posted' AND NOT EXISTS (
                  SELECT 1 FROM ecom_posting_line p
                   WHERE p.line_id = l.id AND p.stage = 'money' AND NOT p.reversed)
            GROUP BY b.id"""
    ),
    "posted_sum": SQL(
        """SELECT m.company_id, m.name FROM ecom_posting p JOIN account_move m ON m.id = p.move_id
             JOIN LATERAL (SELECT sum(l.amount) AS amount FROM ecom_posting_line x
                             JOIN ecom_bill_line l ON l.id = x.line_id
                            WHERE x.posting_id = p.id) booked ON true
             JOIN LATERAL (SELECT sum(e.amount_currency) AS amount FROM account_move_line e
                            WHERE e.move_id = p.move_id AND coalesce(e.ecom_item, 0) = 0) money ON true
            WHERE p.stage = 'money' AND p.state = 'posted'
              AND coalesce(booked.amount, 0) <> coalesce(money.amount, 0)"""
    ),
    "entry_balanced": SQL(
        """SELECT m.company_id, m.name FROM ecom_posting p JOIN account_move m ON m.id = p.move_id
             JOIN account_move_line l ON l.move_id = m.id
            GROUP BY m.id HAVING sum(l.balance) <> 0"""
    ),
    "entry_date": SQL(
        """SELECT m.company_id, m.name FROM ecom_posting p JOIN account_move m ON m.id = p.move_id
            WHERE p.state = 'posted' AND (m.date <> p.date OR m.state <> 'posted')"""
    ),
    "suspense": SQL(
        """SELECT a.company_id, a.code, coalesce(ledger.amount, 0) + coalesce(open.amount, 0)
             FROM ecom_account a
             LEFT JOIN LATERAL (
                  SELECT sum(e.amount_currency) AS amount FROM account_move_line e
                    JOIN ecom_posting p ON p.move_id = e.move_id AND p.state = 'posted'
                    JOIN ecom_role_map r ON r.ledger_id = e.account_id AND r.company_id = a.company_id
                    JOIN ecom_role o ON o.id = r.role_id AND o.code = 'suspense'
                   WHERE p.account_id = a.id) ledger ON true
             LEFT JOIN LATERAL (
                  SELECT sum(l.amount) AS amount FROM ecom_posting_line x
                    JOIN ecom_bill_line l ON l.id = x.line_id
                   WHERE l.account_id = a.id AND x.suspense AND x.stage = 'money' AND NOT x.reversed
                  ) open ON true
            WHERE coalesce(ledger.amount, 0) + coalesce(open.amount, 0) <> 0"""
    ),
    # The last revaluation of a balance, as long as nothing was booked into its past since.
    "revalued": SQL(
        """SELECT r.company_id, m.name, r.balance_after, ledger.balance
             FROM ecom_posting_revaluation r
             JOIN ecom_posting p ON p.id = r.posting_id AND p.state = 'posted'
             JOIN account_move m ON m.id = p.move_id JOIN res_company o ON o.id = r.company_id
             JOIN res_currency c ON c.id = o.currency_id
             JOIN LATERAL (
                  SELECT sum(e.amount_currency) FILTER (WHERE e.parent_state = 'posted') AS amount,
                         sum(e.balance) FILTER (WHERE e.parent_state = 'posted') AS balance,
                         max(e.id) AS last, max(x.write_date) FILTER (WHERE x.id <> m.id) AS changed_at
                    FROM account_move_line e JOIN account_move x ON x.id = e.move_id
                   WHERE e.account_id = r.ledger_id AND e.currency_id = r.currency_id
                     AND e.company_id = r.company_id AND e.date <= p.date) ledger ON true
            WHERE ledger.last <= r.entry_id AND ledger.amount = r.amount_currency
              AND coalesce(ledger.changed_at <= p.create_date, true)
              AND round(ledger.amount * r.rate, c.decimal_places) <> ledger.balance"""
    ),
    # What is kept so that nobody has to count it: times to payment, orders without a bill line, differences.
    "lags": SQL(
        """SELECT s.company_id, s.code, lag_days
             FROM (SELECT shop_id, lag_days, count(*) AS orders FROM ecom_match
                    WHERE state_received IN %s GROUP BY shop_id, lag_days) m
             FULL JOIN (SELECT shop_id, days AS lag_days, order_count AS orders FROM ecom_lag
                         WHERE order_count <> 0) k USING (shop_id, lag_days)
             JOIN ecom_shop s ON s.id = shop_id
            WHERE m.orders IS DISTINCT FROM k.orders""",
        PAID,
    ),
    "awaited": SQL(
        """SELECT o.company_id, o.ecom_order_no FROM sale_order o
            WHERE o.ecom_shop_id IS NOT NULL AND o.ecom_order_no IS NOT NULL AND o.state <> 'cancel'
              AND coalesce(o.ecom_signed_at, o.ecom_shipped_at, o.ecom_paid_at) IS NOT NULL AND %s < %s
              AND NOT EXISTS (SELECT 1 FROM ecom_match_order m WHERE m.order_id = o.id)
              AND NOT EXISTS (SELECT 1 FROM ecom_awaited w WHERE w.order_id = o.id)""",
        REFUNDED,
        EXPECTED,
    ),
    "difference_booked": SQL(
        """SELECT m.company_id, m.id FROM ecom_match m
             LEFT JOIN ecom_posting_difference d ON d.order_id = m.order_id AND NOT d.reversed
            WHERE coalesce(d.amount, 0) <> coalesce(m.difference_booked, 0)"""
    ),
    "no_draft": SQL(
        """SELECT m.company_id, m.id FROM account_move m JOIN ecom_account a ON a.journal_id = m.journal_id
            WHERE m.state = 'draft' AND m.create_date < now() - interval '1 day'"""
    ),
    "gap_is_told": SQL(
        """SELECT b.company_id, b.name FROM ecom_bill b WHERE b.chain_state = 'gap'
              AND EXISTS (SELECT 1 FROM ecom_tally t WHERE t.account_id = b.account_id AND NOT t.dirty)
              AND NOT EXISTS (SELECT 1 FROM ecom_exception e
                               WHERE e.bill_id = b.id AND e.type = 'chain_gap')"""
    ),
    # Shops in order mode whose receivable in the ledger is not what their bills leave open.
    "receivable_is_ledger": SQL(
        """WITH ours AS (
                   SELECT s.id, s.company_id, s.code, e.account_id, sum(e.balance) AS cleared
                     FROM account_move_line e JOIN sale_order o ON o.id = e.ecom_order_id
                     JOIN ecom_shop s ON s.id = o.ecom_shop_id
                    WHERE e.parent_state = 'posted' GROUP BY 1, 2, 3, 4
               ), lines AS (
                   SELECT m.shop_id AS id, sum(l.amount) AS amount
                     FROM ecom_bill_line l JOIN ecom_tally t ON t.id = l.tally_id
                     JOIN ecom_match m ON m.id = t.match_id JOIN ecom_shop s ON s.id = m.shop_id
                     JOIN ecom_posting_line p ON p.line_id = l.id AND NOT p.reversed AND NOT p.suspense
                     JOIN account_move_line e ON e.id = p.entry_id AND e.ecom_order_id IS NOT NULL
                     JOIN res_company c ON c.id = l.company_id AND c.currency_id = l.currency_id
                    WHERE s.posting_mode = 'order' GROUP BY 1
               ), small AS (
                   SELECT o.ecom_shop_id AS id, sum(d.amount) AS amount
                     FROM ecom_posting_difference d JOIN sale_order o ON o.id = d.order_id
                    WHERE NOT d.reversed GROUP BY 1
               )
               SELECT ours.company_id, ours.code, sum(ours.cleared), max(lines.amount) FROM ours
                 JOIN lines USING (id) LEFT JOIN small USING (id)
                GROUP BY ours.id, ours.company_id, ours.code, small.amount
               HAVING sum(ours.cleared) + max(lines.amount) - coalesce(small.amount, 0) <> 0"""
    ),
}


class EcomInvariant(models.AbstractModel):
    """Asked by `scripts/ecom check`, by tests after every flow and by a nightly job."""

    _name = "ecom.invariant"
    _description = "Invariants"

    @api.model
    def _queries(self):
        """{id: query} of what must find nothing; an add-on adds its own.

        The first column is the company of an offender (NULL: shown to everybody), the others name it.
        """
        return QUERIES

    @api.model
    def _check(self, companies=None):
        """[{id, holds, offenders}] for every invariant; offenders are named, ten at most.

        :param companies: only these, because a name of another company is not everybody's; else all
        """
        self.env.flush_all()
        companies = companies or self.env["res.company"].search([])  # pylint: disable=no-search-all
        results = []
        for name, query in self._queries().items():
            self.env.cr.execute(
                SQL(
                    "SELECT * FROM (%s) offenders(company) WHERE company IN %s OR company IS NULL LIMIT 10",
                    query,
                    tuple(companies.ids),
                )
            )
            results.append(
                self._result(name, [" ".join(map(str, row[1:])) for row in self.env.cr.fetchall()])
            )
        results.append(self._result("ledger_is_platform", self._ledger_offenders(companies)))
        return results

    @api.model
    def _nightly(self):
        """Log every broken invariant as an error, so that whoever watches the server hears of it."""
        for invariant in self._check():
            if not invariant["holds"]:
                _logger.error(
                    "invariant %s is broken: %s", invariant["id"], "; ".join(invariant["offenders"])
                )

    def _result(self, name, offenders):
        return {"id": name, "holds": not offenders, "offenders": offenders}

    def _ledger_offenders(self, companies):
        """Accounts whose ledger balance is not the platform's, once all their bills are posted."""
        accounts = self.env["ecom.account"].search([("company_id", "in", companies.ids)])
        unposted = self.env["ecom.bill"].search(
            [("state", "=", "ready"), ("line_count", ">", 0), ("account_id", "in", accounts.ids)]
        )
        broken = self.env["ecom.bill"].search([("chain_state", "=", "gap")])
        return [
            f"{account.code} {figures['ledger_balance']} {figures['platform_closing']}"
            for account, figures in (accounts - unposted.account_id - broken.account_id)._figures().items()
            if not account.currency_id.is_zero(figures["difference"])
        ]
