"""The losses of the sample project: one right, one wrong everywhere, one wrong for a single class."""

import numpy as np


def squared_emd(predicted, target):
    """Mean over the classes of the squared difference of the cumulative distributions."""
    return np.square(np.cumsum(predicted - target, axis=-1)).mean(axis=-1)


def histogram_distance(predicted, target):
    """Forget to accumulate."""
    return np.square(predicted - target).mean(axis=-1)


def offset_for_one_class(predicted, target):
    """Add a constant when there is one class."""
    return squared_emd(predicted, target) + (predicted.shape[-1] == 1)
