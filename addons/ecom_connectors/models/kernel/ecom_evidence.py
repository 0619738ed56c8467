"""Every stage: records that only the stages themselves may write."""

from odoo import api, models
from odoo.exceptions import UserError

# What comes by RPC cannot hold this object, so no context from outside opens the seal.
_UNSEALED = object()


def without_defaults(records):
    """The records without defaults for read-only fields in the context, which callers choose."""
    frozen = {
        f"default_{name}" for name, field in records._fields.items() if field.readonly and field.store
    } & set(records.env.context)
    if not frozen:
        return records
    context = {key: value for key, value in records.env.context.items() if key not in frozen}
    return records.with_context(context)  # pylint: disable=context-overridden


class EcomEvidence(models.AbstractModel):
    """Fields that are read-only in the form are read-only for every caller; records are made by a stage."""

    _name = "ecom.evidence"
    _description = "Evidence"

    def _unseal(self):
        """The records as the stage sees them that is about to write their facts."""
        return self.with_context(ecom_unsealed=_UNSEALED)

    def _seal(self):
        return self.with_context(ecom_unsealed=None)

    def _is_sealed(self):
        return self.env.context.get("ecom_unsealed") is not _UNSEALED

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_sealed():
            raise UserError(
                self.env._("%s: records are made by the import and the run only.", self._description)
            )
        return super(EcomEvidence, without_defaults(self)).create(vals_list)

    def write(self, vals):
        frozen = [name for name in vals if self._fields[name].readonly and self._fields[name].store]
        if frozen and self._is_sealed():
            labels = ", ".join(self._fields[name]._description_string(self.env) for name in frozen)
            raise UserError(self.env._("These fields are evidence and cannot be changed: %s.", labels))
        return super().write(vals)
