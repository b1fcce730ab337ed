"""The arguments of a call: the numbers of a case as the arrays that a declaration promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from emd_conformance._bounds.precision import convert
from emd_conformance._calling.answers import split_batch, with_classes_at
from emd_conformance._calling.arrays import Nested, laid_out, make_array
from emd_conformance._cases.case import Case, Row
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.forms import Form, given_as
from emd_conformance._declaration.layouts import label_dtype, layout_of
from emd_conformance._declaration.weighting import class_weights, in_mask, is_ignored, sample_weight
from emd_conformance._exact.grounds import Line, Matrix, Tree, distances


@dataclass(frozen=True)
class Arguments:
    """What the names of a call template stand for, under a declaration."""

    declared: Declaration

    def converted(self, row: Row) -> Row:
        """Return a predicted row in the declared dtype; sums are exact, so a row of them stays one of probabilities."""
        if self.declared.input == "log-probabilities":
            return tuple(convert(log(x), self.declared.dtype) for x in row)
        if self.declared.dtype == "float64":
            return row
        return tuple(convert(x, self.declared.dtype) for x in row)

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
            names |= {"parents": list(ground.parents), "lengths": list(ground.lengths or [1.0] * len(ground.parents))}
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
        return names | {"t": self._rows(case.distributions, case, self.declared.target_form)}

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
        lists: list[Any] = [*map(list, rows)] if form == "probabilities" else [given_as(form, row) for row in rows]
        if not self.declared.batched:
            return self._floats(lists[0])
        return self._floats(with_classes_at(split_batch(lists, case.shape), self.declared.axis))

    def _floats(self, values: Nested) -> Any:
        return make_array(self.declared.array, values, self.declared.dtype)
