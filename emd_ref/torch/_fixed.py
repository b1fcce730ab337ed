"""The losses of fixed ground distances."""

import warnings
from functools import partial
from typing import Any

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

    Soft targets under a GroundDistance are linear programmes, solved on the host.
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
    weight, exponent, bias : float
        lambda, omega and mu.
    from_logits, reduction, ignore_index, check
        As of `SquaredEMDLoss`.

    Examples
    --------
    >>> import torch
    >>> from emd_ref import Ordered
    >>> from emd_ref.torch import XEMDLoss
    >>> loss = XEMDLoss(ground=Ordered([0, 0.5, 1]), weight=0.5)
    >>> round(float(loss(torch.zeros(2, 3), torch.tensor([0, 1]))), 4)
    1.1681
    """

    labels_only = True

    def __init__(
        self,
        *,
        ground: Ground,
        weight: float = 1.0,
        exponent: float = 1.0,
        bias: float = 0.0,
        from_logits: bool = True,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        super().__init__(
            ground=ground, from_logits=from_logits, reduction=reduction, ignore_index=ignore_index, check=check
        )
        self.weight = real_number(weight, "`weight`")
        self.exponent = real_number(exponent, "`exponent`", positive=True)
        self.bias = real_number(bias, "`bias`")

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        return partial(xemd, weight=self.weight, exponent=self.exponent, bias=self.bias)


class XESquaredEMDLoss(Loss):
    """Cross-entropy with a squared EMD, -sum_j t_j log p_j + lambda E_G(p, t) (specification, 6.5).

    For a ground distance of negative type (a line, a circle, a tree) it is a proper score, which XEMD is not, and
    targets may be distributions.

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes.
    weight : float
        lambda.
    from_logits, reduction, ignore_index, check
        As of `SquaredEMDLoss`.

    Examples
    --------
    >>> import torch
    >>> from emd_ref.torch import XESquaredEMDLoss
    >>> round(float(XESquaredEMDLoss(weight=0.5)(torch.zeros(2, 3), torch.tensor([0, 1]))), 4)
    1.2931
    """

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        weight: float = 1.0,
        from_logits: bool = True,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        super().__init__(
            ground=ground, from_logits=from_logits, reduction=reduction, ignore_index=ignore_index, check=check
        )
        self.weight = real_number(weight, "`weight`")

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        return partial(cross_entropy_and_squared_emd, weight=self.weight)
