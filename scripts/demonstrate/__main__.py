"""Started by scripts/demo with this folder as its first argument."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from demonstrate.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
