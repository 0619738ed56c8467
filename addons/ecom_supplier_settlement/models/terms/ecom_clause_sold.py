"""Terms stage: which part of what was received in a period is sold, and which still lies in stock."""

from decimal import Decimal

from odoo import models
from odoo.tools import SQL


class EcomClause(models.Model):
    _inherit = "ecom.clause"

    def _sold_part(self, start, end, day=None):
        """(bought, sold): amounts that say which part of what was received in the period has left again.

        Per product the pieces on hand at the end of the period are taken as the latest received; what leaves
        after it, until the end of `day`, leaves the oldest first.
        """
        self.ensure_one()
        self.env.flush_all()
        _since, until = self._moments(start, end)
        _today, later = self._moments(start, max(end, day or end))
        [(bought, sold)] = self.env.execute_query(
            SQL(
                """WITH bought AS (
                       SELECT f.product_id, sum(f.quantity) AS quantity, sum(f.amount) AS amount
                         FROM (%(facts)s) f GROUP BY 1 HAVING sum(f.quantity) > 0)
                   SELECT coalesce(sum(b.amount), 0)::text,
                          coalesce(sum(b.amount * (b.quantity - least(greatest(coalesce(h.quantity, 0), 0),
                                                                      b.quantity)) / b.quantity), 0)::text
                     FROM bought b
                     LEFT JOIN (SELECT m.product_id,
                                       sum(m.quantity::numeric * mu.factor::numeric / pu.factor::numeric
                                           * ((dst.usage = 'internal' AND m.date < %(until)s)::int
                                              - (src.usage = 'internal')::int)) AS quantity
                                  FROM stock_move m
                                  JOIN bought ON bought.product_id = m.product_id
                                  JOIN product_product pp ON pp.id = m.product_id
                                  JOIN product_template t ON t.id = pp.product_tmpl_id
                                  JOIN uom_uom mu ON mu.id = m.product_uom
                                  JOIN uom_uom pu ON pu.id = t.uom_id
                                  JOIN stock_location src ON src.id = m.location_id
                                  JOIN stock_location dst ON dst.id = m.location_dest_id
                                 WHERE m.company_id = %(company)s AND m.state = 'done' AND m.date < %(later)s
                                   AND (m.date < %(until)s OR dst.usage <> 'internal')
                                 GROUP BY 1) h
                       ON h.product_id = b.product_id""",
                facts=self._facts_sql(start, end, base="received"),
                company=self.company_id.id,
                until=until,
                later=later,
            )
        )
        return Decimal(bought), Decimal(sold)
