"""All layouts: whatever a module here defines is one. Exactly one of them must recognise a bill; none or
two is an error that names them.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..layout import Layout

LAYOUTS: tuple[Layout, ...] = tuple(
    value
    for module in sorted(found.name for found in iter_modules(__path__))
    for value in vars(import_module(f".{module}", __package__)).values()
    if isinstance(value, Layout)
)
