"""Which properties still hold if no hypothesis explains the answers: those of `_properties`, on stored cases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case, Row
from emd_conformance._diagnosis.hypothesis import LARGEST
from emd_conformance._properties.engine import Property
from emd_conformance._properties.laws import PROPERTIES
from emd_conformance._properties.trial import BATCH, Answer, NothingToTry, Trial, Violation

ENOUGH = 12  # cases
RELATIVE, ABSOLUTE = Fraction(1, 2 * 10**6), Fraction(1, 2 * 10**9)  # no error bound holds for an unknown formula


def which_hold(caller: Caller, cases: Sequence[Case]) -> str:
    """Return in words which properties hold and which do not."""
    small = [case for case in cases if 1 < case.classes <= LARGEST and not case.shape]
    small = [case for case in small if "near-equal" not in case.flags][:ENOUGH]
    tried = [p for p in PROPERTIES if p.summary and p.applies(caller.declared)]
    verdicts = {p.summary: _verdict(p, caller, small) for p in tried}
    parts: list[str] = []
    for words, value in (("it still holds", True), ("it does not hold", False)):
        names = [f"{name} ({n} case{'s' * (n > 1)})" for name, (holds, n) in verdicts.items() if holds is value]
        parts += [f"{words}: {', '.join(names)}"] * bool(names)
    return "; ".join(parts)


def _verdict(what: Property, caller: Caller, cases: Sequence[Case]) -> tuple[bool | None, int]:
    """Return whether a property holds in every case that can show it, or None if none can, and how many showed it."""
    shown = 0
    for case in cases:
        try:
            what.body(Stored(caller, None, case))
            shown += 1
        except NothingToTry:
            continue
        except Violation:
            return False, shown + 1
        except ValueError:  # answers of another number
            continue
    return (shown > 0 or None), shown


def _finite(caller: Caller, case: Case) -> list[float]:
    try:
        values = caller.raw(case)
    except Exception:  # the check of the case has reported it
        raise NothingToTry from None
    if not all(map(isfinite, values)):
        raise NothingToTry
    return values


@dataclass(frozen=True)
class Stored(Trial):
    """A trial on a stored case; answers agree if about six digits do."""

    stored: Case

    def case(self, *, rows: int = 3, spare_bits: int = 0) -> Case:
        """Return the stored case, unless a batch is wanted and it has one sample."""
        if rows == BATCH and len(self.stored.predicted) < 2:
            raise NothingToTry
        return self.stored

    def changed(self, case: Case, predicted: Sequence[Row], target: Sequence[Row] | Sequence[int]) -> Case:
        """Return the case with another prediction and target distribution."""
        rows = tuple(row for row in target if not isinstance(row, int))
        if not rows:  # the case has labels only
            raise NothingToTry
        return replace(case, predicted=tuple(predicted), target=rows, labels=None)

    def order(self, length: int) -> Sequence[int]:
        """Return the reverse order."""
        return range(length)[::-1]

    def answers(self, case: Case) -> list[Answer]:
        """Return the answers, whatever their shape; a law says nothing of answers that are not finite."""
        values = _finite(self.caller, case)
        return [(Fraction(x), abs(Fraction(x)) * RELATIVE + ABSOLUTE) for x in values]
