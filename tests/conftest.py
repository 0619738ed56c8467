"""Where the tests find the packages they test."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(path) for path in (*sorted(ROOT.glob("addons/*/lib")), ROOT / "scripts")]
