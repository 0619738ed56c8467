"""Who does what in the suppliers' month: one session for each person, and the shapes of calls they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Session(Protocol):
    """A person's session with Odoo; what a server refuses is a `client.errors.RefusedError`."""

    def execute(self, model: str, method: str, *args: Any, what: str = "", **kwargs: Any) -> Any: ...

    def settle(self, method: str, *args: Any, what: str = "", **kwargs: Any) -> Any: ...


@dataclass(slots=True, kw_only=True)
class Hands:
    """Sessions of the people (`portal`: of a supplier, by its id), and the ids of what was found."""

    admin: Session
    buyer: Session
    keeper: Session
    accountant: Session
    portal: Callable[[int], Session]
    company: int
    say: Any
    ids: dict[str, dict[str, int]] = field(default_factory=dict)

    def of(self, kind: str, key: str) -> int:
        return self.ids[kind][key]


def known(session: Session, model: str, field_name: str, keys: Iterable[str], *more: tuple) -> dict[str, int]:
    """{key: id} of the records that are there already."""
    rows = session.execute(
        model,
        "search_read",
        [(field_name, "in", list(keys)), *more],
        [field_name],
        context={"active_test": False},
    )
    return {row[field_name]: row["id"] for row in rows}


def ensure(
    session: Session,
    model: str,
    field_name: str,
    values: Mapping[str, Mapping[str, Any]],
    *more: tuple,
) -> dict[str, int]:
    """{key: id}; those that are missing are created in one call."""
    found = known(session, model, field_name, values, *more)
    missing = [key for key in values if key not in found]
    if missing:
        made = session.execute(
            model, "create", [dict(values[key]) for key in missing], what=f"creating {model}"
        )
        found.update(zip(missing, made, strict=True))
    return found
