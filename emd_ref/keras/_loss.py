"""A loss that returns one number for each sample, for Keras to weigh and reduce."""

import importlib
from numbers import Number
from typing import Any, TypeAlias

from keras import backend, losses, ops

from emd_ref._arguments import contract
from emd_ref._class_options import smoothing
from emd_ref._formulas.batch import Formula
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.namespaces import namespace
from emd_ref._libraries.tracing import visible_truth
from emd_ref._losses import check_ignored, check_options, without_ignored
from emd_ref.keras import _backend, _config, _scores
from emd_ref.keras._config import Config

Tensor: TypeAlias = Any

NO_LABEL = 2**62  # no label has this value: `ignore_class` is applied here, not in the wrapped loss
EXACT_INTEGERS = {"bfloat16": 2**8, "float16": 2**11, "float32": 2**24}  # the dtype holds all integers up to here


class Loss(losses.Loss):  # type: ignore[misc]
    """A loss that returns one number per sample, for Keras to reduce; a subclass adds a formula."""

    _labels_only = False

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        ignore_class: int | None = None,
        axis: int = -1,
        check: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction or "none", dtype=dtype)
        _backend.name()
        check_options(ground, from_logits, check)
        if ignore_class is not None:
            check_ignored(ignore_class, "`ignore_class`", "pass None")
        self.ground, self.label_smoothing = _config.on_host(ground), smoothing(label_smoothing)
        self.from_logits, self.ignore_class, self.axis, self.check = from_logits, ignore_class, axis, check

    @property
    def _formula(self) -> Formula:
        """The formula of the loss of each sample."""
        raise NotImplementedError

    def _numbers(self) -> Config:
        """The loss's own parameters."""
        return {}

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Return the loss, weighted and reduced by Keras, without the samples whose label is `ignore_class`."""
        for argument, x in (("y_true", y_true), ("y_pred", y_pred)):
            if not (hasattr(x, "shape") or isinstance(x, Number)):  # a list would be a structure of several outputs
                raise TypeError(f"`{argument}` is of {type(x).__name__}: it must be an array, as numpy.asarray makes")
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
            Probabilities, or with `from_logits` logits (-inf for a class of probability 0).

        Returns
        -------
        tensor (N, ...)
            In the dtype of `y_pred`.
        """
        axis = contract.class_axis(y_pred, self.axis, "y_pred")
        by_library = importlib.import_module(f"emd_ref.keras._by_{_backend.name()}")
        each = by_library.each(
            self._formula,
            y_pred,
            self._target(y_true, y_pred),
            axis,
            self._labels_only,
            ground=self.ground,
            from_logits=self.from_logits,
            label_smoothing=self.label_smoothing,
            ignore_index=NO_LABEL,
            check=self.check,
        )
        return _scores.checked(each, y_pred, axis, self.from_logits) if self.check else each

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
        labels = ops.cast(given, "int64" if _backend.name() == "torch" else "int32")
        if self.check and visible_truth(ops.all(ops.equal(labels, given))) is False:
            more = "" if self._labels_only else ": distributions have the shape of `y_pred`"
            raise ValueError(f"`y_true` holds labels that are not integers{more}")
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
            "ground": _config.config_of(self.ground),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "ignore_class": self.ignore_class,
            "axis": self.axis,
            "check": self.check,
            **self._numbers(),
        }

    @classmethod
    def from_config(cls, config: Config) -> "Loss":
        """Return the loss of a configuration."""
        return cls(**{**config, "ground": _config.ground_of(config["ground"])})
