"""Every stage: how an amount came about, in a shape that both sides can read and print."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any


def money(value: Decimal, digits: int) -> Decimal:
    """The value rounded half up (away from zero) to the digits of its currency."""
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def grouped(value: Decimal, digits: int) -> str:
    """An amount as people write it: 25,000.00."""
    return f"{money(value, digits):,.{digits}f}"


def plain(value: Decimal) -> str:
    """A rate or quantity without superfluous zeros: 3, 2.5, 1,000."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRow:
    """One line of what an amount was computed from.

    `label` is a name that is the same in every language. Where words are needed, `code` and `values` say
    them to each reader in the reader's own.
    """

    label: str = ""
    amount: Decimal | None = None
    quantity: Decimal | None = None
    ref: str | None = None
    code: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPart:
    """What one version of the terms counted of a period that another one ends."""

    version: int
    start: date
    end: date
    amount: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """Rule, base, formula and result of one amount; `digits` are those of the currency.

    `code` titles what has no name of its own; `parts` are there where more than one version counted.
    """

    rule: str
    version: int
    title: str
    base: tuple[BaseRow, ...]
    base_total: Decimal
    formula: str
    result: Decimal
    currency: str
    digits: int
    code: str | None = None
    parts: tuple[VersionPart, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The working as it is stored; amounts are decimal texts with the digits of the currency."""
        rows: list[dict[str, Any]] = []
        for row in self.base:
            shown: dict[str, Any] = {"label": row.label}
            if row.code:
                shown |= {"code": row.code, "values": dict(row.values)}
            if row.quantity is not None:
                shown["quantity"] = plain(row.quantity)
            if row.amount is not None:
                shown["amount"] = f"{money(row.amount, self.digits):f}"
            if row.ref:
                shown["ref"] = row.ref
            rows.append(shown)
        more: dict[str, Any] = {"code": self.code} if self.code else {}
        if self.parts:
            more["parts"] = [self._part(part) for part in self.parts]
        return {
            "rule": self.rule,
            "version": self.version,
            "title": self.title,
            "base": rows,
            "base_total": f"{money(self.base_total, self.digits):f}",
            "formula": self.formula,
            "result": f"{money(self.result, self.digits):f}",
            "currency": self.currency,
            **more,
        }

    def _part(self, part: VersionPart) -> dict[str, Any]:
        return {
            "version": part.version,
            "start": str(part.start),
            "end": str(part.end),
            "quantity": plain(part.quantity),
            "amount": f"{money(part.amount, self.digits):f}",
        }
