"""The declaration of a loss that has none: the conventions under which its answers are right."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import product
from shlex import quote
from typing import Any, Unpack, cast

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.load import Loss, load
from emd_conformance._cases.case import Case
from emd_conformance._cases.load import vectors
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration, Options
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._declaration.options import flags, given
from emd_conformance._diagnosis.hypothesis import Slack, agree, declared
from emd_conformance._diagnosis.scales import TEXTS
from emd_conformance._diagnosis.values import Answers
from emd_conformance._run.run import run

CLASSES = (2, 3, 5)
ENOUGH = 3  # answers: fewer could agree by chance
EACH = 3  # cases of each number of classes: two do not tell E from E/(C-1)
CALLS: dict[str, tuple[Any, ...]] = {
    "array": ("numpy", "torch", "list"),
    "batched": (True, False),
    "axis": (-1, 0),
    "input": ("probabilities", "logits", "log-probabilities", "cdf", "cumulative"),
    "target": ("distribution", "labels", "labels-from-1"),
    "label_shape": ("(N,)", "(N,1)"),
    "order": ("predicted-first", "target-first"),
}
MEANINGS: dict[str, tuple[Any, ...]] = {"reduction": ("none", "mean", "sum"), "computes": tuple(TEXTS)}


@dataclass(frozen=True)
class Proposal:
    """A declaration that fits, and why."""

    options: Options
    why: str

    def command(self, target: str) -> str:
        """Return the command line that examines the loss under this declaration."""
        return " ".join(map(quote, ["emd-conformance", "run", target, *flags(self.options)]))


def infer(loss: Loss | str, /, **hints: Unpack[Options]) -> list[Proposal]:
    """Return the declarations under which the answers of a loss are right.

    For each kind of input and target, this is the declaration closest to the specification. The loss is called in this
    process, on cases with 2, 3 and 5 classes.

    Parameters
    ----------
    loss
        A callable, "package.module:attribute", or "package.module:Class(num_classes=C)".
    **hints
        Fields of the `Declaration` that are known: only declarations with these values are proposed.

    Returns
    -------
    list[Proposal]
        Each with `options`, the arguments of `run` that differ from their defaults, and `why`. Empty if none fits.

    Raises
    ------
    ValueError
        If a hint is not understood.
    RuntimeError
        If the loss cannot be loaded.
    """
    factory = load(loss)
    fits: dict[tuple[str, str], Proposal] = {}
    for way in _calls(Declaration(**hints), hints):
        if any(fit.options.get("array") != given(way).get("array") for fit in fits.values()):
            break  # a loss that takes NumPy's arrays may take others, and need not declare them
        if (way.input, way.target) not in fits and (proposal := _proposal(loss, Caller(factory, way), hints)):
            fits[way.input, way.target] = proposal
    for target in [target for kind, target in fits if kind == "logits"]:
        fits.pop(("log-probabilities", target), None)  # it fits only because softmax(log p) = p
    return [*fits.values()]


def _calls(known: Declaration, hints: Options) -> Iterator[Declaration]:
    """Yield the ways to call a loss, of one array library after the other, the closest to the specification first."""
    choices = {name: (getattr(known, name),) if name in hints else values for name, values in CALLS.items()}
    ways = [replace(known, **dict(zip(choices, way, strict=True))) for way in product(*choices.values())]
    distinct = [way for way in ways if _distinct(way, hints)]
    yield from sorted(distinct, key=lambda way: (choices["array"].index(way.array), len(given(way))))


def _distinct(way: Declaration, hints: Options) -> bool:
    """Tell whether a way to call is not only another form of one that differs less from the specification."""
    if not way.batched and (way.axis != -1 or way.label_shape != "(N,)"):
        return False
    if way.array == "list" and way.batched and "array" not in hints:
        return False
    return way.label_shape == "(N,)" or way.takes_labels


def _proposal(loss: Loss | str, caller: Caller, hints: Options) -> Proposal | None:
    """Return the declaration with this way to call that a run confirms, if there is one."""
    classes = hints.get("classes") or CLASSES
    fit = _meaning(caller, hints, classes)
    if fit is None:
        return None
    report = run(loss, isolate=False, **(given(fit) | Options(classes=classes)))
    if report.verdict != "conforms":
        return None
    options: Any = given(fit)
    ordered = {name: options[name] for name in (*CALLS, *MEANINGS, *options) if name in options}
    tested = ", ".join(map(str, classes))
    return Proposal(cast(Options, ordered), f"all {len(report.examined)} checks of cases with {tested} classes pass")


def _meaning(caller: Caller, hints: Options, classes: Collection[int]) -> Declaration | None:
    """Return the declaration with the reduction and expression that every answer agrees with."""
    try:
        answers = Answers(caller, _cases(caller.declared, classes))
    except CannotExamineError:  # the array library is not installed
        return None
    if len(answers.asked) < ENOUGH:
        return None
    for guess in _plausible(caller.declared, hints, answers):
        if answers.support(declared(guess), Slack(guess.precision.unit)) >= ENOUGH:
            return guess
    return None


def _plausible(known: Declaration, hints: Options, answers: Answers) -> Iterator[Declaration]:
    """Yield the declarations that explain the first answer: they are few enough to compare with all answers."""
    (samples, received), slack = answers.asked[0], Slack(known.precision.unit)
    names = declared(known).quantities(samples, slack)
    choices = {name: (getattr(known, name),) if name in hints else values for name, values in MEANINGS.items()}
    for reduction, computes in product(*choices.values()):
        if (len(received) == len(samples)) == (reduction == "none"):
            guess = replace(known, reduction=reduction, computes=computes)
            if agree(received, declared(guess).combined(names, samples[0].parameters), slack):
                yield guess


def _cases(known: Declaration, classes: Collection[int]) -> list[Case]:
    """Return small cases of several samples; as many samples as classes would hide a wrong axis."""
    small = [
        case for case in vectors() if case.classes in classes and not case.invalid and "large-size" not in case.flags
    ]
    fitting = [case for case in small if not obstacle(known, case, "value")]
    telling = [case for case in fitting if len(case.predicted) != case.classes and len(case.predicted) > 1]
    return [case for n in classes for case in [case for case in telling if case.classes == n][:EACH]]
