"""Where the tests find the packages they test."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(path) for path in (*sorted(ROOT.glob("addons/*/lib")), ROOT / "scripts")]

# No test is timed: a busy machine must not fail one.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
