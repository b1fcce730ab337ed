"""Golden reference for the squared Earth Mover's Distance loss (Hou, Yu and Samaras, arXiv:1611.05916).

`squared_emd` is the loss of the paper, `emd` the exact distance, `xemd` cross-entropy with a ground distance; each has
a `_grad` and a `_value_and_grad`. They take arrays of NumPy, CuPy, PyTorch, JAX, dask and every other library of the
array API standard. docs/spec.md states what they compute; its clauses are cited where they are implemented.
"""

__version__ = "0.1.0"

import importlib as _importlib
import typing as _typing

from emd_ref._centroids import ClassCentroids
from emd_ref._emd import emd, emd_grad, emd_value_and_grad
from emd_ref._gradients import logits_gradient, normalised_gradient, simplex_gradient, softmax
from emd_ref._grounds import Circular, GroundDistance, Ordered, Tree
from emd_ref._squared_emd import squared_emd, squared_emd_grad, squared_emd_value_and_grad
from emd_ref._xemd import cross_entropy, ground_distance_penalty, xemd, xemd_grad, xemd_value_and_grad

if _typing.TYPE_CHECKING:
    from emd_ref import lp

__all__ = [
    "Circular",
    "ClassCentroids",
    "GroundDistance",
    "Ordered",
    "Tree",
    "cross_entropy",
    "emd",
    "emd_grad",
    "emd_value_and_grad",
    "ground_distance_penalty",
    "logits_gradient",
    "lp",
    "normalised_gradient",
    "simplex_gradient",
    "softmax",
    "squared_emd",
    "squared_emd_grad",
    "squared_emd_value_and_grad",
    "xemd",
    "xemd_grad",
    "xemd_value_and_grad",
]


def __getattr__(name: str) -> _typing.Any:
    """Import `emd_ref.lp` when it is first used: few programs solve linear programmes."""
    if name == "lp":
        return _importlib.import_module("emd_ref.lp")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
