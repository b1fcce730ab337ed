"""The losses of fixed ground distances."""

import warnings
from functools import partial
from typing import Any

from torch import Tensor

from emd_ref import _class_options
from emd_ref._formulas.batch import Formula
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._formulas.xemd import cross_entropy_and_squared_emd, xemd
from emd_ref._grounds import Ground, Ordered
from emd_ref._losses import Reduction
from emd_ref._scalars import real_number
from emd_ref.torch._loss import Loss


class SquaredEMDLoss(Loss):
    """Squared EMD, E = sum_k D_k^2 on ordered classes (specification, section 4).

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. The matrix of a GroundDistance becomes a buffer; as a Parameter it is learnt.
    from_logits : bool
        Whether the input holds logits, the default here.
    weight : Tensor (C,), optional
        Class weights w, as of `CrossEntropyLoss`: E is multiplied by w_k for the label k, or by sum_c w_c t_c for a
        distribution t. The mean over labels is divided by the sum of their weights, over distributions by N.
    label_smoothing : float
        s from 0 to 1, as of `CrossEntropyLoss`: the target t becomes (1 - s) t + s/C.
    reduction : "mean", "sum" or "none"
        How the values of all samples become the loss; a mean with weights is divided by their sum.
    ignore_index : int
        Label of samples that do not count.
    check : bool
        Whether to validate values, which waits for a GPU to finish. Shapes, dtypes and devices are always validated.

    Examples
    --------
    >>> import torch
    >>> from emd_ref.torch import SquaredEMDLoss
    >>> logits = torch.zeros(2, 3, requires_grad=True)
    >>> loss = SquaredEMDLoss()(logits, torch.tensor([0, 1]))
    >>> loss.backward()
    >>> round(float(loss.detach()), 4), logits.grad.shape
    (0.3889, torch.Size([2, 3]))
    """

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        return squared_emd


class FusedSquaredEMDLoss(SquaredEMDLoss):
    """`SquaredEMDLoss`, which chooses a kernel by itself where there is one: use that. This name gives a warning.

    Parameters are those of `SquaredEMDLoss`.
    """

    def __init__(self, **options: Any) -> None:
        warnings.warn(
            "FusedSquaredEMDLoss is SquaredEMDLoss now, which chooses kernels by itself: write SquaredEMDLoss",
            DeprecationWarning,
            stacklevel=2,
        )
        super().__init__(**options)


class EMDLoss(SquaredEMDLoss):
    """Exact EMD (specification, section 3), with the arguments of `SquaredEMDLoss`.

    Soft targets under a GroundDistance are linear programmes, solved on the host; smoothed labels are soft targets.
    """

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        return emd


class XEMDLoss(Loss):
    """Cross-entropy with a ground distance, -log p_k + lambda sum_i p_i^2 (G_ik^omega + mu) (specification, section 6).

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes, usually scaled to a largest distance of 1.
    emd_weight, exponent, bias : float
        lambda, omega and mu.
    weight, label_smoothing : Tensor (C,), float
        Class weights and label smoothing, for both terms: the sum of `CrossEntropyLoss` with these arguments, and of
        lambda v sum_j t'_j R_j. Here t' is the smoothed target, R_j the penalty for the label j, and v the class weight
        of the label.
    from_logits, reduction, ignore_index, check
        As of `SquaredEMDLoss`.

    Examples
    --------
    >>> import torch
    >>> from emd_ref import Ordered
    >>> from emd_ref.torch import XEMDLoss
    >>> loss = XEMDLoss(ground=Ordered([0, 0.5, 1]), emd_weight=0.5)
    >>> round(float(loss(torch.zeros(2, 3), torch.tensor([0, 1]))), 4)
    1.1681
    """

    labels_only = has_emd_weight = True

    def __init__(
        self,
        *,
        ground: Ground,
        emd_weight: float = 1.0,
        exponent: float = 1.0,
        bias: float = 0.0,
        from_logits: bool = True,
        weight: Tensor | None = None,
        label_smoothing: float = 0.0,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        super().__init__(
            ground=ground,
            from_logits=from_logits,
            weight=weight,
            label_smoothing=label_smoothing,
            reduction=reduction,
            ignore_index=ignore_index,
            check=check,
        )
        self.emd_weight = _class_options.factor(emd_weight, constant=True)
        self.exponent = real_number(exponent, "`exponent`", positive=True, constant=True)
        self.bias = real_number(bias, "`bias`", constant=True)

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        return partial(xemd, emd_weight=self.emd_weight, exponent=self.exponent, bias=self.bias)


class XESquaredEMDLoss(Loss):
    """Cross-entropy with a squared EMD, -sum_j t_j log p_j + lambda E_G(p, t) (specification, 6.5).

    For a ground distance of negative type (a line, a circle, a tree) it is a proper score, which XEMD is not, and
    targets may be distributions.

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes.
    emd_weight : float
        lambda.
    weight, label_smoothing : Tensor (C,), float
        Class weights and label smoothing, for both terms: the sum of `CrossEntropyLoss` with these arguments, and of
        lambda times `SquaredEMDLoss` with them.
    from_logits, reduction, ignore_index, check
        As of `SquaredEMDLoss`.

    Examples
    --------
    >>> import torch
    >>> from emd_ref.torch import XESquaredEMDLoss
    >>> round(float(XESquaredEMDLoss(emd_weight=0.5)(torch.zeros(2, 3), torch.tensor([0, 1]))), 4)
    1.2931
    """

    has_emd_weight = True

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        emd_weight: float = 1.0,
        from_logits: bool = True,
        weight: Tensor | None = None,
        label_smoothing: float = 0.0,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        super().__init__(
            ground=ground,
            from_logits=from_logits,
            weight=weight,
            label_smoothing=label_smoothing,
            reduction=reduction,
            ignore_index=ignore_index,
            check=check,
        )
        self.emd_weight = _class_options.factor(emd_weight, constant=True)

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        return partial(cross_entropy_and_squared_emd, emd_weight=self.emd_weight)
