"""The arguments of `assert_right`, and their rows as the samples that the rest of the suite judges."""

from dataclasses import dataclass, replace
from math import inf

from emd_conformance._cases.case import Case
from emd_conformance._cases.load import INFINITY
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._judging.quantities import QUANTITIES
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
        """Return a row as a sample, with its exact answers."""
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
        sample = Sample(case, 0, x, self.declared)
        return replace(sample, case=_stated(sample))


def _stated(sample: Sample) -> Case:
    """Return the case with its exact answers."""
    values: dict[str, tuple[Interval, ...]] = {}
    gradients: dict[str, tuple[tuple[Interval, ...], ...]] = {}
    logits = sample.case.input == "logits"
    for name in sample.declared.expression.names:
        module, arguments = QUANTITIES[name].exact, QUANTITIES[name].arguments(sample, sample.case.ground)
        if name == "XE" and sample.x[sample.label] == (-inf if logits else 0):
            values[name] = (INFINITY,)
            continue
        value = (module.value_of_logits if logits else module.value)(sample.x, *arguments)
        values[name] = (enclose(value),)
        if name != "W1" and sample.declared.grad is not None:
            slopes = (module.gradient_of_logits if logits else module.gradient)(sample.x, *arguments)
            gradients[name] = (tuple(map(enclose, slopes)),)
    return replace(sample.case, expected=values, gradient=gradients)


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
