"""Load stage: what the bills of one account say about one reference."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..kernel.bulk_fields import BulkMany2one
from ..setup.ecom_account import KINDS

STATES = [
    ("open", "Open"),
    ("matched", "Matched"),
    ("tolerance", "Within Tolerance"),
    ("timing", "Waiting"),
    ("exception", "Exception"),
    ("ignored", "Ignored"),
]

# How a line finds its tally. The prefixes keep the kinds of reference apart; no order number has them.
UNKNOWN, NO_ORDER, ALONE = "::word:", "::category:", "::line:"
TRANSACTION, REFUND = "::transaction:", "::refund:"

# A tally that gets lines is looked at again, even if a person had ignored those it had.
LOOK_AGAIN = SQL(
    """dirty = true, state = CASE ecom_tally.state WHEN 'ignored' THEN 'open' ELSE ecom_tally.state END"""
)


class EcomTally(models.Model):
    """Lines of one account and kind that belong together, and the one state they share.

    `ref` is the order number where the lines name one; else a prefix tells what it is: a
    refund or transaction number, a category and day that need no order, a word nobody
    knows, or a line with no reference at all.
    """

    _name = "ecom.tally"
    _description = "Tally"
    _order = "id desc"
    _rec_name = "ref"
    _log_access = False

    account_id = BulkMany2one("ecom.account", required=True, readonly=True, ondelete="restrict")
    company_id = BulkMany2one("res.company", required=True, readonly=True, ondelete="restrict")
    shop_id = BulkMany2one("ecom.shop", readonly=True, ondelete="restrict")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    ref = fields.Char("Reference", required=True, readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="open")
    rule = fields.Char(readonly=True)
    dirty = fields.Boolean(readonly=True, help="Something came in since it was matched last.")
    line_ids = fields.One2many("ecom.bill.line", "tally_id", readonly=True)
    currency_id = fields.Many2one(related="account_id.currency_id")
    amount = fields.Monetary(compute="_compute_amount")

    _ref_once = models.UniqueIndex("(account_id, kind, ref)", "This reference has a tally already.")
    # Matched tallies are the many; only those a run must look at are indexed.
    _todo_idx = models.Index("(account_id) WHERE dirty OR state IN ('open', 'timing', 'exception')")

    @api.depends("ref")
    @api.depends_context("lang")
    def _compute_display_name(self):
        shapes = {
            REFUND: self.env._("Refund %s"),
            TRANSACTION: self.env._("Transaction %s"),
            UNKNOWN: self.env._("Word “%s”"),
            ALONE: self.env._("Line %s"),
        }
        names = {category.code: category.name for category in self.env["ecom.category"].search([])}
        for tally in self:
            ref = tally.ref or ""
            prefix = next((prefix for prefix in shapes if ref.startswith(prefix)), None)
            if prefix:
                tally.display_name = shapes[prefix] % ref.removeprefix(prefix)
            elif ref.startswith(NO_ORDER):
                code, _slash, day = ref.removeprefix(NO_ORDER).partition("/")
                tally.display_name = f"{names.get(code, code)} {day}"
            else:
                tally.display_name = ref

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        sums = dict(
            self.env["ecom.bill.line"]._read_group(
                [("tally_id", "in", self.ids)], ["tally_id"], ["amount:sum"]
            )
        )
        for tally in self:
            tally.amount = sums.get(tally, 0)

    @api.model
    def _look_again(self, shop, refs):
        """Have the next match look at the shop's tallies of these order, payment or refund numbers."""
        refs = {ref for ref in refs if ref}
        named = [prefix + ref for ref in refs for prefix in ("", REFUND, TRANSACTION)]
        if not named or not shop.account_ids:
            return
        self.flush_model()
        self.env.cr.execute(
            SQL(
                # All columns of the index: without the kind PostgreSQL reads all tallies of the account.
                """UPDATE ecom_tally SET dirty = true
                    WHERE account_id IN %s AND kind IN %s AND ref IN %s AND NOT dirty""",
                tuple(shop.account_ids.ids),
                tuple(kind for kind, _label in KINDS),
                tuple(named),
            )
        )
        self.invalidate_model(["dirty"])

    @api.model
    def _ref_sql(self, line, category_kind, clears):
        """SQL of a line's tally reference.

        :param line: alias of a row with the columns of a bill line and `category` code
        :param category_kind: SQL of the kind of its category
        :param clears: whether the line only moves money that a settlement explains
        """
        row = {name: SQL.identifier(line, name) for name in ("category", "word", "day", "key")}
        order, refund, transaction = (
            SQL.identifier(line, f"{name}_ref") for name in ("order", "refund", "transaction")
        )
        alone = SQL("%s || %s", ALONE, row["key"])
        if clears:
            named = SQL("WHEN %s <> '' THEN %s || %s", transaction, TRANSACTION, transaction)
        else:
            named = SQL(
                "WHEN %s <> '' THEN %s WHEN %s <> '' THEN %s || %s WHEN %s <> '' THEN %s || %s",
                order,
                order,
                refund,
                REFUND,
                refund,
                transaction,
                TRANSACTION,
                transaction,
            )
        return SQL(
            """CASE WHEN coalesce(%(category)s, '') = '' THEN %(unknown)s || %(word)s
                    WHEN %(kind)s IN ('transfer', 'reserve')
                      OR %(kind)s IN ('fee', 'tax', 'adjustment') AND %(order)s = '' AND %(refund)s = ''
                    THEN %(no_order)s || %(category)s || '/' || %(day)s
                    %(named)s ELSE %(alone)s END""",
            category=row["category"],
            unknown=UNKNOWN,
            word=row["word"],
            kind=category_kind,
            order=order,
            refund=refund,
            no_order=NO_ORDER,
            day=row["day"],
            named=named,
            alone=alone,
        )

    @api.model
    def _reclassify(self, words):
        """Move waiting lines of newly known words out of their word's tally into the right one."""
        self.env.flush_all()
        for vocabulary in words:
            self._reclassify_word(vocabulary)
        self.env["ecom.bill.line"].invalidate_model()
        self.invalidate_model()

    @api.model
    def _reclassify_word(self, vocabulary):
        category = vocabulary.category_id
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT l.account_id, l.kind, l.tally_id
                     FROM ecom_bill_line l
                     JOIN ecom_tally t ON t.id = l.tally_id
                     JOIN ecom_bill b ON b.id = l.bill_id
                    WHERE t.ref = %s AND l.category_id IS NULL AND b.layout = %s""",
                UNKNOWN + vocabulary.word,
                vocabulary.layout,
            )
        )
        for account_id, kind, tally_id in self.env.cr.fetchall():
            account = self.env["ecom.account"].browse(account_id)
            clears = account._clears() and kind == "fund_flow"
            ref = self._ref_sql("l", SQL("%s", category.kind), clears)
            self.env.cr.execute(
                SQL(
                    """WITH l AS (
                           SELECT id, account_id, company_id, kind, key, %(code)s AS category, word, day,
                                  coalesce(order_ref, '') AS order_ref,
                                  coalesce(refund_ref, '') AS refund_ref,
                                  coalesce(transaction_ref, '') AS transaction_ref
                             FROM ecom_bill_line WHERE tally_id = %(tally)s AND category_id IS NULL
                       ), moved AS (
                           SELECT l.id, l.account_id, l.company_id, l.kind, %(ref)s AS ref FROM l
                       ), target AS (
                           INSERT INTO ecom_tally (account_id, company_id, kind, ref, state, dirty)
                           SELECT DISTINCT account_id, company_id, kind, ref, 'open', true FROM moved
                           ON CONFLICT (account_id, kind, ref) DO UPDATE SET %(look_again)s
                           RETURNING id, ref
                       )
                       UPDATE ecom_bill_line x SET tally_id = target.id, category_id = %(category)s
                         FROM moved JOIN target ON target.ref = moved.ref
                        WHERE x.id = moved.id""",
                    code=category.code,
                    tally=tally_id,
                    ref=ref,
                    category=category.id,
                    look_again=LOOK_AGAIN,
                )
            )
            # What is left of the word has no line any more, so nothing of it waits.
            self.env.cr.execute(
                SQL(
                    """UPDATE ecom_tally SET state = 'matched', rule = 'no_order_needed', dirty = false
                        WHERE id = %s AND NOT EXISTS (SELECT 1 FROM ecom_bill_line WHERE tally_id = %s)""",
                    tally_id,
                    tally_id,
                )
            )
