"""`python tests/benchmarks/speed`: see docs/speed.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.speed.command import main

if __name__ == "__main__":
    sys.exit(main())
