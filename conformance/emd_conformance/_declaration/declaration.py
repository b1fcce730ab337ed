"""What an implementation declares about itself: its conventions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any

from emd_conformance._bounds.precision import PRECISIONS, Precision
from emd_conformance._cases.case import Case
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._declaration.expression import Expression, parse
from emd_conformance._declaration.template import EXTRA_ARGUMENTS
from emd_conformance._exact.grounds import Ground, Line, Matrix, distances

CHOICES: dict[str, tuple[Any, ...]] = {
    "input": ("probabilities", "log-probabilities", "logits", "cdf"),
    "target": ("distribution", "labels", "labels-from-1"),
    "label_shape": ("(N,)", "(N,1)"),
    "order": ("predicted-first", "target-first"),
    "reduction": ("none", "mean", "sum"),
    "axis": (-1, 1, 0),
    "array": ("numpy", "torch", "jax", "cupy", "list"),
    "dtype": ("float64", "float32", "float16", "bfloat16"),
    "compute_dtype": (None, "float64", "float32"),
    "ground": ("line", "positions", "circle", "tree", "matrix"),
}
CAPABILITIES = ("off-simplex", "empty-batch", "batch-axes")


@dataclass(frozen=True)
class Declaration:
    """The conventions of an implementation; the defaults are those of the specification."""

    input: str = "probabilities"
    target: str = "distribution"
    label_shape: str = "(N,)"
    order: str = "predicted-first"
    reduction: str = "none"
    axis: int = -1
    computes: str = "E"
    array: str = "numpy"
    dtype: str = "float64"
    compute_dtype: str | None = None
    grad: str | Callable[..., Any] | None = None
    batched: bool = True
    classes: tuple[int, ...] | None = None
    call: str | None = None
    validates: bool = False
    ground: str = "line"
    capabilities: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for option, choices in CHOICES.items():
            if getattr(self, option) not in choices:
                wanted = " | ".join(map(str, choices))
                raise DeclarationError(f"{option}={getattr(self, option)!r} is not understood: choose {wanted}")
        for name in self.capabilities:
            if name not in CAPABILITIES:
                raise DeclarationError(f"capabilities: {name!r} is unknown; choose from {', '.join(CAPABILITIES)}")
        self._check_expression()

    def _check_expression(self) -> None:
        try:
            parse(self.computes)
        except ValueError as error:
            raise DeclarationError(str(error)) from None

    @property
    def expression(self) -> Expression:
        """The parsed `computes`."""
        return parse(self.computes)

    @property
    def template(self) -> str:
        """The arguments of a call, in the order of the implementation."""
        if self.call is not None:
            return self.call
        first = "p, t" if self.order == "predicted-first" else "t, p"
        return first + EXTRA_ARGUMENTS.get(self.ground, "")

    @cached_property
    def precision(self) -> Precision:
        """The format that the bounds hold for: that of the input, unless another one is declared to compute in."""
        precision = PRECISIONS[self.dtype]
        if self.compute_dtype == "float32" and self.dtype == "float64":
            return PRECISIONS["float32"].native()
        return precision if self.compute_dtype == "float64" else precision.native()

    @cached_property
    def meaning(self) -> Declaration:
        """The fields that the exact answer to a sample and its bounds depend on, and defaults for the others."""
        return Declaration(
            input=self.input,
            computes=self.computes,
            dtype=self.dtype,
            compute_dtype=self.compute_dtype,
            ground=self.ground,
        )

    @property
    def changes(self) -> str:
        """What differs from the defaults, for the report."""
        pairs = [(f.name, getattr(self, f.name), f.default) for f in fields(self)]
        return ", ".join(f"{name}={_shown(value)}" for name, value, default in pairs if value != default)

    def ground_of(self, case: Case) -> Ground:
        """Return the case's ground distance in the form that the implementation takes."""
        if self.ground == "matrix" and not isinstance(case.ground, Matrix):
            return _rounded_matrix(case.ground, case.classes)
        if self.ground == "positions" and case.ground == Line():
            return Line(tuple(map(float, range(case.classes))))
        return case.ground


@lru_cache(maxsize=64)
def _rounded_matrix(ground: Ground, classes: int) -> Matrix:
    return Matrix(tuple(tuple(map(float, row)) for row in distances(ground, classes)))


def _shown(value: object) -> str:
    return getattr(value, "__name__", repr(value)) if callable(value) else repr(value)
