"""Invoice stage: what is known of the lines of invoices, in a few queries however many there are."""

from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ...lib.ecom_settle.standing import Billed, Priced, credited, standing
from ..setup.bills import BILLS_AND_CREDITS

# What was ordered and received is the purchase basis; consigned and cleared goods are not to be invoiced.
BASIS = """
    touched AS (
        SELECT DISTINCT line.purchase_line_id AS id FROM account_move_line line
         WHERE line.move_id = ANY(%(bills)s) AND line.purchase_line_id IS NOT NULL
           AND line.display_type = 'product'
    ), basis AS MATERIALIZED (
        SELECT one.* FROM touched CROSS JOIN LATERAL (
            SELECT b.id, b.quantity_ordered, b.quantity_received - b.quantity_consigned
                       - greatest(b.quantity_cleared, 0) AS received,
                   b.price_unit, b.timezone
              FROM ecom_purchase_basis b WHERE b.id = touched.id OFFSET 0) one
    )"""

# What every invoice in any state but cancelled, and every posted credit note, says of the order lines at
# hand, in the order's unit. Text, because a third of a dozen has more digits than a float.
MOVEMENTS = """
    SELECT line.id, line.move_id, line.purchase_line_id, m.move_type = 'in_refund', m.reversed_entry_id,
           (coalesce(line.quantity, 0)
               * coalesce(coalesce(unit.factor, order_unit.factor) / order_unit.factor, 1))::text
      FROM (SELECT DISTINCT purchase_line_id AS id FROM account_move_line
             WHERE move_id = ANY(%(bills)s) AND purchase_line_id IS NOT NULL
               AND display_type = 'product') touched
      JOIN account_move_line line ON line.purchase_line_id = touched.id
      JOIN account_move m ON m.id = line.move_id
      JOIN purchase_order_line ordered ON ordered.id = touched.id
      LEFT JOIN uom_uom order_unit ON order_unit.id = ordered.product_uom_id
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
     WHERE line.display_type = 'product' AND m.state <> 'cancel'
       AND (m.move_type IN ('in_invoice', 'in_receipt')
            OR m.move_type = 'in_refund' AND m.state = 'posted')"""

# Credit notes that name the invoice and a product but no order line correct its price alone: the lines that
# they may take from, and what they come to.
PRICE_CREDITS = """
    SELECT line.id, line.move_id, line.product_id, line.currency_id, line.price_subtotal::text,
           credit.amount::text
      FROM (SELECT m.reversed_entry_id AS move_id, line.product_id, m.currency_id,
                   sum(line.price_subtotal) AS amount
              FROM account_move m JOIN account_move_line line ON line.move_id = m.id
             WHERE m.reversed_entry_id IN (SELECT id FROM scope) AND m.move_type = 'in_refund'
               AND m.state = 'posted' AND line.display_type = 'product' AND line.purchase_line_id IS NULL
               AND line.product_id IS NOT NULL
             GROUP BY 1, 2, 3) credit
      JOIN account_move_line line ON line.move_id = credit.move_id AND line.product_id = credit.product_id
                                 AND line.currency_id = credit.currency_id
     WHERE line.display_type = 'product' AND line.purchase_line_id IS NOT NULL"""

# What `ecom_settle.standing` made of these two.
ALLOCATED = """
    standing AS (
        SELECT * FROM unnest(%(standing_ids)s::int[], %(gross)s::numeric[], %(standing)s::numeric[],
                             %(before)s::numeric[]) AS row (id, gross, quantity, before)
    ), credited AS (
        SELECT * FROM unnest(%(credited_ids)s::int[], %(credited)s::numeric[]) AS row (id, amount)
    )"""

