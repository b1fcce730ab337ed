"""Print which small changes of the source no test notices (mutation testing).

Run as `python tests/benchmarks/survivors [SOURCE ...]`, after `pip install .[survivors]`. A source is a file or a
folder, such as emd_ref/_formulas. First all tests run once, and coverage.py writes down which lines each of them
reaches; `--tests` names some of them, and `--known FILE` keeps what was learnt for the next time. Cosmic Ray says what
may be changed: an operator, a comparison, a number, a keyword, a decorator. Each place, or `--sample` of them, is
changed in one way, drawn at random, in a copy of the checkout. Then the tests that reach it run, until one fails. A
change that no test notices is a survivor; the exit code is 1 if there is one. Changes of which `equivalent.json` says
why no test can notice them are not tried.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from scipy.stats import binomtest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.survivors.equivalent import EQUIVALENT
from benchmarks.survivors.places import ROOT, change, places
from benchmarks.survivors.reached import Reached
from benchmarks.survivors.trials import begin, learn, notices
from support import xla

SOURCES = ("emd_ref", "conformance/emd_conformance")
TESTS = {"emd_ref": "tests/emd_ref", "conformance": "tests/conformance"}  # by the first folder of a source

SAMPLES = "sample_project"  # a folder whose tests are run by tests alone
NOTICED, EXPLAINED, SURVIVED = range(3)  # the columns of the table


def modules(sources: list[str]) -> list[str]:
    """The modules of some sources, in order."""
    paths = (ROOT / source for source in sources)
    files = (path.rglob("*.py") if path.is_dir() else [path] for path in paths)
    return sorted(str(file.relative_to(ROOT)) for found in files for file in found)


def reached(pool: ProcessPoolExecutor, parts: int, tests: list[str], options: list[str], known: Path | None) -> Reached:
    """What the tests reach, run with some options of pytest; those that are not known run in so many parts at once."""
    files = [x for x in modules(tests) if Path(x).name.startswith("test_") and SAMPLES not in Path(x).parts]
    found = Reached.read(known, files, options) if known else Reached()
    new = [file for file in files if file not in found.digests]
    groups = [group for i in range(parts) if (group := new[i::parts])]
    for group, learnt in zip(groups, pool.map(learn, groups), strict=True):
        if learnt.red:
            print(f"without a change, these tests fail, and are left out: {', '.join(learnt.red)}", flush=True)
        found.add(group, learnt)
    if known:
        found.write(known, options)
    return found


def room(module: str) -> str:
    """The folder of a module."""
    return module.rpartition("/")[0]


def score(noticed: int, tried: int) -> str:
    """The share of the changes that a test noticed, and its 95 % interval."""
    low, high = binomtest(noticed, tried).proportion_ci(method="wilson")
    return f"{noticed / tried:.1%} ({low:.0%} to {high:.0%})"


def main() -> None:
    """Print the survivors, and a table of the rooms."""
    parser = argparse.ArgumentParser(prog="survivors", description=__doc__.partition("\n")[0])
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="such as emd_ref/_formulas; all by default")
    parser.add_argument("--tests", nargs="+", help="the tests that run; by default all of the package")
    parser.add_argument("--quick", action="store_true", help="the cases that run without --thorough")
    parser.add_argument("--known", type=Path, help="a file in which to keep what the tests reach")
    parser.add_argument("--sample", type=int, help="how many changes to try; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    sources = given.sources or SOURCES
    roots = sorted({source.partition("/")[0] for source in sources})
    rng = random.Random(given.seed)
    every = [place for module in modules(sources) for place in places(module)]
    chosen = every if given.sample is None else sorted(rng.sample(every, min(given.sample, len(every))))
    drawn = [made for place in chosen if (made := change(place, rng)) is not None]
    print(f"{len(every)} places, {len(drawn)} changed", flush=True)
    xla.set_flags(None)  # once, and not in each trial
    start = time.monotonic()
    options = [] if given.quick else ["--thorough"]
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    spawn = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder, ProcessPoolExecutor(given.workers, spawn, begin, (folder, options)) as pool:
        tests = given.tests or [TESTS[root] for root in roots]
        known = reached(pool, given.workers, tests, options, given.known)
        print(f"{len(known.seconds)} tests, {time.monotonic() - start:.0f} s", flush=True)
        for made in drawn:
            counts[room(made.module)][EXPLAINED] += made.key in EQUIVALENT
        tried = [made for made in drawn if made.key not in EQUIVALENT]
        answers = pool.map(notices, tried, ([*known.stages(made)] for made in tried))
        for made, seen in zip(tried, answers, strict=True):
            counts[room(made.module)][NOTICED if seen else SURVIVED] += 1
            if not seen:
                print(f"{made.module}:{made.lines.start}\n  - {made.before}\n  + {made.after}", flush=True)
    print("\n| room | noticed | equivalent | survived | score |\n| --- | --: | --: | --: | --: |")
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    for name, (noticed, equivalent, survived) in counts.items():
        if noticed + survived:
            print(f"| {name} | {noticed} | {equivalent} | {survived} | {score(noticed, noticed + survived)} |")
    print(f"\n{time.monotonic() - start:.0f} s")
    sys.exit(any(survived for _, _, survived in counts.values()))


if __name__ == "__main__":
    main()
