"""Invoice stage: what takes accruals back: invoices, clearings, goods that went back; all by order line."""

from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ...lib.ecom_settle.accrual import Open, reversal_parts
from .ecom_accrual_ledger import turned
from .ecom_purchase_clearing import open_quantity


class EcomAccrualTaker(models.AbstractModel):
    """Finds the accruals of an order line and takes back what is invoiced, cleared or gone, oldest first."""

    _name = "ecom.accrual.taker"
    _description = "What Takes Accruals Back"

    @api.model
    def _reduced(self, accrual):
        """Parts of accruals whose goods went back or were invoiced: (line, amount, balance, quantity).

        An invoice of a later day that took them back gives them up: they are gone before it.
        """
        lines = accrual.line_ids.filtered(lambda line: line.kind == "reduced")
        open_lines = self._outstanding(lines.purchase_line_id.ids)
        later = self.env["ecom.accrual.reversal"].search(
            [
                ("line_id.purchase_line_id", "in", lines.purchase_line_id.ids),
                ("line_id.accrual_id.reversal", "=", "on_bill"),
                ("live", "=", True),
                ("day", ">", accrual.period_end),
            ]
        )
        short = lines.filtered(
            lambda line: (
                sum(part.quantity for part in open_lines.get(line.purchase_line_id.id, []))
                < -Decimal(str(line.quantity))
            )
        )
        later = later.filtered(lambda it: it.line_id.purchase_line_id in short.purchase_line_id)
        if later:
            self.env["ecom.accrual.ledger"]._accrue_again(
                later, lambda env: env._("Accrued again: taken back by %s", accrual.with_env(env).name)
            )
            open_lines = self._outstanding(lines.purchase_line_id.ids)
        parts = []
        for line in lines:
            found = reversal_parts(-Decimal(str(line.quantity)), open_lines.get(line.purchase_line_id.id, []))
            parts += [self._part(part) for part in found]
        return parts

    def _part(self, part):
        line = self.env["ecom.accrual.line"].browse(part.key)
        return (line, part.amount, part.balance, part.quantity)

    def _outstanding(self, order_line_ids):
        """{order line id: [Open]} of posted accruals that wait for invoices, oldest first, locked."""
        if not order_line_ids:
            return {}
        self.env["ecom.accrual.line"].flush_model()
        self.env["ecom.accrual"].flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT l.id, l.purchase_line_id, l.quantity_open::text, l.amount_open::text,
                          l.balance_open::text, c.decimal_places, own.decimal_places
                     FROM ecom_accrual_line l
                     JOIN ecom_accrual a ON a.id = l.accrual_id
                     JOIN res_currency c ON c.id = l.currency_id
                     JOIN res_company company ON company.id = l.company_id
                     JOIN res_currency own ON own.id = company.currency_id
                    WHERE l.purchase_line_id = ANY(%s) AND l.live AND l.kind = 'accrued'
                      AND l.quantity_open > 0 AND a.state = 'posted' AND a.reversal = 'on_bill'
                    ORDER BY l.period_end, l.id FOR UPDATE OF l""",
                list(order_line_ids),
            )
        )
        found = defaultdict(list)
        for key, order_line, quantity, amount, balance, digits, own in self.env.cr.fetchall():
            found[order_line].append(
                Open(
                    key=key,
                    quantity=Decimal(quantity),
                    amount=int(Decimal(amount).scaleb(digits)),
                    balance=int(Decimal(balance).scaleb(own)),
                )
            )
        return found

    @api.model
    def _take_again(self, order_lines):
        """An invoice was reset: others take back what is accrued beyond what waits for an invoice now."""
        rows = self._bill_rows(SQL("l.purchase_line_id = ANY(%s)", order_lines.ids))
        excess = {}
        for company, lines in order_lines.grouped("company_id").items():
            basis = self.env["ecom.purchase.basis"]._at_rows(None, company, lines)
            for line_id, parts in self._outstanding(lines.ids).items():
                waits = max(open_quantity(basis[line_id]), Decimal(0)) if line_id in basis else Decimal(0)
                excess[line_id] = sum(part.quantity for part in parts) - waits
        capped = []
        for *facts, order_line, quantity in rows:
            taken = min(Decimal(quantity), excess.get(order_line, Decimal(0)))
            if taken > 0:
                excess[order_line] -= taken
                capped.append((*facts, order_line, taken))
        self._take_rows(capped)

    @api.model
    def _take_for(self, bills):
        """Take back what posted invoices ask for, on each one's date; called whenever one is posted."""
        rows = self._bill_rows(SQL("m.id = ANY(%s)", bills.ids)) if bills else []
        if rows:
            self._take_rows(rows)

    @api.model
    def _take_since(self, accrual):
        """Take back what was invoiced or cleared after the period end of an accrual that is booked late."""
        booked = accrual.line_ids.filtered(lambda line: line.kind in ("accrued", "reduced"))
        order_lines = booked.purchase_line_id
        self._take_rows(
            self._bill_rows(
                SQL("l.purchase_line_id = ANY(%s) AND m.date > %s", order_lines.ids, accrual.period_end)
            )
        )
        cleared = self.env["ecom.purchase.clearing"].search(
            [
                ("purchase_line_id", "in", accrual.line_ids.purchase_line_id.ids),
                ("day", ">", accrual.period_end),
                ("state", "=", "cleared"),
            ]
        )
        cleared._take_back()

    def _bill_rows(self, where):
        """[(company, invoice, invoice line, date, order line, quantity)] that may take back, by date.

        What an invoice takes back itself lessens its own lines of that order line, the first one first.
        """
        self.env["account.move"].flush_model(["state", "date", "move_type", "company_id"])
        self.env["account.move.line"].flush_model(["purchase_line_id", "quantity", "product_uom_id"])
        self.env["ecom.accrual.reversal"].flush_model()
        self.env.cr.execute(
            SQL(
                """WITH billed AS (
                       SELECT m.company_id, m.id AS bill_id, l.id, m.date, l.purchase_line_id,
                              round(l.quantity::numeric * coalesce(bu.factor, pu.factor)::numeric
                                    / pu.factor::numeric, 6) AS quantity
                         FROM account_move_line l
                         JOIN account_move m ON m.id = l.move_id
                         JOIN purchase_order_line p ON p.id = l.purchase_line_id
                         JOIN uom_uom pu ON pu.id = p.product_uom_id
                         LEFT JOIN uom_uom bu ON bu.id = l.product_uom_id
                        WHERE m.state = 'posted' AND m.move_type IN ('in_invoice', 'in_receipt')
                          AND l.display_type = 'product' AND %s
                   ), net AS (
                       SELECT *, least(quantity, sum(greatest(quantity, 0)) OVER (PARTITION BY bill_id,
                                  purchase_line_id ORDER BY id) + sum(least(quantity, 0)) OVER (
                                  PARTITION BY bill_id, purchase_line_id)) AS left_over FROM billed
                   )
                   SELECT company_id, bill_id, net.id, date, purchase_line_id,
                          (left_over - coalesce(r.quantity, 0))::text
                     FROM net LEFT JOIN LATERAL (SELECT sum(quantity) AS quantity FROM ecom_accrual_reversal
                                                  WHERE bill_line_id = net.id AND live) r ON true
                    WHERE left_over > 0 ORDER BY date, bill_id, net.id""",
                where,
            )
        )
        return self.env.cr.fetchall()

    def _take_rows(self, rows):
        """Book what the invoice lines take back, one entry per invoice."""
        open_lines = self._outstanding({row[4] for row in rows})
        by_bill = defaultdict(list)
        for company_id, bill_id, bill_line_id, day, order_line, quantity in rows:
            accruals = open_lines.get(order_line)
            if not accruals or Decimal(quantity) <= 0:
                continue
            parts = reversal_parts(Decimal(quantity), accruals)
            open_lines[order_line] = _less(accruals, parts)
            by_bill[company_id, bill_id, day] += [(part, bill_line_id) for part in parts]
        for (company_id, bill_id, day), parts in by_bill.items():
            company = self.env["res.company"].browse(company_id)
            ledger = self.env["ecom.accrual.ledger"]._own(company)
            own = self.with_env(ledger.env)
            bill = own.env["account.move"].browse(bill_id)
            day = ledger._open_day(company, day)
            pairs = [own._part(part) for part, _bill_line in parts]
            title = own.env._("Accrual taken back by %s", bill.name)
            move = ledger._book(company, day, title, turned(pairs))
            own._store(
                [
                    (pair, move, day, bill, bill_line)
                    for pair, (_part, bill_line) in zip(pairs, parts, strict=True)
                ]
            )

    @api.model
    def _take_cleared(self, clearing, parts):
        """Book what a cleared quantity difference takes back, on its day or the first open one."""
        company = clearing.company_id
        ledger = self.env["ecom.accrual.ledger"]._own(company)
        own = self.with_env(ledger.env)
        day = ledger._open_day(company, clearing.day)
        pairs = [own._part(part) for part in parts]
        title = own.env._("Accrual taken back: %s is cleared", clearing.name)
        move = ledger._book(company, day, title, turned(pairs))
        own._store([(pair, move, day, None, None) for pair in pairs], clearing)

    def _store(self, found, clearing=None):
        """Store (pair, entry, day, invoice, invoice line id) and the clearing, if that took them back."""
        self.env["ecom.accrual.reversal"]._unseal().create(
            [
                {
                    "line_id": line.id,
                    "company_id": line.company_id.id,
                    "bill_id": bill.id if bill else False,
                    "bill_line_id": bill_line,
                    "clearing_id": clearing.id if clearing else False,
                    "move_id": move.id,
                    "day": day,
                    "quantity": float(quantity),
                    "amount": amount / 10**line.currency_id.decimal_places,
                    "balance": balance / 10**line.company_id.currency_id.decimal_places,
                }
                for (line, amount, balance, quantity), move, day, bill, bill_line in found
            ]
        )


def _less(accruals, parts):
    """What is left of accruals after parts were taken."""
    taken = {part.key: part for part in parts}
    left = []
    for accrual in accruals:
        part = taken.get(accrual.key)
        if part is None:
            left.append(accrual)
        elif part.quantity < accrual.quantity:
            left.append(
                Open(
                    key=accrual.key,
                    quantity=accrual.quantity - part.quantity,
                    amount=accrual.amount - part.amount,
                    balance=accrual.balance - part.balance,
                )
            )
    return left
