"""The command line: train the losses, store the results, and write the report; or run the quick self-check."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from benchmarks.training import images, report
from benchmarks.training.data import SOURCES, load
from benchmarks.training.experiment import Protocol, environment, result_of, store, with_rate_of
from benchmarks.training.losses import LOSSES
from benchmarks.training.members import Settings

FEW = {"esl", "swd"}  # only these sets also train losses that are expensive, or that only confirm another loss


EVERYTHING = (*SOURCES, *images.TASKS, "overhead")


def losses_of(kind: str, name: str) -> list[str]:
    """Return the losses that are trained on a set."""
    return [key for key, loss in LOSSES.items() if kind in loss.tags or ("few" in loss.tags and name in FEW)]


def run_sets(names: list[str], out: Path, settings: Settings, protocol: Protocol) -> None:
    """Train everything that is not stored yet, loss by loss, so that early results cover all sets."""
    tasks = [load(name) for name in names]
    for loss in LOSSES:
        for task in tasks:
            if loss in losses_of(task.kind, task.name):
                result_of(task, loss, out, settings, protocol, say)


def run_rule(names: list[str], out: Path, settings: Settings, protocol: Protocol) -> None:
    """Train the ordered sets again with the learning rates that validation RPS selects."""
    for task in [load(name) for name in names if SOURCES[name].kind == "ordered"]:
        for loss in report.RULED:
            again = with_rate_of(("rps", -1), task, loss, out, settings, protocol)
            say(f"{task.name:11} {loss:18} rate {again['rate']:<7g} by RPS")


def run_sizes(names: list[str], out: Path, settings: Settings, protocol: Protocol) -> None:
    """Train some losses with less data, on the sets that have enough rows for this."""
    for rows in report.SIZES:
        for task in [load(name) for name in names if name in report.SETS_OF_SIZES]:
            for loss in report.LOSSES_OF_SIZES:
                smaller = replace(settings, cap=rows)
                result_of(task, loss, out, smaller, protocol, say, folder=f"results-{rows}")


def run_images(names: list[str], out: Path) -> None:
    """Apply the same protocol to the convolutional networks, with fewer seeds."""
    for name in names:
        task = images.TASKS[name]()
        for loss in images.LOSSES_OF_IMAGES:
            result_of(task, loss, out, images.SETTINGS, images.PROTOCOL, say)


def say(line: str) -> None:
    """Print a line of progress without buffering."""
    print(line, flush=True)


def run_overhead(out: Path) -> None:
    """Measure what each loss costs in a training step, unless this is stored already."""
    path = out / "results" / "overhead.json"
    if not path.exists():
        from benchmarks.training import overhead

        store(path, {"measured": overhead.measure(), "environment": environment()})


def run_quick() -> int:
    """Run the quick self-check and return its exit code: 1 if something is wrong."""
    from benchmarks.training import quick

    with tempfile.TemporaryDirectory() as folder:
        wrong = quick.run(Path(folder))
    say("\n".join(wrong) or "quick run: no loss diverged, metrics are in range, dlordinal's loss and emd_ref's agree")
    return 1 if wrong else 0


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/training", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/training"), help="folder of results and report")
    parser.add_argument("--only", default=",".join(EVERYTHING), help="a comma-separated part of %(default)s")
    parser.add_argument("--quick", action="store_true", help="a self-check on two sets; exits with 1 if it fails")
    parser.add_argument("--report-only", action="store_true", help="write tables and figures from the stored results")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.quick:
        return run_quick()
    chosen = options.only.split(",")
    if unknown := set(chosen) - set(EVERYTHING):
        parser.error(f"unknown sets {sorted(unknown)}: wanted some of {', '.join(EVERYTHING)}")
    if not options.report_only:
        run_sets([name for name in SOURCES if name in chosen], options.out, Settings(), Protocol())
        run_rule([name for name in SOURCES if name in chosen], options.out, Settings(), Protocol())
        run_sizes([name for name in SOURCES if name in chosen], options.out, Settings(), Protocol())
        run_images([name for name in images.TASKS if name in chosen], options.out)
        if "overhead" in chosen:
            run_overhead(options.out)
    report.write(options.out, options.out.parent / "training.md")
    return 0
