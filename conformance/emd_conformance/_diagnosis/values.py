"""Finds the hypothesis that explains every value.

Hypotheses with fewer changes are tried first. Each is compared with a few answers in floats and, if these agree, with
all answers of the run. One that explains all of them is preferred to one that leaves some out, which says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from emd_conformance._declaration.layouts import ALL_INTEGERS
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.changes import changed, hypotheses
from emd_conformance._diagnosis.class_weights import patterns, shown, solved
from emd_conformance._diagnosis.conventions import bare_factor, options, replaced
from emd_conformance._diagnosis.evidence import Answered, Evidence, Support, agree_to, estimated
from emd_conformance._diagnosis.families import families
from emd_conformance._diagnosis.fit import members, with_factor
from emd_conformance._diagnosis.hypothesis import Change, Hypothesis, Slack, declared
from emd_conformance._diagnosis.mixtures import mixtures
from emd_conformance._diagnosis.otherwise import tried
from emd_conformance._diagnosis.precision import decimals, narrower, rounded_to
from emd_conformance._judging.result import Finding, Result

ENOUGH = 3  # answers that a hypothesis must explain
MOST = 0.8  # of the answers, which a hypothesis must explain at least
SOLVED = 2.0**-40  # the accuracy of a number that was solved for
ROUNDED = {"mass", "near", "near-equal", "huge-logits"}  # groups and flags of cases that forms of one formula differ in
NEAR = 16  # times the accuracy, for a first look in floats
FINE = 1e-3  # an accuracy with which numbers tell hypotheses apart
CLOSE = 0.25  # relative, for numbers of a narrow format
TRIES = 40  # hypotheses that agree with the first answers, but not with all
Guesses: TypeAlias = Iterator[Hypothesis]


@dataclass
class Search:
    """A search for the hypothesis that explains all answers; it keeps the best of those that leave some out.

    A number that differs by more than digits refutes a hypothesis, unless p is near t, the masses differ or logits are
    huge, where forms of one formula differ, too (4.7), or the arithmetic of narrow labels wraps. A call that failed,
    NaN or infinity may have another cause.
    """

    evidence: Evidence
    best: tuple[Hypothesis, Support] | None = None
    tries: int = 0
    seen: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])

    def first(self, guesses: Guesses) -> tuple[Hypothesis, Support] | None:
        """Return the first hypothesis that explains all answers."""
        for guess in guesses:
            names = tuple(f"{change.name} {change.detail}" for change in guess.changes)
            if self.tries > TRIES:
                return None
            if names in self.seen or not self._is_near(guess) or not self._is_distinct(guess):
                continue
            self.seen.add(names)
            unit = max([self.evidence.unit] + [SOLVED for change in guess.changes if change.solved])
            support = self.evidence.support(guess, Slack(unit), 1 - MOST, partial(self._refutes, guess))
            self.tries += bool(support.wrong)
            if support.right >= ENOUGH and not support.wrong:
                return guess, support
            if support.right >= ENOUGH and self._is_better(guess, support):
                self.best = guess, support
        return None

    def _is_near(self, guess: Hypothesis) -> bool:
        return self.evidence.near(guess, self.evidence.probes, NEAR * self.evidence.accuracy)

    def _is_distinct(self, guess: Hypothesis) -> bool:
        """Tell whether most numbers are close: the slack of a narrow format may cover any number at all."""
        if self.evidence.accuracy < FINE:
            return True
        pairs = [
            pair
            for answer in self.evidence.clear
            if answer.finite and len(guessed := estimated(guess, answer) or []) == len(answer.received or [])
            for pair in zip(answer.received or [], guessed, strict=True)
        ]
        return sum(abs(x - y) <= CLOSE * max(abs(x), abs(y)) for x, y in pairs) >= MOST * len(pairs)

    def _is_better(self, guess: Hypothesis, support: Support) -> bool:
        better = (
            support.share >= MOST
            and _explains_failures(self.evidence, support)
            and (not self.best or support.share > self.best[1].share)
        )
        return better and not any(self._refutes(guess, answer) for answer in support.wrong)

    def _refutes(self, guess: Hypothesis, answer: Answered) -> bool:
        """Tell whether an answer differs by more than digits: those of a probability of 1, which small ones lack."""
        case = answer.case
        if not answer.finite or ROUNDED & {case.group, *case.flags} or case.passed in ALL_INTEGERS:
            return False
        return not self._lacks_digits(guess, answer)

    def _lacks_digits(self, guess: Hypothesis, answer: Answered) -> bool:
        digits = float(Slack(self.evidence.unit).of(answer.case.classes))
        return answer.finite and agree_to(digits, answer.received or [], estimated(guess, answer))

    @property
    def only_digits(self) -> bool:
        """Whether the best hypothesis differs from the answers in nothing but digits."""
        return self.best is not None and all(self._lacks_digits(self.best[0], answer) for answer in self.best[1].wrong)


def explain_values(evidence: Evidence, results: Sequence[Result]) -> Finding | None:
    """Return the finding that explains every answer with the fewest changes; lost digits count as one change."""
    if len(evidence.probes) < ENOUGH:
        return None
    if (sums := evidence.summed()) is not None and (found := explain_values(sums, results)):
        cause = "" if found.id == "wrong-shape" else f"of their sums: {found.message}"
        return finding("not-summed", cause or "their sums are right")
    base, search = declared(evidence.caller.declared), Search(evidence)
    if not any(answer.result.failed for answer in evidence.probes):  # only special cases fail
        return _of(search, iter([base]), results) or _imprecise(evidence, [base], "float32")
    stages: list[Callable[[], Finding | None]] = [
        *(partial(_of, search, guesses, results) for guesses in _single(evidence, base)),
        lambda: _imprecise(evidence, [base], "float32"),
        *(partial(_of, search, guesses, results) for guesses in _double(evidence, base)),
        lambda: _imprecise(evidence, _conventions(evidence), "float32"),
        lambda: _imprecise(evidence, [base], "float16", "bfloat16"),
    ]
    for stage in stages:
        if (found := stage()) is not None:
            return found
        if search.only_digits:
            break
    return _finding(evidence, *search.best, results) if search.best else _weighted(evidence)


def _weighted(evidence: Evidence) -> Finding | None:
    """Return the finding that the answers have weights of the classes, if these follow from linear equations."""
    known = evidence.caller.declared
    if evidence.accuracy > FINE or known.ground != "line" or known.entries(2) < 2 or not (found := solved(evidence)):
        return None
    texts = [
        f"for C = {C} they are {shown(weights, evidence.accuracy)} (in all {count} values)"
        for C, weights, count in found
    ]
    return finding("class-weights", f"{'; '.join(texts[:3])}; for other C they were not determined")


def _single(evidence: Evidence, base: Hypothesis) -> Iterator[Guesses]:
    """Yield the hypotheses of one change, one kind after the other."""
    declaration = evidence.caller.declared
    yield iter([base])
    yield hypotheses(declaration, 1)
    yield with_factor(evidence, base)
    yield mixtures(evidence, base)
    if declaration.ground == "line":
        weighted = [changed(base, change) for change in patterns()]
        yield (guess for plain in weighted for guess in (plain, *with_factor(evidence, plain)))
    yield (guess for family in families(declaration) for guess in members(evidence, base, family))


def _double(evidence: Evidence, base: Hypothesis) -> Iterator[Guesses]:
    """Yield the hypotheses of two changes or more."""
    declaration = evidence.caller.declared
    yield hypotheses(declaration, 2)
    yield (guess for one in hypotheses(declaration, 1) if _scalable(one) for guess in with_factor(evidence, one))
    yield hypotheses(declaration, 3)


def _scalable(guess: Hypothesis) -> bool:
    """Tell whether a factor may come on top: forms have expressions and reductions of their own."""
    return not {"expression", "reduce", "after"} & {name for change in guess.changes for name in change.fields}


def _conventions(evidence: Evidence) -> Guesses:
    """Yield the conventions that come with a low precision."""
    declaration = evidence.caller.declared
    yield from hypotheses(declaration, 1)
    yield from with_factor(evidence, declared(declaration), 1e-5)
    yield from (guess for guess in hypotheses(declaration, 2) if all(c.kind == "convention" for c in guess.changes))


def _of(search: Search, guesses: Guesses, results: Sequence[Result]) -> Finding | None:
    found = search.first(guesses)
    return _finding(search.evidence, *found, results) if found else None


def _imprecise(evidence: Evidence, guesses: Sequence[Hypothesis] | Guesses, *formats: str) -> Finding | None:
    """Return the finding that the errors are those of a narrower format."""
    n = decimals(evidence)
    for guess in guesses:
        if n is not None and rounded_to(evidence, guess, n):
            return finding("low-precision", _joined(guess, f"its answers are rounded to {n} decimals"))
        if (found := narrower(evidence, guess, *formats)) and _explains_failures(evidence, found[1]):
            name, support = found
            return finding(
                "low-precision", _joined(guess, f"the errors are as large as those of {name}; {support.sentence()}")
            )
    return None


def _explains_failures(evidence: Evidence, support: Support) -> bool:
    """Tell whether at least half of the numbers that are wrong are reproduced; what is no number has another cause."""
    failed = {a.case.id for a in evidence.answers if a.result.failed and a.finite}
    return 2 * len(failed & {a.case.id for a in support.wrong}) <= len(failed)


def _joined(guess: Hypothesis, note: str) -> str:
    names = _named(guess)
    return f"with {names}, {note}" if names else note


def _named(guess: Hypothesis) -> str:
    return ", ".join(dict.fromkeys(_name(change.name) for change in guess.changes))


def _name(name: str) -> str:
    return name.removesuffix(", wrapping")


def _finding(evidence: Evidence, guess: Hypothesis, support: Support, results: Sequence[Result]) -> Finding:
    note = support.sentence()
    if not guess.changes:
        shape = any(result.message.startswith("it returned") for result in results if result.failed)
        return finding("wrong-shape" if shape else "low-precision", note)
    conventions = [_name(change.name) for change in guess.changes if change.kind == "convention"]
    conventions = [name for name in conventions if not replaced(name, conventions)]
    defects = [change for change in guess.changes if change.kind == "defect"]
    if defects:
        note = f"with {', '.join(conventions)}, {note}" if conventions else note
        return finding(defects[0].name, note, detail=_size(evidence, guess, defects[0]))
    trial, factor = tried(evidence.caller, options(conventions)), bare_factor(conventions)
    if trial.passed >= ENOUGH:
        what = conventions[0] if factor else "this"
        note = f"{note}; {trial.sentence().replace('declared so', f'with {what} declared')}"
    if factor and evidence.caller.declared.computes == "E":
        return finding("constant-factor", f"every answer is {factor} times the right one; {note}")
    return finding("convention", note, id=", ".join(conventions))


def _size(evidence: Evidence, guess: Hypothesis, change: Change) -> str:
    """Return the size of a change in words; it may be another one if twice the size explains every answer, too."""
    if not change.doubled:
        return change.detail
    slack = Slack(max(evidence.unit, SOLVED if change.solved else 0.0))
    other = evidence.support(replace(guess, **change.doubled), slack, 0.0)
    return change.detail if other.wrong else f"{change.detail} (or another number: the answers do not tell)"
