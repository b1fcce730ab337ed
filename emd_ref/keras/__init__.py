"""Trainable losses for Keras 3, on its PyTorch and JAX backends.

They are `keras.losses.Loss` objects. Keras casts `y_true` and `y_pred` to the dtype of the loss, which is float32
unless `dtype="float64"` is passed, applies the weights (`sample_weight`, and the `class_weight` of `fit`) and reduces.
The value and the analytic gradient of each sample are those of `emd_ref.torch` or `emd_ref.jax`. The losses are saved
with a model.
"""

from emd_ref.keras import _backend as _backend  # first: it says what to do if Keras has no backend
from emd_ref.keras._losses import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

__all__ = ["EMDLoss", "SquaredEMDLoss", "XEMDLoss", "XESquaredEMDLoss"]
