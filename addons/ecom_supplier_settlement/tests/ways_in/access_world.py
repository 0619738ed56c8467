"""A record of every model, written below the ORM, so that tests of access cover new models by themselves."""

from psycopg2 import Error as DatabaseError
from psycopg2.extras import Json

from odoo.tools import SQL, mute_logger

MARK = "CANARY"
OURS = ("ecom_connectors", "ecom_recon", "ecom_supplier_settlement")
NUMBERS = ("integer", "float", "monetary")
VALUES = {
    "char": MARK,
    "text": MARK,
    "html": f"<p>{MARK}</p>",
    "date": "2026-09-01",
    "datetime": "2026-09-01 00:00:00",
    "boolean": False,
    **dict.fromkeys((*NUMBERS, "many2one_reference"), 1),
    "json": Json({"formula": MARK}),
}


def our_models(env, transient=False):
    """Models that our add-ons define and that hold records or show them."""
    found = [env[name] for name in sorted(env.registry)]
    return [
        model
        for model in found
        if model._original_module in OURS and not model._abstract and model._transient == transient
    ]


def our_methods(model):
    """Names of the methods of our add-ons on a model that a remote call reaches; not those of the ORM."""
    prefixes = tuple(f"odoo.addons.{addon}." for addon in OURS)
    found = set()
    for layer in type(model).mro():
        if layer.__module__.startswith(prefixes):
            found |= {name for name, value in vars(layer).items() if callable(value) and name[0] != "_"}
    base = {"create", "write", "unlink", "copy", "default_get", "init"}
    return sorted(name for name in found - base if not hasattr(getattr(type(model), name), "_api_private"))


class World:
    """One row of each model, of a supplier and a company that the tests' user has nothing to do with."""

    def __init__(self, env, company, known):
        """:param known: records that were made the proper way, by model"""
        self.env, self.company = env, company
        self.known = {record._name: record for record in (company, company.currency_id, *known)}
        self.known["res.users"] = env.ref("base.user_admin")
        self.failed = {}

    def row(self, model):
        """The record of a model; empty where none can be made."""
        if model._name not in self.known:
            self.known[model._name] = model.browse()  # a circle ends here
            self.known[model._name] = self._found(model) or self.make(model)
        return self.known[model._name]

    def _found(self, model):
        """What shows other records, or is the same for all companies, is there already."""
        domain = [("company_id", "=", self.company.id)] if "company_id" in model._fields else []
        return model.browse() if domain and model._auto else model.search(domain, limit=1)

    def make(self, model, **given):
        if not model._auto:
            return model.browse()
        fields = [field for field in model._fields.values() if field.store and field.column_type]
        values = {
            field.name: given.get(field.name, self._value(model, field))
            for field in fields
            if field.name != "id" and not field.company_dependent
        }
        values = {name: value for name, value in values.items() if value is not None}
        kept = {"company_id", "partner_id", "name", "live", *given}
        few = {name: value for name, value in values.items() if model._fields[name].required or name in kept}
        none = {name: value for name, value in values.items() if model._fields[name].type not in NUMBERS}
        one = next((name for name in values if model._fields[name].type in NUMBERS[1:]), "")
        for chosen in (values, few, {**few, **none}, {**few, **none, **({one: 1} if one else {})}):
            found = self._insert(model, chosen)
            if found:
                return found
        return model.browse()

    def _insert(self, model, values):
        query = SQL(
            "INSERT INTO %s (%s) VALUES %s RETURNING id",
            SQL.identifier(model._table),
            SQL(", ").join(map(SQL.identifier, values)),
            tuple(values.values()),
        )
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self.env.cr.execute(query)
                self.failed.pop(model._name, None)
                return model.browse(self.env.cr.fetchone()[0])
        except DatabaseError as error:
            self.failed[model._name] = str(error).splitlines()[0]
            return model.browse()

    def _value(self, model, field):
        if field.type == "many2one":
            comodel = self.env[field.comodel_name]
            if field.comodel_name in self.known or (field.required and comodel._original_module in OURS):
                return self.row(comodel).id or None
            return (comodel.search([], limit=1).id or None) if field.required else None
        if field.type == "selection":
            keys = [key for key in field.get_values(self.env) if isinstance(key, str)]
            # A draft is hidden from suppliers in any case.
            return "sent" if "sent" in keys else next(iter(keys), None)
        return Json({"en_US": MARK}) if getattr(field, "translate", False) else VALUES.get(field.type)
