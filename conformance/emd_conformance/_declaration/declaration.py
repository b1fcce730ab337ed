"""What an implementation declares about itself: its conventions, as an object and as keyword arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, Self, TypeAlias, TypedDict, get_args, get_origin, get_type_hints

from emd_conformance._bounds.precision import PRECISIONS, Precision
from emd_conformance._cases.case import Case
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._declaration.expression import Expression, parse
from emd_conformance._declaration.forms import Form
from emd_conformance._declaration.place import parse_place
from emd_conformance._declaration.template import EXTRA_ARGUMENTS, names_in, parse_call
from emd_conformance._exact.grounds import Ground, GroundName, Line, Matrix, distances
from emd_conformance._exact.ordinal import OUTPUTS

Input: TypeAlias = Literal[
    "probabilities", "log-probabilities", "logits", "cdf", "cumulative", "cumulative-logits", "conditional-logits"
]
Target: TypeAlias = Literal["distribution", "labels", "labels-from-1", "probabilities", "cdf", "cumulative"]
LabelShape: TypeAlias = Literal["(N,)", "(N,1)"]
Order: TypeAlias = Literal["predicted-first", "target-first"]
Reduction: TypeAlias = Literal["none", "mean", "sum", "weighted-mean"]
Axis: TypeAlias = Literal[-1, 1, 0]
Array: TypeAlias = Literal["numpy", "torch", "jax", "cupy", "list"]
DType: TypeAlias = Literal["float64", "float32", "float16", "bfloat16"]
ComputeDType: TypeAlias = Literal[None, "float64", "float32"]
Capability: TypeAlias = Literal["off-simplex", "empty-batch", "batch-axes"]


class Options(TypedDict, total=False):
    """The fields of a `Declaration` as keyword arguments of `run`, `parametrize` and `infer`."""

    input: Input
    target: Target
    label_shape: LabelShape
    order: Order
    reduction: Reduction
    axis: Axis
    computes: str
    array: Array
    dtype: DType
    compute_dtype: ComputeDType
    grad: str | Callable[..., Any] | None
    batched: bool
    classes: Sequence[int] | None
    call: str | None
    returns: str | None
    ignore_index: int | None
    validates: bool
    ground: GroundName
    capabilities: Sequence[Capability]


CHOICES = {name: get_args(kind) for name, kind in get_type_hints(Options).items() if get_origin(kind) is Literal}
WEIGHTS = ("w", "class_weight", "mask")  # the arguments of a call that weigh the samples
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)


@dataclass(frozen=True)
class Declaration:
    """The conventions of an implementation; the defaults are those of the specification."""

    input: Input = "probabilities"
    target: Target = "distribution"
    label_shape: LabelShape = "(N,)"
    order: Order = "predicted-first"
    reduction: Reduction = "none"
    axis: Axis = -1
    computes: str = "E"
    array: Array = "numpy"
    dtype: DType = "float64"
    compute_dtype: ComputeDType = None
    grad: str | Callable[..., Any] | None = None
    batched: bool = True
    classes: Sequence[int] | None = None
    call: str | None = None
    returns: str | None = None
    ignore_index: int | None = None
    validates: bool = False
    ground: GroundName = "line"
    capabilities: Sequence[Capability] = ()

    def __post_init__(self) -> None:
        for name in ("classes", "capabilities"):  # a list could not be hashed
            if isinstance(given := getattr(self, name), list):
                object.__setattr__(self, name, tuple(given))
        for option, choices in CHOICES.items():
            if (value := getattr(self, option)) not in choices:
                raise DeclarationError(f"{option}={value!r} is not understood: choose {' | '.join(map(str, choices))}")
        for name in self.capabilities:
            if name not in CAPABILITIES:
                raise DeclarationError(f"capabilities: {name!r} is unknown; choose from {', '.join(CAPABILITIES)}")
        if wrong := [C for C in self.classes or () if type(C) is not int or C < 1]:
            raise DeclarationError(f"classes: {wrong[0]!r} is no number of classes; give integers from 1, such as 5,10")
        if self.call is not None:
            parse_call(self.call)
        try:
            parse(self.computes)
            parse_place(self.returns or "")
        except ValueError as error:
            raise DeclarationError(str(error)) from None
        if self.ignore_index is not None and not self.takes_labels:
            raise DeclarationError(f"ignore_index={self.ignore_index} needs target='labels' or 'labels-from-1'")
        if self.reduction == "weighted-mean" and not self.weighted:
            raise DeclarationError(
                f"reduction='weighted-mean' needs weights: {', '.join(WEIGHTS)} in call, or ignore_index"
            )

    @property
    def expression(self) -> Expression:
        return parse(self.computes)

    @property
    def template(self) -> str:
        """The arguments of a call, such as "t, p": `call` if it was declared."""
        if self.call is not None:
            return self.call
        first = "p, t" if self.order == "predicted-first" else "t, p"
        return first + EXTRA_ARGUMENTS.get(self.ground, "")

    @cached_property
    def weighted(self) -> frozenset[str]:
        """The names of what weighs the samples (1.8)."""
        named = frozenset(WEIGHTS) & names_in(self.template)
        return named if self.ignore_index is None else named | {"ignore_index"}

    @property
    def takes_labels(self) -> bool:
        return self.target in ("labels", "labels-from-1")

    @property
    def form(self) -> Form:
        """The form of predictions that are probabilities."""
        return self.input if self.input in ("cdf", "cumulative") else "probabilities"

    def entries(self, classes: int) -> int:
        """Return the numbers of a prediction: those of ordinal models have one less than there are classes."""
        return classes - (self.form == "cumulative" or self.input in OUTPUTS)

    @property
    def target_form(self) -> Form:
        """The form of targets that are no labels: a plain distribution is a CDF where the prediction is one."""
        if self.target == "distribution":
            return "cdf" if self.input == "cdf" else "probabilities"
        return self.target if self.target in ("cdf", "cumulative") else "probabilities"

    @cached_property
    def precision(self) -> Precision:
        """The format whose rounding errors are bounded: `compute_dtype`, or else `dtype`."""
        precision = PRECISIONS[self.dtype]
        if self.compute_dtype == "float32" and self.dtype == "float64":
            return PRECISIONS["float32"].native()
        if self.compute_dtype == "float32" and self.dtype != "float32":
            return replace(precision, unit=PRECISIONS["float32"].output_unit, tiny=2.0**-126)
        return precision if self.compute_dtype == "float64" else precision.native()

    @cached_property
    def meaning(self) -> Self:
        """The declaration with defaults in the fields that no exact answer and no error bound depends on."""
        kept = ("input", "computes", "dtype", "compute_dtype", "ground")
        return type(self)(**{name: getattr(self, name) for name in kept})

    def ground_of(self, case: Case) -> Ground:
        """Return the case's ground distance in the form that the implementation takes."""
        if self.ground == "matrix" and case.ground.kind != "matrix":
            return _rounded_matrix(case.ground, case.classes)
        if self.ground == "positions" and case.ground.kind == "line":
            return Line(tuple(map(float, range(case.classes))))
        return case.ground


@lru_cache(maxsize=64)
def _rounded_matrix(ground: Ground, classes: int) -> Matrix:
    return Matrix(tuple(tuple(map(float, row)) for row in distances(ground, classes)))
