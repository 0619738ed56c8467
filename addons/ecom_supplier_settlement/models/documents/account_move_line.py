"""Odoo's journal item and invoice line: what the stages store on it, and their order when one is written."""

from odoo import api, fields, models

from ..setup.bills import BILLS, LINE_FACTS
from ..setup.changes import without

# What a stage alone says of an item; no default of a context or a user is a way in either.
SEALED = {"ecom_accrual_line_id", "ecom_small_difference"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Invoice
    ecom_supplier_sku = fields.Char("Supplier SKU", copy=True, help="The supplier's code on the invoice.")
    # Three-way match
    ecom_small_difference = fields.Boolean(
        "Small Difference", readonly=True, copy=False, groups="base.group_user"
    )
    # Accrual
    ecom_accrual_line_id = fields.Many2one(
        "ecom.accrual.line",
        "Accrual",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        groups="base.group_user",
    )

    _ecom_waiting = models.Index(
        "(ecom_supplier_sku) WHERE ecom_supplier_sku IS NOT NULL AND product_id IS NULL"
    )

    @api.model
    def default_get(self, fields_list):
        return without(super().default_get(fields_list), SEALED)

    @api.model_create_multi
    def create(self, vals_list):
        sealed = {
            name
            for name, model in (
                ("ecom_accrual_line_id", "ecom.accrual"),
                ("ecom_small_difference", "ecom.threeway.result"),
            )
            if self.env[model]._is_sealed()
        }
        lines = super().create([without(vals, sealed) for vals in vals_list])
        self.env["ecom.threeway.guard"]._lines_created(lines)
        self.env["ecom.invoice.hands"]._note(lines.move_id)
        self.env["ecom.statement.guard"]._refuse_items(lines)
        return lines

    def write(self, vals):
        self.env["ecom.accrual.guard"]._items_change(self, vals)
        self.env["ecom.statement.guard"]._items_change(self, vals)
        self.env["ecom.payment.guard"]._items_change(self, vals)
        self.env["ecom.threeway.small"]._refuse_stated(vals)
        self.env["ecom.threeway.small"]._refuse_change(self, vals)
        if LINE_FACTS.isdisjoint(vals):
            return super().write(vals)
        self.env["ecom.invoice.hands"]._note(self.move_id)
        bills, order_lines = self.env["ecom.threeway.guard"]._lines_change(self)
        result = super().write(vals)
        self.env["ecom.threeway.guard"]._lines_changed(bills, order_lines)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_not_on_statement(self):
        self.env["ecom.statement.guard"]._refuse_items(self)

    def unlink(self):
        move_ids, ids = self.move_id.ids, self.ids
        self.env["ecom.invoice.hands"]._note(self.move_id)
        bills, order_lines = self.env["ecom.threeway.guard"]._lines_change(self)
        result = super().unlink()
        self.env["ecom.threeway.guard"]._lines_changed(bills.exists(), order_lines)
        self.env["ecom.statement.guard"]._forget(move_ids, ids)
        return result

    def copy_data(self, default=None):
        """A copy of an invoice counts against its orders once more, and is matched like any other."""
        copies = super().copy_data(default)
        for line, vals in zip(self, copies, strict=True):
            if line.purchase_line_id and line.move_id.move_type in BILLS:
                vals.setdefault("purchase_line_id", line.purchase_line_id.id)
        return copies

    @api.model
    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        """A pair of a statement is matched for its amount and no more."""
        match = self.env["ecom.payment.match"]
        part = match._part(debit_values, credit_values)
        if part is None:
            return super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values
            )
        before = {**part}
        result = super()._prepare_reconciliation_single_partial(part, credit_values, shadowed_aml_values)
        match._take(debit_values, before, part)
        return {**result, "debit_values": None}
