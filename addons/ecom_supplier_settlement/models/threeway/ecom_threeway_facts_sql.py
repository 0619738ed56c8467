"""Invoice stage: the parts of the one query that tells what is known of the lines of bills."""

# What was ordered and received is the purchase basis; consigned and cleared goods are not to be billed.
# What was billed on each order line, less posted credit notes. A credit note that names its bill takes
# from that bill, its last line first; any other takes from the last bills first. Bills count in the
# order they were entered, in any state but cancelled; what a bill takes back itself comes first on it.
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
        SELECT *, coalesce(sum(quantity) OVER (PARTITION BY purchase_line_id
                  ORDER BY move_id, quantity >= 0, id
                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM billed
    )"""

# Orders that the bills name. Where a limit is on what an order comes to, all its bills are looked at.
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

# Credit notes that name the bill and a product but no order line correct its price alone.
CREDITED = """
    price_credit AS (
        SELECT m.reversed_entry_id AS move_id, line.product_id, m.currency_id,
               sum(line.price_subtotal) AS amount
          FROM account_move m JOIN account_move_line line ON line.move_id = m.id
         WHERE m.reversed_entry_id IN (SELECT id FROM scope) AND m.move_type = 'in_refund'
           AND m.state = 'posted' AND line.display_type = 'product' AND line.purchase_line_id IS NULL
           AND line.product_id IS NOT NULL
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

# Company units for one unit of the currency, on a day of a company. What a person entered on a bill as its
# rate is how it is booked; it is no measure of what the bill may cost.
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

# What all bills of an order up to each bill come to, in its currency and without tax. A credit note counts
# from the bill on that it names, or from the first.
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

# The products of the orders that a bill names, and whether it named orders when it was matched before.
OF_ORDERS = """
    of_orders AS (
        -- Orders first: an order as long as the bill would be walked once for each of its lines.
        SELECT named.id, array_agg(DISTINCT other.product_id) AS products
          FROM named JOIN purchase_order_line other ON other.order_id = named.order_id GROUP BY 1
    ), once AS (
        SELECT DISTINCT move_id AS id FROM ecom_threeway_result
         WHERE move_id = ANY(%(bills)s) AND cause <> 'manual' AND inputs ->> 'has_order' = '1'
    )"""
