"""Invoice stage: what is known of the lines of bills, in one query however many there are."""

from odoo import api, models
from odoo.tools import SQL

from .ecom_threeway_facts_sql import BILLED, CREDITED, OF_ORDERS, ORDER_SUMS, POLICIES, RATES, SCOPE

# Bills; credit notes count against them and are matched by price.
BILLS = ("in_invoice", "in_receipt")
MATCHED = (*BILLS, "in_refund")

# A line counts with what is booked, which is quantity times price but for a cent of tax; what passes for tax
# or rounding and is none counts, too. The price of a contract counts before one that was agreed for a time,
# and that before the order's. Order lines of down payments order no goods: their bills are lines without
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

# What a bill charges beside its goods.
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

PARTS = (BILLED, SCOPE, CREDITED, RATES, ORDER_SUMS, POLICIES, OF_ORDERS, "lines AS (" + LINES + ")")
LINES_QUERY = "WITH " + ", ".join(PARTS) + CHARGES
DOCUMENTS_QUERY = "WITH " + ", ".join((SCOPE, RATES, POLICIES)) + DOCUMENTS


class EcomThreewayFacts(models.AbstractModel):
    """Reads bills, their orders, receipts, earlier bills, agreed prices, rates and policies."""

    _name = "ecom.threeway.facts"
    _description = "Facts of Bills"

    @api.model
    def _lines(self, move_ids):
        """One row per product line of the bills, as whole numbers (see `ecom_settle.threeway`)."""
        return self._rows(LINES_QUERY, move_ids)

    @api.model
    def _documents(self, move_ids):
        """One row per bill whose supplier's total is known."""
        return self._rows(DOCUMENTS_QUERY, move_ids)

    def _rows(self, query, move_ids):
        self.env.flush_all()
        return self.env.execute_query_dict(SQL(query, bills=list(move_ids)))

    @api.model
    def _bills_of(self, purchase_line_ids):
        """Ids of the posted bills and credit notes of these order lines; if a limit asks, of the orders."""
        # What goods came is not written out for it: only a bill that is found makes the match look.
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
                kinds=MATCHED,
            )
        )
        return [row[0] for row in rows]
