"""Call the public functions of emd_ref with anything, and look for what clause 8 does not allow.

Run as `python tests/benchmarks/fuzz [CALLS] [SEED] [WAY ...]`. A call must return finite numbers of the right shape and
dtype, or raise an error of clause 8.4, which is a ValueError or TypeError that names an argument. Some of the returned
numbers are compared with exact arithmetic. A way is an array library of `tests/support/backends.py`, NumPy by default,
or one of `ways.py`: modes and transformations of PyTorch, several threads, the losses of PyTorch and JAX. The first
lines of the output are the outcomes, the rest is what nothing explains.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.fuzz.ways import fuzz


def main(arguments: list[str]) -> int:
    """Fuzz, print, and return 1 if a call is not explained."""
    calls, seed, *ways = [*arguments, *("100000", "0")[len(arguments) :]]
    found = fuzz(int(calls), int(seed), ways or ["numpy"])
    print(*found.lines(), sep="\n")
    return int(bool(found.unexplained))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
