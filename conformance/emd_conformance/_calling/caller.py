"""A call of an implementation: the arguments that its declaration asks for, and its answer in plain numbers."""

from __future__ import annotations

import ast
import marshal
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import log
from typing import Any, ClassVar

from emd_conformance._bounds.precision import convert
from emd_conformance._calling.answers import AnswerError, Want, flat, join_batch, one_number, shape_of, split_batch
from emd_conformance._calling.arrays import Arrays, Nested
from emd_conformance._calling.arrays import transpose as transposed
from emd_conformance._calling.autograd import gradient
from emd_conformance._calling.load import Factory
from emd_conformance._calling.watch import Observations, watch
from emd_conformance._cases.case import Case, Row
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import CallError
from emd_conformance._declaration.sample import Sample
from emd_conformance._declaration.template import arguments, parse_call
from emd_conformance._exact.grounds import Line, Matrix, Tree, distances


@dataclass(frozen=True)
class Caller:
    """An implementation and its declaration."""

    factory: Factory
    declared: Declaration
    seen: Observations = field(default_factory=Observations)

    is_here: ClassVar[bool] = True  # whether the implementation is in this process

    @property
    def arrays(self) -> Arrays:
        """The array library."""
        return Arrays(self.declared.array, self.declared.dtype)

    def samples(self, case: Case) -> list[Sample]:
        """Return the samples with the numbers that the implementation receives."""
        return [Sample(case, i, self.converted(row), self.declared) for i, row in enumerate(case.predicted)]

    def converted(self, row: Row) -> Row:
        """Return a predicted row in the declared dtype; a CDF has exact sums, so its row stays one of probabilities."""
        if self.declared.input == "log-probabilities":
            return tuple(convert(log(x), self.declared.dtype) for x in row)
        return tuple(convert(x, self.declared.dtype) for x in row)

    def values(self, case: Case) -> list[float]:
        """Return the values of a case: one a sample, or one for all if a reduction is declared."""
        return [x for batch in self._batches(case) for x in self._values(case, batch)]

    def raw(self, case: Case) -> list[float]:
        """Return the numbers of the answer, whatever its shape."""
        return [x for batch in self._batches(case) for x in flat(self.answer(case, batch, "value"))]

    def gradients(self, case: Case) -> list[list[float]]:
        """Return the gradient of each sample."""
        return [row for batch in self._batches(case) for row in self._gradients(case, batch)]

    def _batches(self, case: Case) -> list[list[int]]:
        everything = list(range(len(case.predicted)))
        return [everything] if self.declared.batched else [[i] for i in everything]

    def _values(self, case: Case, batch: list[int]) -> list[float]:
        result = self.answer(case, batch, "value")
        single = not self.declared.batched or self.declared.reduction != "none"
        if single:
            return [one_number(result)]
        result = join_batch(result, case.shape)
        if not isinstance(result, list) or len(result) != len(batch) or any(isinstance(x, list) for x in result):
            raise AnswerError(f"it returned {shape_of(result)}, wanted ({len(batch)},): one number a sample")
        return [float(x) for x in result]

    def _gradients(self, case: Case, batch: list[int]) -> list[list[float]]:
        result = self.answer(case, batch, "gradient")
        if not self.declared.batched:
            result = [result]
        elif self.declared.axis == 0:
            result = transposed(result)
        result = join_batch(result, case.shape)
        if shape_of(result) != f"({len(batch)}, {case.classes})":
            raise AnswerError(f"its gradient is {shape_of(result)}, wanted ({len(batch)}, {case.classes})")
        return [[float(x) for x in row] for row in result]

    def named(self, case: Case) -> dict[str, Any]:
        """Return the values for the names of a template, for the whole batch."""
        return self._names(case, list(range(len(case.predicted))))

    def answer(self, case: Case, batch: list[int], want: Want) -> Nested:
        """Return the answer of the implementation as nested lists."""
        return self.arrays.plain(self._call(case, batch, want))

    def close(self) -> None:
        """End a process that was started for the calls; another call starts it again."""

    def _call(self, case: Case, batch: list[int], want: Want) -> Any:
        loss, names = self.factory(case.classes), self._names(case, batch)
        args, kwargs = arguments(self.declared.template, names)
        before = {name: self._content(names[name]) for name in ("p", "t", "k", "x", "G") if name in names}
        with watch(self.seen, case.id), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # under pytest a warning may be an error
            result = self._answer(loss, args, kwargs, want)
        if any(self._content(names[name]) != content for name, content in before.items()):
            self.seen.note("input-mutated", case.id)
        return result

    def _content(self, array: Any) -> bytes:
        """Return the bits and the shape of an array, to be compared."""
        try:
            return marshal.dumps(self.arrays.plain(array), 2)  # a version without references
        except ValueError:  # the call wrote an object that is no number into a list
            return b""

    def _answer(self, loss: Any, args: list[Any], kwargs: dict[str, Any], want: Want) -> Any:
        if want == "value":
            return loss(*args, **kwargs)
        if self.declared.grad is None:
            raise CallError("no gradient was declared")
        return gradient(loss, self.declared.grad, self.arrays, self._position(), args, kwargs)

    def _position(self) -> int | str:
        """Return the place of the prediction among the arguments: a number or a keyword."""
        call = parse_call(self.declared.template)
        places = [*enumerate(call.args), *((k.arg, k.value) for k in call.keywords)]
        for place, node in places:
            if isinstance(node, ast.Name) and node.id == "p" and place is not None:
                return place
        raise CallError(f"call={self.declared.template!r} does not pass the prediction p")

    def _names(self, case: Case, batch: list[int]) -> dict[str, Any]:
        ground = self.declared.ground_of(case)
        names: dict[str, Any] = {"p": self._rows([self.converted(case.predicted[i]) for i in batch], case)}
        names |= self._targets(case, batch)
        names |= {"C": case.classes, "exponent": case.exponent, "bias": case.bias, "weight": case.weight}
        if isinstance(ground, Line) and ground.positions is not None:
            names["x"] = self.arrays.floats([float(x) for x in ground.positions])
        if isinstance(ground, Matrix):
            names["G"] = self.arrays.floats([[float(x) for x in row] for row in ground.rows])
        elif "G" in self.declared.template and not case.invalid:
            names["G"] = self.arrays.floats([[float(x) for x in row] for row in distances(ground, case.classes)])
        if isinstance(ground, Tree):
            names |= {"parents": list(ground.parents), "lengths": ground.lengths and list(ground.lengths)}
        return names

    def _targets(self, case: Case, batch: list[int]) -> dict[str, Any]:
        names: dict[str, Any] = {}
        if case.labels is not None:
            first = int(self.declared.target == "labels-from-1")
            names["k"] = self._labels([case.labels[i] + first for i in batch], case)
        if self.declared.target != "distribution":
            return names | {"t": names["k"]}
        return names | {"t": self._rows([Sample(case, i, (), self.declared).target for i in batch], case)}

    def _labels(self, labels: list[int], case: Case) -> Any:
        if not labels:
            return self.arrays.labels([0])[:0]
        column = (self.declared.label_shape == "(N,1)") != ("silent-broadcast" in case.flags)
        shaped: list[Any] = [[k] for k in labels] if column else [*labels]
        return self.arrays.labels(split_batch(shaped, case.shape) if self.declared.batched else shaped[0])

    def _rows(self, rows: Sequence[Row], case: Case) -> Any:
        if not rows:  # an empty list has no number of classes
            return self.arrays.floats([[0.0] * case.classes])[:0]
        lists = [list(row) for row in rows]
        if self.declared.input == "cdf":
            lists = [list(accumulate(row)) for row in lists]
        if not self.declared.batched:
            return self.arrays.floats(lists[0])
        return self.arrays.floats(transposed(lists) if self.declared.axis == 0 else split_batch(lists, case.shape))
