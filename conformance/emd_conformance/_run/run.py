"""A run: an implementation is asked every case that its declaration allows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from platform import python_version
from typing import TypeAlias, Unpack

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.connect import open_caller
from emd_conformance._calling.load import Loss
from emd_conformance._calling.versions import suite_version
from emd_conformance._cases.case import Case, Quantity
from emd_conformance._cases.load import SUITE_VERSION, vectors
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration, Options
from emd_conformance._declaration.errors import CannotExamineError, DeclarationError, HarnessError
from emd_conformance._declaration.function import function_of
from emd_conformance._declaration.layouts import concerns
from emd_conformance._declaration.options import as_object, as_text
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.diagnose import diagnose
from emd_conformance._judging.behaviour import BEHAVIOURS, behaviour
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import Finding, Result
from emd_conformance._judging.statefulness import ask_afresh, repeat
from emd_conformance._properties.engine import PropertyCheck
from emd_conformance._reports.report import Report
from emd_conformance._run.deviations import Deviations, check_deviations, read_deviations
from emd_conformance._run.unexamined import unexamined
from emd_conformance._run.unfinished import Interrupted, SuiteError, unfinished

Track: TypeAlias = Callable[[Sequence[Check]], Iterable[Check]]


LONGEST = 1_000_000  # seconds that may be asked for: a timer takes no more than it can count


def run(
    loss: Loss | str,
    /,
    *,
    cases: Iterable[Case] | None = None,
    deviations: Deviations | None = None,
    track: Track = iter,
    isolate: bool = True,
    timeout: float | None = None,
    properties: bool = False,
    explore: float = 0,
    seed: int | None = None,
    **options: Unpack[Options],
) -> Report:
    """Examine an implementation of the squared EMD loss and return the report.

    Parameters
    ----------
    loss
        A callable; or "package.module:attribute"; or "package.module:Class(num_classes=C)", from which an object is
        made for each number of classes; or "cmd:program arguments", a harness that speaks Protocol 1.
    cases
        The cases to ask; all of `vectors()` by default.
    deviations
        Ids of checks that are known to fail, each with the reason, or the JSON file that holds them. A declared
        deviation that now passes is a failure.
    track
        Wraps the checks to show the progress, as `tqdm.tqdm` does: it yields them one after the other.
    isolate
        Whether a loss that is given by name runs in a process of its own, where a hang or a crash fails one check
        instead of ending the run.
    timeout
        Seconds for a call; by default 10 in a process of its own, and 60 in this process, where it may compile first.
        In this process, Python code can be interrupted if the run is in the main thread and the system has SIGALRM.
    properties
        Whether to check properties, too, on cases that Hypothesis draws. Without Hypothesis the report says that they
        were not examined, and the loss conforms partially at best.
    explore
        Seconds for which fresh cases are drawn from rare regions, others in every run. It ends at the first failure,
        which is shrunk to a small case.
    seed
        The number of the first fresh case. By default it is random; the report states it, and the id of a failure
        explore/SEED is the seed that draws it again.
    **options
        The declaration: `input`, `reduction`, `computes` and the other fields of `Declaration`.

    Returns
    -------
    Report
        The results, the findings and the verdict; `print` shows them as text.

    Raises
    ------
    ValueError
        If an option or a deviation is not understood.
    KeyboardInterrupt
        At Ctrl-C; its `report` holds the results so far.
    RuntimeError
        If the suite itself fails, after the first result; its `report` holds the results so far.
    """
    declared, known = Declaration(**options), read_deviations(deviations)
    _check_seconds("timeout", timeout, least=0.001)
    _check_seconds("explore", explore)
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    report = _about(Report(name, "", ()), declared)
    done, asked, drawn = dict[str, Result](), list[Check](), list[PropertyCheck]()

    def so_far(error: BaseException) -> Report:
        results = [_expect(result, known) for result in done.values()]
        return _stamped(unfinished(report, results, len(asked) + len(drawn), error))

    try:
        caller, isolation = open_caller(loss, options, isolate, timeout)
        report = _about(replace(report, isolation=isolation), caller.declared)
        with closing(caller):
            report = replace(report, versions=caller.versions(loss))
            asked, skipped = select(caller, vectors() if cases is None else tuple(cases))
            drawn = drawn_checks(caller) if properties else []
            check_deviations(known, [*(check.id for check in asked), *(check.id for check in drawn), *BEHAVIOURS])
            report = _examine(report, caller, asked, skipped, known, track, done)
            for check in drawn:
                done[check.id] = check.examine()
            results = [_expect(done[check.id], known) for check in drawn]
            report = _extended(report, results, _counter_example([result for result in results if result.failed]))
            report = replace(report, unexamined=unexamined(caller.declared, asked, report.results))
            report = _explored(report, caller, explore, seed) if explore > 0 else report
    except HarnessError as error:
        return so_far(error)
    except CannotExamineError as error:
        return _stamped(replace(report, broken=str(error), impediment=error.verdict))
    except KeyboardInterrupt as stop:
        raise Interrupted(so_far(stop)) from None
    except Exception as error:
        if not done:  # nothing is lost
            raise
        raise SuiteError(so_far(error)) from error
    return _stamped(report)


def _check_seconds(name: str, seconds: float | None, least: float = 0.0) -> None:
    """Raise DeclarationError unless a clock can measure the seconds; `nan` is refused too."""
    if seconds is not None and not least <= seconds <= LONGEST:
        raise DeclarationError(f"{name}={seconds!r} is not understood: give seconds from {least:g} to {LONGEST:,}")


def _about(report: Report, declared: Declaration) -> Report:
    """Return the report with what was declared: as text, as an object, and the function in words."""
    return replace(
        report,
        declaration=as_text(declared),
        declared=as_object(declared),
        function=function_of(declared),
        claims=("value",) if declared.grad is None else ("value", "gradient"),
        arrays=f"{declared.dtype} {declared.array}",
    )


def _examine(
    report: Report,
    caller: Caller,
    asked: Sequence[Check],
    skipped: Counter[str],
    known: Mapping[str, str],
    track: Track,
    done: dict[str, Result],
) -> Report:
    answered = repeat(caller, asked, _answered(asked, known, track, done))
    results = [_expect(result, known) for result in answered]
    ask_afresh(caller, asked, results)
    distinct = {check.case.id: check.case for check in asked}
    findings = diagnose(caller, list(distinct.values()), results)
    results += [_expect(result, known) for result in behaviour(caller, asked, known)]
    return _extended(replace(report, not_examined=skipped), results, findings)


def _answered(asked: Sequence[Check], known: Mapping[str, str], track: Track, done: dict[str, Result]) -> list[Result]:
    """Return the results of checks, and note each in `done`.

    Large cases come last, and are not asked if a smaller one fails.
    """
    smaller_fails = False
    for check in track(sorted(asked, key=lambda check: check.case.large)):
        if check.case.large and smaller_fails:
            done[check.id] = check.result("skip", "it is large, and smaller cases fail")
            continue
        result = done[check.id] = check.examine()
        if result.failed and check.binding and check.id not in known and not check.case.large:
            smaller_fails = True
    return [done[check.id] for check in asked]


def _extended(report: Report, results: Sequence[Result], findings: Sequence[Finding]) -> Report:
    """Return the report with more results and findings; what was skipped was not examined, but for invalid input."""
    skipped = [result for result in results if result.status == "skip" and result.quantity != "rejection"]
    labels = ["property" if result.group == "property" else result.quantity for result in skipped]
    unasked = Counter(f"{label}: {result.message}" for label, result in zip(labels, skipped, strict=True))
    return replace(
        report,
        results=(*report.results, *results),
        findings=(*report.findings, *findings),
        not_examined=dict(Counter(report.not_examined) + unasked),
    )


def drawn_checks(caller: Caller) -> list[PropertyCheck]:
    # Imported here, as few runs ask for properties.
    from emd_conformance._properties.laws import property_checks

    return property_checks(caller)


def select(caller: Caller, cases: Sequence[Case]) -> tuple[list[Check], Counter[str]]:
    """Return the checks that the declaration allows, and for each reason the number of those that it does not."""
    asked: list[Check] = []
    skipped: Counter[str] = Counter()
    wanted: tuple[Quantity, ...] = ("value",) if caller.declared.grad is None else ("value", "gradient")
    for case in (case for case in cases if concerns(caller.declared, case)):
        for quantity in ("rejection",) if case.invalid else wanted:
            if reason := obstacle(caller.declared, case, quantity):
                skipped[f"{quantity}: {reason}"] += 1
            else:
                asked.append(Check(caller, case, quantity))
    return asked, skipped


def _counter_example(broken: Sequence[Result]) -> list[Finding]:
    """Return a finding for the first property that does not hold; its message names the others."""
    others = ", ".join(result.case for result in broken[1:])
    note = f"; these do not hold either: {others}" if others else ""
    return [finding("property", result.message + note, result.received, id=result.case) for result in broken[:1]]


def _explored(report: Report, caller: Caller, seconds: float, seed: int | None) -> Report:
    # Imported here, as few runs explore.
    from emd_conformance._exploration.explore import explore, random_seed

    found = explore(caller, seconds, random_seed() if seed is None else seed)
    findings: list[Finding] = []
    if failed := found.failure:
        findings = [finding("explored", failed.message, found.program, id=failed.case)]
    return _extended(replace(report, exploration=found.text), found.results, findings)


def _expect(result: Result, known: Mapping[str, str]) -> Result:
    if result.id not in known:
        return result
    if result.failed:
        return replace(result, status="xfail", message=f"{known[result.id]} ({result.message})")
    return replace(result, status="xpass", message="a deviation was declared here, and the check passes")


def _stamped(report: Report) -> Report:
    """Return the report with its date, and the versions of the suite beside those of what it examined."""
    suite = {"emd-conformance": suite_version(), "vectors": SUITE_VERSION, "python": python_version()}
    return replace(report, date=datetime.now(UTC).isoformat(timespec="seconds"), versions=suite | report.versions)
