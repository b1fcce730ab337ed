"""A case as JSON: its inputs, and their exact values and gradients."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import FLOAT64, convert
from emd_conformance._cases.load import SUITE_VERSION, read_exact
from emd_conformance._exact import transport
from emd_conformance._exact.grounds import LINE, Ground, Line, distances

from generator.inputs import Row, label
from generator.numbers import certificate, described, exact_dtypes, number, text

Entry: TypeAlias = dict[str, Any]
Pairs: TypeAlias = list[tuple[Row, Row]]
ROOT_UNDERFLOWS = Fraction(1, 2**1022)  # smaller values may be computed as 0, where a root has no derivative


def case(
    identifier: str,
    clauses: str,
    comment: str,
    predicted: list[Row],
    target: list[Row] | list[int],
    ground: Ground = LINE,
    **more: Any,
) -> Entry:
    """Return a case with its exact expectations; an invalid case has none.

    With `labels`, the targets are labels. `emd` states the EMD and its proof for more than ten classes too, and
    `conventions` the gradient in each convention of 5.4. All other options are fields of the case.
    """
    entry: Entry = {"id": identifier, "clauses": clauses.split(), "since": SUITE_VERSION, "comment": comment}
    entry |= {"input": more.pop("input", "probabilities"), "classes": more.pop("classes", None) or len(predicted[0])}
    entry |= {"ground": described(ground), "predicted": [[number(x) for x in row] for row in predicted]}
    soft = [row for row in target if isinstance(row, list)]
    if more.pop("labels", False):
        entry["labels"] = target
    else:
        entry["target"] = [[number(x) for x in row] for row in soft]
    entry["dtypes"] = exact_dtypes([*predicted, *soft], ground)
    asked = {name for name in ("emd", "conventions") if more.pop(name, False)}
    entry |= {key: value for key, value in more.items() if value}
    if "invalid" not in entry:
        rows = [label(t, entry["classes"]) if isinstance(t, int) else t for t in target]
        expectations = _EXPECTATIONS.get(entry["input"], _from_outputs)
        entry |= expectations(entry, list(zip(predicted, rows, strict=True)), ground, asked)
    return entry


def _from_probabilities(entry: Entry, pairs: Pairs, ground: Ground, asked: set[str]) -> Entry:
    value = {"E": [text(_exact.squared_emd.value(p, t, ground)) for p, t in pairs]}
    gradient = {"E": [[text(x) for x in _exact.squared_emd.gradient(p, t, ground)] for p, t in pairs]}
    result: Entry = {"expected": value, "gradient": gradient}
    _cross_entropy(entry, pairs, ground, result)
    unequal = "off-simplex" in entry.get("needs", ()) or "rounded-mass" in entry.get("flags", ())
    if (entry["classes"] <= 10 or "emd" in asked) and not unequal:
        G = distances(ground, entry["classes"])
        value["W1"] = [text(_exact.emd.value(p, t, ground)) for p, t in pairs]
        result["certificates"] = [certificate(transport.solve(p, t, G)) for p, t in pairs]
    if "conventions" in asked:
        gradient |= _conventions(pairs, ground)
    _add_flags(entry, pairs, ground, value["E"])
    if "overflow" in entry.get("flags", ()):  # where the distances themselves overflow, no gradient is checked
        del result["gradient"]
    return result


def _conventions(pairs: Pairs, ground: Ground) -> Entry:
    """Return g - mean(g) and g - <p, g> (5.4)."""
    free = [_exact.squared_emd.gradient(p, t, ground) for p, t in pairs]
    mean = [sum(g, Fraction(0)) / len(g) for g in free]
    inner = [sum(Fraction(a) * b for a, b in zip(p, g, strict=True)) for (p, _), g in zip(pairs, free, strict=True)]
    return {
        f"E {name}": [[text(g_j - shift) for g_j in g] for g, shift in zip(free, shifts, strict=True)]
        for name, shifts in (("simplex", mean), ("normalised", inner))
    }


def _add_flags(entry: Entry, pairs: Pairs, ground: Ground, values: list[Any]) -> None:
    if any(abs(read_exact(x).hi) < ROOT_UNDERFLOWS for x in values) and "root-gradient-nan" not in entry.get(
        "flags", ()
    ):
        entry["flags"] = [*entry.get("flags", []), "root-gradient-nan"]
    if pairs and "overflow" not in entry.get("flags", ()) and all(reveals_precision(p, t, ground) for p, t in pairs):
        entry["flags"] = [*entry.get("flags", []), "low-precision"]


def reveals_precision(p: Row, t: Row, ground: Ground) -> bool:
    """Whether computing in float32 errs by a hundred times the bound of float64.

    Numbers that 8 or 11 bits hold are on a coarse grid, where float32 computes exactly and reveals nothing.
    """
    bound, exact = _bounds.squared_emd.value(p, t, ground, FLOAT64, "any"), _exact.squared_emd.value(p, t, ground)
    coarse = ([[convert(x, dtype) for x in row] for row in (p, t)] for dtype in ("float16", "bfloat16"))
    rounds = all(abs(_exact.squared_emd.value(*rows, ground) - exact) > bound for rows in coarse)
    return rounds and Fraction(1, 2**24) * abs(exact) >= 100 * bound


def _cross_entropy(entry: Entry, pairs: Pairs, ground: Ground, result: Entry) -> None:
    """Add XE and R to cases of the group xemd, whose ground distances are within [0, 1]."""
    if entry["id"].split("/")[0] != "xemd":
        return
    power = (entry.get("exponent", 1.0), entry.get("bias", 0.0))
    value, gradient = result["expected"], result["gradient"]
    value["XE"] = [text(_exact.cross_entropy.value(p, t)) for p, t in pairs]
    value["R"] = [text(_exact.penalty.value(p, t, ground, *power)) for p, t in pairs]
    if "inf" not in value["XE"]:
        gradient["XE"] = [[text(x) for x in _exact.cross_entropy.gradient(p, t)] for p, t in pairs]
    gradient["R"] = [[text(x) for x in _exact.penalty.gradient(p, t, ground, *power)] for p, t in pairs]


def _from_logits(entry: Entry, pairs: Pairs, ground: Ground, asked: set[str]) -> Entry:
    power = (entry.get("exponent", 1.0), entry.get("bias", 0.0))
    value = {"E": [text(_exact.squared_emd.value_of_logits(x, t, ground)) for x, t in pairs]}
    gradient = {"E": [[text(g) for g in _exact.squared_emd.gradient_of_logits(x, t, ground)] for x, t in pairs]}
    if any(x in ("0", "-0") for x in value["E"]) and "infinite-logits" in entry.get("flags", ()):
        entry["flags"] = [*entry["flags"], "root-gradient-nan"]
    if isinstance(ground, Line):
        value["W1"] = [text(_exact.emd.value_of_logits(x, t, ground)) for x, t in pairs]
    if entry["id"].split("/")[0] == "xemd":
        value["XE"] = [text(_exact.cross_entropy.value_of_logits(x, t)) for x, t in pairs]
        value["R"] = [text(_exact.penalty.value_of_logits(x, t, ground, *power)) for x, t in pairs]
        if "inf" not in value["XE"]:
            gradient["XE"] = [[text(g) for g in _exact.cross_entropy.gradient_of_logits(x, t)] for x, t in pairs]
        gradient["R"] = [[text(g) for g in _exact.penalty.gradient_of_logits(x, t, ground, *power)] for x, t in pairs]
    return {"expected": value, "gradient": gradient}


def _from_outputs(entry: Entry, pairs: Pairs, ground: Ground, asked: set[str]) -> Entry:
    """Return E and its gradient for the outputs of an ordinal model (1.9)."""
    rows = [(z, t, ground, entry["input"]) for z, t in pairs]
    value = {"E": [text(_exact.squared_emd.value_of_logits(*row)) for row in rows]}
    gradient = {"E": [[text(g) for g in _exact.squared_emd.gradient_of_logits(*row)] for row in rows]}
    return {"expected": value, "gradient": gradient}


_EXPECTATIONS = {"probabilities": _from_probabilities, "logits": _from_logits}
