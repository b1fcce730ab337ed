"""Print the time of `import emd_ref` beside `import numpy`: medians over whole processes that take turns.

Run as `python tests/benchmarks/import_cost.py [rounds]`, with emd_ref installed.
"""

import statistics
import subprocess
import sys
import time

IMPORTS = ("numpy", "emd_ref", "emd_conformance")


def seconds(module: str) -> float:
    """Return the time of a fresh interpreter that imports a module, including the start of the interpreter."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-P", "-c", f"import {module}"], check=True)
    return time.perf_counter() - start


def main(rounds: int) -> None:
    """Time each import in turn and print medians and ratios of the same round."""
    times = {module: [] for module in IMPORTS}
    for module in IMPORTS:
        seconds(module)  # fill the caches of the file system
    for _ in range(rounds):
        for module in IMPORTS:
            times[module].append(seconds(module))
    for module in IMPORTS:
        ratio = statistics.median(a / b for a, b in zip(times[module], times["numpy"], strict=True))
        print(f"import {module:16} {1000 * statistics.median(times[module]):6.0f} ms   {ratio:5.2f} x numpy")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
