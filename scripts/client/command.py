"""What a subcommand is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .connection import Connection
from .errors import FINE

Given = argparse.Namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`prepare` looks at local files before anybody is called; `judge` gives the exit code.

    One with `parts` is only the common name of these; it does nothing itself.
    """

    help: str
    run: Callable[[Connection, Given], Any] = lambda connection, given: None
    show: Callable[[Any], str] = str
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    prepare: Callable[[Given], None] = lambda given: None
    judge: Callable[[Any], int] = lambda document: FINE
    parts: Mapping[str, Command] = field(default_factory=dict)
