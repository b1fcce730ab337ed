"""A call of an implementation: the arguments that its declaration asks for, and its answer in plain numbers."""

import sys
import warnings
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from emd_conformance._calling.alarm import time_limit
from emd_conformance._calling.answers import (
    AnswerError,
    Want,
    check_size,
    flat,
    join_batch,
    located,
    one_number,
    shape_of,
    with_classes_last,
)
from emd_conformance._calling.arguments import Arguments
from emd_conformance._calling.arrays import Nested, bits, holding_other_rows, make_array, plain
from emd_conformance._calling.autograd import gradient, recorded, unrecorded
from emd_conformance._calling.contained import contained
from emd_conformance._calling.jax_autograd import compiles_value, pull_back
from emd_conformance._calling.load import Factory, Loss
from emd_conformance._calling.sharing import Kept
from emd_conformance._calling.upstream import upstream
from emd_conformance._calling.versions import LIBRARIES, versions_here
from emd_conformance._calling.watch import Endings, Lost, NotAskedError, Observations, watch
from emd_conformance._cases.case import Case, Row, rows_of
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._declaration.template import apply

IN_A_ROW = 3
OF_GRADIENTS: tuple[Want, ...] = ("gradient", "recorded", "interleaved")
ARRAYS = ("p", "t", "k", "x", "G", "w", "class_weight", "mask", "above")  # arguments that a call must not change


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
    takes_arrays: ClassVar[bool] = True  # whether it is called with arrays, and not by messages

    def under(self, declared: Declaration) -> Self:
        """Return a caller of the implementation under another declaration, which has seen nothing yet."""
        return replace(self, declared=declared, seen=Observations(), endings=Endings(), kept=Kept())

    def samples(self, case: Case) -> list[Sample]:
        """Return the samples with the numbers that the implementation receives."""
        rows = map(Arguments(self.declared).converted, case.predicted)
        return [Sample(case, i, row, self.declared) for i, row in enumerate(rows)]

    def converted(self, row: Row) -> Row:
        """Return a predicted row as the implementation receives it."""
        return Arguments(self.declared).converted(row)

    def named(self, case: Case) -> dict[str, Any]:
        """Return the values for the names of a template."""
        return Arguments(self.declared).named(case)

    def calls(self, case: Case) -> list[Case]:
        """Return the case, or its samples one by one if the implementation takes one a call."""
        return [case] if self.declared.batched else [rows_of(case, [i]) for i in range(len(case.predicted))]

    def values(self, case: Case) -> list[float]:
        """Return the values of a case: one a sample, or one for all if a reduction is declared."""
        return [x for part in self.calls(case) for x in self._values(part, self.answer(part, "value"))]

    def repeated(self, case: Case, want: Want) -> list[float]:
        """Return the values once more: without a record for differentiation, or in arrays that held other numbers."""
        return [x for part in self.calls(case) for x in self._values(part, self.answer(part, want))]

    def raw(self, case: Case) -> list[float]:
        """Return the numbers of the answer, whatever its shape."""
        return [x for part in self.calls(case) for x in flat(self.answer(part, "value"))]

    def gradients(self, case: Case) -> list[list[float]]:
        return [row for part in self.calls(case) for row in self._gradients(part, self.answer(part, "gradient"))]

    def recorded(self, case: Case) -> list[Recorded]:
        """Return what each call gives if it is recorded for differentiation, with other gradients from above than 1.

        Before the backward pass, the loss is called once more: whatever a call keeps must belong to it.
        """
        return [self._recorded(part, *self.answer(part, "interleaved")) for part in self.calls(case)]

    def recorded_alone(self, case: Case) -> list[Recorded]:
        """Return the same without another call between a forward pass and its backward pass."""
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
        with contained(), time_limit(self.seconds):
            return self._ask(case, want)

    def abandon(self) -> None:
        """End what a call without an answer has left behind."""

    def _ask(self, case: Case, want: Want) -> Nested:
        loss, names = self.factory(case.classes), self.named(case)
        if want in OF_GRADIENTS and self.differentiates and self.declared.array == "torch":
            names["p"].requires_grad_(True)
            names["above"] = make_array("torch", upstream(case, self.declared), self.declared.dtype)
            if want == "gradient":  # as if earlier backward passes had added up to this
                names["p"].grad = names["p"].detach().clone().fill_(1)
        before = {name: _content(names[name]) for name in ARRAYS if name in names}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*")  # under pytest a warning may be an error; no call sets this filter
            with watch(self.seen, case.id):
                result = self._call(loss, names, case, want)
        check_size(result, sum(map(len, case.predicted)))
        inputs = [names[name] for name in ARRAYS if name in names]
        if want in ("value", "gradient") and (shared := self.kept.observed(result, inputs, want)):
            self.seen.note("result-shared", case.id, shared)
        if want == "value" and (other := _other_dtype(result, self.declared.dtype)):
            self.seen.note("result-dtype", case.id, f"{other} for {self.declared.dtype}")
        if changed := [name for name, content in before.items() if _content(names[name]) != content]:
            self.seen.note("input-mutated", case.id, f"it changes {', '.join(map(_in_words, changed))}")
        return [plain(part) for part in result] if want in ("recorded", "interleaved") else plain(result)

    def _call(self, loss: Loss, names: dict[str, Any], case: Case, want: Want) -> Any:
        if want == "value" and compiles_value(self.declared, case):
            return pull_back(loss, self.declared, names, [1.0] * len(upstream(case, self.declared)))[0]
        if want == "value":
            return located(apply(loss, self.declared.template, names), self.declared)
        if want == "gradient":
            return gradient(loss, self.declared, names, len(upstream(case, self.declared)))
        if want == "unrecorded":
            return unrecorded(loss, self.declared, names)
        if want == "refilled":
            rows = -1 if self.declared.axis == 0 else 0  # an axis of the batch
            with holding_other_rows([names[name] for name in ("p", "t") if name in names], rows):
                apply(loss, self.declared.template, names)
            return located(apply(loss, self.declared.template, names), self.declared)
        above, interleaved = upstream(case, self.declared), want == "interleaved"
        return recorded(loss, self.declared, names, above, interleaved=interleaved)

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


def _other_dtype(result: Any, declared: str) -> str:
    """Return the dtype of an array of floating-point numbers if it is not the declared one, else an empty string."""
    dtype = str(getattr(result, "dtype", declared)).rpartition(".")[2]
    return dtype if dtype != declared and "float" in dtype else ""


def _content(array: Any) -> tuple[Any, bool, bool]:
    """Return the bits and the shape of an array and its gradient, and its flags: all that a call must not change."""
    recording = bool(getattr(array, "requires_grad", False))
    writeable = bool(getattr(getattr(array, "flags", None), "writeable", True))
    gradient = getattr(array, "grad", None) if recording else None
    try:
        return (bits(array), bits(gradient)), recording, writeable
    except Exception:  # the call put into it what is no number
        return None, recording, writeable


def _in_words(name: str) -> str:
    return {"p": "p, or the gradient that it holds", "above": "the gradient from above"}.get(name, name)
