"""The test of the suite itself: it must catch and name every defect, and blame no right variant."""

import contextlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path as File
from typing import Any, TypeAlias, cast

from emd_conformance._declaration.declaration import Options
from emd_conformance._declaration.options import flags
from emd_conformance._run.parametrize import assertions
from emd_conformance._run.prepare import prepare
from emd_conformance._run.run import run
from emd_conformance.defects import Defect, Entry, Variant, load
from emd_conformance.defects._register import PATHS, Path

FEW = (1, 2, 3, 4, 5, 10)  # every defect shows with one of these
SECONDS = 5.0
Main: TypeAlias = Callable[[Sequence[str]], int]


@dataclass(frozen=True)
class Outcome:
    """The outcome of one entry on one path; `exact` is None if the path gives no report that could name a finding."""

    entry: str
    path: Path
    right: bool
    wanted: str
    exact: bool | None = None
    received: str = ""


def examine(entries: Sequence[Entry], main: Main, paths: Sequence[Path] = PATHS) -> Iterator[Outcome]:
    """Yield the outcome of every entry on each of its paths; `main` is the command line."""
    for entry in entries:
        if isinstance(entry, Defect):
            yield from (_defect(entry, path, main) for path in entry.paths if path in paths)
        elif isinstance(entry, Variant):
            yield _variant(entry)


def examine_all(entries: Sequence[Entry], main: Main, processes: int) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each entry on its `chosen_paths`, in the order in which they are ready.

    Several processes share the entries, which they find by their ids.
    """
    if processes == 1:
        yield from ([*examine([entry], main, chosen_paths(entry, entries))] for entry in entries)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=prepare) as pool:
        waiting = [pool.submit(_examine_one, entry.id, main) for entry in entries]
        yield from (done.result() for done in as_completed(waiting))


def _examine_one(id: str, main: Main) -> list[Outcome]:
    entries, _ = load()
    entry = next(entry for entry in entries if entry.id == id)
    return [*examine([entry], main, chosen_paths(entry, entries))]


def chosen_paths(entry: Entry, entries: Sequence[Entry]) -> Sequence[Path]:
    """Return the paths on which `defects` tries an entry.

    The paths differ in how they find a loss and report on it, and each examines the loss anew. So every entry goes as a
    callable, and the first defect of each module, and those that need a process, go on all paths.
    """
    defects = [other for other in entries if isinstance(other, Defect) and other.module == entry.module]
    everywhere = entry in defects[:1] or getattr(entry, "isolated", False)
    return PATHS if everywhere else ("callable",)


def _defect(entry: Defect, path: Path, main: Main) -> Outcome:
    verdict, found = _ask(entry, path, main)
    caught = verdict == ("conforms" if entry.advice else "does-not-conform")
    if found is None:
        return Outcome(entry.id, path, caught, entry.finding, received=verdict)
    named = [id for kind, id in found if entry.advice or kind != "advice"]
    exact = entry.finding in named if entry.advice else named == [entry.finding]
    received = f"{verdict}: {', '.join(named) or 'no finding'}"
    return Outcome(entry.id, path, caught and (exact or not entry.advice), entry.finding, exact, received)


def _variant(entry: Variant) -> Outcome:
    report = run(entry.loss, **entry.declares)
    right = report.verdict == "conforms"
    passed = [result.grade for result in report.examined if result.quantity == "value"]
    accuracy = "full" if max(passed, default=0.0) <= 1 else "fewer digits"
    wanted, received = f"conforms, accuracy {entry.accuracy}", f"{report.verdict}, accuracy {accuracy}"
    return Outcome(entry.id, "callable", right, wanted, right and accuracy == entry.accuracy, received)


def _ask(entry: Defect, path: Path, main: Main) -> tuple[str, list[tuple[str, str]] | None]:
    """Return the verdict, and the kinds and ids of the findings if the path reports any."""
    few = (
        {} if entry.advice else {"classes": FEW}
    )  # a right loss must not leave a declared number of classes unexamined
    options: dict[str, Any] = {**few, **entry.declares}
    if path == "command":
        return _command(entry.target, options, main)
    if path == "parametrize":
        return "does-not-conform" if _any_test_fails(entry, options) else "conforms", None
    if entry.isolated:
        options |= {"isolate": True, "timeout": SECONDS}
    report = run(entry.loss if path == "callable" else entry.target, **options)
    return report.verdict, [(finding.kind, finding.id) for finding in report.findings]


def _any_test_fails(entry: Defect, options: dict[str, Any]) -> bool:
    """Tell whether one of the tests that `parametrize` makes fails."""
    for check in assertions(entry.loss, cast(Options, options)):
        try:
            check()
        except Exception:  # for pytest, any exception is a failure
            return True
    return False


def _command(target: str, options: dict[str, Any], main: Main) -> tuple[str, list[tuple[str, str]]]:
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        file = File(folder, "report.json")
        code = main(["run", target, "--no-isolate", *flags(cast(Options, options)), "--json", str(file)])
        document = json.loads(file.read_text("utf-8"))
    verdict = document["verdict"] if code == {"conforms": 0}.get(document["verdict"], 1) else f"exit code {code}"
    return verdict, [(finding["kind"], finding["id"]) for finding in document["findings"]]


def summary(entries: Sequence[Entry], outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return the figures: an entry counts as caught, or as named, if it is so on every path."""
    bad = {outcome.entry for outcome in outcomes if not outcome.right}
    vague = bad | {outcome.entry for outcome in outcomes if outcome.exact is False}
    wrong = {entry.id for entry in entries if isinstance(entry, Defect)}
    right = {entry.id for entry in entries} - wrong
    return {
        "defects": len(wrong),
        "caught": len(wrong - bad),
        "exact": len(wrong - vague),
        "variants": len(right),
        "blamed": len(right & bad),
    }
