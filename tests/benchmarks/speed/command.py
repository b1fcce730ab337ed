"""The command line: measure and report, only report, or only run the guard."""

import argparse
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks.speed import cases
from benchmarks.speed.environment import describe, restart

DOCS = Path(__file__).parents[3] / "docs"


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    out = options.out.resolve()
    if options.report_only:
        from benchmarks.speed.report import report

        report(out)
        return 0
    if not (options.guard or options.busy or options.against) and find_spec("matplotlib") is None:
        say("the figure needs matplotlib: pip install '.[bench]'")
        return 2
    if options.busy:
        from benchmarks.speed.guard import LEAST_WHEN_BUSY, busy, guard

        with busy():
            return guard(say, LEAST_WHEN_BUSY)
    restart(options.threads)
    if options.guard:
        from benchmarks.speed.guard import guard

        return guard(say)
    if options.against:
        from benchmarks.speed.against import compare

        shapes = options.shapes or (cases.QUICK if options.quick else cases.SHAPES)
        seconds = 60 * (options.minutes or 5.0) / len(shapes) / len(cases.DTYPES)
        return compare(options.against, shapes, cases.DTYPES, seconds, say)
    measure(options, out)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    p = argparse.ArgumentParser(prog="python tests/benchmarks/speed", description="Time the squared EMD.")
    p.add_argument("--quick", action="store_true", help="small shapes without torch.compile, in less than a minute")
    p.add_argument("--shapes", type=cases.shapes, help="such as 1x10,1e5x10")
    p.add_argument("--minutes", type=float, help="minutes to measure; 10 by default")
    p.add_argument("--threads", type=int, default=1, help="threads and cores, 1 by default")
    p.add_argument("--out", type=Path, default=DOCS / "speed", help="folder of the results; the page lies beside it")
    p.add_argument("--report-only", action="store_true", help="write page and figure from stored results")
    p.add_argument("--guard", action="store_true", help="only check that emd_ref is faster than naive code")
    p.add_argument("--busy", action="store_true", help="the same with default threads, beside a process that is busy")
    p.add_argument("--against", metavar="REVISION", help="only print which calls are slower than at a revision of git")
    return p


def measure(options: argparse.Namespace, out: Path) -> None:
    """Measure, store the results, and write the report."""
    try:
        import torch
    except ImportError:
        pass
    else:
        torch.set_num_threads(options.threads)
    from benchmarks.speed.measure import missing, run
    from benchmarks.speed.report import report, store

    start = time.monotonic()
    shapes = options.shapes or (cases.QUICK if options.quick else cases.SHAPES)
    seconds = 60 * options.minutes if options.minutes else 35.0 if options.quick else 600.0
    made = [cases.Case(shape, dtype) for shape in shapes for dtype in cases.DTYPES]
    blocks = list(run(made, seconds, not options.quick, say))
    left_out = missing() + (["torch.compile"] if options.quick else [])
    results = {"machine": describe(), "threads": options.threads, "quick": options.quick, "left_out": left_out}
    store(out, {**results, "blocks": blocks})
    report(out)
    say(f"{out.with_suffix('.md')}: {time.monotonic() - start:.0f} s")


def say(text: str) -> None:
    """Print without buffering."""
    print(text, flush=True)
