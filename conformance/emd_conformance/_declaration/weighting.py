"""The weights of samples (1.8): an argument of the call, weights of the classes, a mask, and labels that are ignored.

The cases state no weights. A sample has those that follow from its own numbers, so it keeps them in every order of the
batch, and alone.
"""

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration

SAMPLES = (0.5, 2.0, 0.75, 0.0, 1.0, 24.0, 0.25)  # exact in every format
CLASSES = (0.5, 1.5, 1.0, 2.0, 0.25, 24.0, 0.75)
OF_THREE = 3  # one sample of three is masked, and the label of one of three is ignored


def sample_weight(case: Case, index: int) -> float:
    return SAMPLES[case.checksums[index] % len(SAMPLES)]


def class_weights(classes: int) -> list[float]:
    return [CLASSES[j % len(CLASSES)] for j in range(classes)]


def in_mask(case: Case, index: int) -> bool:
    """Return the entry of the mask: False for a sample that does not count."""
    return case.checksums[index] // len(SAMPLES) % OF_THREE > 0


def is_ignored(declared: Declaration, case: Case, index: int) -> bool:
    """Tell whether the label is replaced by the one that is ignored; an invalid label stays what it is."""
    if declared.ignore_index is None or case.invalid:
        return False
    return case.checksums[index] // len(SAMPLES) // OF_THREE % OF_THREE == 0


def weight(declared: Declaration, case: Case, index: int, forgotten: str = "") -> Fraction:
    """Return the weight of a sample: the product of those that a declaration names, but for one that is forgotten."""
    names = declared.weighted - {forgotten}
    if not names:
        return Fraction(1)
    if is_ignored(declared, case, index) or ("mask" in names and not in_mask(case, index)):
        return Fraction(0)
    product = Fraction(sample_weight(case, index)) if "w" in names else Fraction(1)
    if "class_weight" in names and case.labels is not None:
        product *= Fraction(class_weights(case.classes)[case.labels[index]])
    return product


def divisor(declared: Declaration, case: Case, indices: Sequence[int]) -> Fraction:
    """Return what the sum of the weighted values of a call is divided by (1.8)."""
    if not declared.batched or declared.reduction in ("none", "sum"):
        return Fraction(1)
    if declared.reduction == "mean":
        return Fraction(sum(not is_ignored(declared, case, i) for i in indices) or 1)
    return sum((weight(declared, case, i) for i in indices), Fraction(0)) or Fraction(1)


def shows(name: str, declared: Declaration, case: Case) -> bool:
    """Tell whether a case has a sample whose answer depends on a weight of this name."""
    samples = range(len(case.predicted))
    match name:
        case "w":
            return any(sample_weight(case, i) != 1 for i in samples)
        case "mask":
            return not all(in_mask(case, i) for i in samples)
        case "ignore_index":
            return any(is_ignored(declared, case, i) for i in samples)
        case _:
            return any(class_weights(case.classes)[k] != 1 for k in case.labels or ())
