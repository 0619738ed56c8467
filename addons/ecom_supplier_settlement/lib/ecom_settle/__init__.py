"""Deciding about suppliers without Odoo: what may be paid, what terms give, what a statement shows.

Amounts are `Decimal` of one currency, or int64 minor units in frames.
"""
