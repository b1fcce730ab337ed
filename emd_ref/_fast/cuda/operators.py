"""The CUDA kernels as operators of PyTorch, which compiles, exports, maps and differentiates them like its own.

The forward pass of a loss reads the input and writes a number a sample. The backward pass reads the input again, and
writes the gradient: nothing is kept between them.
"""

import warnings
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from emd_ref._arguments import contract
from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options, Want
from emd_ref._fast.cuda import launch
from emd_ref._fast.cuda.line import LINE, Line, unchecked
from emd_ref._fast.differentiable import differentiable_gradient
from emd_ref._fast.operations import operations
from emd_ref._formulas.batch import Formula
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ordered
from emd_ref._libraries.kinds import Array
from emd_ref._libraries.tracing import differentiates_forwards

CUPY_IS_INSTALLED = find_spec("cupy") is not None
FORMULAS: dict[bool, Formula] = {False: squared_emd, True: emd}  # by whether D is absolute


def takes(predicted: Tensor, target: Array, options: Options) -> bool:
    """Whether the operators compute what is asked: for tensors on a GPU, and ordered classes."""
    return (
        is_on_gpu(predicted)
        and isinstance(target, Tensor)
        and isinstance(options.ground, Ordered)
        and (options.mass_tolerance is None or isinstance(options.mass_tolerance, (float, int)))
        and not (torch.is_grad_enabled() and target.requires_grad)
        and not differentiates_forwards()
    )


def is_on_gpu(x: Tensor) -> bool:
    """Whether a kernel can read a tensor where it is."""
    return x.is_cuda and CUPY_IS_INSTALLED and torch.version.hip is None


def evaluate(
    formula: Formula,
    want: Want,
    predicted: Tensor,
    target: Tensor,
    options: Options,
    upstream: Tensor | None = None,
    ignore_index: int | None = None,
) -> Any:
    """Value, gradient or both, in the dtype of the prediction; samples with the label `ignore_index` do not count."""
    _, axis = contract.validate(predicted, target, options)
    check = options.check and not torch.compiler.is_compiling()
    line = Line.of(formula is emd, options, axis, check, ignore_index)
    if want == "gradient":
        return line_gradient(predicted.detach(), target, upstream, *line)
    if want == "both" and not (torch.is_grad_enabled() and predicted.requires_grad):
        return line_both(predicted, target, *line)
    value = Value.apply(predicted, target, line)  # type: ignore[no-untyped-call]
    return value if want == "value" else (value, line_gradient(predicted.detach(), target, upstream, *line))


def _launched(want: Want, predicted: Tensor, target: Tensor, upstream: Tensor | None, line: Line) -> Any:
    def validate() -> None:
        Arguments(*counted(predicted, target, line), line.options, operations).batch()

    rest = line.options, line.absolute, upstream
    try:
        return launch.evaluate(want, predicted, target, *rest, "torch", line.ignore_index, validate)
    except ImportError as error:
        warnings.warn(f"CuPy is installed, but {error}: PyTorch computes without kernels", RuntimeWarning, stacklevel=2)
        return _without_kernel(want, predicted, target, upstream, line)


def _without_kernel(want: Want, predicted: Tensor, target: Tensor, upstream: Tensor | None, line: Line) -> Any:
    """What a kernel computes, by operations of PyTorch."""
    arguments = Arguments(*counted(predicted, target, line), line.options, operations)
    E, gradient = FORMULAS[line.absolute](arguments.batch(), line.options.ground)
    counts = 1.0 if line.ignore_index is None or target.is_floating_point() else target != line.ignore_index
    value = (E * counts).to(predicted.dtype)
    if want == "value":
        return value
    factor = torch.ones_like(E) * counts if upstream is None else upstream.to(E.dtype) * counts
    g = arguments.as_given((factor.unsqueeze(-1) * gradient()).to(predicted.dtype))
    return g if want == "gradient" else (value, g)


@torch.library.custom_op(
    "emd_ref::line_value", mutates_args=(), schema=f"(Tensor predicted, Tensor target, {LINE}) -> Tensor"
)
def line_value(predicted: Tensor, target: Tensor, *line: Any) -> Tensor:
    """E = sum_k w_k D_k^2, or sum_k w_k |D_k| if `absolute`, of each sample."""
    value: Tensor = _launched("value", predicted, target, None, Line(*line))
    return value


@torch.library.custom_op(
    "emd_ref::line_gradient",
    mutates_args=(),
    schema=f"(Tensor predicted, Tensor target, Tensor? upstream, {LINE}) -> Tensor",
)
def line_gradient(predicted: Tensor, target: Tensor, upstream: Tensor | None, *line: Any) -> Tensor:
    """The gradient of each sample, times the number of `upstream` that belongs to it."""
    gradient: Tensor = _launched("gradient", predicted, target, upstream, Line(*line))
    return gradient