# Orders that the invoices name. Where a limit is on what an order comes to, all its invoices are looked at.
SCOPE = """
    named AS (
        SELECT DISTINCT line.move_id AS id, ordered.order_id FROM account_move_line line
          JOIN purchase_order_line ordered ON ordered.id = line.purchase_line_id
         WHERE line.move_id = ANY(%(bills)s) AND line.display_type = 'product'
    ), scope AS (
        SELECT unnest(%(bills)s) AS id
         UNION SELECT line.move_id FROM (SELECT DISTINCT order_id FROM named) own
          JOIN purchase_order_line ordered ON ordered.order_id = own.order_id
          JOIN account_move_line line ON line.purchase_line_id = ordered.id
         WHERE EXISTS (SELECT FROM ecom_threeway_limit WHERE measure = 'order')
    )"""

# Company units for one unit of the currency, on a day of a company. What a person entered on an invoice as
# its rate is how it is booked; it is no measure of what the invoice may cost.
RATES = """
    asked AS (
        SELECT DISTINCT m.company_id, root.id AS root_id, days.day, currencies.id AS currency_id,
               company.currency_id AS home_id
          FROM scope JOIN account_move m ON m.id = scope.id
          JOIN res_company company ON company.id = m.company_id
          JOIN res_company root ON root.id = split_part(company.parent_path, '/', 1)::int
          LEFT JOIN named ON named.id = m.id
          LEFT JOIN purchase_order po ON po.id = named.order_id
         CROSS JOIN LATERAL (VALUES (po.date_order::date), (coalesce(m.invoice_date, m.date))) AS days (day)
         CROSS JOIN LATERAL (VALUES (po.currency_id), (m.currency_id)) AS currencies (id)
         WHERE days.day IS NOT NULL AND currencies.id IS NOT NULL
           AND NOT (coalesce(po.currency_id, company.currency_id) = company.currency_id
                    AND m.currency_id = company.currency_id)
    ), rates AS (
        SELECT asked.company_id, asked.day, asked.currency_id,
               coalesce(home.rate, 1) / coalesce(other.rate, 1) AS rate
          FROM asked
          LEFT JOIN LATERAL (
              SELECT r.rate FROM res_currency_rate r WHERE r.currency_id = asked.currency_id
                 AND (r.company_id IS NULL OR r.company_id = asked.root_id)
               ORDER BY r.name <= asked.day DESC, r.company_id IS NULL,
                        CASE WHEN r.name <= asked.day THEN r.name END DESC, r.name LIMIT 1) other ON true
          LEFT JOIN LATERAL (
              SELECT r.rate FROM res_currency_rate r WHERE r.currency_id = asked.home_id
                 AND (r.company_id IS NULL OR r.company_id = asked.root_id)
               ORDER BY r.name <= asked.day DESC, r.company_id IS NULL,
                        CASE WHEN r.name <= asked.day THEN r.name END DESC, r.name LIMIT 1) home ON true
    )"""

# What all invoices of an order up to each invoice come to, in its currency and without tax. A credit note
# counts from the invoice on that it names, or from the first.
ORDER_SUMS = """
    of_order AS (
        SELECT ordered.order_id, m.id, m.currency_id, m.company_id, coalesce(m.invoice_date, m.date) AS day,
               CASE m.move_type WHEN 'in_refund' THEN coalesce(m.reversed_entry_id, 0) ELSE m.id END AS since,
               CASE m.move_type WHEN 'in_refund' THEN -1 ELSE 1 END
                   * sum(line.price_subtotal - coalesce(credited.amount, 0)) AS amount
          FROM scope JOIN account_move m ON m.id = scope.id
          JOIN account_move_line line ON line.move_id = m.id AND line.display_type = 'product'
          JOIN purchase_order_line ordered ON ordered.id = line.purchase_line_id
          LEFT JOIN credited ON credited.id = line.id
         WHERE m.move_type IN ('in_invoice', 'in_receipt') AND m.state <> 'cancel'
            OR m.move_type = 'in_refund' AND m.state = 'posted'
         GROUP BY 1, 2
    ), order_sum AS (
        SELECT named.id, named.order_id,
               sum(of_order.amount * CASE WHEN of_order.currency_id = m.currency_id THEN 1
                   ELSE coalesce(theirs.rate, 1)::numeric / coalesce(ours.rate, 1)::numeric END) AS billed
          FROM named JOIN account_move m ON m.id = named.id
          JOIN of_order ON of_order.order_id = named.order_id AND of_order.since <= named.id
          LEFT JOIN rates theirs ON theirs.company_id = of_order.company_id AND theirs.day = of_order.day
                                AND theirs.currency_id = of_order.currency_id
          LEFT JOIN rates ours ON ours.company_id = m.company_id AND ours.currency_id = m.currency_id
                              AND ours.day = coalesce(m.invoice_date, m.date)
         WHERE EXISTS (SELECT FROM ecom_threeway_limit WHERE measure = 'order') GROUP BY 1, 2
    )"""

