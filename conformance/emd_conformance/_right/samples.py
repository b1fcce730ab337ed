"""The arguments of `assert_right`, and their rows as the samples that the rest of the suite judges."""

from dataclasses import dataclass

from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import Ground
from emd_conformance._right import arrays, validation
from emd_conformance._right.arrays import Numbers, Rows


@dataclass(frozen=True)
class Question:
    """What was computed, and of which numbers; a target is a distribution or a label."""

    declared: Declaration
    predicted: Rows
    target: Rows | list[int]
    ground: Ground
    exponent: float
    bias: float
    weight: float

    @property
    def from_logits(self) -> bool:
        return self.declared.input == "logits"

    def sample(self, i: int) -> Sample:
        """Return a row as a sample."""
        x = self.predicted[i]
        case = Case(
            id=f"yours/row-{i}",
            clauses=(),
            since="",
            comment="",
            input="logits" if self.from_logits else "probabilities",
            dtypes=(self.declared.dtype,),
            predicted=(x,),
            target=None if isinstance(self.target, list) else (self.target[i],),
            labels=(self.target[i],) if isinstance(self.target, list) else None,
            classes=self.predicted.classes,
            ground=self.ground,
            exponent=self.exponent,
            bias=self.bias,
            weight=self.weight,
        )
        return Sample(case, 0, x, self.declared)


def read_predicted(predicted: Numbers, axis: int, logits: bool) -> Rows:
    """Read and validate the predictions."""
    x = arrays.rows(predicted, axis, "predicted")
    check = validation.logits if logits else validation.probabilities
    check(x, "predicted")
    return x


def read_target(target: Numbers, predicted: Numbers, x: Rows, axis: int) -> Rows | list[int]:
    """Read and validate the targets: distributions shaped like the predictions, or labels."""
    given, shape = arrays.shape_of(target), arrays.shape_of(predicted)
    if given == shape:
        t = arrays.rows(target, axis, "target")
        validation.probabilities(t, "target")
        return t
    if given == x.batch:
        return validation.labels(target, x.classes)
    raise ValueError(
        f"`target` has shape {given}: it must hold labels of shape {x.batch}, or distributions of shape {shape}"
    )
