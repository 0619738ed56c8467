"""What tests of terms share: a contract in one call, signed by another person than who drafted it."""

from odoo import Command
from odoo.fields import Date

from .common import SettleCase


class TermsCase(SettleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.signer = cls.person("signer", "ecom_supplier_settlement.group_buyer")

    @classmethod
    def contract(cls, *clauses, name="C1", start="2026-01-01", end="2026-12-31", sign=True, **values):
        """A contract with these clauses: dicts, with `tiers` as [(start, value)]."""
        contract = (
            cls.env["ecom.contract"]
            .with_user(cls.buyer)
            .create(
                {
                    "name": name,
                    "partner_id": cls.supplier.id,
                    "currency_id": cls.company.currency_id.id,
                    "date_from": Date.to_date(start),
                    "date_to": Date.to_date(end),
                    "clause_ids": [Command.create(cls.terms(clause)) for clause in clauses],
                    **values,
                }
            )
        )
        if sign:
            contract.with_user(cls.signer).action_sign()
        return contract.sudo()

    @staticmethod
    def terms(clause):
        """Values of a clause; by default a yearly rebate on what is received, without tax."""
        values = {"name": "Bonus", "kind": "tier_rebate", "vat_treatment": "none", **clause}
        tiers = values.pop("tiers", [])
        if tiers:
            values["tier_ids"] = [Command.create({"start": start, "value": value}) for start, value in tiers]
        return values
