"""Other declarations of an implementation, and whether a run under them conforms: only such a one is proposed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from time import perf_counter
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._cases.load import vectors
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import CHOICES, Declaration
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.hypothesis import LARGEST, MISLEADING
from emd_conformance._judging.check import REFUSED, Check
from emd_conformance._judging.result import Finding, Result

PLACES = ("[0]", "['loss']", ".loss", "[1]")  # where a loss that returns several things has its value
ENOUGH = 3  # checks that must pass under another declaration
PATIENCE = 0.1  # the share of checks that may fail before a run is given up
SECONDS = 30.0  # for a run under another declaration: more than a loss in this process needs


@dataclass(frozen=True)
class Trial:
    """The checks that were run under another declaration, and whether the time was enough for all of them."""

    passed: int
    failed: tuple[Result, ...]
    complete: bool

    @property
    def conforms(self) -> bool:
        return self.passed >= ENOUGH and not self.failed and self.complete

    def sentence(self) -> str:
        """Return in words what conforms under the other declaration."""
        of = "" if self.complete else " that were run"
        if not self.failed:
            return f"declared so, all {self.passed} checks{of} pass"
        total, shown = self.passed + len(self.failed), ", ".join(result.id for result in self.failed[:3])
        more = f" and {len(self.failed) - 3} more" if len(self.failed) > 3 else ""
        return f"declared so, {self.passed} of {total} checks{of} pass, but not {shown}{more}"


def tried(caller: Caller, changes: dict[str, Any], patience: float = PATIENCE) -> Trial:
    """Run the checks of values and gradients under another declaration; stop where too many fail."""
    other = replace(caller.declared, **changes)
    checks = list(_checks(caller.under(other), other))
    passed, failed, end = 0, list[Result](), perf_counter() + SECONDS
    for check in checks:
        try:
            result = check.examine()
        except CannotExamineError:
            return Trial(0, (), complete=False)
        passed += not result.failed
        failed += [result] * result.failed
        if len(failed) > max(patience * len(checks), 0) or perf_counter() > end:
            break
    return Trial(passed, tuple(failed), complete=passed + len(failed) == len(checks))


def _checks(caller: Caller, declared: Declaration) -> Iterator[Check]:
    """Yield the checks, telling ones first."""
    cases = [case for case in vectors() if not case.invalid and not obstacle(declared, case, "value")]
    for case in sorted(cases, key=_dullness):
        yield Check(caller, case, "value")
    if declared.grad is not None:
        for case in sorted(cases, key=_dullness):
            if not obstacle(declared, case, "gradient"):
                yield Check(caller, case, "gradient")


def _dullness(case: Case) -> tuple[bool, bool, int]:
    return (
        case.classes < 3 or case.classes > LARGEST or bool(MISLEADING & set(case.flags)),
        len(case.predicted) < 2,
        case.classes,
    )


def called_otherwise(caller: Caller, results: Sequence[Result]) -> Finding | None:
    """Return the convention under which the whole run conforms; other targets are tried if no call was answered."""
    answered = any(result.status in ("pass", "fail") and not result.message.startswith(REFUSED) for result in results)
    for changes in _others(caller.declared, answered):
        trial = tried(caller, changes, patience=0)
        if trial.conforms:
            names = ", ".join(f"{name}={value!r}" for name, value in changes.items())
            return finding("convention", trial.sentence(), id=names)
    return None


def _others(declaration: Declaration, answered: bool) -> Iterator[dict[str, Any]]:
    """Yield other declarations of the call, single changes first."""
    orders = CHOICES["order"] if declaration.call is None else ()
    yield from ({"order": order} for order in orders if order != declaration.order)
    yield from ({"axis": axis} for axis in (-1, 0) if axis != declaration.axis)
    if not declaration.batched or declaration.reduction == "none":  # any mean of one sample is its value
        yield {"batched": not declaration.batched}
    if declaration.ground == "line" and "x" not in declaration.template:
        yield {"ground": "circle"}
        yield {"ground": "circle", "computes": "W1"}
    if "XE" in declaration.expression.names:  # the hypotheses change how the distance reads its input, and nothing else
        inputs = ("probabilities", "logits", "log-probabilities")
        yield from ({"input": input} for input in inputs if input != declaration.input)
    if declaration.takes_labels:
        yield from ({"label_shape": shape} for shape in CHOICES["label_shape"] if shape != declaration.label_shape)
    if not answered and declaration.returns is None:
        yield from ({"returns": place} for place in PLACES)
    if not answered and declaration.call is None:
        names = ("target", "order", "label_shape")
        ways = [dict(zip(names, way, strict=True)) for way in product(*(CHOICES[name] for name in names))]
        changed = [{name: x for name, x in way.items() if x != getattr(declaration, name)} for way in ways]
        yield from sorted((way for way in changed if "target" in way), key=len)
