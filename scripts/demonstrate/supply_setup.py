"""What the suppliers' month needs before it begins: tax number, rates, limits, goods, orders, contracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .hands import Hands, Session, ensure, known

Plan = Mapping[str, Any]
NOON = "04:00:00"  # in UTC; the company is in Shanghai


def prepare(hands: Hands, plan: Plan) -> None:
    """Everything but the days' work; a second time finds it all."""
    _company(hands, plan)
    _policy(hands, plan["policy"])
    _warehouses(hands, plan)
    _suppliers(hands, plan)
    _goods(hands, plan)
    hands.say(f"suppliers: {len(plan['orders'])} orders")
    _orders(hands, plan)
    _contracts(hands, plan)


def ensure_rates(admin: Session, company: int, plan: Plan) -> None:
    for rate in plan["rates"]:
        [currency] = admin.execute(
            "res.currency", "search", [("name", "=", rate["currency"])], context={"active_test": False}
        )
        admin.execute("res.currency", "write", [currency], {"active": True})
        key = {"currency_id": currency, "company_id": company, "name": rate["day"]}
        if not admin.execute(
            "res.currency.rate", "search_count", [(name, "=", value) for name, value in key.items()]
        ):
            admin.execute("res.currency.rate", "create", {**key, "inverse_company_rate": float(rate["yuan"])})


def _company(hands: Hands, plan: Plan) -> None:
    [company] = hands.admin.execute("res.company", "read", [hands.company], ["vat", "currency_id"])
    if company["vat"] != plan["buyer_vat"]:
        hands.admin.execute("res.company", "write", [hands.company], {"vat": plan["buyer_vat"]})
    names = {supplier["currency"] for supplier in plan["suppliers"]} | {"CNY"}
    hands.ids["currency"] = known(hands.admin, "res.currency", "name", names)
    percents = sorted({supplier["tax_percent"] for supplier in plan["suppliers"] if supplier["tax_percent"]})
    for percent in percents:
        domain = [
            ("type_tax_use", "=", "purchase"),
            ("amount_type", "=", "percent"),
            ("amount", "=", percent),
        ]
        domain += [("company_id", "=", hands.company), ("price_include_override", "!=", "tax_included")]
        found = hands.admin.execute("account.tax", "search", domain, limit=1)
        hands.ids.setdefault("tax", {})[str(percent)] = found[0]
    _outstanding(hands)


def _outstanding(hands: Hands) -> None:
    """Payments are booked at once, on an account for money on its way."""
    [bank] = hands.admin.execute(
        "account.journal",
        "search_read",
        [("type", "=", "bank"), ("company_id", "=", hands.company)],
        ["outbound_payment_method_line_ids"],
        limit=1,
    )
    hands.ids["journal"] = {"bank": bank["id"]}
    [method] = hands.admin.execute(
        "account.payment.method.line",
        "read",
        bank["outbound_payment_method_line_ids"][:1],
        ["payment_account_id"],
    )
    if not method["payment_account_id"]:
        account = hands.admin.execute(
            "account.account",
            "create",
            {
                "name": "Payments on their way",
                "code": "100299",
                "account_type": "asset_current",
                "reconcile": True,
                "company_ids": [(6, 0, [hands.company])],
            },
        )
        hands.admin.execute(
            "account.payment.method.line", "write", [method["id"]], {"payment_account_id": account}
        )


def _policy(hands: Hands, policy: Mapping[str, Any]) -> None:
    """How far bills may be off, for all suppliers of the company."""
    own = [("company_id", "=", hands.company), ("partner_id", "=", False), ("categ_id", "=", False)]
    if hands.admin.execute("ecom.threeway.policy", "search_count", [*own, ("product_id", "=", False)]):
        return
    limits = [
        {"measure": "quantity", "side": "above", "severity": "block", "percent": 0},
        {"measure": "price", "side": "above", "severity": "warn", "percent": policy["price_warn_percent"]},
        {"measure": "price", "side": "above", "severity": "block", "percent": policy["price_block_percent"]},
        {
            "measure": "no_order",
            "side": "above",
            "severity": "block",
            "uses_percent": False,
            "uses_amount": True,
            "amount": policy["no_order_amount"],
        },
    ]
    hands.admin.execute(
        "ecom.threeway.policy",
        "create",
        {
            "name": "All suppliers",
            "company_id": hands.company,
            "receipts": "required",
            "limit_ids": [(0, 0, limit) for limit in limits],
        },
    )


def _warehouses(hands: Hands, plan: Plan) -> None:
    [first] = hands.admin.execute(
        "stock.warehouse", "search", [("company_id", "=", hands.company)], limit=1, order="id"
    )
    operators = {
        one["key"]: {"name": f"{one['name']} Operator", "ref": f"OP-{one['code']}", "is_company": True}
        for one in plan["warehouses"]
        if one["kind"] == "third_party"
    }
    partners = ensure(
        hands.admin, "res.partner", "ref", {values["ref"]: values for values in operators.values()}
    )
    values = {
        one["code"]: {
            "name": one["name"],
            "code": one["code"],
            "company_id": hands.company,
            "ecom_type": one["kind"],
            "ecom_operator_id": partners.get(f"OP-{one['code']}", False),
        }
        for one in plan["warehouses"]
        if one["code"]
    }
    made = ensure(hands.admin, "stock.warehouse", "code", values, ("company_id", "=", hands.company))
    ids = {one["key"]: made.get(one["code"], first) for one in plan["warehouses"]}
    rows = hands.admin.execute("stock.warehouse", "read", sorted(set(ids.values())), ["in_type_id"])
    types = {row["id"]: row["in_type_id"][0] for row in rows}
    hands.ids["incoming"] = {key: types[warehouse] for key, warehouse in ids.items()}


