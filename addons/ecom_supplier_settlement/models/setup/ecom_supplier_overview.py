"""Every stage: what waits on the supplier side, counted for the page that a day begins with."""

BILLS = ["in_invoice", "in_receipt"]
POSTED = [("move_type", "in", BILLS), ("state", "=", "posted")]
UNPAID = [("payment_state", "in", ("not_paid", "partial"))]
HERE = "ecom_supplier_settlement."
WAREHOUSE, BUYER, ACCOUNTANT = (
    f"{HERE}group_warehouse",
    f"{HERE}group_buyer",
    "ecom_connectors.group_accountant",
)
# {tile: (how urgent, groups, action, domain)}
TILES = {
    "blocked": (
        "danger",
        [BUYER, ACCOUNTANT],
        f"{HERE}ecom_blocked_bill_action",
        [*POSTED, ("ecom_threeway_state", "=", "blocked")],
    ),
    "disputed": (
        "danger",
        [BUYER, ACCOUNTANT],
        f"{HERE}ecom_statement_dispute_action",
        [("state", "=", "disputed"), ("live", "=", True)],
    ),
    "alerts": ("danger", [WAREHOUSE], f"{HERE}ecom_receipt_alert_action", [("state", "=", "open")]),
    "notices": (
        "warning",
        [WAREHOUSE],
        f"{HERE}ecom_delivery_notice_action",
        [("state", "in", ("draft", "difference"))],
    ),
    "unmapped": (
        "warning",
        [WAREHOUSE],
        f"{HERE}ecom_delivery_alias_action",
        [("product_id", "=", False), ("origin", "in", ("supplier", "warehouse"))],
    ),
    "drafts": (
        "warning",
        [ACCOUNTANT],
        "account.action_move_in_invoice_type",
        [("move_type", "in", BILLS), ("state", "=", "draft")],
    ),
    "rebates": (
        "warning",
        [BUYER, ACCOUNTANT],
        f"{HERE}ecom_rebate_action",
        [("state", "=", "computed"), ("is_over", "=", True), ("amount", "!=", 0)],
    ),
    "approve": ("info", [ACCOUNTANT], f"{HERE}ecom_statement_action", [("state", "=", "confirmed")]),
    "pay": (
        "info",
        [ACCOUNTANT],
        f"{HERE}ecom_ready_bill_action",
        [*POSTED, *UNPAID, ("ecom_threeway_state", "in", ("ready", "warning", "released"))],
    ),
}
