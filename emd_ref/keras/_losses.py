"""The losses by name."""

from functools import partial
from typing import Any

from keras import saving

from emd_ref._class_options import factor
from emd_ref._formulas.batch import Formula
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._formulas.xemd import cross_entropy_and_squared_emd, xemd
from emd_ref._grounds import Ground, Ordered
from emd_ref._scalars import real_number
from emd_ref.keras._config import Config
from emd_ref.keras._loss import Loss

CLASS_WEIGHTS = "; class weights are an argument of fit, `class_weight`"


@saving.register_keras_serializable(package="emd_ref")
class SquaredEMDLoss(Loss):
    """Squared EMD, E = sum_k D_k^2 on ordered classes (specification, section 4).

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. A matrix is a constant; the configuration stores its numbers.
    from_logits : bool
        Whether `y_pred` holds logits. By default it holds probabilities, as for every loss of Keras.
    label_smoothing : float
        s from 0 to 1, as of `keras.losses.CategoricalCrossentropy`: the target t becomes (1 - s) t + s/C. Labels are
        smoothed too.
    ignore_class : int, optional
        Label of samples that do not count, whatever their prediction holds.
    axis : int
        The class axis.
    check : bool
        Whether to validate values, which waits for a GPU to finish. On JAX the values are hidden while a model is
        trained: there the loss is NaN for labels outside 0 .. C-1, and for predictions that are clearly not what
        `from_logits` says. Shapes are always validated.
    reduction, name, dtype
        As of `keras.losses.Loss`. "sum_over_batch_size" divides by the number of samples, "mean_with_sample_weight"
        by the sum of their weights.

    Notes
    -----
    Labels may have the shape (N,) or, as in `keras.losses.SparseCategoricalCrossentropy`, (N, 1); a `y_true` of the
    shape of `y_pred` holds distributions. Keras casts labels and distributions to the dtype of the loss, so float64
    input is rounded to float32 unless `dtype="float64"`. On PyTorch, Keras rounds a mean to float32 even then.

    With `from_logits=True`, a batch whose samples are all non-negative and sum to 1 is refused: it comes from a
    softmax, and the loss would take the softmax again. Predictions that were rounded to float16 or bfloat16 are not
    recognised.

    The class weights of `fit(class_weight=...)` are weights of the samples, by their labels.

    Import `emd_ref.keras` before a saved model is loaded: the import registers the losses with Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.keras import SquaredEMDLoss
    >>> loss = SquaredEMDLoss()
    >>> round(float(loss(np.asarray([0, 1]), np.full((2, 3), 1 / 3))), 4)
    0.3889
    >>> round(float(SquaredEMDLoss(from_logits=True)(np.asarray([0, 1]), np.zeros((2, 3)))), 4)
    0.3889
    >>> SquaredEMDLoss.from_config(loss.get_config()).ground
    Ordered(positions=None)
    """

    @property
    def _formula(self) -> Formula:
        return squared_emd


@saving.register_keras_serializable(package="emd_ref")
class EMDLoss(SquaredEMDLoss):
    """Exact EMD (specification, section 3), with the arguments of `SquaredEMDLoss`.

    Soft targets under a GroundDistance are linear programmes, solved on the host; smoothed labels are soft targets.
    """

    @property
    def _formula(self) -> Formula:
        return emd


@saving.register_keras_serializable(package="emd_ref")
class XEMDLoss(Loss):
    """Cross-entropy with a ground distance, -log p_k + lambda sum_i p_i^2 (G_ik^omega + mu) (specification, section 6).

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes, usually scaled to a largest distance of 1.
    emd_weight, exponent, bias : float
        lambda, omega and mu.
    from_logits, label_smoothing, ignore_class, axis, check, reduction, name, dtype
        As of `SquaredEMDLoss`. Targets are labels. With label smoothing s, the penalty is (1 - s) R_k + s/C sum_c R_c,
        where R_c is the penalty for the label c.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import Ordered
    >>> from emd_ref.keras import XEMDLoss
    >>> loss = XEMDLoss(ground=Ordered([0, 0.5, 1]), emd_weight=0.5)
    >>> round(float(loss(np.asarray([0, 1]), np.full((2, 3), 1 / 3))), 4)
    1.1681
    """

    _labels_only = True

    def __init__(
        self,
        *,
        ground: Ground,
        emd_weight: float = 1.0,
        exponent: float = 1.0,
        bias: float = 0.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        ignore_class: int | None = None,
        axis: int = -1,
        check: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            ground=ground,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            ignore_class=ignore_class,
            axis=axis,
            check=check,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
        self.emd_weight = factor(emd_weight, constant=True, remedy=CLASS_WEIGHTS)
        self.exponent = real_number(exponent, "`exponent`", positive=True, constant=True)
        self.bias = real_number(bias, "`bias`", constant=True)

    @property
    def _formula(self) -> Formula:
        return partial(xemd, **self._numbers())

    def _numbers(self) -> Config:
        return {"emd_weight": self.emd_weight, "exponent": self.exponent, "bias": self.bias}


@saving.register_keras_serializable(package="emd_ref")
class XESquaredEMDLoss(Loss):
    """Cross-entropy with a squared EMD, -sum_j t_j log p_j + lambda E_G(p, t) (specification, 6.5).

    For a ground distance of negative type (a line, a circle, a tree) it is a proper score, which XEMD is not, and
    targets may be distributions.

    Parameters
    ----------
    emd_weight : float
        lambda.
    ground, from_logits, label_smoothing, ignore_class, axis, check, reduction, name, dtype
        As of `SquaredEMDLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.keras import XESquaredEMDLoss
    >>> round(float(XESquaredEMDLoss(emd_weight=0.5)(np.asarray([0, 1]), np.full((2, 3), 1 / 3))), 4)
    1.2931
    """

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        emd_weight: float = 1.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        ignore_class: int | None = None,
        axis: int = -1,
        check: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            ground=ground,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            ignore_class=ignore_class,
            axis=axis,
            check=check,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
        self.emd_weight = factor(emd_weight, constant=True, remedy=CLASS_WEIGHTS)

    @property
    def _formula(self) -> Formula:
        return partial(cross_entropy_and_squared_emd, **self._numbers())

    def _numbers(self) -> Config:
        return {"emd_weight": self.emd_weight}
