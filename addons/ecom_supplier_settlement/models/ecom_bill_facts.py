"""Invoice stage: what is known of the lines of bills, in one query however many there are."""

from odoo import api, models
from odoo.tools import SQL

# Bills; credit notes count against them and are matched by price.
BILLS = ("in_invoice", "in_receipt")
MATCHED = (*BILLS, "in_refund")

# What was ordered and received is the purchase basis; consigned and cleared goods are not to be billed.
# What was billed on each order line, less posted credit notes. A credit note that names its bill takes
# from that bill, its last line first; any other takes from the last bills first. Bills count in the
# order they were entered, in any state but cancelled.
BILLED = """
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
    ), movement AS (
        SELECT line.id, line.move_id, line.purchase_line_id, m.move_type, m.reversed_entry_id,
               coalesce(line.quantity, 0)
                   * coalesce(coalesce(unit.factor, order_unit.factor) / order_unit.factor, 1) AS quantity
          FROM touched JOIN account_move_line line ON line.purchase_line_id = touched.id
          JOIN account_move m ON m.id = line.move_id
          JOIN purchase_order_line ordered ON ordered.id = touched.id
          LEFT JOIN uom_uom order_unit ON order_unit.id = ordered.product_uom_id
          LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
         WHERE line.display_type = 'product' AND m.state <> 'cancel'
           AND (m.move_type IN ('in_invoice', 'in_receipt')
                OR m.move_type = 'in_refund' AND m.state = 'posted')
    ), credit AS (
        SELECT c.purchase_line_id, b.move_id, sum(c.quantity) AS quantity
          FROM movement c LEFT JOIN (SELECT DISTINCT purchase_line_id, move_id FROM movement
                                      WHERE move_type <> 'in_refund') b
            ON b.purchase_line_id = c.purchase_line_id AND b.move_id = c.reversed_entry_id
         WHERE c.move_type = 'in_refund' GROUP BY 1, 2
    ), linked AS (
        SELECT m.id, m.move_id, m.purchase_line_id, m.quantity,
               greatest(0, least(m.quantity, coalesce(c.quantity, 0) - coalesce(sum(greatest(m.quantity, 0))
                   OVER (PARTITION BY m.move_id, m.purchase_line_id ORDER BY m.id DESC
                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS taken
          FROM movement m
          LEFT JOIN credit c ON c.move_id = m.move_id AND c.purchase_line_id = m.purchase_line_id
         WHERE m.move_type <> 'in_refund'
    ), left_over AS (
        SELECT purchase_line_id, sum(quantity) AS quantity FROM (
            SELECT purchase_line_id, quantity FROM credit
            UNION ALL SELECT purchase_line_id, -taken FROM linked) rest GROUP BY 1
    ), billed AS (
        SELECT l.id, l.move_id, l.purchase_line_id, l.quantity AS gross,
               l.quantity - l.taken - greatest(0, least(
                   l.quantity - l.taken, coalesce(o.quantity, 0) - coalesce(
                   sum(greatest(l.quantity - l.taken, 0)) OVER (PARTITION BY l.purchase_line_id
                   ORDER BY l.move_id DESC, l.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
               )) AS quantity
          FROM linked l LEFT JOIN left_over o ON o.purchase_line_id = l.purchase_line_id
    ), standing AS (
        SELECT *, coalesce(sum(quantity) OVER (PARTITION BY purchase_line_id ORDER BY move_id, id
                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM billed
    )"""

# Credit notes that name the bill and a product but no order line correct its price alone.
CREDITED = """
    price_credit AS (
        SELECT m.reversed_entry_id AS move_id, line.product_id, m.currency_id,
               sum(line.price_subtotal) AS amount
          FROM account_move m JOIN account_move_line line ON line.move_id = m.id
         WHERE m.reversed_entry_id = ANY(%(bills)s) AND m.move_type = 'in_refund' AND m.state = 'posted'
           AND line.display_type = 'product' AND line.purchase_line_id IS NULL AND line.product_id IS NOT NULL
         GROUP BY 1, 2, 3
    ), credited AS (
        SELECT line.id, greatest(0, least(line.price_subtotal, c.amount - coalesce(
                   sum(greatest(line.price_subtotal, 0)) OVER (PARTITION BY line.move_id, line.product_id
                   ORDER BY line.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS amount
          FROM account_move_line line
          JOIN price_credit c ON c.move_id = line.move_id AND c.product_id = line.product_id
                             AND c.currency_id = line.currency_id
         WHERE line.display_type = 'product' AND line.purchase_line_id IS NOT NULL
    )"""

