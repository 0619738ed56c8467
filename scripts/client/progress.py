"""Signs of life on stderr: nothing for what takes less than a second."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

PATIENCE = 1.0
REPEAT = 10.0


class Progress:
    """Lines with the time since the start; stdout stays for results."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream
        self.started = self.last = time.monotonic()

    def say(self, text: str) -> None:
        """One line, whatever the time."""
        self.last = time.monotonic()
        print(f"[{self.last - self.started:6.1f}s] {text}", file=self.stream or sys.stderr, flush=True)

    def step(self, text: str) -> None:
        """One line if there was none for a second."""
        if time.monotonic() - self.last >= PATIENCE:
            self.say(text)

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Say what takes so long, after a second and then every ten."""
        over = threading.Event()

        def tick() -> None:
            wait = PATIENCE
            while not over.wait(wait):
                self.say(f"{text} …")
                wait = REPEAT

        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
        try:
            yield
        finally:
            over.set()
            ticker.join()
