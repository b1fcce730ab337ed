"""Trainable losses for Keras 3, on its PyTorch and JAX backends.

They are `keras.losses.Loss` objects. Keras casts `y_true` and `y_pred` to the dtype of the loss, which is float32
unless `dtype="float64"` is passed, applies the weights and reduces. The value and the analytic gradient of each sample
are those of `emd_ref.torch` or `emd_ref.jax`. The losses are saved with a model.
"""

import importlib
from typing import Any, TypeAlias

import numpy as np
from keras import backend, losses, ops, saving

from emd_ref._grounds import Circular, Ground, GroundDistance, Ordered, Tree
from emd_ref._libraries.host import to_numpy
from emd_ref._libraries.namespaces import namespace
from emd_ref._libraries.tracing import visible_truth
from emd_ref._losses import check_options, without_ignored
from emd_ref._scalars import real_number

__all__ = ["EMDLoss", "SquaredEMDLoss", "XEMDLoss", "XESquaredEMDLoss"]

Tensor: TypeAlias = Any
Config: TypeAlias = dict[str, Any]

KINDS = {kind.__name__: kind for kind in (Ordered, Circular, Tree)}
NO_LABEL = 2**62  # no label has this value: `ignore_class` is applied here, not in the wrapped loss
EXACT_INTEGERS = {"bfloat16": 2**8, "float16": 2**11, "float32": 2**24}  # the dtype holds all integers up to here


