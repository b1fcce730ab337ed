"""`python tests/benchmarks/training`: see docs/training.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.training.command import main

if __name__ == "__main__":
    sys.exit(main())