# The policy of each company, supplier and product: the most specific one.
POLICIES = """
    scopes AS (
        SELECT DISTINCT m.company_id, coalesce(m.commercial_partner_id, 0) AS partner_id,
               coalesce(line.product_id, 0) AS product_id
          FROM account_move m JOIN account_move_line line ON line.move_id = m.id
         WHERE m.id = ANY(%(bills)s) AND line.display_type = 'product'
        UNION SELECT m.company_id, coalesce(m.commercial_partner_id, 0), 0
          FROM account_move m WHERE m.id = ANY(%(bills)s)
    ), policies AS (
        SELECT scopes.*, best.version_id FROM scopes
          LEFT JOIN product_product product ON product.id = scopes.product_id
          LEFT JOIN product_template template ON template.id = product.product_tmpl_id
          LEFT JOIN product_category category ON category.id = template.categ_id
          LEFT JOIN LATERAL (
              SELECT version.id AS version_id FROM ecom_threeway_policy policy
                JOIN ecom_threeway_policy_version version
                  ON version.policy_id = policy.id AND version.number = policy.version
                LEFT JOIN product_category scope ON scope.id = policy.categ_id
               WHERE policy.active AND policy.company_id = scopes.company_id
                 AND (policy.partner_id IS NULL OR policy.partner_id = scopes.partner_id)
                 AND (policy.product_id IS NULL OR policy.product_id = scopes.product_id)
                 AND (policy.categ_id IS NULL OR category.parent_path LIKE scope.parent_path || '%%')
               ORDER BY policy.product_id IS NOT NULL AND policy.partner_id IS NOT NULL DESC,
                        policy.product_id IS NOT NULL DESC, policy.categ_id IS NOT NULL DESC,
                        length(scope.parent_path) DESC, policy.partner_id IS NOT NULL DESC LIMIT 1
          ) best ON true
    )"""

# The products of the orders that an invoice names, and whether it named orders when it was matched before.
OF_ORDERS = """
    of_orders AS (
        -- Orders first: an order as long as the invoice would be walked once for each of its lines.
        SELECT named.id, array_agg(DISTINCT other.product_id) AS products
          FROM named JOIN purchase_order_line other ON other.order_id = named.order_id GROUP BY 1
    ), once AS (
        SELECT DISTINCT move_id AS id FROM ecom_threeway_result
         WHERE move_id = ANY(%(bills)s) AND cause <> 'manual' AND inputs ->> 'has_order' = '1'
    )"""

