"""The weights of a mixture, such as 0.7*XE + 0.3*E, which follow from linear equations."""

from collections.abc import Iterator

from emd_conformance._declaration.expression import parse
from emd_conformance._diagnosis.changes import changed
from emd_conformance._diagnosis.class_weights import solution
from emd_conformance._diagnosis.evidence import Answered, Evidence
from emd_conformance._diagnosis.hypothesis import UNDEFINED, Change, Hypothesis
from emd_conformance._diagnosis.scales import snapped

MOST = 40  # answers that the weights are solved from


def mixtures(evidence: Evidence, base: Hypothesis) -> Iterator[Hypothesis]:
    """Yield the hypothesis that the parts of a declared mixture have other weights."""
    names = sorted(base.expression.names)
    if len(names) < 2 or base.coupled:
        return
    equations = [row for answer in evidence.clear[:MOST] for row in _equations(base, names, answer)]
    weights = solution([row for row, _ in equations], [y for _, y in equations], evidence.accuracy)
    if weights is not None:
        parts = [_part(weight, name, evidence.accuracy) for weight, name in zip(weights, names, strict=True)]
        text = " + ".join(part for part in parts if part) or "0"
        yield changed(base, Change(f"computes={text!r}", {"expression": parse(text)}))


def _part(weight: float, name: str, accuracy: float) -> str:
    """Return a weight times a quantity, or an empty string if it counts nothing."""
    if abs(weight) < max(accuracy, 1e-12):
        return ""
    text = (snapped(weight, accuracy) or [repr(weight)])[0]
    if text == "1":
        return name
    return f"(0 - {text[1:]})*{name}" if text.startswith("-") else f"{text}*{name}"


def _equations(base: Hypothesis, names: list[str], answer: Answered) -> list[tuple[list[float], float]]:
    try:
        quantities = base.estimated_quantities(answer.inputs)
    except UNDEFINED:
        return []
    columns = [base.reduce([row[name] for row in quantities]) for name in names]
    received = answer.received or []
    if any(len(column) != len(received) for column in columns):
        return []
    return [([*row], y) for *row, y in zip(*columns, received, strict=True)]
