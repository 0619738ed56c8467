"""Kernel: records that only their own stage may write."""

from odoo import api, models
from odoo.exceptions import UserError


class _Token:
    """What opens the seal of one model. No caller from outside can hold it: it does not come by RPC."""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"<open: {self.name}>"


_TOKENS = {}


def without_defaults(records):
    """The records without defaults for read-only fields in the context, which callers choose."""
    frozen = {
        f"default_{name}" for name, field in records._fields.items() if field.readonly and field.store
    } & set(records.env.context)
    if not frozen:
        return records
    context = {key: value for key, value in records.env.context.items() if key not in frozen}
    return records.with_context(context)  # pylint: disable=context-overridden


class EcomSealed(models.AbstractModel):
    """Fields that are read-only in the form are read-only for every caller; records are made by a stage.

    Each model has a seal of its own; what is opened for one stays closed for all others.
    """

    _name = "ecom.sealed"
    _description = "Sealed Record"
    # The model whose seal this one shares: parts are written by whoever writes the whole.
    _sealed_as = None

    def _unseal(self):
        """The records as the stage sees them that is about to write their facts."""
        name = self._sealed_as or self._name
        return self.with_context(**{f"unsealed:{name}": _TOKENS.setdefault(name, _Token(name))})

    def _seal(self):
        return self.with_context(**{f"unsealed:{self._sealed_as or self._name}": None})

    def _is_sealed(self):
        name = self._sealed_as or self._name
        token = self.env.context.get(f"unsealed:{name}")
        return token is None or token is not _TOKENS.get(name)

    @api.model
    def _entered(self, vals_list):
        """What people may say of records that they make: all but what the stage alone writes."""
        if not self._is_sealed():
            return vals_list
        fixed = {name for name, field in self._fields.items() if field.readonly and field.store}
        return [{name: value for name, value in vals.items() if name not in fixed} for vals in vals_list]

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_sealed():
            raise UserError(
                self.env._("%s: records are made by the import and the run only.", self._description)
            )
        return super(EcomSealed, without_defaults(self)).create(vals_list)

    def write(self, vals):
        frozen = [name for name in vals if self._fields[name].readonly and self._fields[name].store]
        if frozen and self._is_sealed():
            labels = ", ".join(self._fields[name]._description_string(self.env) for name in frozen)
            raise UserError(self.env._("These fields are evidence and cannot be changed: %s.", labels))
        return super().write(vals)
