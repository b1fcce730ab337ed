"""A call of an implementation: the arguments that its declaration asks for, and its answer in plain numbers."""

import marshal
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any, ClassVar

from emd_conformance._bounds.precision import convert
from emd_conformance._calling.alarm import time_limit
from emd_conformance._calling.answers import (
    AnswerError,
    Want,
    flat,
    join_batch,
    located,
    one_number,
    shape_of,
    split_batch,
    with_classes_at,
    with_classes_last,
)
from emd_conformance._calling.arrays import Nested, laid_out, make_array, plain
from emd_conformance._calling.autograd import gradient, recorded
from emd_conformance._calling.load import Factory, Loss
from emd_conformance._calling.sharing import Kept
from emd_conformance._calling.upstream import upstream
from emd_conformance._calling.versions import LIBRARIES, versions_here
from emd_conformance._calling.watch import Endings, Lost, NotAskedError, Observations, watch
from emd_conformance._cases.case import Case, Row, rows_of
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.forms import Form, given_as
from emd_conformance._declaration.layouts import label_dtype, layout_of
from emd_conformance._declaration.sample import Sample
from emd_conformance._declaration.template import apply
from emd_conformance._declaration.weighting import class_weights, in_mask, is_ignored, sample_weight
from emd_conformance._exact.grounds import Line, Matrix, Tree, distances

IN_A_ROW = 3
ARRAYS = ("p", "t", "k", "x", "G", "w", "class_weight", "mask")  # arguments that a call must not change


@dataclass(frozen=True)
class Recorded:
    """The answers of one recorded call: values, and gradients that were multiplied by those from above."""

    values: list[float]
    gradients: list[list[float]]
    above: list[float]

    def above_of(self, sample: int) -> float:
        """Return the gradient from above that belongs to a sample."""
        return self.above[sample if len(self.above) > 1 else 0]


