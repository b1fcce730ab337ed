"""Print which small changes of the source no test notices (mutation testing).

Run as `python tests/benchmarks/survivors.py [ROOM ...] [--sample N] [--seed S]`, after `pip install cosmic-ray`. Cosmic
Ray says what may be changed: an operator, a comparison, a number, a keyword, a decorator. Each place is changed in one
way, drawn at random, in a copy of the checkout. Then the tests of its room run, until one fails. A change that no test
notices is a survivor, unless `EQUIVALENT` says why no test can notice it. The exit code is 1 if there is one.
"""

import argparse
import ast
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.equivalent import EQUIVALENT

ROOT = Path(__file__).parents[2]
TIMEOUT = 300.0  # seconds, after which a change has made a test hang, which is noticed too

SUITE = "conformance/emd_conformance/"
TESTS = {  # those of a room, the quickest first
    "emd_ref/_arguments": "arguments test_squared_emd.py test_emd.py test_xemd.py test_gradients.py test_typing.py",
    "emd_ref/_formulas": "formulas test_squared_emd.py test_emd.py test_xemd.py test_gradients.py torch "
    "test_autodiff.py",
    "emd_ref/_grounds": "grounds formulas test_emd.py test_xemd.py arguments",
    "emd_ref/_fast": "fast test_fast_paths.py test_operations.py test_evaluate.py test_lazy.py torch",
    "emd_ref/_libraries": "libraries test_operations.py test_squared_emd.py test_imports.py test_lazy.py torch",
    "emd_ref/_programme": "programme test_lp.py test_emd.py",
    "emd_ref/torch": "torch test_infinite_logits.py test_autodiff.py",
    "emd_ref/jax": "jax",
    "emd_ref/keras": "keras",
    "emd_ref/metrics": "metrics",
    "emd_ref/kernels": "kernels",
    "emd_ref/*": "test_squared_emd.py test_emd.py test_xemd.py test_centroids.py test_gradients.py arguments "
    "test_lp.py test_operations.py test_evaluate.py test_lazy.py test_fast_paths.py torch metrics",
    SUITE + "_exact": "exact test_exact.py right cases",
    SUITE + "_bounds": "bounds judging right",
    SUITE + "_judging": "judging run/test_run.py run right",
    SUITE + "_declaration": "declaration run",
    SUITE + "_diagnosis": "diagnosis",
}


class Place(NamedTuple):
    """What may be changed, and the ways to change it: an operator of Cosmic Ray, and which occurrence of it."""

    room: str
    module: str
    line: int
    ways: list[tuple[str, int]]


class Change(NamedTuple):
    """One change of a module."""

    room: str
    module: str
    line: int
    before: str
    after: str
    source: str  # of the whole module, changed


def places(room: str) -> Iterator[Place]:
    """All places of a room, in order."""
    operators = {name: get_operator(name) for name in operator_names()}
    for path in sorted(ROOT.glob(f"{room}.py" if room.endswith("*") else f"{room}/**/*.py")):
        code = path.read_text()
        annotations, nodes = [*_annotations(code)], [*ast_nodes(get_ast(code))]
        found: defaultdict[Any, list[tuple[str, int]]] = defaultdict(list)
        for name, operator in operators.items():
            if not operator.arguments():
                positions = (place for node in nodes for place in operator().mutation_positions(node))
                for occurrence, place in enumerate(positions):
                    if not any(first <= place[0] < last for first, last in annotations):
                        found[place].append((name, occurrence))
        for (start, _), ways in sorted(found.items()):
            yield Place(room, str(path.relative_to(ROOT)), start[0], ways)


def change(place: Place, rng: random.Random) -> Change | None:
    """The place changed in one of its ways; None if Python understands the same as before, or nothing."""
    name, occurrence = rng.choice(place.ways)
    code = (ROOT / place.module).read_text()
    changed = mutate_code(code, get_operator(name)(), occurrence)
    if changed is None or _dumped(changed) in (None, _dumped(code)):
        return None
    return Change(*place[:3], *_lines(code, changed), changed)