# A line counts with what is booked, which is quantity times price but for a cent of tax; what passes for tax
# or rounding and is none counts, too. The price of a contract counts before one that was agreed for a time,
# and that before the order's. Order lines of down payments order no goods: their invoices are lines without
# order.
LINES = """
    SELECT line.id AS move_line_id, m.id AS move_id, m.company_id, m.commercial_partner_id AS partner_id,
           m.currency_id, company.currency_id AS company_currency_id, line.product_id, ordered.order_id,
           line.purchase_line_id, coalesce(ordered.product_uom_id, line.product_uom_id) AS uom_id,
           policies.version_id AS policy_version_id,
           CASE WHEN contract.id IS NULL THEN agreed.id END AS agreement_id,
           contract.clause_id, contract.version AS clause_version,
           round(coalesce(line.quantity, 0) * 1000000)::bigint AS line_quantity,
           round(said.amount * 10::numeric ^ money.decimal_places)::bigint AS line_amount,
           money.decimal_places AS digits, home.decimal_places AS company_digits,
           (m.move_type = 'in_refund')::int AS refund, (ordered.id IS NOT NULL)::int AS has_order,
           (paper.id IS NULL OR vendor.commercial_partner_id = m.commercial_partner_id AND
            split_part(paper_company.parent_path, '/', 1) = split_part(company.parent_path, '/', 1))::int
               AS right_supplier,
           (deposit.id IS NOT NULL AND line.price_subtotal < 0)::int AS deducts,
           CASE WHEN ordered.id IS NOT NULL
                THEN (line.product_id IS NULL OR line.product_id = ordered.product_id)::int
                WHEN of_orders.id IS NULL OR m.move_type = 'in_refund'
                     OR coalesce(template.type, 'service') = 'service' THEN 1
                ELSE (line.product_id = ANY(of_orders.products))::int END AS right_item,
           CASE WHEN line.display_type <> 'product'
                THEN (of_orders.id IS NULL AND once.id IS NULL AND line.purchase_line_id IS NULL)::int
                WHEN ordered.id IS NOT NULL OR m.move_type = 'in_refund' THEN 1
                WHEN of_orders.id IS NULL THEN (once.id IS NULL OR deposit.id IS NOT NULL)::int
                ELSE (NOT coalesce(line.product_id = ANY(of_orders.products), false))::int END AS linked,
           (line.purchase_line_id IS NULL AND of_orders.id IS NOT NULL
            AND coalesce(template.type, 'service') = 'service')::int AS is_charge,
           (ordered.id IS NOT NULL AND coalesce(template.type, 'service') <> 'service')::int AS is_goods,
           (ordered.product_uom_id IS NULL OR line.product_uom_id IS NULL
            OR line.product_uom_id = ordered.product_uom_id
            OR split_part(unit.parent_path, '/', 1) = split_part(order_unit.parent_path, '/', 1))::int
               AS unit_known,
           (coalesce(template.purchase_method, 'receive') = 'receive')::int AS follows_receipt,
           round(coalesce(standing.quantity, coalesce(line.quantity, 0)
                 * coalesce(coalesce(unit.factor, order_unit.factor) / order_unit.factor, 1))
                 * 1000000)::bigint AS quantity,
           round(CASE WHEN m.move_type <> 'in_refund' THEN coalesce(basis.quantity_ordered, 0)
                      ELSE coalesce(line.quantity, 0) * coalesce(unit.factor, order_unit.factor, 1)
                           / coalesce(order_unit.factor, 1) END * 1000000)::bigint AS ordered,
           round(CASE WHEN m.move_type <> 'in_refund' THEN coalesce(basis.received, 0)
                      ELSE coalesce(line.quantity, 0) * coalesce(unit.factor, order_unit.factor, 1)
                           / coalesce(order_unit.factor, 1) END * 1000000)::bigint AS received,
           round(coalesce(standing.before, 0) * 1000000)::bigint AS billed_before,
           round(coalesce(contract.price, agreed.price * order_unit.factor / agreed_unit.factor,
                          basis.price_unit,
                          ordered.price_unit::numeric * (1 - coalesce(ordered.discount, 0)::numeric / 100), 0)
                 * 100000000)::bigint AS price,
           round((CASE WHEN standing.gross <> 0 AND standing.quantity <> standing.gross
                       THEN said.amount * standing.quantity / standing.gross ELSE said.amount END
                  - coalesce(credited.amount, 0)) * 10::numeric ^ money.decimal_places)::bigint AS amount,
           round(CASE WHEN order_sum.id IS NULL OR po.state <> 'purchase' THEN 0
                      WHEN po.currency_id = m.currency_id THEN po.amount_untaxed
                      ELSE po.amount_untaxed * coalesce(order_now.rate, 1)::numeric
                           / coalesce(bill_now.rate, 1)::numeric END
                 * 10::numeric ^ money.decimal_places)::bigint AS order_total,
           round(coalesce(order_sum.billed, 0) * 10::numeric ^ money.decimal_places)::bigint AS order_billed,
           (po.id IS NULL OR po.currency_id = m.currency_id)::int AS same_currency,
           round(coalesce(order_then.rate, 1)::numeric * 1000000000000)::bigint AS order_rate_then,
           round(coalesce(order_now.rate, 1)::numeric * 1000000000000)::bigint AS order_rate_now,
           round(coalesce(bill_then.rate, 1)::numeric * 1000000000000)::bigint AS bill_rate_then,
           round(coalesce(bill_now.rate, 1)::numeric * 1000000000000)::bigint AS bill_rate_now,
           round(coalesce(1 / nullif(m.invoice_currency_rate, 0)::numeric, 1) * 1000000000000)::bigint
               AS booked_rate
      FROM account_move m
      JOIN account_move_line line ON line.move_id = m.id AND line.ecom_small_difference IS NOT TRUE
       AND (line.display_type = 'product' OR line.tax_repartition_line_id IS NULL
            AND (line.display_type = 'tax'
                 OR line.display_type = 'rounding' AND m.invoice_cash_rounding_id IS NULL
                 OR line.display_type LIKE 'non_deductible_product%%' AND NOT EXISTS (
                    SELECT FROM account_move_line part
                     WHERE part.move_id = m.id AND part.deductible_amount < 100)))
      JOIN res_company company ON company.id = m.company_id
      JOIN res_currency money ON money.id = m.currency_id
      JOIN res_currency home ON home.id = company.currency_id
     CROSS JOIN LATERAL (
          SELECT CASE WHEN line.display_type = 'product'
                       AND abs(items.amount - priced.amount) < 2 * money.rounding THEN priced.amount
                      ELSE items.amount END AS amount
            FROM (SELECT coalesce(line.price_subtotal, 0)) priced (amount)
           CROSS JOIN (SELECT line.amount_currency * CASE m.move_type WHEN 'in_refund' THEN -1 ELSE 1 END)
                items (amount)) said
      LEFT JOIN purchase_order_line ordered ON ordered.id = line.purchase_line_id
            AND ordered.is_downpayment IS NOT TRUE AND ordered.display_type IS NULL
      LEFT JOIN purchase_order_line deposit ON deposit.id = line.purchase_line_id AND deposit.is_downpayment
      LEFT JOIN purchase_order po ON po.id = ordered.order_id
      LEFT JOIN purchase_order paper ON paper.id = coalesce(ordered.order_id, deposit.order_id)
      LEFT JOIN res_partner vendor ON vendor.id = paper.partner_id
      LEFT JOIN res_company paper_company ON paper_company.id = paper.company_id
      LEFT JOIN order_sum ON order_sum.id = m.id AND order_sum.order_id = po.id
      LEFT JOIN (SELECT t.id, t.purchase_line_id, t.clause_id, t.price, paper.currency_id, paper.version
                   FROM ecom_line_terms t JOIN ecom_clause clause ON clause.id = t.clause_id
                   JOIN ecom_contract paper ON paper.id = clause.contract_id) contract
        ON contract.purchase_line_id = ordered.id AND contract.currency_id = po.currency_id
      LEFT JOIN uom_uom order_unit ON order_unit.id = ordered.product_uom_id
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
      LEFT JOIN product_product product ON product.id = coalesce(line.product_id, ordered.product_id)
      LEFT JOIN product_template template ON template.id = product.product_tmpl_id
      LEFT JOIN of_orders ON of_orders.id = m.id
      LEFT JOIN once ON once.id = m.id
      LEFT JOIN basis ON basis.id = line.purchase_line_id
      LEFT JOIN standing ON standing.id = line.id
      LEFT JOIN credited ON credited.id = line.id
      LEFT JOIN policies ON policies.company_id = m.company_id
            AND policies.partner_id = coalesce(m.commercial_partner_id, 0)
            AND policies.product_id = coalesce(line.product_id, 0)
      LEFT JOIN LATERAL (
          SELECT a.id, a.price::numeric AS price, a.uom_id FROM ecom_price_agreement a
            JOIN uom_uom its ON its.id = a.uom_id
            JOIN res_partner seller ON seller.id = po.partner_id
           WHERE a.active AND a.company_id = po.company_id AND a.partner_id = seller.commercial_partner_id
             AND a.product_id = ordered.product_id AND a.currency_id = po.currency_id
             AND (po.date_order AT TIME ZONE 'UTC' AT TIME ZONE coalesce(basis.timezone, 'UTC'))::date
                 BETWEEN a.date_from AND coalesce(a.date_to, 'infinity')
             AND coalesce(a.min_quantity, 0) * its.factor <= ordered.product_qty * order_unit.factor
           ORDER BY coalesce(a.min_quantity, 0) * its.factor DESC LIMIT 1) agreed ON true
      LEFT JOIN uom_uom agreed_unit ON agreed_unit.id = agreed.uom_id
      LEFT JOIN rates order_then ON order_then.company_id = m.company_id
            AND order_then.day = po.date_order::date AND order_then.currency_id = po.currency_id
      LEFT JOIN rates order_now ON order_now.company_id = m.company_id
            AND order_now.day = coalesce(m.invoice_date, m.date) AND order_now.currency_id = po.currency_id
      LEFT JOIN rates bill_then ON bill_then.company_id = m.company_id
            AND bill_then.day = po.date_order::date AND bill_then.currency_id = m.currency_id
      LEFT JOIN rates bill_now ON bill_now.company_id = m.company_id
            AND bill_now.day = coalesce(m.invoice_date, m.date) AND bill_now.currency_id = m.currency_id
     WHERE m.id = ANY(%(bills)s)"""

