"""The declaration of a loss that has none: the conventions under which its answers are right."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import isinf
from shlex import quote
from time import perf_counter
from typing import Unpack, cast

from emd_conformance._calling.answers import AnswerError
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.load import Factory, Loss, load, needs
from emd_conformance._cases.case import Case
from emd_conformance._cases.load import vectors
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration, Options
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._declaration.options import flags, given
from emd_conformance._declaration.place import places_in
from emd_conformance._declaration.template import apply
from emd_conformance._run.agreement import agrees, near
from emd_conformance._run.run import run
from emd_conformance._run.ways import NAMES, calls, formats, meanings

CLASSES = (2, 3, 5)
ENOUGH = 3  # answers: fewer could agree by chance
EACH = 3  # cases of each number of classes: two do not tell E from E/(C-1)
LARGEST = 8  # samples of a case
SECONDS = 10.0  # for the run that confirms a proposal
SAME = {  # the second of each pair fits because the first does
    ("logits", "log-probabilities"): "softmax(log p) = p",
    ("cdf", "cumulative"): "(1 - P) - (1 - T) has the square of P - T",
}
MIRRORED = ("probabilities", "cdf"), ("cdf", "probabilities")  # E(p, t) = E(t, p): either of the two is the prediction


@dataclass(frozen=True)
class Proposal:
    """A declaration that fits, and why."""

    options: Options
    why: str

    def command(self, target: str) -> str:
        """Return the command line that examines the loss under this declaration."""
        return " ".join(map(quote, ["emd-conformance", "run", target, *flags(self.options)]))


class Proposals(list[Proposal]):
    """The declarations that fit, and in words what was tried."""

    tried: str = ""


def infer(loss: Loss | str, /, **hints: Unpack[Options]) -> list[Proposal]:
    """Return the declarations under which the answers of a loss are right.

    For each kind of input and target, this is the declaration closest to the specification: a way to call the loss with
    arrays of NumPy, PyTorch or JAX in float64 or float32, or with lists; a reduction; an expression; the place of the
    answer in what is returned; and a gradient by autograd, if it is right. `run` has confirmed each proposal.

    Parameters
    ----------
    loss
        A callable, "package.module:attribute", or "package.module:Class(num_classes=C)". It is called in this process.
    **hints
        Fields of the `Declaration` that are known: only declarations with these values are proposed.

    Returns
    -------
    list[Proposal]
        Each with `options`, the arguments of `run` that differ from their defaults, and `why`. Empty if none fits; the
        list says what was `tried`.

    Raises
    ------
    ValueError
        If a hint is not understood.
    RuntimeError
        If the loss cannot be loaded.

    Examples
    --------
    >>> import numpy as np
    >>> def loss(p, t):
    ...     return np.square(np.cumsum(p - t, axis=-1)).mean(axis=-1)
    >>> infer(loss, reduction="none")[0].options
    {'computes': 'E/C'}
    """
    search = Search(loss, load(loss), hints, Counter())
    proposals = Proposals(search.proposals())
    if not proposals and "ground" not in hints and search.outcomes[UNKNOWN_ANSWERS]:
        on_circle: Options = {**hints, "ground": "circle"}
        proposals = Proposals(replace(search, hints=on_circle).proposals())
    proposals.tried = search.tried
    return proposals


UNKNOWN_ANSWERS = "gave answers that no known expression and reduction explain"


@dataclass(frozen=True)
class Search:
    """The search for the declaration of a loss; `outcomes` counts what became of the ways to call it."""

    loss: Loss | str
    factory: Factory
    hints: Options
    outcomes: Counter[str]

    def proposals(self) -> list[Proposal]:
        for known in formats(Declaration(**self.hints), self.hints):
            fits: dict[tuple[str, str], Proposal] = {}
            for way in calls(known, self.hints):
                if (way.input, way.target) not in fits and (proposal := self._proposal(way)):
                    fits[way.input, way.target] = proposal
            if fits:  # a loss that takes NumPy's arrays may take others, and need not declare them
                return list(_different(fits).values())
        return []

    @property
    def tried(self) -> str:
        """What was tried, in words."""
        counts = "; ".join(f"{count} {words}" for words, count in self.outcomes.most_common(6))
        return f"{sum(self.outcomes.values())} ways to call it were tried: {counts}{self._needs()}"

    def _needs(self) -> str:
        """Return what to state of a loss that needs more than a prediction and a target."""
        loss = self.factory(CLASSES[0])
        names = needs(getattr(loss, "forward", loss))
        if len(names) <= len("pt") or "call" in self.hints:
            return ""
        words = "state what they are, as in --call='p, t, w' for weights w of the samples"
        return f". It needs the arguments {', '.join(names)}: {words}"

    def _proposal(self, way: Declaration) -> Proposal | None:
        """Return the proposal with this way to call, if there is one."""
        classes = tuple(self.hints.get("classes") or CLASSES)
        cases = _cases(way, classes)
        for caller in self._located(Caller(self.factory, way), cases[0]) if len(cases) >= ENOUGH else ():
            if fit := self._meaning(caller, cases):
                return self._confirmed(fit, classes)
        return None

    def _located(self, caller: Caller, case: Case) -> Iterator[Caller]:
        """Yield a caller whose calls return numbers: the same, or with each place in what a call returns."""
        try:
            caller.raw(case)
            yield caller
        except AnswerError:
            found = apply(caller.factory(case.classes), caller.declared.template, caller.named(case))
            for place in places_in(found) if caller.declared.returns is None else ():
                yield caller.under(replace(caller.declared, returns=place))
        except CannotExamineError:  # the library is not installed, or has no such numbers
            return
        except Exception as error:  # whatever it is, the loss is not called in this way
            self.outcomes[f"raised {type(error).__name__}"] += 1

    def _meaning(self, caller: Caller, cases: Sequence[Case]) -> Declaration | None:
        """Return the declaration with the reduction and expression that every answer agrees with."""
        guesses, agreed = meanings(caller.declared, self.hints), Counter[tuple[str, str]]()
        for case in cases:
            try:
                received = caller.raw(case)
            except Exception as error:
                self.outcomes[f"raised {type(error).__name__} for some cases"] += 1
                return None
            if any(map(isinf, received)):  # only a cross-entropy is infinite, and the run will tell whether it may be
                guesses = [guess for guess in guesses if "XE" in guess.expression.names]
                continue
            silent = [guess for guess in guesses if obstacle(guess, case, "value")]  # of which the case tells nothing
            nearly = near(caller, case, [guess for guess in guesses if guess not in silent], received)
            agreeing = [guess for guess in nearly if agrees(caller.under(guess), case, received)]
            agreed.update((guess.reduction, guess.computes) for guess in agreeing)
            guesses = [guess for guess in guesses if guess in silent or guess in agreeing]
            if not guesses:
                self.outcomes[UNKNOWN_ANSWERS] += 1
                return None
        return next((guess for guess in guesses if agreed[guess.reduction, guess.computes] >= ENOUGH), None)

    def _confirmed(self, fit: Declaration, classes: Sequence[int]) -> Proposal | None:
        """Return the proposal of a declaration under which `run` conforms: with a gradient, if that is right."""
        grads = ("autograd", None) if fit.array in ("torch", "jax") and "grad" not in self.hints else (fit.grad,)
        for declared in (replace(fit, grad=grad) for grad in grads):
            few = run(self.loss, isolate=False, **(given(declared) | Options(classes=classes)))
            if few.verdict == "conforms" and (checks := self._all_pass(declared)):
                options = given(declared)
                ordered = {name: x for name in (*NAMES, *options) if (x := options.get(name)) is not None}
                note = "" if declared.grad or len(grads) == 1 else "; its gradient by autograd does not"
                return Proposal(cast(Options, ordered), f"all {checks} checks that were tried pass{note}")
        self.outcomes[f"fit in the cases of {', '.join(map(str, classes))} classes, and not in all others"] += 1
        return None

    def _all_pass(self, declared: Declaration) -> int:
        """Return the number of checks if all of them pass, of as many groups as the time allows, else 0."""
        start, checks = perf_counter(), 0
        for group in dict.fromkeys(case.group for case in vectors()):
            report = run(self.loss, cases=vectors(group), isolate=False, **given(declared))
            if report.verdict == "does-not-conform":
                return 0
            checks += len(report.examined)
            if checks and perf_counter() - start > SECONDS:
                break
        return checks


def _cases(known: Declaration, classes: Sequence[int]) -> list[Case]:
    """Return a few cases that can be asked."""
    fitting = [case for case in _telling(tuple(classes)) if not obstacle(known, case, "value")]
    return [case for n in classes for case in [case for case in fitting if case.classes == n][:EACH]]


@cache
def _telling(classes: tuple[int, ...]) -> list[Case]:
    """Return small cases of several samples; as many samples as classes would hide a wrong axis."""
    small = [case for case in vectors() if case.classes in classes and not case.invalid and not case.passed]
    return [case for case in small if 1 < len(case.predicted) <= LARGEST and len(case.predicted) != case.classes]


def _different(fits: dict[tuple[str, str], Proposal]) -> dict[tuple[str, str], Proposal]:
    """Return the fits without those that follow from others."""
    follow = {other for kind, other in SAME if any(kind == input for input, _ in fits)}
    found = {key: fit for key, fit in fits.items() if key[0] not in follow}
    if {*MIRRORED} <= found.keys():
        found.pop(max(MIRRORED, key=lambda key: len(found[key].options)))
    return found