# Company units for one unit of the currency, on a day of a company.
RATES = """
    asked AS (
        SELECT DISTINCT m.company_id, root.id AS root_id, days.day, currencies.id AS currency_id,
               company.currency_id AS home_id
          FROM account_move m JOIN res_company company ON company.id = m.company_id
          JOIN res_company root ON root.id = split_part(company.parent_path, '/', 1)::int
          JOIN account_move_line line ON line.move_id = m.id AND line.purchase_line_id IS NOT NULL
          JOIN purchase_order po ON po.id = (SELECT order_id FROM purchase_order_line p
                                              WHERE p.id = line.purchase_line_id)
         CROSS JOIN LATERAL (VALUES (po.date_order::date), (coalesce(m.invoice_date, m.date))) AS days (day)
         CROSS JOIN LATERAL (VALUES (po.currency_id), (m.currency_id)) AS currencies (id)
         WHERE m.id = ANY(%(bills)s)
           AND NOT (po.currency_id = company.currency_id AND m.currency_id = company.currency_id)
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
              SELECT version.id AS version_id FROM ecom_match_policy policy
                JOIN ecom_match_policy_version version
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

# The price of a contract counts before one that was agreed for a time, and that before the order's. Order
# lines of down payments order no goods: their bills are lines without order.
LINES = """
    SELECT line.id AS move_line_id, m.id AS move_id, m.company_id, m.commercial_partner_id AS partner_id,
           m.currency_id, company.currency_id AS company_currency_id, line.product_id, ordered.order_id,
           line.purchase_line_id, coalesce(ordered.product_uom_id, line.product_uom_id) AS uom_id,
           policies.version_id AS policy_version_id,
           CASE WHEN contract.id IS NULL THEN agreed.id END AS agreement_id,
           contract.clause_id, contract.version AS clause_version,
           round(coalesce(line.quantity, 0) * 1000000)::bigint AS line_quantity,
           round(coalesce(line.price_subtotal, 0) * 10::numeric ^ money.decimal_places)::bigint
               AS line_amount,
           money.decimal_places AS digits, home.decimal_places AS company_digits,
           (m.move_type = 'in_refund')::int AS refund, (ordered.id IS NOT NULL)::int AS has_order,
           (deposit.id IS NOT NULL AND line.price_subtotal < 0)::int AS deducts,
           CASE WHEN ordered.id IS NOT NULL
                THEN (line.product_id IS NULL OR line.product_id = ordered.product_id)::int
                WHEN of_orders.id IS NULL OR m.move_type = 'in_refund'
                     OR coalesce(template.type, 'service') = 'service' THEN 1
                ELSE (line.product_id = ANY(of_orders.products))::int END AS right_item,
           CASE WHEN ordered.id IS NOT NULL OR of_orders.id IS NULL OR m.move_type = 'in_refund'
                     OR coalesce(template.type, 'service') = 'service' THEN 1
                ELSE (NOT line.product_id = ANY(of_orders.products))::int END AS linked,
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
                       THEN line.price_subtotal * standing.quantity / standing.gross
                       ELSE coalesce(line.price_subtotal, 0) END - coalesce(credited.amount, 0))
                 * 10::numeric ^ money.decimal_places)::bigint AS amount,
           (po.id IS NULL OR po.currency_id = m.currency_id)::int AS same_currency,
           round(coalesce(order_then.rate, 1)::numeric * 1000000000000)::bigint AS order_rate_then,
           round(CASE WHEN po.currency_id = m.currency_id AND m.currency_id <> company.currency_id
                      THEN 1 / nullif(m.invoice_currency_rate, 0)::numeric
                      ELSE coalesce(order_now.rate, 1)::numeric END * 1000000000000)::bigint
               AS order_rate_now,
           round(coalesce(bill_then.rate, 1)::numeric * 1000000000000)::bigint AS bill_rate_then,
           round(coalesce(1 / nullif(m.invoice_currency_rate, 0)::numeric, 1) * 1000000000000)::bigint
               AS bill_rate_now
      FROM account_move m
      JOIN account_move_line line ON line.move_id = m.id AND line.display_type = 'product'
                                 AND line.ecom_small_difference IS NOT TRUE
      JOIN res_company company ON company.id = m.company_id
      JOIN res_currency money ON money.id = m.currency_id
      JOIN res_currency home ON home.id = company.currency_id
      LEFT JOIN purchase_order_line ordered ON ordered.id = line.purchase_line_id
            AND ordered.is_downpayment IS NOT TRUE AND ordered.display_type IS NULL
      LEFT JOIN purchase_order_line deposit ON deposit.id = line.purchase_line_id AND deposit.is_downpayment
      LEFT JOIN purchase_order po ON po.id = ordered.order_id
      LEFT JOIN (SELECT t.id, t.purchase_line_id, t.clause_id, t.price, paper.currency_id, paper.version
                   FROM ecom_line_terms t JOIN ecom_clause clause ON clause.id = t.clause_id
                   JOIN ecom_contract paper ON paper.id = clause.contract_id) contract
        ON contract.purchase_line_id = ordered.id AND contract.currency_id = po.currency_id
      LEFT JOIN uom_uom order_unit ON order_unit.id = ordered.product_uom_id
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
      LEFT JOIN product_product product ON product.id = coalesce(line.product_id, ordered.product_id)
      LEFT JOIN product_template template ON template.id = product.product_tmpl_id
      LEFT JOIN of_orders ON of_orders.id = m.id
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
     WHERE m.id = ANY(%(bills)s) ORDER BY m.id, line.id"""

OF_ORDERS = """
    of_orders AS (
        -- Orders first: an order as long as the bill would be walked once for each of its lines.
        SELECT named.id, array_agg(DISTINCT other.product_id) AS products
          FROM (SELECT DISTINCT line.move_id AS id, ordered.order_id FROM account_move_line line
                  JOIN purchase_order_line ordered ON ordered.id = line.purchase_line_id
                 WHERE line.move_id = ANY(%(bills)s) AND line.display_type = 'product') named
          JOIN purchase_order_line other ON other.order_id = named.order_id GROUP BY 1
    )"""

DOCUMENTS = """
    SELECT m.id AS move_id, m.company_id, m.commercial_partner_id AS partner_id, m.currency_id,
           company.currency_id AS company_currency_id, policies.version_id AS policy_version_id,
           money.decimal_places AS digits, (m.move_type = 'in_refund')::int AS refund,
           round(coalesce(1 / nullif(m.invoice_currency_rate, 0)::numeric, 1) * 1000000000000)::bigint
               AS bill_rate_now,
           round(m.ecom_document_total * 10::numeric ^ money.decimal_places)::bigint AS stated,
           round(m.amount_total * 10::numeric ^ money.decimal_places)::bigint AS computed
      FROM account_move m JOIN res_company company ON company.id = m.company_id
      JOIN res_currency money ON money.id = m.currency_id
      LEFT JOIN policies ON policies.company_id = m.company_id AND policies.product_id = 0
            AND policies.partner_id = coalesce(m.commercial_partner_id, 0)
     WHERE m.id = ANY(%(bills)s) AND coalesce(m.ecom_document_total, 0) <> 0 ORDER BY m.id"""

LINES_QUERY = "WITH " + ", ".join((BILLED, CREDITED, RATES, POLICIES, OF_ORDERS)) + LINES
DOCUMENTS_QUERY = "WITH " + POLICIES + DOCUMENTS


class EcomBillFacts(models.AbstractModel):
    """Reads bills, their orders, receipts, earlier bills, agreed prices, rates and policies."""

    _name = "ecom.bill.facts"
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
        """Ids of the posted bills and credit notes of these order lines."""
        # What goods came is not written out for it: only a bill that is found makes the match look.
        self.env["account.move"].flush_model(["state", "move_type"])
        self.env["account.move.line"].flush_model(["move_id", "purchase_line_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT m.id FROM account_move_line line JOIN account_move m ON m.id = line.move_id
                    WHERE line.purchase_line_id = ANY(%s) AND m.state = 'posted'
                      AND m.move_type IN %s ORDER BY m.id""",
                list(purchase_line_ids),
                MATCHED,
            )
        )
        return [row[0] for row in rows]
