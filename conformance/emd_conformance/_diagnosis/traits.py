"""What the cases that fail have in common, and no other case has: a sentence that is true whatever the cause is."""

from collections.abc import Callable, Iterator, Sequence

from emd_conformance._cases.case import Case

Trait = tuple[str, Callable[[Case], bool]]


def _rows(case: Case) -> tuple[tuple[float, ...], ...]:
    return (*case.predicted, *(case.target or ()))


def _equal(case: Case) -> bool:
    return any(p == t for p, t in zip(case.predicted, case.target or (), strict=False))


TRAITS: tuple[Trait, ...] = (
    ("with one class", lambda case: case.classes == 1),
    ("with at most two classes", lambda case: case.classes <= 2),
    ("with more than two classes", lambda case: case.classes > 2),
    ("with an odd number of classes", lambda case: case.classes % 2 == 1),
    ("with an even number of classes", lambda case: case.classes % 2 == 0),
    ("of one sample", lambda case: len(case.predicted) == 1),
    ("of several samples", lambda case: len(case.predicted) > 1),
    ("with as many samples as classes", lambda case: len(case.predicted) == case.classes),
    ("with another number of samples than of classes", lambda case: len(case.predicted) != case.classes),
    ("of several batch axes", lambda case: len(case.shape) > 1),
    ("in which a predicted probability is 0", lambda case: any(x == 0 for row in case.predicted for x in row)),
    ("in which a target probability is 0", lambda case: any(x == 0 for row in case.target or () for x in row)),
    ("in which a probability is 0", lambda case: any(x == 0 for row in _rows(case) for x in row)),
    ("in which a probability is 1", lambda case: any(x == 1 for row in _rows(case) for x in row)),
    ("in which a prediction equals its target", _equal),
    ("in which no label is the last class", lambda case: case.classes - 1 not in (case.labels or ())),
    ("in which a label is the last class", lambda case: case.classes - 1 in (case.labels or ())),
    ("in which a label is class 0", lambda case: 0 in (case.labels or ())),
    ("with huge logits", lambda case: "huge-logits" in case.flags),
    ("in which p and t nearly agree", lambda case: "near-equal" in case.flags),
    ("with unequal masses", lambda case: "off-simplex" in case.needs),
)


def in_common(failing: Sequence[Case], passing: Sequence[Case]) -> str:
    """Return the trait that every failing case has and no passing one, or an empty string."""
    if not failing or not passing:
        return ""
    return next(_fitting(failing, passing), "")


def where(wrong: Sequence[Case], right: Sequence[Case]) -> str:
    """Return in words which cases fail, and what only they have in common."""
    if not right:
        return f"none of the {len(wrong)} answers is right"
    trait, total = in_common(wrong, right), len(wrong) + len(right)
    which = f": those {trait}, and no others" if trait else ""
    return f"{len(wrong)} of {total} cases fail{which}"


def _fitting(failing: Sequence[Case], passing: Sequence[Case]) -> Iterator[str]:
    for words, has in TRAITS:
        if all(map(has, failing)) and not any(map(has, passing)):
            yield words
    for words, size in (("classes", lambda case: case.classes), ("samples", lambda case: len(case.predicted))):
        bad, good = sorted({size(case) for case in failing}), sorted({size(case) for case in passing})
        if bad[0] > good[-1]:
            yield f"with {bad[0]} {words} or more"
        elif bad[-1] < good[0]:
            yield f"with {bad[-1]} {words} or fewer"
        elif not set(bad) & set(good) and len(bad) <= 3:
            yield f"with {', '.join(map(str, bad))} {words}"