class _Loss(losses.Loss):  # type: ignore[misc]
    """A loss that returns one number per sample, for Keras to reduce; a subclass names the loss that it wraps."""

    _class: str  # of emd_ref.torch
    _function: str  # of emd_ref.jax

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        from_logits: bool = True,
        ignore_class: int | None = None,
        axis: int = -1,
        check: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction or "none", dtype=dtype)
        _backend()
        check_options(ground, from_logits, 0 if ignore_class is None else ignore_class, check, "`ignore_class`")
        self.ground = _on_host(ground)
        self.from_logits, self.ignore_class, self.axis, self.check = from_logits, ignore_class, axis, check

    def _numbers(self) -> Config:
        """The loss's own parameters."""
        return {}

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Return the loss, weighted and reduced by Keras, without the samples whose label is `ignore_class`."""
        if self.ignore_class is not None:
            y_true, y_pred, sample_weight = self._without_ignored(y_true, y_pred, sample_weight)
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each sample.

        Parameters
        ----------
        y_true : tensor of the shape of `y_pred`, or without its class axis, or with 1 there
            Distributions, or labels 0 .. C-1.
        y_pred : tensor (N, ..., C)
            Logits (-inf for a class of probability 0), or probabilities without `from_logits`.

        Returns
        -------
        tensor (N, ...)
            In the dtype of `y_pred`.
        """
        each = self._by_torch if _backend() == "torch" else self._by_jax
        return each(y_pred, self._target(y_true, y_pred))

    def _by_torch(self, y_pred: Tensor, target: Tensor) -> Tensor:
        if y_pred.is_meta:  # Keras only asks for the shape
            return y_pred.select(self.axis, 0)
        kind = getattr(importlib.import_module("emd_ref.torch"), self._class)
        axes = [self.axis, 1] if y_pred.ndim > 1 else [0, 0]
        target = target.movedim(*axes) if target.ndim == y_pred.ndim else target
        return kind(**self._options()).to(y_pred.device)(y_pred.movedim(*axes), target)

    def _by_jax(self, y_pred: Tensor, target: Tensor) -> Tensor:
        function = getattr(importlib.import_module("emd_ref.jax"), self._function)
        return function(y_pred, target, axis=self.axis, **self._options())

    def _options(self) -> Config:
        return {
            "ground": self.ground,
            "from_logits": self.from_logits,
            "reduction": "none",
            "ignore_index": NO_LABEL,
            "check": self.check,
            **self._numbers(),
        }

    def _target(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The distributions, or the labels as integers again and without an axis of length 1."""
        soft, num_classes = tuple(y_true.shape) == tuple(y_pred.shape), y_pred.shape[self.axis]
        if soft and num_classes > 1:
            return y_true
        limit = EXACT_INTEGERS.get(backend.standardize_dtype(y_true.dtype))
        if limit is not None and num_classes > limit + 1:
            raise ValueError(
                f"`y_true` holds labels of {num_classes} classes in {y_true.dtype}, which cannot hold all of them: "
                "give the loss dtype='float32'"
            )
        given = self._squeezed(y_true, y_pred)
        if soft:  # with one class, a mass of 1 and the label 0 mean the same
            given = ops.where(given == 1, 0, given)
        labels = ops.cast(given, "int64" if _backend() == "torch" else "int32")
        if self.check and visible_truth(ops.all(ops.equal(labels, given))) is False:
            raise ValueError("`y_true` holds labels that are not integers: distributions have the shape of `y_pred`")
        return labels

    def _squeezed(self, labels: Tensor, y_pred: Tensor) -> Tensor:
        same = len(labels.shape) == len(y_pred.shape) and labels.shape[self.axis] == 1
        return ops.squeeze(labels, self.axis) if same else labels

    def _without_ignored(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None) -> tuple[Tensor, ...]:
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if tuple(y_true.shape) == tuple(y_pred.shape):
            return y_true, y_pred, sample_weight
        y_true = self._squeezed(y_true, y_pred)
        ignored = ops.equal(y_true, self.ignore_class)
        y_pred, y_true, kept = without_ignored(namespace(y_pred), y_pred, y_true, None, ignored, self.axis)
        weight: Any = ops.cast(kept, self.dtype)
        if self.reduction in ("mean", "sum_over_batch_size"):  # over the samples kept, as Keras counts under a mask
            weight = ops.divide_no_nan(weight, ops.mean(weight))
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, self.dtype), kept.shape)
        return y_true, y_pred, weight

    def get_config(self) -> Config:
        """Return what `from_config` needs to build the loss again."""
        return {
            **super().get_config(),
            "dtype": self.dtype,
            "ground": _ground_config(self.ground),
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
            "axis": self.axis,
            "check": self.check,
            **self._numbers(),
        }

    @classmethod
    def from_config(cls, config: Config) -> "_Loss":
        """Return the loss of a configuration."""
        return cls(**{**config, "ground": _ground_of(config["ground"])})


def _backend() -> str:
    """The backend of Keras; RuntimeError if these losses do not run on it."""
    name = str(backend.backend())
    if name not in ("torch", "jax"):
        raise RuntimeError(
            f"emd_ref.keras runs on the PyTorch and JAX backends of Keras, but its backend is {name!r}: set the "
            "environment variable KERAS_BACKEND to 'torch' or 'jax' before Keras is imported"
        )
    return name


def _on_host(ground: Ground) -> Ground:
    """The ground distance; its matrix, if it has one, as a NumPy array of float64."""
    if not isinstance(ground, GroundDistance):
        return ground
    return GroundDistance(to_numpy(ground.distances).astype(np.float64))


def _ground_config(ground: Ground) -> Config:
    if isinstance(ground, GroundDistance):
        return {"kind": "GroundDistance", "distances": ground.distances.tolist()}
    parameters = {name: list(x) if isinstance(x, tuple) else x for name, x in vars(ground).items()}
    return {"kind": type(ground).__name__, **parameters}


def _ground_of(config: Config) -> Ground:
    parameters = {name: x for name, x in config.items() if name != "kind"}
    if config["kind"] == "GroundDistance":
        return GroundDistance(np.asarray(parameters["distances"], dtype=np.float64))
    ground: Ground = KINDS[config["kind"]](**parameters)
    return ground


@saving.register_keras_serializable(package="emd_ref")
class SquaredEMDLoss(_Loss):
    """Squared EMD, E = sum_k D_k^2 on ordered classes (specification, section 4).

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. A matrix is a constant; the configuration stores its numbers.
    from_logits : bool
        Whether `y_pred` holds logits, the default here, unlike in Keras.
    ignore_class : int, optional
        Label of samples that do not count, whatever their prediction holds.
    axis : int
        The class axis.
    check : bool
        Whether to validate values, which waits for a GPU to finish. On JAX the values are hidden while a model is
        trained: there, checks cost nothing and find nothing. Shapes are always validated.
    reduction, name, dtype
        As of `keras.losses.Loss`. "sum_over_batch_size" divides by the number of samples, "mean_with_sample_weight"
        by the sum of their weights.

    Notes
    -----
    Labels may have the shape (N,) or, as in `keras.losses.SparseCategoricalCrossentropy`, (N, 1); a `y_true` of the
    shape of `y_pred` holds distributions. Keras casts labels and distributions to the dtype of the loss, so float64
    input is rounded to float32 unless `dtype="float64"`. On PyTorch, Keras rounds a mean to float32 even then.

    Import `emd_ref.keras` before a saved model is loaded: the import registers the losses with Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.keras import SquaredEMDLoss
    >>> loss = SquaredEMDLoss()
    >>> round(float(loss(np.asarray([0, 1]), np.zeros((2, 3)))), 4)
    0.3889
    >>> SquaredEMDLoss.from_config(loss.get_config()).ground
    Ordered(positions=None)
    """

    _class, _function = "SquaredEMDLoss", "squared_emd_loss"


@saving.register_keras_serializable(package="emd_ref")
class EMDLoss(SquaredEMDLoss):
    """Exact EMD (specification, section 3), with the arguments of `SquaredEMDLoss`.

    Soft targets under a GroundDistance are linear programmes, solved on the host.
    """

    _class, _function = "EMDLoss", "emd_loss"


@saving.register_keras_serializable(package="emd_ref")
class XEMDLoss(_Loss):
    """Cross-entropy with a ground distance, -log p_k + lambda sum_i p_i^2 (G_ik^omega + mu) (specification, section 6).

    Parameters
    ----------
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes, usually scaled to a largest distance of 1.
    weight, exponent, bias : float
        lambda, omega and mu.
    from_logits, ignore_class, axis, check, reduction, name, dtype
        As of `SquaredEMDLoss`. Targets are labels.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import Ordered
    >>> from emd_ref.keras import XEMDLoss
    >>> round(float(XEMDLoss(ground=Ordered([0, 0.5, 1]), weight=0.5)(np.asarray([0, 1]), np.zeros((2, 3)))), 4)
    1.1681
    """

    _class, _function = "XEMDLoss", "xemd_loss"

    def __init__(
        self,
        *,
        ground: Ground,
        weight: float = 1.0,
        exponent: float = 1.0,
        bias: float = 0.0,
        from_logits: bool = True,
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
            ignore_class=ignore_class,
            axis=axis,
            check=check,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
        self.weight = real_number(weight, "`weight`")
        self.exponent = real_number(exponent, "`exponent`", positive=True)
        self.bias = real_number(bias, "`bias`")

    def _numbers(self) -> Config:
        return {"weight": self.weight, "exponent": self.exponent, "bias": self.bias}


@saving.register_keras_serializable(package="emd_ref")
class XESquaredEMDLoss(_Loss):
    """Cross-entropy with a squared EMD, -sum_j t_j log p_j + lambda E_G(p, t) (specification, 6.5).

    For a ground distance of negative type (a line, a circle, a tree) it is a proper score, which XEMD is not, and
    targets may be distributions.

    Parameters
    ----------
    weight : float
        lambda.
    ground, from_logits, ignore_class, axis, check, reduction, name, dtype
        As of `SquaredEMDLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.keras import XESquaredEMDLoss
    >>> round(float(XESquaredEMDLoss(weight=0.5)(np.asarray([0, 1]), np.zeros((2, 3)))), 4)
    1.2931
    """

    _class, _function = "XESquaredEMDLoss", "xe_squared_emd_loss"

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        weight: float = 1.0,
        from_logits: bool = True,
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
            ignore_class=ignore_class,
            axis=axis,
            check=check,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
        self.weight = real_number(weight, "`weight`")

    def _numbers(self) -> Config:
        return {"weight": self.weight}