@torch.library.custom_op(
    "emd_ref::line_both", mutates_args=(), schema=f"(Tensor predicted, Tensor target, {LINE}) -> (Tensor, Tensor)"
)
def line_both(predicted: Tensor, target: Tensor, *line: Any) -> tuple[Tensor, Tensor]:
    """Value and gradient in one pass over the memory; PyTorch cannot differentiate them."""
    both: tuple[Tensor, Tensor] = _launched("both", predicted, target, None, Line(*line))
    return both


@line_value.register_fake
def _value_like(predicted: Tensor, target: Tensor, *line: Any) -> Tensor:
    axis = Line(*line).axis
    return predicted.new_empty(predicted.shape[:axis] + predicted.shape[axis + 1 :])


@line_gradient.register_fake
def _gradient_like(predicted: Tensor, target: Tensor, upstream: Tensor | None, *line: Any) -> Tensor:
    axis, shape = Line(*line).axis, predicted.shape
    return predicted.new_empty(shape[:axis] + shape[axis + 1 :] + shape[axis : axis + 1]).movedim(-1, axis)


@line_both.register_fake
def _both_like(predicted: Tensor, target: Tensor, *line: Any) -> tuple[Tensor, Tensor]:
    return _value_like(predicted, target, *line), _gradient_like(predicted, target, None, *line)


class Value(torch.autograd.Function):
    """The value of each sample, and its gradient as the backward pass."""

    generate_vmap_rule = True

    @staticmethod
    def forward(predicted: Tensor, target: Tensor, line: Line) -> Tensor:
        value: Tensor = line_value(predicted, target, *line)
        return value

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        predicted, target, ctx.line = inputs
        ctx.save_for_backward(predicted, target)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, None, None]:
        predicted, target = ctx.saved_tensors
        line: Line = ctx.line
        if torch.is_grad_enabled():  # somebody differentiates again
            return _by_pytorch(predicted, target, above[0], line), None, None
        return line_gradient(predicted, target, above[0], *unchecked(line)), None, None


def _by_pytorch(predicted: Tensor, target: Tensor, upstream: Tensor, line: Line) -> Tensor:
    """What `line_gradient` computes, by operations that PyTorch can differentiate."""
    g: Tensor = differentiable_gradient(FORMULAS[line.absolute], *counted(predicted, target, line), line.options)
    g = upstream.to(g.dtype).unsqueeze(line.axis) * g
    if line.ignore_index is not None and not target.is_floating_point():
        g = torch.where((target == line.ignore_index).unsqueeze(line.axis), 0.0, g)
    return g.to(predicted.dtype)


def _mapped_value(info: Any, dims: tuple[Any, ...], predicted: Tensor, target: Tensor, *line: Any) -> tuple[Any, Any]:
    predicted, target = _in_front(info.batch_size, dims, predicted, target)
    return line_value(predicted, target, *_one_axis_later(line)), 0


def _mapped_gradient(
    info: Any, dims: tuple[Any, ...], predicted: Tensor, target: Tensor, upstream: Tensor | None, *line: Any
) -> tuple[Any, Any]:
    predicted, target = _in_front(info.batch_size, dims, predicted, target)
    if upstream is not None:
        (upstream,) = _in_front(info.batch_size, dims[2:], upstream)
    return line_gradient(predicted, target, upstream, *_one_axis_later(line)), 0


def _mapped_both(info: Any, dims: tuple[Any, ...], predicted: Tensor, target: Tensor, *line: Any) -> tuple[Any, Any]:
    predicted, target = _in_front(info.batch_size, dims, predicted, target)
    return line_both(predicted, target, *_one_axis_later(line)), (0, 0)


def _in_front(size: int, dims: tuple[Any, ...], *tensors: Tensor) -> list[Tensor]:
    """The tensors with the axis that is mapped in front, as one more axis of samples."""
    pairs = zip(tensors, dims, strict=False)
    return [x.expand(size, *x.shape) if dim is None else x.movedim(dim, 0) for x, dim in pairs]


def _one_axis_later(line: tuple[Any, ...]) -> Line:
    return Line(*line)._replace(axis=Line(*line).axis + 1)


if hasattr(line_value, "register_vmap"):  # since PyTorch 2.5
    line_value.register_vmap(_mapped_value)
    line_gradient.register_vmap(_mapped_gradient)
    line_both.register_vmap(_mapped_both)


def counted(predicted: Tensor, target: Tensor, line: Line) -> tuple[Tensor, Tensor]:
    """Prediction and target, with valid samples in the place of those that do not count."""
    if line.ignore_index is None or target.is_floating_point():
        return predicted, target
    ignored = target == line.ignore_index
    valid = torch.where(ignored.unsqueeze(line.axis), 1.0 / predicted.shape[line.axis], predicted)
    return valid, torch.where(ignored, 0, target)