def _dumped(code: str) -> str | None:
    try:
        return ast.dump(ast.parse(code))
    except SyntaxError:
        return None


def _annotations(code: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations and aliases of types begin and end: nothing that runs depends on them."""
    for node in ast.walk(ast.parse(code)):
        found = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            found = node
        if found is not None:
            yield (found.lineno, found.col_offset), (found.end_lineno, found.end_col_offset)


def _lines(before: str, after: str) -> tuple[str, str]:
    removed, added = list[str](), list[str]()
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0):
        if line.startswith("-") and not line.startswith("---"):
            removed.append(line[1:].strip())
        elif line.startswith("+") and not line.startswith("+++"):
            added.append(line[1:].strip())
    return " ".join(removed), " ".join(added)


class Checkout:
    """A copy of the checkout in which changes are tried, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)

    def notices(self, change: Change) -> bool:
        """Whether a test fails, or hangs, after the change."""
        module = self.folder / change.module
        original = module.read_text()
        module.write_text(change.source)
        try:
            return not self.passes(change.room)
        finally:
            module.write_text(original)

    def passes(self, room: str) -> bool:
        """Whether all tests of a room pass."""
        tests = "tests/conformance" if room.startswith(SUITE) else "tests/emd_ref"
        paths = [str(path) for name in TESTS[room].split() for path in sorted((self.folder / tests).glob(name))]
        environment = {**os.environ, "PYTHONPATH": f"{self.folder}:{self.folder / 'conformance'}", "XLA_FLAGS": ""}
        command = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *paths]
        if room not in ("emd_ref/jax", "emd_ref/keras"):
            command += ["-k", "not jax and not dask"]  # they compute by the same lines, and take most of the time
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def survivors(drawn: list[Change], workers: int) -> Iterator[tuple[Change, bool]]:
    """Each change, and whether a test notices it."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        free: SimpleQueue[Checkout] = SimpleQueue()
        for i in range(workers):
            free.put(Checkout(Path(folder, str(i))))

        def tried(change: Change) -> tuple[Change, bool]:
            checkout = free.get()
            try:
                return change, checkout.notices(change)
            finally:
                free.put(checkout)

        yield from pool.map(tried, drawn)


def main() -> None:
    """Print a table of the rooms, and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help="such as emd_ref/_formulas; all by default")
    parser.add_argument("--sample", type=int, help="how many changes to try, over all rooms; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    every = [place for room in given.rooms or TESTS for place in places(room)]
    chosen = every if given.sample is None else sorted(rng.sample(every, min(given.sample, len(every))))
    drawn = [made for place in chosen if (made := change(place, rng)) is not None]
    print(f"{len(every)} places, {len(drawn)} changed", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        unchanged = Checkout(Path(folder))
        if red := [room for room in sorted({made.room for made in drawn}) if not unchanged.passes(room)]:
            sys.exit(f"without a change, tests of {', '.join(red)} fail")
    counts: dict[str, list[int]] = {room: [0, 0, 0] for room in given.rooms or TESTS}
    start = time.monotonic()
    for made, noticed in survivors(drawn, given.workers):
        explained = (made.module, made.before, made.after) in EQUIVALENT
        counts[made.room][0 if noticed else 1 if explained else 2] += 1
        if not noticed and not explained:
            print(f"{made.module}:{made.line}\n  - {made.before}\n  + {made.after}", flush=True)
    print("\n| room | noticed | equivalent | survived | score |\n| --- | --: | --: | --: | --: |")
    for room, (noticed, equivalent, survived) in counts.items():
        if tried := noticed + survived:
            print(f"| {room} | {noticed} | {equivalent} | {survived} | {noticed / tried:.1%} |")
    print(f"\n{time.monotonic() - start:.0f} s")
    sys.exit(any(survived for _, _, survived in counts.values()))


if __name__ == "__main__":
    main()
