"""The second measure of the suite's power: it must refuse every mutant of a right loss, and say only what is so."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Literal, TypeAlias

from emd_conformance._calling.caller import Caller
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._diagnosis.otherwise import PATIENCE
from emd_conformance._judging.result import Finding
from emd_conformance._mutation.changes import Mutation, mutations
from emd_conformance._mutation.probe import SECONDS, Probe
from emd_conformance._mutation.source import Source, source_of
from emd_conformance._mutation.truth import holds, named_conventions
from emd_conformance._reports.report import Report
from emd_conformance._reports.text import ordered
from emd_conformance._run.prepare import prepare
from emd_conformance._run.run import run
from emd_conformance.defects import Variant, load

Fate: TypeAlias = Literal["equivalent", "refused", "certified"]
CONFORMING = ("conforms", "conforms-partially")  # the proposal may leave something unexamined, such as unequal masses
FEW = (1, 2, 3, 4, 5, 10)
SEED = "mutants"
COMPILED = "right_torch.compiled"  # compiling each of its mutants takes seconds
MEMORY = 6 << 30  # bytes: a mutant may ask for an array of C^N


@dataclass(frozen=True)
class Judged:
    """What became of a mutant; `true` tells whether its first finding holds, or is None if that cannot be checked."""

    entry: str
    mutation: str
    fate: Fate
    difference: str = ""
    finding: str = ""
    true: bool | None = None


@cache
def variants() -> dict[str, Variant]:
    """Return the right losses of which mutants are made."""
    entries, _ = load()
    found = {entry.id: entry for entry in entries if isinstance(entry, Variant) and source_of(entry) is not None}
    return {id: entry for id, entry in found.items() if not id.startswith(COMPILED)}


@cache
def _original(id: str) -> tuple[Source, Probe, list[Mutation]]:
    entry = variants()[id]
    source = source_of(entry)
    assert source is not None
    few: dict[str, Any] = {"classes": FEW} | entry.declares
    return source, Probe(source.loss(), Declaration(**few)), list(mutations(source.tree))


def chosen(number: int | None = None, losses: Sequence[str] = ()) -> list[tuple[str, int]]:
    """Return mutants as pairs of a loss and a place in the list of its mutations: all, or so many at random."""
    every = [(id, i) for id in losses or variants() for i in range(len(_original(id)[2]))]
    if number is None or number >= len(every):
        return every
    return sorted(Random(SEED).sample(every, number))


def judge(mutant: tuple[str, int]) -> Judged:
    """Return what the suite makes of a mutant that differs from its original."""
    id, place = mutant
    source, probe, changed = _original(id)
    mutation, options = changed[place], variants()[id].declares
    try:
        loss = source.loss(mutation.tree)
    except Exception as error:
        return Judged(id, mutation.text, "refused", f"it cannot be defined: {error}")
    if not (difference := probe.difference(loss)):
        return Judged(id, mutation.text, "equivalent")
    few: dict[str, Any] = {"classes": FEW} | options
    for declared in (few, options):  # a few numbers of classes show most mistakes
        report = run(loss, timeout=SECONDS, **declared)
        if report.verdict not in CONFORMING:
            return _examined(id, mutation, difference, report, loss, probe, declared)
    return Judged(id, mutation.text, "certified", difference)


def _examined(
    id: str, mutation: Mutation, difference: str, report: Report, loss: Any, probe: Probe, declared: dict[str, Any]
) -> Judged:
    first = next((f for f in ordered(report.findings) if f.kind != "advice"), None)
    if first is None:
        return Judged(id, mutation.text, "refused", difference, "no finding", False)
    true = is_true(first, declared, loss, probe)
    return Judged(id, mutation.text, "refused", difference, f"{first.id}: {first.message}", true)


def is_true(first: Finding, declared: dict[str, Any], loss: Any, probe: Probe) -> bool | None:
    """Tell whether the first finding holds: a proposed declaration makes the loss conform, a formula explains it.

    A finding may say that only the values follow the convention, and name gradients that do not, or name the few checks
    that fail under it, such as of numbers so large that a mean overflows and E/C does not.
    """
    if first.kind == "convention":
        if (proposed := named_conventions(first)) is None:
            return None
        report = run(loss, timeout=SECONDS, **declared | proposed)
        failed = [result for result in report.results if result.failed]
        if report.verdict in CONFORMING or (
            {r.quantity for r in failed} == {"gradient"} and ":gradient" in first.message
        ):
            return True
        return _admits(first.message, {result.id for result in failed})
    return holds(first, Caller(lambda classes: loss, probe.declared, seconds=SECONDS), probe.cases)


def _admits(message: str, failed: set[str]) -> bool:
    """Tell whether a message names some of the checks that fail, and counts them: one in ten at most."""
    found = re.search(r"(\d+) of (\d+) checks pass, but not (.*)", message)
    if not found:
        return False
    total, admitted = int(found[2]), int(found[2]) - int(found[1])
    named = set(re.findall(r"[\w-]+/[\w-]+:\w+", found[3]))
    return named <= failed and len(failed) <= admitted <= PATIENCE * total


def judged(mutants: Sequence[tuple[str, int]], workers: int | None = None) -> Iterator[Judged]:
    """Yield what becomes of each mutant, in order; the mutants of a loss are judged one after the other."""
    workers = workers or os.cpu_count() or 1
    if workers == 1:
        yield from map(judge, mutants)
        return
    with ProcessPoolExecutor(workers, initializer=prepare, initargs=(MEMORY,)) as pool:
        yield from pool.map(judge, mutants, chunksize=8)


def is_wrong(one: Judged) -> bool:
    """Tell whether the suite failed: a mutant was certified, or its first finding does not hold."""
    return one.fate == "certified" or one.true is False


def figures(found: Sequence[Judged]) -> dict[str, int]:
    """Return how many mutants there are of each fate, and how many first findings are true, false and unchecked."""
    fates: Counter[str] = Counter(one.fate for one in found)
    refused = [one for one in found if one.fate == "refused" and one.finding]
    truth = Counter({True: "true", False: "false", None: "unchecked"}[one.true] for one in refused)
    names = ("equivalent", "refused", "certified")
    return {name: fates[name] for name in names} | {name: truth[name] for name in ("true", "false", "unchecked")}
