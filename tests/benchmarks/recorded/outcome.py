"""The outcome of a call: a digest of the bits of each output, or the type of the exception."""

import hashlib
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

KEPT = 128  # numbers of each output, to tell how far apart two are


@dataclass(frozen=True)
class Outcome:
    """`said` describes the outputs or the exception; `bits` holds some numbers of each output, as unsigned integers."""

    drawn: str
    said: list[str]
    bits: list[np.ndarray] = field(default_factory=list)


def outcome(call: Callable[[], Any], chosen: dict[str, Any]) -> Outcome:
    """Make the call. Of an exception, keep the type and the first name in backticks: the wording may change."""
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            described = [_described(x) for x in _outputs(call())]
        except Exception as error:
            named = re.search(r"`(\w+)`", str(error))
            raised = f"raises {type(error).__name__}, naming {named[1] if named else 'nothing'}"
            return Outcome(_text(chosen), [raised])
    # Other warnings, such as those of PyTorch, appear once per process and so depend on earlier calls.
    warned = sorted({w.category.__name__ for w in noted if issubclass(w.category, RuntimeWarning)})
    said = [text for text, _ in described] + [f"warns {name}" for name in warned]
    return Outcome(_text(chosen), said, [bits.ravel()[:: -(-bits.size // KEPT) or 1] for _, bits in described])


def _text(chosen: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in chosen.items())


def _outputs(result: Any) -> Iterator[Any]:
    if isinstance(result, tuple | list):
        for part in result:
            yield from _outputs(part)
    else:
        yield result


def _described(x: Any) -> tuple[str, np.ndarray]:
    """Return a line of type, dtype, shape and digest, and the bits."""
    library, dtype, numbers = type(x).__module__.partition(".")[0], str(getattr(x, "dtype", "")), x
    if library == "torch":
        numbers = x.detach().float() if dtype == "torch.bfloat16" else x.detach()
    elif library == "dask":
        numbers = x.compute(scheduler="sync")
    numbers = np.asarray(numbers)
    bits = _bits(numbers)
    if dtype == "torch.bfloat16":  # the upper half of float32
        bits = (bits >> 16).astype(np.uint16)
    digest = hashlib.sha256(bits.tobytes()).hexdigest()[:16]
    recorded = " requires_grad" if getattr(x, "requires_grad", False) else ""
    kind = f"{library}.{type(x).__name__} {dtype or numbers.dtype}"
    return f"{kind} {tuple(numbers.shape)}{recorded} {digest}", bits


def _bits(x: np.ndarray) -> np.ndarray:
    """Return the bits as unsigned integers; all NaN get the same bits."""
    if x.dtype.kind == "f":
        x = np.where(np.isnan(x), np.asarray(np.nan, x.dtype), x)
    return np.array(x, order="C").view(f"uint{8 * x.dtype.itemsize}")


def ulps(before: np.ndarray, after: np.ndarray) -> str:
    """Describe the largest distance between two arrays of bits, counted in floating-point numbers."""
    if before.dtype != after.dtype or before.shape != after.shape:
        return "of another dtype or shape"
    top = 1 << (8 * before.dtype.itemsize - 1)
    pairs = zip(before.tolist(), after.tolist(), strict=True)
    apart = [abs((a if a < top else top - a) - (b if b < top else top - b)) for a, b in pairs]
    return f"{max(apart, default=0)} ulps apart in the numbers kept, {sum(map(bool, apart))} of {len(apart)}"
