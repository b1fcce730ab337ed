"""Propose the declaration of a loss that has none: the conventions under which its answers are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from shlex import quote
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.load import load
from emd_conformance._cases.case import Case
from emd_conformance._cases.load import vectors
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._declaration.options import flags
from emd_conformance._diagnosis.hypothesis import TEXTS, Slack, agree, declared
from emd_conformance._diagnosis.values import Answers
from emd_conformance._run.run import run

FEW = (2, 3, 5)
ENOUGH = 3
EACH = 3  # of every number of classes: two alone do not tell E from E/(C-1)
ARRAYS = ("numpy", "torch", "list")
CALLS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("array", ARRAYS),
    ("batched", (True, False)),
    ("axis", (-1, 0)),
    ("input", ("probabilities", "logits", "log-probabilities", "cdf")),
    ("target", ("distribution", "labels", "labels-from-1")),
    ("label_shape", ("(N,)", "(N,1)")),
    ("order", ("predicted-first", "target-first")),
)
MEANINGS = tuple(product(("none", "mean", "sum"), TEXTS))


@dataclass(frozen=True)
class Proposal:
    """A declaration that fits, as options of `run`."""

    options: dict[str, Any]

    def command(self, target: str) -> str:
        """Return the command line that examines the loss under it."""
        return " ".join(map(quote, ["emd-conformance", "run", target, *flags(self.options)]))


def infer(loss: Callable[..., Any] | str) -> list[Proposal]:
    """Return the declarations that fit, for each kind of input and target the one closest to the specification."""
    factory = load(loss)
    fits: dict[tuple[str, str], Proposal] = {}
    for options in _calls():
        if any(fit.options.get("array") != options.get("array") for fit in fits.values()):
            break  # who takes NumPy's arrays may take others, and need not declare it
        kind = (options.get("input", "probabilities"), options.get("target", "distribution"))
        fit = None if kind in fits else _fit(Caller(factory, Declaration(**options)), options)
        if fit is not None and run(loss, isolate=False, **fit.options, classes=FEW).verdict == "conforms":
            fits[kind] = fit
    return [fit for (given, target), fit in fits.items() if not _logits_too(given, target, fits)]


def _logits_too(given: str, target: str, fits: dict[tuple[str, str], Proposal]) -> bool:
    """Tell whether this says only that softmax(log p) = p."""
    return given == "log-probabilities" and ("logits", target) in fits


def _calls() -> Iterator[dict[str, Any]]:
    """Yield the ways to call a loss, those with the fewest differences from the specification first."""
    names, choices = zip(*CALLS, strict=True)
    ways = [dict(zip(names, way, strict=True)) for way in product(*choices)]
    defaults = Declaration()
    changed = [{name: x for name, x in way.items() if x != getattr(defaults, name)} for way in ways]
    yield from sorted(filter(_sensible, changed), key=lambda way: (ARRAYS.index(way.get("array", "numpy")), len(way)))


def _sensible(options: dict[str, Any]) -> bool:
    """Leave out what says the same in other words."""
    unbatched = "batched" in options
    if unbatched and ("axis" in options or "label_shape" in options):
        return False
    if options.get("array") == "list" and not unbatched:
        return False
    return not ("label_shape" in options and "target" not in options)


def _fit(caller: Caller, options: dict[str, Any]) -> Proposal | None:
    """Return the expression and reduction that every answer agrees with, if calls give answers at all."""
    try:
        answers = Answers(caller, _cases(caller.declared))
    except CannotExamineError:  # the array library is not installed
        return None
    if len(answers.asked) < ENOUGH:
        return None
    for meaning in _plausible(caller.declared, answers):
        guess = replace(caller.declared, **meaning)
        if answers.support(declared(guess), Slack(guess.precision.unit)) >= ENOUGH:
            return Proposal(options | {name: x for name, x in meaning.items() if x != getattr(Declaration(), name)})
    return None


def _plausible(declaration: Declaration, answers: Answers) -> Iterator[dict[str, Any]]:
    """Yield what explains the first answer, so that only few meanings are held against all of them."""
    (samples, received), slack = answers.asked[0], Slack(declaration.precision.unit)
    names = declared(declaration).quantities(samples, slack)
    for reduction, computes in MEANINGS:
        if (len(received) == len(samples)) == (reduction == "none"):
            guess = declared(replace(declaration, reduction=reduction, computes=computes))
            if agree(received, guess.combined(names, samples[0].parameters), slack):
                yield {"reduction": reduction, "computes": computes}


def _cases(declaration: Declaration) -> list[Case]:
    """Return a few small cases that the way to call allows, with batches of several samples."""
    small = [case for case in vectors() if case.classes in FEW and not case.invalid]
    fitting = [case for case in small if not obstacle(declaration, case, "value")]
    telling = [case for case in fitting if len(case.predicted) != case.classes and len(case.predicted) > 1]
    return [case for n in FEW for case in [case for case in telling if case.classes == n][:EACH]]