@dataclass(frozen=True)
class Caller:
    """An implementation and its declaration."""

    factory: Factory
    declared: Declaration
    seen: Observations = field(default_factory=Observations)
    seconds: float | None = None  # for a call in this process
    endings: Endings = field(default_factory=Endings)
    kept: Kept = field(default_factory=Kept)

    is_here: ClassVar[bool] = True  # whether the implementation is in this process

    def samples(self, case: Case) -> list[Sample]:
        """Return the samples with the numbers that the implementation receives."""
        return [Sample(case, i, self.converted(row), self.declared) for i, row in enumerate(case.predicted)]

    def converted(self, row: Row) -> Row:
        """Return a predicted row in the declared dtype; sums are exact, so a row of them stays one of probabilities."""
        if self.declared.input == "log-probabilities":
            return tuple(convert(log(x), self.declared.dtype) for x in row)
        return tuple(convert(x, self.declared.dtype) for x in row)

    def calls(self, case: Case) -> list[Case]:
        """Return the case, or its samples one by one if the implementation takes one a call."""
        return [case] if self.declared.batched else [rows_of(case, [i]) for i in range(len(case.predicted))]

    def values(self, case: Case) -> list[float]:
        """Return the values of a case: one a sample, or one for all if a reduction is declared."""
        return [x for part in self.calls(case) for x in self._values(part, self.answer(part, "value"))]

    def raw(self, case: Case) -> list[float]:
        """Return the numbers of the answer, whatever its shape."""
        return [x for part in self.calls(case) for x in flat(self.answer(part, "value"))]

    def gradients(self, case: Case) -> list[list[float]]:
        return [row for part in self.calls(case) for row in self._gradients(part, self.answer(part, "gradient"))]

    def recorded(self, case: Case) -> list[Recorded]:
        """Return what each call gives if it is recorded for differentiation, with other gradients from above than 1."""
        return [self._recorded(part, *self.answer(part, "recorded")) for part in self.calls(case)]

    def _recorded(self, case: Case, value: Nested, gradient: Nested) -> Recorded:
        above = upstream(case, self.declared)
        return Recorded(self._values(case, value), self._gradients(case, gradient), above)

    def _values(self, case: Case, result: Nested) -> list[float]:
        N = len(case.predicted)
        if not self.declared.batched or self.declared.reduction != "none":
            return [one_number(result)]
        result = join_batch(result, case.shape)
        if not isinstance(result, list) or len(result) != N or any(isinstance(x, list) for x in result):
            received = "one number" if shape_of(result) == "()" else f"shape {shape_of(result)}"
            raise AnswerError(f"it returned {received}, wanted ({N},): one number a sample")
        return [float(x) for x in result]

    def _gradients(self, case: Case, result: Nested) -> list[list[float]]:
        entries = self.declared.entries(case.classes)
        wanted = f"({len(case.predicted)}, {entries})"
        result = [result] if not self.declared.batched else with_classes_last(result, self.declared.axis)
        result = join_batch(result, case.shape)
        if shape_of(result) != wanted:
            raise AnswerError(f"its gradient is {shape_of(result)}, wanted {wanted}")
        return [[float(x) for x in row] for row in result]

    def answer(self, case: Case, want: Want) -> Nested:
        """Return the answer as nested lists; after several hangs or crashes in a row, such calls are skipped."""
        kind, key, endings = "rejection" if case.invalid else want, (case.id, want), self.endings
        if key in endings.lost:
            raise endings.lost[key]
        if endings.in_a_row[kind] >= IN_A_ROW:
            raise NotAskedError(f"not asked after {IN_A_ROW} hangs or crashes in a row")
        try:
            answer = self.ask(case, want)
        except Lost as lost:
            self.abandon()
            endings.lost[key] = lost
            endings.in_a_row[kind] += 1
            self.seen.note(lost.id, case.id, str(lost))
            raise
        endings.in_a_row[kind] = 0
        return answer

    def ask(self, case: Case, want: Want) -> Nested:
        """Call the implementation and return its answer, or raise Lost if there is none."""
        with time_limit(self.seconds):
            return self._ask(case, want)

    def abandon(self) -> None:
        """End what a call without an answer has left behind."""

    def _ask(self, case: Case, want: Want) -> Nested:
        loss, names = self.factory(case.classes), self.named(case)
        if want != "value" and self.differentiates and self.declared.array == "torch":
            names["p"].requires_grad_(True)
        before = {name: _content(names[name]) for name in ARRAYS if name in names}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # under pytest a warning may be an error
            with watch(self.seen, case.id):
                result = self._call(loss, names, case, want)
        inputs = [names[name] for name in ARRAYS if name in names]
        if want == "value" and (shared := self.kept.observed(result, inputs)):
            self.seen.note("result-shared", case.id, shared)
        if want == "value" and (other := _other_dtype(result, self.declared.dtype)):
            self.seen.note("result-dtype", case.id, f"{other} for {self.declared.dtype}")
        if any(_content(names[name]) != content for name, content in before.items()):
            self.seen.note("input-mutated", case.id)
        return [plain(part) for part in result] if want == "recorded" else plain(result)

    def _call(self, loss: Loss, names: dict[str, Any], case: Case, want: Want) -> Any:
        if want == "value":
            return located(apply(loss, self.declared.template, names), self.declared)
        if want == "gradient":
            return gradient(loss, self.declared, names, len(upstream(case, self.declared)))
        return recorded(loss, self.declared, names, upstream(case, self.declared))

    @property
    def differentiates(self) -> bool:
        """Whether the gradient is found by automatic differentiation."""
        return self.declared.grad == "autograd"

    def versions(self, implementation: object) -> dict[str, str]:
        """Return the versions of what runs, in the process that runs it."""
        return versions_here(implementation)

    def libraries(self) -> list[str]:
        """Return the array libraries that are imported where the implementation runs."""
        return [name for name in LIBRARIES if name in sys.modules]

    def close(self) -> None:
        """End a process that was started for the calls; another call starts it again."""

    def named(self, case: Case) -> dict[str, Any]:
        """Return the values for the names of a template."""
        ground = self.declared.ground_of(case)
        rows = [self.converted(row) for row in case.predicted]
        names = {"p": self._rows(rows, case, self.declared.form), **self._targets(case)}
        names |= {"C": case.classes, "exponent": case.exponent, "bias": case.bias, "weight": case.weight}
        if isinstance(ground, Line) and ground.positions is not None:
            names["x"] = self._floats([float(x) for x in ground.positions])
        if isinstance(ground, Matrix):
            names["G"] = self._floats([[float(x) for x in row] for row in ground.rows])
        elif "G" in self.declared.template and not case.invalid:
            names["G"] = self._floats([[float(x) for x in row] for row in distances(ground, case.classes)])
        names |= self._weights(case)
        if isinstance(ground, Tree):
            names |= {"parents": list(ground.parents), "lengths": ground.lengths and list(ground.lengths)}
        return {name: self._laid_out(name, value, case) for name, value in names.items()} if case.passed else names

    def _laid_out(self, name: str, value: Any, case: Case) -> Any:
        layout = layout_of(name, getattr(value, "ndim", 0), case, self.declared)
        return laid_out(self.declared.array, value, name, layout)

    def _weights(self, case: Case) -> dict[str, Any]:
        """Return the weights that the call names."""
        used, samples = self.declared.weighted, range(len(case.predicted))
        names: dict[str, Any] = {}
        if "w" in used:
            names["w"] = self._column([sample_weight(case, i) for i in samples], case, self.declared.dtype)
        if "mask" in used:
            names["mask"] = self._column([in_mask(case, i) for i in samples], case, "bool")
        if "class_weight" in used:
            names["class_weight"] = self._floats(class_weights(case.classes))
        return names

    def _column(self, values: list[Any], case: Case, dtype: str) -> Any:
        """Return one entry a sample."""
        if not values:
            return make_array(self.declared.array, [1], dtype)[:0]
        batch = split_batch(values, case.shape) if self.declared.batched else values[0]
        return make_array(self.declared.array, batch, dtype)

    def _targets(self, case: Case) -> dict[str, Any]:
        names: dict[str, Any] = {}
        if case.labels is not None:
            first = int(self.declared.target == "labels-from-1")
            labels = [self._label(case, i, label + first) for i, label in enumerate(case.labels)]
            names["k"] = self._labels(labels, case)
        if self.declared.takes_labels:
            return names | {"t": names["k"]}
        targets = [Sample(case, i, (), self.declared).target for i in range(len(case.predicted))]
        return names | {"t": self._rows(targets, case, self.declared.target_form)}

    def _label(self, case: Case, index: int, label: int) -> int:
        ignored = self.declared.ignore_index
        return ignored if ignored is not None and is_ignored(self.declared, case, index) else label

    def _labels(self, labels: list[int], case: Case) -> Any:
        if not labels:
            return make_array(self.declared.array, [0], "int64")[:0]
        column = (self.declared.label_shape == "(N,1)") != ("silent-broadcast" in case.flags)
        shaped: list[Any] = [[k] for k in labels] if column else [*labels]
        batch = split_batch(shaped, case.shape) if self.declared.batched else shaped[0]
        return make_array(self.declared.array, batch, label_dtype(case))

    def _rows(self, rows: Sequence[Row], case: Case, form: Form) -> Any:
        if not rows:  # an empty list has no number of classes
            return self._floats([given_as(form, [0.0] * case.classes)])[:0]
        lists = [given_as(form, row) for row in rows]
        if not self.declared.batched:
            return self._floats(lists[0])
        return self._floats(with_classes_at(split_batch(lists, case.shape), self.declared.axis))

    def _floats(self, values: Nested) -> Any:
        return make_array(self.declared.array, values, self.declared.dtype)


def _other_dtype(result: Any, declared: str) -> str:
    """Return the dtype of an array of floating-point numbers if it is not the declared one, else an empty string."""
    dtype = str(getattr(result, "dtype", declared)).rpartition(".")[2]
    return dtype if dtype != declared and "float" in dtype else ""


def _content(array: Any) -> tuple[bytes, bool, bool]:
    """Return the bits and the shape of an array, whether it is differentiated, and has a gradient, to be compared."""
    recording = bool(getattr(array, "requires_grad", False)), getattr(array, "grad", None) is not None
    try:
        return marshal.dumps(plain(array), 2), *recording  # a version without references
    except ValueError:  # the call wrote an object that is no number into a list
        return b"", *recording
