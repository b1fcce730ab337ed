"""The commands about cases: list, show and copy."""

import argparse
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from emd_conformance._cases.case import Case, Quantity
from emd_conformance._cases.load import directory, find, vectors
from emd_conformance._cli.explain import add_explain
from emd_conformance._code.call import absent, suited
from emd_conformance._code.test_module import test_module
from emd_conformance._declaration.declaration import Options
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._declaration.options import add_flags, read_flags
from emd_conformance._exact import grounds
from emd_conformance._exact.interval import INFINITY, Interval
from emd_conformance._judging.quantities import QUANTITIES
from emd_conformance._reports import terminal
from emd_conformance._reports.text import Line, field, indented


def add_cases(commands: Any) -> None:
    listing = commands.add_parser("list", help="list the cases")
    listing.add_argument("group", nargs="?", help="only the cases of this group")
    listing.set_defaults(action=_list)
    showing = commands.add_parser("show", help="print a case")
    showing.add_argument("id", metavar="ID")
    showing.add_argument("--json", action="store_true", help="as JSON, with exact numbers")
    showing.set_defaults(action=_show)
    add_explain(commands.add_parser("explain", help="explain a clause, a case or a finding"))
    copying = commands.add_parser("copy", help="print a case as a test that does not need the suite")
    copying.add_argument("id", metavar="ID")
    copying.add_argument(
        "--quantity", choices=["value", "gradient", "rejection"], help="what to test; the gradient, if --grad is given"
    )
    add_flags(copying, of_a_run=False)
    copying.set_defaults(action=_copy)


def _copy(arguments: argparse.Namespace) -> int:
    options, case = read_flags(arguments), _find(arguments.id)
    asked: Quantity = "gradient" if "grad" in options else "value"
    quantity: Quantity = arguments.quantity or ("rejection" if case.invalid else asked)
    if quantity == "gradient":
        options = Options(grad=absent) | options  # the test calls the gradient by a name
    text = test_module(case, suited(case, **options), quantity)
    terminal.show(Line(line) for line in text.rstrip().split("\n"))
    return 0


def _find(identifier: str) -> Case:
    try:
        return find(identifier)
    except KeyError as error:
        raise DeclarationError(error.args[0]) from None


def _list(arguments: argparse.Namespace) -> int:
    cases = vectors(None if arguments.group is None else known_group(arguments.group))
    terminal.show(Line(f"{case.id:36} {case.classes:4} classes  {case.comment}") for case in cases)
    return 0


def known_group(name: str) -> str:
    """Return the name of a group, or raise DeclarationError with those that there are."""
    groups = dict.fromkeys(case.group for case in vectors())
    if name not in groups:
        raise DeclarationError(f"no group is called {name!r}; there are {', '.join(groups)}")
    return name


def _show(arguments: argparse.Namespace) -> int:
    case = _find(arguments.id)
    if arguments.json:
        document = json.loads((directory() / f"{case.group}.json").read_text("utf-8"))
        entry = next(entry for entry in document["cases"] if entry["id"] == case.id)
        terminal.show([Line(json.dumps(entry, ensure_ascii=False))])
    else:
        terminal.show(_lines(case))
    return 0


def _lines(case: Case) -> Iterator[Line]:
    yield from indented(f"{case.id}: {case.comment}", "", "  ", "title")
    about = {
        "classes": str(case.classes),
        "ground": _ground(case.ground),
        "input": case.input,
        "exact in": ", ".join(case.dtypes),
        "catches": ", ".join(case.flags),
        "needs": ", ".join(case.needs),
        "invalid": case.invalid,
    }
    for label, text in about.items():
        if text:
            yield from field(label, text)
    for i in range(len(case.predicted)):
        yield Line(f"  sample {i}", "title")
        yield from _sample(case, i)


def _ground(ground: grounds.Ground) -> str:
    match ground:
        case grounds.Line(positions=None):
            return "line of unit spacing"
        case grounds.Line(positions=positions):
            return f"line, at {positions}"
        case grounds.Matrix(rows=rows):
            return "matrix\n" + "\n".join(", ".join(map(repr, row)) for row in rows)
        case grounds.Tree(parents=parents, lengths=lengths):
            return f"tree, parents {parents}, lengths {lengths or 1}"
        case _:
            return "circle"


def _sample(case: Case, i: int) -> Iterator[Line]:
    yield from field("predicted", ", ".join(map(repr, case.predicted[i])))
    if case.target is not None:
        yield from field("target", ", ".join(map(repr, case.target[i])))
    if case.labels is not None:
        yield from field("label", str(case.labels[i]))
    for name, values in case.expected.items():
        yield from field(QUANTITIES[name].words, _number(values[i]))
    for name, rows in case.gradient.items():
        yield from field("its gradient" if len(case.gradient) == 1 else f"d{name}/dp", ", ".join(map(_number, rows[i])))


def _number(x: Interval) -> str:
    """Return a number as a float, followed by the fraction if that is short."""
    if x == INFINITY:
        return "inf"
    middle = x.middle
    if abs(middle) > sys.float_info.max:
        return f"{Decimal(middle.numerator) / Decimal(middle.denominator):.16e}, beyond float64"
    text = repr(float(middle))
    exact = x.lo == x.hi
    if exact and x.lo.denominator > 1 and len(str(x.lo)) < 12:
        return f"{text} = {x.lo}"
    return text if exact and x.lo == float(x.lo) else f"{text}..."
