{
    "name": "E-commerce Supplier Settlement",
    "summary": "Receipts, bills and terms of suppliers matched, shown with their working, settled and paid",
    "version": "19.0.1.0.0",
    "category": "Inventory/Purchase",
    "author": "Ecom Settlement Contributors",
    "license": "LGPL-3",
    "depends": ["ecom_recon", "purchase_stock", "portal"],
    "external_dependencies": {"python": ["pandas", "openpyxl"]},
    "data": [
        "security/ecom_settlement_groups.xml",
        "security/ir.model.access.csv",
        "security/ecom_receipt_rules.xml",
        "views/ecom_settlement_menus.xml",
        "views/ecom_purchase_basis_views.xml",
    ],
}
