"""The possible changes of a declaration, one table for each place, and the hypotheses that combine them."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from typing import Any

from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.expression import parse
from emd_conformance._diagnosis import misreadings, reductions
from emd_conformance._diagnosis.formulas import GROUND_FORMULAS
from emd_conformance._diagnosis.hypothesis import Change, Hypothesis, declared
from emd_conformance._diagnosis.scales import CROSS_ENTROPIES, EPSILONS, OF_RANGES, TEXTS
from emd_conformance._diagnosis.terms import Formula

UNWEIGHTED = {"none", "mean", "sum"}
# For a label, these say the same as another formula.
OF_SOFT_TARGETS = {
    *("expected-distance", "energy-of-target-missing", "energy-of-prediction-missing"),
    "divergence-for-emd",
}


@cache
def changes(declaration: Declaration) -> tuple[tuple[Change, ...], ...]:
    """Return the possible changes of a declaration, one tuple for each place."""
    mixed = reductions.MIXINGS if declaration.ground == "line" else {}  # formulas of the line only
    mixings = [Change(name, {"mixing": mixing}) for name, mixing in mixed.items()]
    known = GROUND_FORMULAS[declaration.ground]
    if declaration.input == "cdf":  # a second sum means that CDFs are read as probabilities
        known = {("input='probabilities'" if name == "cumsum-twice" else name): f for name, f in known.items()}
    if declaration.takes_labels:
        known = {name: formula for name, formula in known.items() if name not in OF_SOFT_TARGETS}
    formulas = [_formula(name, formula) for name, formula in known.items()]
    targets = [Change(name, {"read_target": read}) for name, read in misreadings.targets(declaration.target).items()]
    places = [_expressions(declaration), _readings_of(declaration), targets, _reductions(declaration)]
    return tuple(map(tuple, [*places, [*formulas, *mixings]]))


def _formula(name: str, formula: Formula) -> Change:
    if name == "skill-score":
        return Change(name, {"formula": formula, "after": lambda ratio: 1 - ratio})
    return Change(name.split(",")[0], {"formula": formula})


def _expressions(declaration: Declaration) -> list[Change]:
    known = CROSS_ENTROPIES if {"XE", "R"} & declaration.expression.names else TEXTS
    ranges = OF_RANGES if declaration.ground == "positions" else ()  # elsewhere, the largest distance is C - 1
    texts = [text for text in (*known, *ranges) if parse(text).standard != declaration.expression.standard]
    found = [Change(f"computes={text!r}", {"expression": parse(text)}) for text in texts]
    if declaration.computes.startswith("sqrt(") and declaration.computes.endswith(")"):
        roots = [parse(f"{declaration.computes[:-1]} + {epsilon})") for epsilon in EPSILONS]
        found += [Change("epsilon-under-root", {"expression": root}) for root in roots]
    return found


def _readings_of(declaration: Declaration) -> list[Change]:
    mixed = {"XE", "R"} & declaration.expression.names  # which read the input as declared
    found = [
        Change("input-read-twice", {"read": read}, detail=name.replace("input=", "as ").replace("'", ""))
        if mixed and name.startswith("input=")
        else Change(name, {"read": read})
        for name, read in misreadings.predictions(declaration.input).items()
    ]
    if "off-simplex" in declaration.capabilities:
        found.append(Change("prediction-normalised", {"read": misreadings.normalised(declaration.input)}))
    if declaration.input == "logits":
        found.append(Change("softmax-along-batch", {"softmax_along_batch": True}))
    return found


def _reductions(declaration: Declaration) -> list[Change]:
    here = declaration.reduction if declaration.batched else "none"
    conventions = {
        f"reduction={name!r}": r for name, r in reductions.CONVENTIONS.items() if name in UNWEIGHTED - {here}
    }
    found = [Change(name, {"reduce": reduce}) for name, reduce in (conventions | reductions.DEFECTS).items()]
    coupled = {"coupled": True, "reduce": reductions.CONVENTIONS["none"]}
    return [*found, Change("batch-coupled-root", coupled)]


def hypotheses(declaration: Declaration, number: int) -> Iterator[Hypothesis]:
    """Yield the hypotheses with a number of changes, of which at most one is a defect; those without one come first."""
    base, places = declared(declaration), changes(replace(declaration, grad=None))  # gradients would split the cache
    chosen = [choice for group in combinations(places, number) for choice in product(*group)]
    counted = [(sum(change.kind == "defect" for change in choice), choice) for choice in chosen]
    for defects in (0, 1) if number < 3 else (0,):
        yield from (changed(base, *choice) for count, choice in counted if count == defects)


def changed(base: Hypothesis, *chosen: Change) -> Hypothesis:
    """Return a hypothesis with further changes."""
    fields: dict[str, Any] = {}
    for change in chosen:
        fields |= change.fields
    return replace(base, **fields, changes=(*base.changes, *chosen))
