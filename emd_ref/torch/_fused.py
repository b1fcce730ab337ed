"""The squared EMD of ordered classes by a fused kernel, inside PyTorch's forward and backward pass."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils.dlpack import from_dlpack

from emd_ref._arguments.options import Options
from emd_ref._fast.lent import as_numpy, as_tensor
from emd_ref._formulas.batch import Formula
from emd_ref._grounds import Ordered
from emd_ref._libraries.kinds import Array
from emd_ref._losses import Reduction
from emd_ref.torch._analytic import Analytic
from emd_ref.torch._fixed import SquaredEMDLoss


class Fused(Analytic):
    """Value and gradient by a kernel, rounded to the dtype of the input; the backward pass multiplies in that dtype."""

    generate_vmap_rule = False  # a kernel reads memory

    @staticmethod
    def forward(predicted: Tensor, target: Tensor, formula: Formula, options: Options) -> tuple[Tensor, Tensor]:
        kernel, to_array, to_tensor = _kernel(predicted)
        threads = torch.get_num_threads()
        value, g = kernel(
            to_array(predicted),
            to_array(target),
            ground=options.ground,
            axis=options.axis,
            from_logits=options.from_logits,
            check=options.check,
        )
        if torch.get_num_threads() != threads:  # numba's first call sets the number of OpenMP's threads for the process
            torch.set_num_threads(threads)
        return to_tensor(value).double(), to_tensor(g)


_Both: TypeAlias = Callable[..., tuple[Array, Array]]


def _kernel(x: Tensor) -> tuple[_Both, Callable[[Tensor], Array], Callable[[Array], Tensor]]:
    """The kernel for tensors like `x`; how they become its arrays, and its results tensors, on the same memory."""
    if x.dtype not in (torch.float16, torch.float32, torch.float64):
        raise TypeError(f"`input` has dtype {x.dtype}: cast it to float32 for the kernels, or use SquaredEMDLoss")
    if x.device.type == "cpu":
        return import_module("emd_ref.kernels.numba").squared_emd_value_and_grad, as_numpy, as_tensor
    if x.device.type == "cuda":
        cupy, kernel = import_module("cupy"), import_module("emd_ref.kernels.cupy").squared_emd_value_and_grad
        return kernel, lambda tensor: cupy.from_dlpack(tensor.detach()), from_dlpack
    raise ValueError(f"`input` is on device {x.device}: the kernels are for CPUs and CUDA; use SquaredEMDLoss")


def _call(function: Callable[..., Tensor], *arguments: Any) -> Tensor:
    return function(*arguments)


_eagerly: Any = torch.compiler.disable(_call)  # type: ignore[no-untyped-call]


class FusedSquaredEMDLoss(SquaredEMDLoss):
    """`SquaredEMDLoss` of ordered classes by a kernel: `emd_ref.kernels.numba` on CPUs, `emd_ref.kernels.cupy` on CUDA.

    With a gradient, value and gradient come from one pass over the input, and the backward pass multiplies. The kernels
    compute in float64. Value and gradient are then rounded to the dtype of the input, once more than in
    `SquaredEMDLoss`. Without gradients, and for second derivatives, it computes what `SquaredEMDLoss` computes.

    Parameters
    ----------
    ground : Ordered
        Unit spacing or positions.
    from_logits, reduction, ignore_index, check
        As of `SquaredEMDLoss`.

    Raises
    ------
    ValueError
        If `ground` is not Ordered, or a tensor is on a device other than a CPU or CUDA.
    TypeError
        For other dtypes than float16, float32 and float64.
    ModuleNotFoundError
        If numba or CuPy is not installed: `pip install 'emd-ref[numba]'`, or `[cupy]`.

    Notes
    -----
    PyTorch does not know the kernel: `torch.compile` breaks its graph here, and `torch.func.vmap` raises an error. The
    gradient of every step is kept for its backward pass. docs/speed.md says where it is faster on a CPU, and where not.

    Examples
    --------
    >>> import torch
    >>> from emd_ref.torch import FusedSquaredEMDLoss
    >>> logits = torch.zeros(2, 3, requires_grad=True)
    >>> loss = FusedSquaredEMDLoss()(logits, torch.tensor([0, 1]))
    >>> loss.backward()
    >>> round(float(loss.detach()), 4), logits.grad.shape
    (0.3889, torch.Size([2, 3]))
    """

    analytic = Fused
    numpy_steps = False

    def __init__(
        self,
        *,
        ground: Ordered = Ordered(),
        from_logits: bool = True,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        if not isinstance(ground, Ordered):
            raise ValueError(f"`ground` is {type(ground).__name__}: the kernels are for Ordered; use SquaredEMDLoss")
        super().__init__(
            ground=ground, from_logits=from_logits, reduction=reduction, ignore_index=ignore_index, check=check
        )

    def forward(self, input: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Return the loss; arguments are those of `SquaredEMDLoss`."""
        loss: Tensor = _eagerly(super().forward, input, target, sample_weight)
        return loss
