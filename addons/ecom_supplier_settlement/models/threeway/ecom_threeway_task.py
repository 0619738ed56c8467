"""Invoice stage: who has to do what about a bill: approve it, answer its price, answer its quantity."""

# Task -> (activity type, days of the policy, days without one, person of the policy, group of the person)
TASKS = {
    "approve": ("approve_payment", "approve_days", 3, "accountant_id", "ecom_connectors.group_accountant"),
    "price": ("answer_price", "price_days", 2, "buyer_id", "ecom_supplier_settlement.group_buyer"),
    "quantity": (
        "answer_quantity",
        "quantity_days",
        2,
        "keeper_id",
        "ecom_supplier_settlement.group_warehouse",
    ),
}
MAY_BE_PAID = ("ready", "warning", "released")
