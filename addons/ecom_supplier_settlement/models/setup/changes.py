"""All stages: what a call of create() or write() says."""


def differs(record, name, value):
    """Whether a value for write() would change the field; commands on many records count as a change."""
    field = record._fields[name]
    if field.type in ("one2many", "many2many"):
        return True
    if field.type == "many2one":
        return (value or False) != (record[name].id or False)
    if field.type in ("float", "monetary"):
        return abs((value or 0) - record[name]) > 1e-9
    return field.convert_to_cache(value, record) != field.convert_to_cache(record[name], record)


def without(vals, names):
    """The values without some of their names; the same ones where none of them is there."""
    if names.isdisjoint(vals):
        return vals
    return {name: value for name, value in vals.items() if name not in names}
