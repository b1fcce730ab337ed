"""Record the results of many calls of emd_ref bit by bit, and compare them after a change.

    python tests/benchmarks/recorded_calls.py record FILE.json [--only TEXT]
    python tests/benchmarks/recorded_calls.py compare FILE.json [--only TEXT]

A record is valid for one machine and one set of library versions. FILE.npz, beside it, holds up to 128 numbers of each
output, from which `compare` tells how far two outputs are apart. `--only` selects the calls whose id contains a text,
such as "squared_emd/numpy/ordered". An id is function/library/ground/dtype/kind/number, and is the seed of its call.
tests/benchmarks/recorded defines the calls.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.recorded.outcome import Outcome, ulps

# The order of a sum depends on the number of threads and, in MKL, on the alignment of the array.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NPROC")
SETTLED = dict.fromkeys(ONE_THREAD, "1") | {"MKL_CBWR": "COMPATIBLE", "JAX_PLATFORMS": "cpu"}


def main(arguments: list[str] | None = None) -> int:
    """Record or compare; `part` makes the calls of one process."""
    parser = argparse.ArgumentParser(description="Show whether a change of emd_ref changes any result.")
    parser.add_argument("action", choices=("record", "compare", "part"), help="record and compare start part")
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", default="", metavar="TEXT", help="the calls whose id holds this text")
    options = parser.parse_args(arguments)
    if options.action == "part":
        return part(options.file, options.only)
    outcomes = in_process("torch", options.only) | in_process("jax", options.only)
    print_numbers(outcomes)
    return (
        record(outcomes, options.file) if options.action == "record" else compare(outcomes, options.file, options.only)
    )


def in_process(backend: str, only: str) -> dict[str, Outcome]:
    """Make the calls of one Keras backend in a process of their own: Keras reads its backend once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "outcomes")
        command = [sys.executable, __file__, "part", str(file), "--only", only]
        subprocess.run(command, check=True, env={**os.environ, **SETTLED, "KERAS_BACKEND": backend})
        outcomes: dict[str, Outcome] = pickle.loads(file.read_bytes())
    return outcomes


def part(file: Path, only: str) -> int:
    """Make the calls of the Keras backend of this process; PyTorch's process makes those without Keras too."""
    from benchmarks.recorded.sample import calls, made

    on_jax = os.environ["KERAS_BACKEND"] == "jax"
    chosen = (call for call in calls() if only in call.id and (call.library == "keras-jax") == on_jax)
    file.write_bytes(pickle.dumps({call.id: made(call) for call in chosen}))
    return 0


def print_numbers(outcomes: dict[str, Outcome]) -> None:
    """Print the number of calls by library, and the processor time."""
    refused = sum("raises" in " ".join(x.said) for x in outcomes.values())
    libraries = Counter(id.split("/")[1] for id in outcomes)
    spent = os.times()
    print(", ".join(f"{count} {library}" for library, count in libraries.most_common()))
    print(f"{len(outcomes)} calls, {refused} of them refused, {spent.children_user + spent.children_system:.0f} s")


def record(outcomes: dict[str, Outcome], file: Path) -> int:
    """Write one outcome a line."""
    lines = (f"{json.dumps(id)}: {json.dumps([x.drawn, *x.said])}" for id, x in outcomes.items())
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    numbers = {f"{id}/{i}": bits for id, x in outcomes.items() for i, bits in enumerate(x.bits)}
    np.savez_compressed(file.with_suffix(".npz"), **numbers)
    return 0


def compare(outcomes: dict[str, Outcome], file: Path, only: str) -> int:
    """Print the calls whose outcome differs, then their number by group; return 1 if there are any."""
    before = {id: said for id, said in json.loads(file.read_text("utf-8")).items() if only in id}
    different: Counter[str] = Counter()
    with np.load(file.with_suffix(".npz")) as numbers:
        for id in sorted(before.keys() | outcomes.keys()):
            if text := difference(id, before.get(id), outcomes.get(id), numbers):
                print(f"{id}: {text}")
                different[id.rpartition("/")[0]] += 1
    for group, count in different.items():
        print(f"{count:6} {group}")
    print(f"{different.total()} calls have another outcome")
    return int(bool(different))


def difference(id: str, before: list[str] | None, after: Outcome | None, numbers: Any) -> str:
    """Describe the first difference; empty if there is none."""
    if before is None or after is None:
        return "not in the record" if before is None else "not made any more"
    drawn, *said = before
    if drawn != after.drawn:
        return f"other arguments, {after.drawn} in place of {drawn}: the script was changed"
    if said == after.said:
        return ""
    i = next(i for i in range(max(len(said), len(after.said))) if said[i : i + 1] != after.said[i : i + 1])
    was, now = (" ".join(x[i : i + 1]) or "nothing" for x in (said, after.said))
    apart = ""
    if f"{id}/{i}" in numbers and i < len(after.bits):
        apart = f", {ulps(numbers[f'{id}/{i}'], after.bits[i])}"
    return f"output {i} was {was}, is {now}{apart} ({drawn})"


if __name__ == "__main__":
    sys.exit(main())
