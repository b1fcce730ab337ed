"""One sample of a case, under a declaration."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from emd_conformance._cases.case import Case, Row
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.weighting import weight
from emd_conformance._exact.grounds import Ground, Line, largest_distance
from emd_conformance._exact.softmax import Encoding


@dataclass(frozen=True)
class Sample:
    """One sample of a case, with the numbers that the implementation receives."""

    case: Case
    index: int
    x: Row
    declared: Declaration

    @property
    def target(self) -> tuple[float, ...]:
        return self.case.distributions[self.index]

    @property
    def label(self) -> int:
        return self.case.labels[self.index] if self.case.labels is not None else -1

    @property
    def weight(self) -> Fraction:
        """The weight of the sample (1.8), by its declaration."""
        return weight(self.declared, self.case, self.index)

    @property
    def ground(self) -> Ground:
        """The ground distance in the form that the implementation takes."""
        return self.case.ground if self.case.needs else self.declared.ground_of(self.case)

    @property
    def stored(self) -> bool:
        """Whether the exact answers of the case hold for these numbers."""
        return self.x == self.case.predicted[self.index] and self.declared.input != "log-probabilities"

    @property
    def encoding(self) -> Encoding | None:
        """How the numbers stand for probabilities, unless they are probabilities or their sums."""
        if self.declared.input == "log-probabilities":
            return "log-probabilities"
        return self.case.input if self.case.input != "probabilities" else None

    @property
    def standard(self) -> Self:
        """The first sample of the case with these numbers, under a declaration of its meaning alone.

        Fields that no exact answer and no bound depends on have their defaults.
        """
        return type(self)(self.case, self.case.first_alike[self.index], self.x, self.declared.meaning)

    @property
    def parameters(self) -> dict[str, Fraction]:
        """The parameters that its expression may name; a `range` is computed if it is named, or cheap."""
        known = {"C": Fraction(self.case.classes), "weight": Fraction(self.case.weight)}
        if "range" in self.declared.expression.parameters or isinstance(self.ground, Line):
            known["range"] = largest_distance(self.ground, self.case.classes)
        return known
