"""The command-line client of the add-ons: plain Python over Odoo's RPC, no Odoo code.

`cli` takes the arguments apart, `commands` runs one stage or question and shows its answer, `stages` sends
files and groups of accounts in small requests, `connection` speaks to the server and turns what goes wrong
into one sentence and an exit code.
"""