# What an invoice charges beside its goods.
CHARGES = """
    SELECT lines.*,
           coalesce(sum(lines.amount) FILTER (WHERE lines.is_charge = 1) OVER bill, 0)::bigint AS charges,
           coalesce(sum(lines.amount) FILTER (WHERE lines.is_goods = 1) OVER bill, 0)::bigint AS goods,
           coalesce(sum(lines.quantity) FILTER (WHERE lines.is_goods = 1) OVER bill, 0)::bigint
               AS goods_quantity
      FROM lines WINDOW bill AS (PARTITION BY lines.move_id) ORDER BY lines.move_id, lines.move_line_id"""

DOCUMENTS = """
    SELECT m.id AS move_id, m.company_id, m.commercial_partner_id AS partner_id, m.currency_id,
           company.currency_id AS company_currency_id, policies.version_id AS policy_version_id,
           money.decimal_places AS digits, (m.move_type = 'in_refund')::int AS refund,
           round(coalesce(bill_now.rate, 1)::numeric * 1000000000000)::bigint AS bill_rate_now,
           round(m.ecom_document_total * 10::numeric ^ money.decimal_places)::bigint AS stated,
           round(m.amount_total * 10::numeric ^ money.decimal_places)::bigint AS computed
      FROM account_move m JOIN res_company company ON company.id = m.company_id
      JOIN res_currency money ON money.id = m.currency_id
      LEFT JOIN policies ON policies.company_id = m.company_id AND policies.product_id = 0
            AND policies.partner_id = coalesce(m.commercial_partner_id, 0)
      LEFT JOIN rates bill_now ON bill_now.company_id = m.company_id
            AND bill_now.day = coalesce(m.invoice_date, m.date) AND bill_now.currency_id = m.currency_id
     WHERE m.id = ANY(%(bills)s) AND coalesce(m.ecom_document_total, 0) <> 0 ORDER BY m.id"""

