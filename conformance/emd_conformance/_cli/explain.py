"""The command `explain`: what a clause demands, what a case tests, and what a finding says."""

import argparse
import inspect
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from shlex import quote

from emd_conformance._cases.case import Case
from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._cases.load import vectors
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._declaration.options import flags
from emd_conformance._diagnosis.catalogue import CATALOGUE
from emd_conformance._reports import terminal
from emd_conformance._reports.text import MEANINGS, Line, clauses, field, indented
from emd_conformance.defects import Defect, load


def add_explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", metavar="CLAUSE, ID or FINDING", help="such as 4.1, line/soft-3 or missing-cumsum")
    command.set_defaults(action=_explain)


def _explain(arguments: argparse.Namespace) -> int:
    what, cases = arguments.what, {case.id: case for case in vectors()}
    case_id = what.partition(":")[0]  # the id of a check is that of its case, and a quantity
    if what in CLAUSES:
        lines = _clause(what)
    elif case_id in cases:
        lines = _case(cases[case_id])
    elif what in CATALOGUE:
        lines = _finding(what)
    elif "=" in what:
        lines = _convention(what)
    else:
        near = get_close_matches(what, [*CLAUSES, *cases, *CATALOGUE], n=5, cutoff=0.5)
        known = f"did you mean {', '.join(near)}?" if near else "`emd-conformance list` names the cases"
        raise DeclarationError(f"{what!r} is no clause, case or finding: {known}")
    terminal.show(lines)
    return 0


def _clause(clause: str) -> Iterator[Line]:
    yield from indented(f"{clause}  {CLAUSES[clause]}", "", "     ", "title")
    cited = [case for case in vectors() if clause in case.clauses]
    groups = ", ".join(f"{count} {group}" for group, count in Counter(case.group for case in cited).items())
    yield from indented(f"tested by {len(cited)} cases ({groups}):", "  ", "  ")
    yield from indented(" ".join(case.id for case in cited), "    ", "    ")


def _case(case: Case) -> Iterator[Line]:
    yield from indented(f"{case.id}  {case.comment}", "", "  ", "title")
    yield from clauses(case.clauses)
    if case.flags:
        yield from indented(f"made to catch: {', '.join(case.flags)}", "  ", "    ")
    yield Line(f"  numbers: emd-conformance show {case.id}")
    yield Line(f"  as a test: emd-conformance copy {case.id}")


def _finding(id: str) -> Iterator[Line]:
    words = CATALOGUE[id]
    yield from indented(f"{id}: {words.headline}", "", "  ", "title")
    yield from field("kind", f"{words.kind}: {MEANINGS[words.kind]}")
    yield from field("what to do", words.remedy)
    if words.seen:
        yield from field("seen in", words.seen)
    examples = [entry for entry in load()[0] if isinstance(entry, Defect) and entry.finding == id]
    if examples:
        yield from _example(min(examples, key=lambda entry: len(entry.declares)))


def _example(entry: Defect) -> Iterator[Line]:
    """Yield the code of a wrong loss of the suite in which this is found, and the command that examines it."""
    yield from field("example", f"{entry.target}, a wrong loss with which the suite examines itself")
    function = getattr(entry.loss, "grad", entry.loss)
    if inspect.isfunction(function):
        yield from (Line(f"    {line}".rstrip()) for line in inspect.getsource(function).rstrip().split("\n"))
    options = " ".join(quote(flag) for flag in flags(entry.options))
    yield from field("run it", f"emd-conformance run {entry.target} {options}".rstrip())


def _convention(what: str) -> Iterator[Line]:
    words = CATALOGUE["convention"]
    yield from indented(f"{what}: {words.headline}", "", "  ", "title")
    yield from field("kind", f"convention: {MEANINGS['convention']}")
    yield from field("what to do", f"{words.remedy}. The options are in conformance/README.md")
