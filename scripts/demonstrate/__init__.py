"""The demo: an imaginary month of seven shops, from its files to a balanced ledger in a browser.

`place` makes the database and the files, `server` runs Odoo, `flow` does what a person would do with
`scripts/ecom`, `report` shows the outcome and judges it.
"""
