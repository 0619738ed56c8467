"""A day costs what the day brings: what was settled before is not read again, however much it is."""

from collections import Counter

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move

from .post_common import PostingCase

# Tables that grow with history.
GROWING = (
    "ecom_bill ecom_bill_line ecom_tally ecom_match ecom_match_order ecom_awaited ecom_exception ecom_refund"
    " ecom_posting_line ecom_posting_difference sale_order sale_order_line"
).split()


@tagged("post_install", "-at_install")
class TestFlat(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Where there is an index it is used, as in tables that are large.
        for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material"):
            cls.env.cr.execute(f"SET LOCAL {setting} = off")  # pylint: disable=sql-injection
        # Every row that is read costs a lot, so that the few that are wanted are found by their index.
        cls.env.cr.execute("SET LOCAL cpu_tuple_cost = 100")
        cls.balance = 1000

    def rows(self):
        """{table: rows read in this transaction}"""
        self.env.cr.execute(
            """SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
                 FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)""",
            [GROWING],
        )
        return Counter(dict(self.env.cr.fetchall()))

    def day(self, month, number):
        """One day: three orders, one of them paid short, one refunded before it is paid; a fee, a payment of
        an order that is not here. Then its bill, the match, the posting. Return what was read."""
        day = f"2026-{month:02}-{number:02}"
        # PostgreSQL knows what is in its tables, as in a real database.
        self.env.flush_all()
        self.env.cr.execute(f"ANALYZE {', '.join(GROWING)}")  # pylint: disable=sql-injection
        before = self.rows()
        moment = {"ordered_at": f"{day} 09:00:00", "paid_at": f"{day} 09:00:00"}
        names = [f"{month:02}{number:02}{letter}" for letter in "ABC"]
        self.orders(*({"order_no": name, "line_total": "100.00", **moment} for name in names))
        self.refund(f"R{names[2]}", names[2], "100.00", at=f"{day} 12:00:00")
        moves = [
            move("100.00", names[0], at=f"{day} 10:00:00"),
            move("99.00", names[1], at=f"{day} 10:01:00"),
            move("-5.00", names[0], "收费", at=f"{day} 10:02:00"),
            move("30.00", f"{day}X", at=f"{day} 10:03:00"),
        ]
        period = (f"{day}", f"2026-{month:02}-{number + 1:02}")
        self.bill(alipay(*moves, opening=f"{self.balance}.00", period=period), name=f"{day}.csv")
        self.__class__.balance = self.balance + 224
        self.match()
        self.post()
        return self.rows() - before

    def settled(self, month, number):
        """People and late files settle the day: the short one is accepted, the missing order comes."""
        day = f"2026-{month:02}-{number:02}"
        moment = {"ordered_at": f"{day} 09:00:00", "paid_at": f"{day} 09:00:00"}
        self.order(f"{day}X", "30.00", **moment)
        odd = self.env["ecom.exception"].search([("state", "=", "open"), ("type", "=", "amount_mismatch")])
        odd.with_user(self.accountant).action_accept("As agreed.")
        self.match()
        self.post()
        self.assertFalse(self.env["ecom.exception"].search([("state", "!=", "done")]))

    def test_a_day_on_top_of_days(self):
        """Given two days that are settled, when a third comes, and a twelfth, then importing, matching and
        posting it reads as many rows of every table, give or take a few."""
        read = {}
        for number in range(1, 13):
            read[number] = self.day(9, number)
            self.settled(9, number)
        more = {table: (read[3][table], read[12][table]) for table in GROWING}
        # Lines of a bill are found by ranges of blocks, and all lines of this test are in one such range.
        first, last = more.pop("ecom_bill_line")
        self.assertLessEqual(last, first * 12 / 3 + 12)
        grown = {table: two for table, two in more.items() if two[1] > two[0] * 1.2 + 3}
        self.assertFalse(grown)
        self.assert_holds()