PARTS = (BASIS, ALLOCATED, SCOPE, RATES, ORDER_SUMS, POLICIES, OF_ORDERS, "lines AS (" + LINES + ")")
LINES_QUERY = "WITH " + ", ".join(PARTS) + CHARGES
DOCUMENTS_QUERY = "WITH " + ", ".join((SCOPE, RATES, POLICIES)) + DOCUMENTS


class EcomThreewayFacts(models.AbstractModel):
    """Reads invoices, their orders, receipts, earlier invoices, agreed prices, rates and policies."""

    _name = "ecom.threeway.facts"
    _description = "Facts of Invoices"

    @api.model
    def _lines(self, move_ids):
        """One row per product line of the invoices, as whole numbers (see `ecom_settle.threeway`)."""
        self.env.flush_all()
        return self.env.execute_query_dict(
            SQL(LINES_QUERY, bills=list(move_ids), **self._standing(move_ids), **self._credited(move_ids))
        )

    @api.model
    def _documents(self, move_ids):
        """One row per invoice whose supplier's total is known."""
        self.env.flush_all()
        return self.env.execute_query_dict(SQL(DOCUMENTS_QUERY, bills=list(move_ids)))

    def _standing(self, move_ids):
        """What of the quantities of the invoices' lines stands, as columns for `ALLOCATED`."""
        rows = self.env.execute_query(SQL(MOVEMENTS, bills=list(move_ids)))
        found = standing(
            Billed(
                key=line_id,
                document=move_id,
                order_line=order_line_id,
                quantity=Decimal(quantity),
                is_credit=is_credit,
                credits=credited_id,
            )
            for line_id, move_id, order_line_id, is_credit, credited_id, quantity in rows
        )
        own = set(move_ids)
        ids = [line_id for line_id, move_id, *_rest in rows if move_id in own and line_id in found]
        return {
            "standing_ids": ids,
            "gross": [found[line_id].gross for line_id in ids],
            "standing": [found[line_id].quantity for line_id in ids],
            "before": [found[line_id].before for line_id in ids],
        }

    def _credited(self, move_ids):
        """What credit notes take off the prices of lines, as columns for `ALLOCATED`."""
        query = "WITH " + SCOPE + PRICE_CREDITS
        rows = self.env.execute_query(SQL(query, bills=list(move_ids)))
        found = credited(
            [Priced(key=row[0], named_by=row[1:4], amount=Decimal(row[4])) for row in rows],
            {row[1:4]: Decimal(row[5]) for row in rows},
        )
        return {"credited_ids": list(found), "credited": list(found.values())}

    @api.model
    def _bills_of(self, purchase_line_ids):
        """Posted invoices and credit notes of these order lines, by id; if a limit asks, of the orders."""
        # What goods came is not written out for it: only an invoice that is found makes the match look.
        self.env["account.move"].flush_model(["state", "move_type"])
        self.env["account.move.line"].flush_model(["move_id", "purchase_line_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT m.id FROM account_move_line line JOIN account_move m ON m.id = line.move_id
                    WHERE m.state = 'posted' AND m.move_type IN %(kinds)s AND line.purchase_line_id IN (
                          SELECT unnest(%(lines)s)
                           UNION SELECT other.id FROM purchase_order_line own
                            JOIN purchase_order_line other ON other.order_id = own.order_id
                           WHERE own.id = ANY(%(lines)s)
                             AND EXISTS (SELECT FROM ecom_threeway_limit WHERE measure = 'order'))
                    ORDER BY m.id""",
                lines=list(purchase_line_ids),
                kinds=BILLS_AND_CREDITS,
            )
        )
        return [row[0] for row in rows]
