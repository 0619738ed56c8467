"""Placeholder, replaced soon."""

from __future__ import annotations

from typing import Any

from .bill import Context


class OrderFile:
    def frames(self) -> dict[str, Any]:
        return {}

    def meta(self) -> dict[str, Any]:
        return {}


def read_orders(content: bytes, name: str, context: Context) -> OrderFile:
    raise NotImplementedError


def read_refunds(content: bytes, name: str, context: Context) -> OrderFile:
    raise NotImplementedError
