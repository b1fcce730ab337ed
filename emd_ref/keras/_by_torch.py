"""The loss of each sample by emd_ref.torch, under the names and along the class axis of Keras."""

from typing import Any

from torch import Tensor

from emd_ref._formulas.batch import Formula
from emd_ref.torch._loss import Loss


class EachLoss(Loss):
    """One number for each sample, for Keras to reduce."""

    predicted_name, target_name = "y_pred", "y_true"

    def __init__(self, formula: Formula, axis: int, labels_only: bool, **options: Any) -> None:
        super().__init__(reduction="none", **options)
        self._formula, self.axis, self.labels_only = formula, axis, labels_only

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        return self._formula


def each(formula: Formula, y_pred: Tensor, target: Tensor, axis: int, labels_only: bool, **options: Any) -> Tensor:
    """The loss of each sample."""
    if y_pred.is_meta:  # Keras only asks for the shape
        return y_pred.select(axis, 0)
    loss: Tensor = EachLoss(formula, axis, labels_only, **options).to(y_pred.device)(y_pred, target)
    return loss
