"""Invoice stage: what the tests of the match share."""

from .common import SettleCase


class MatchCase(SettleCase):
    def policy(self, *limits, **values):
        """A policy of the company; `limits` are (measure, percent, amount, side, severity)."""
        return self.env["ecom.match.policy"].create(
            {
                "name": "Policy",
                "limit_ids": [(0, 0, self.limit(*limit)) for limit in limits],
                **values,
            }
        )

    @staticmethod
    def limit(measure, percent=None, amount=None, side="above", severity="block"):
        return {
            "measure": measure,
            "side": side,
            "severity": severity,
            "uses_percent": percent is not None,
            "percent": percent or 0,
            "uses_amount": amount is not None,
            "amount": amount or 0,
        }

    def reasons(self, bill):
        found = bill.ecom_match_result_ids.mapped("reasons")
        return {code for codes in found for code in codes.split(",") if code}

    def blocked_bill(self, quantity=10, price=12, ordered=10, user=None):
        """A bill of goods that came, dearer than ordered, entered and posted by `user` (or the buyer's)."""
        order = self.order((self.product, ordered, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, quantity, price), post=False)
        bill.action_post()
        self.assertEqual(bill.ecom_match_state, "blocked")
        return bill

    def payable(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "liability_payable")
