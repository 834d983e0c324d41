"""The launcher's entry, run in isolated mode so that no variable changes what is imported."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sandbox.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