def _suppliers(hands: Hands, plan: Plan) -> None:
    [term] = hands.admin.execute(
        "ir.model.data",
        "search_read",
        [("module", "=", "account"), ("name", "=", "account_payment_term_30days")],
        ["res_id"],
    )
    values = {
        one["ref"]: {
            "name": one["name"],
            "ref": one["ref"],
            "property_supplier_payment_term_id": term["res_id"],
            "vat": one["vat"],
            "lang": one["lang"],
            "is_company": True,
            "supplier_rank": 1,
        }
        for one in plan["suppliers"]
    }
    found = ensure(hands.admin, "res.partner", "ref", values)
    hands.ids["supplier"] = {one["key"]: found[one["ref"]] for one in plan["suppliers"]}


def _goods(hands: Hands, plan: Plan) -> None:
    values = {}
    for supplier in plan["suppliers"]:
        taxes = [hands.of("tax", str(supplier["tax_percent"]))] if supplier["tax_percent"] else []
        for good in supplier["goods"]:
            values[good["code"]] = {
                "name": good["name"],
                "default_code": good["code"],
                "type": "consu",
                "is_storable": True,
                "purchase_method": "receive",
                "supplier_taxes_id": [(6, 0, taxes)],
                "seller_ids": [
                    (
                        0,
                        0,
                        {
                            "partner_id": hands.of("supplier", supplier["key"]),
                            "product_code": good["theirs"],
                            "price": float(good["price"]),
                            "currency_id": hands.of("currency", supplier["currency"]),
                        },
                    )
                ],
            }
    hands.ids["good"] = ensure(hands.admin, "product.product", "default_code", values)


def _orders(hands: Hands, plan: Plan) -> None:
    """All in one call, then confirmed in one call, each on its day."""
    currencies = {supplier["key"]: supplier["currency"] for supplier in plan["suppliers"]}
    values = {
        order["number"]: {
            "name": order["number"],
            "partner_id": hands.of("supplier", order["supplier"]),
            "currency_id": hands.of("currency", currencies[order["supplier"]]),
            "picking_type_id": hands.of("incoming", order["warehouse"]),
            "company_id": hands.company,
            "date_order": f"{order['day']} {NOON}",
            "order_line": [
                (
                    0,
                    0,
                    {
                        "product_id": hands.of("good", line["good"]),
                        "product_qty": line["quantity"],
                        "price_unit": float(line["price"]),
                        "date_planned": f"{order['due']} {NOON}",
                    },
                )
                for line in order["lines"]
            ],
        }
        for order in plan["orders"]
    }
    found = ensure(hands.buyer, "purchase.order", "name", values, ("company_id", "=", hands.company))
    rows = hands.buyer.execute(
        "purchase.order", "read", list(found.values()), ["name", "state", "order_line"]
    )
    drafts = [row["id"] for row in rows if row["state"] in ("draft", "sent")]
    if drafts:
        hands.buyer.execute("purchase.order", "button_confirm", drafts, what="confirming orders")
        days = {order["number"]: order["day"] for order in plan["orders"]}
        for row in rows:
            if row["id"] in drafts:
                moment = {"date_approve": f"{days[row['name']]} {NOON}"}
                hands.buyer.execute("purchase.order", "write", [row["id"]], moment, what="dating orders")
    hands.ids["order"] = found
    hands.ids["order_line"] = {
        f"{row['name']} {position}": line
        for row in rows
        for position, line in enumerate(sorted(row["order_line"]))
    }


def _contracts(hands: Hands, plan: Plan) -> None:
    """The buyer drafts them, somebody else signs them."""
    currencies = {supplier["key"]: supplier["currency"] for supplier in plan["suppliers"]}
    year = plan["start"][:4]
    values = {
        contract["number"]: {
            "name": contract["number"],
            "partner_id": hands.of("supplier", contract["supplier"]),
            "company_id": hands.company,
            "currency_id": hands.of("currency", currencies[contract["supplier"]]),
            "date_from": plan["start"],
            "date_to": f"{year}-12-31",
            "clause_ids": [(0, 0, _clause(hands, clause)) for clause in contract["clauses"]],
        }
        for contract in plan["contracts"]
    }
    found = ensure(hands.buyer, "ecom.contract", "name", values, ("company_id", "=", hands.company))
    rows = hands.buyer.execute("ecom.contract", "read", list(found.values()), ["state"])
    drafts = [row["id"] for row in rows if row["state"] == "draft"]
    if drafts:
        hands.admin.execute("ecom.contract", "action_sign", drafts, what="signing contracts")
    hands.ids["contract"] = found


def _clause(hands: Hands, clause: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("amount", "percent", "target", "minimum")
    return {
        "name": clause["name"],
        "kind": clause["kind"],
        **{name: float(value) if name in numbers else value for name, value in clause["values"].items()},
        "tier_ids": [
            (0, 0, {"start": float(start), "value": float(value)}) for start, value in clause["tiers"]
        ],
        "product_ids": [(6, 0, [hands.of("good", code) for code in clause["goods"]])],
    }
