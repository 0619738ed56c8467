"""Named points of a stage at which a test may stop or kill it. Without a test nothing happens there."""

from contextlib import contextmanager


def _nothing(name):
    """What happens at every point outside of tests."""


_hook = _nothing


def point(name):
    """Pass a point, as `post:taken`."""
    _hook(name)


@contextmanager
def hooked(hook):
    """Call `hook(name)` at every point that is passed inside."""
    global _hook
    before, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = before
