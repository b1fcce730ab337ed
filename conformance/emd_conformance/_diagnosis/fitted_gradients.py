"""Wrong gradients with a number of their own, which is found from the answers: a factor, a limit, parts of a sum."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from math import isfinite

from emd_conformance._calling.caller import Caller
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis.gradients import Guess, Rows, right_rows, sign
from emd_conformance._diagnosis.scales import accuracy, snapped
from emd_conformance._diagnosis.terms import Vector, centred, cumulative
from emd_conformance._exact.grounds import Line
from emd_conformance._exact.numbers import fractions, length, nearest_float

Compared = Sequence[tuple[list[Sample], Rows]]
FEW = 6  # answers that a number is found from
FORMS: dict[str, Callable[[int, int], Fraction]] = {
    "": lambda N, C: Fraction(1),
    "/C": lambda N, C: Fraction(1, C),
    "*C": lambda N, C: Fraction(C),
    "/N": lambda N, C: Fraction(1, N),
    "*N": lambda N, C: Fraction(N),
}


def fitted(caller: Caller, compared: Compared) -> Iterator[tuple[str, str, Guess]]:
    """Yield the names, the numbers in words, and the hypotheses."""
    names, direct = caller.declared.expression.names, caller.declared.input in ("probabilities", "logits")
    if not compared or not direct or ("W1" in names and len(names) > 1):  # 5.7 to 5.9: no one gradient is right
        return
    if caller.declared.expression.names == {"W1"}:
        for name, guess in _of_emd(caller):
            yield name, "", guess
    yield from _factors(caller, compared)
    yield from _limits(caller, compared)


def _divisor(caller: Caller, samples: Sequence[Sample]) -> int:
    """Return what the gradients of one call are multiplied by, to undo a mean."""
    return len(samples) if caller.declared.reduction == "mean" else 1


def _factors(caller: Caller, compared: Compared) -> Iterator[tuple[str, str, Guess]]:
    """Yield a factor times the right gradient, of which a power of C or of N may be a part."""
    pairs = [(samples, rows, _known(caller, samples)) for samples, rows in compared[:FEW]]
    within = max(accuracy(caller.declared.precision), 1e-8)
    for text, form in FORMS.items():
        ratios: list[float] = []
        for samples, rows, guessed in pairs:
            scale = form(len(samples), samples[0].case.classes) / _divisor(caller, samples)
            values = zip(_plain(caller, rows), _plain(caller, guessed), strict=True)
            numbers = [(a, scale * b) for x, y in values for a, b in zip(x, y, strict=True)]
            a, b = max(numbers, key=lambda pair: abs(pair[1]))
            if b:
                ratios.append(nearest_float(a / b))
        if ratios and ratios[0] and all(map(isfinite, ratios)) and max(ratios) - min(ratios) <= within * abs(ratios[0]):
            c = (snapped(ratios[0], within) or [f"{ratios[0]:.9g}"])[0] + text
            yield "gradient-factor", f"{c} times the right one", _scaled(caller, Fraction(ratios[0]), form)


def _known(caller: Caller, samples: list[Sample]) -> Rows:
    return right_rows(caller, samples)


def _scaled(caller: Caller, factor: Fraction, form: Callable[[int, int], Fraction]) -> Guess:
    def guess(samples: list[Sample]) -> Rows:
        scale = factor * form(len(samples), samples[0].case.classes)
        return [[scale * x for x in row] for row in right_rows(caller, samples)]

    return guess


def _plain(caller: Caller, rows: Rows) -> Rows:
    return list(map(centred, rows)) if caller.declared.input == "probabilities" else rows


def _limits(caller: Caller, compared: Compared) -> Iterator[tuple[str, str, Guess]]:
    """Yield gradients whose entries, or whose lengths, are limited by the largest that was received."""
    entry = max(abs(x) for _, rows in compared for row in rows for x in row)
    longest = max(length(row) for _, rows in compared for row in rows)
    conventions: dict[str, Callable[[Vector], Vector]] = {"": lambda g: g, ", after its mean is subtracted": centred}
    for words, convention in conventions.items():
        yield (
            "gradient-clipped",
            f"to [-{nearest_float(entry):.9g}, {nearest_float(entry):.9g}]{words}",
            _limited(
                caller,
                lambda g, N, f=convention: [min(max(x / N, -entry), entry) * N for x in f(g)],  # type: ignore[misc]
            ),
        )
        yield (
            "gradient-norm-clipped",
            f"to {longest:.9g}{words}",
            _limited(
                caller,
                lambda g, N, f=convention: _shortened(f(g), N, longest),  # type: ignore[misc]
            ),
        )


def _limited(caller: Caller, limit: Callable[[Vector, int], Vector]) -> Guess:
    return lambda samples: [limit(g, _divisor(caller, samples)) for g in right_rows(caller, samples)]


def _shortened(g: Vector, N: int, longest: float) -> Vector:
    size = length(g) / N
    return g if size <= longest else [x * Fraction(longest / size) for x in g]


def _of_emd(caller: Caller) -> Iterator[tuple[str, Guess]]:
    """Yield wrong gradients of the EMD on a line."""
    if caller.declared.ground not in ("line", "positions") or caller.declared.input != "probabilities":
        return
    wrong: dict[str, Callable[[list[Fraction], list[Fraction]], list[Fraction]]] = {
        "gradient-sign": lambda w, s: [-x for x in _tails(w, s)],
        "gradient-prefix": lambda w, s: list(accumulate(a * b for a, b in zip(w, s, strict=True))),
        "gradient-no-tails": lambda w, s: [a * b for a, b in zip(w, s, strict=True)],
        "gradient-off-by-one": lambda w, s: [*_tails(w, s)[1:], Fraction(0)],
        "gradient-without-weights": lambda w, s: _tails([Fraction(x != 0) for x in w], s),
        "gradient-twice-2": lambda w, s: [2 * x for x in _tails(w, s)],
        "gradient-no-2": lambda w, s: [x / 2 for x in _tails(w, s)],
    }
    for name, make in wrong.items():
        yield name, lambda samples, f=make: [_signed(sample, f) for sample in samples]  # type: ignore[misc]
    yield "gradient-of-squared", lambda samples: [_squared(sample) for sample in samples]


def _signed(sample: Sample, make: Callable[[list[Fraction], list[Fraction]], list[Fraction]]) -> Vector:
    D = cumulative(fractions(sample.x), fractions(sample.target))
    return make(_weights(sample), [sign(x) for x in D])


def _squared(sample: Sample) -> Vector:
    D = cumulative(fractions(sample.x), fractions(sample.target))
    return _tails(_weights(sample), [2 * x for x in D])


def _weights(sample: Sample) -> list[Fraction]:
    w = sample.ground.weights(len(sample.x)) if isinstance(sample.ground, Line) else [1] * len(sample.x)
    return [*(Fraction(x) for x in w[:-1]), Fraction(0)]


def _tails(w: Sequence[Fraction], s: Sequence[Fraction]) -> list[Fraction]:
    return list(accumulate(a * b for a, b in zip(reversed(w), reversed(s), strict=True)))[::-1]
