"""Whether a result shares memory with an input or with an earlier result, or changes when the loss is called again."""

import contextlib
import sys
from collections import deque
from collections.abc import Iterable
from typing import Any

from emd_conformance._calling.arrays import bits

KEPT = 3  # results
IT = {"value": "the result", "gradient": "the gradient"}


class Kept:
    """The latest results of an implementation, and a copy of each."""

    def __init__(self) -> None:
        self._of: dict[str, deque[tuple[Any, Any]]] = {}  # values, and gradients

    def observed(self, result: Any, inputs: Iterable[Any], kind: str) -> str:
        """Return what a new result of a kind shares, or has changed, in words, or an empty string; and keep it."""
        results = self._of.setdefault(kind, deque(maxlen=KEPT))
        with contextlib.suppress(Exception):  # what cannot be compared is no fault of the implementation
            overwritten = any(bits(old) != copy for old, copy in results)
            shared = any(_share(result, old) for old, _ in results)
            results.append((result, bits(result)))
            if any(_share(result, other) for other in inputs):
                return f"{IT[kind]} shares memory with an input"
            if overwritten:
                return f"{IT[kind]} changed an earlier one"
            return f"{IT[kind]} shares memory with an earlier one" * shared
        return ""


def _share(a: Any, b: Any) -> bool:
    """Tell whether two arrays of NumPy, or two tensors of PyTorch, have a number in common."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if torch is not None and isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.device.type != "cpu" or b.device.type != "cpu" or not a.numel() or not b.numel():
            return False
        a, b = a.detach(), b.detach()
        return bool(a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr())
    if numpy is not None and isinstance(a, numpy.ndarray) and isinstance(b, numpy.ndarray):
        return bool(numpy.may_share_memory(a, b) and numpy.shares_memory(a, b))
    return isinstance(a, list) and a is b
