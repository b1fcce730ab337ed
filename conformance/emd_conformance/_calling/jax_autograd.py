"""Values and gradients by JAX: one compilation for each shape, where a loss can be traced.

Operation by operation, JAX compiles a dozen kernels for each shape, which takes most of the time of a run. A loss that
cannot be traced, as it converts its input to NumPy, is called that way, and so is every loss for small shapes: there it
is asked both ways.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from emd_conformance._calling.answers import located
from emd_conformance._calling.load import Loss
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.template import apply, names_in

SMALL = (4, 8)  # samples and classes up to which a value is asked for operation by operation
QUICKLY = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}  # half the time of a compilation


@dataclass(frozen=True)
class Fixed:
    """The arguments that are no arrays, compared by their text, as lists have no hash."""

    text: str
    values: dict[str, Any] = field(compare=False)


def compiles_value(declared: Declaration, case: Case) -> bool:
    """Tell whether the value of a case is that of the call which gives its gradient, and is compiled with it."""
    differentiates = declared.array == "jax" and declared.grad == "autograd"
    return differentiates and not case.invalid and (len(case.predicted) > SMALL[0] or case.classes > SMALL[1])


def pull_back(loss: Loss, declared: Declaration, names: dict[str, Any], above: list[float]) -> tuple[Any, Any]:
    """Return the value of a call, and the gradient with respect to p, times the gradients from above.

    If the value has another number of entries than `above`, the gradient is that of its sum.
    """
    used = {name: names[name] for name in names_in(declared.template) if name in names}
    arrays = {name: value for name, value in used.items() if hasattr(value, "dtype")}
    fixed = {name: value for name, value in used.items() if name not in arrays}
    factors = importlib.import_module("jax").numpy.asarray(above, dtype=names["p"].dtype)
    try:
        call = _call(loss, declared, Fixed(repr(fixed), fixed))
    except TypeError:  # the loss has no hash
        call = Call(loss, declared, Fixed("", fixed))
    return call(arrays, factors)


@lru_cache(maxsize=32)
def _call(loss: Loss, declared: Declaration, fixed: Fixed) -> "Call":
    return Call(loss, declared, fixed)


@lru_cache(maxsize=1)
def _options() -> dict[str, Any]:
    """Return options with which XLA compiles quickly, if it knows them; they change no result beyond rounding."""
    jax = importlib.import_module("jax")
    if jax.default_backend() != "cpu":
        return {}
    try:
        jax.jit(lambda x: x + 1, compiler_options=QUICKLY)(0.0)
    except Exception:  # of an XLA without these options
        return {}
    return QUICKLY


class Call:
    """A loss with a template, which is compiled at its first call for each shape, or is not if it cannot be traced."""

    def __init__(self, loss: Loss, declared: Declaration, fixed: Fixed) -> None:
        self._loss, self._declared, self._fixed = loss, declared, fixed
        jit = importlib.import_module("jax").jit
        self._pull: Callable[..., tuple[Any, Any]] = jit(self._step, compiler_options=_options())

    def __call__(self, arrays: dict[str, Any], above: Any) -> tuple[Any, Any]:
        """Return the value and the gradient."""
        try:
            return self._pull(arrays, above)
        except Exception:  # of the tracer, or of the loss; without the tracer, a loss that is at fault fails again
            result = self._step(arrays, above)
            self._pull = self._step
            return result

    def _step(self, arrays: dict[str, Any], above: Any) -> tuple[Any, Any]:
        jax = importlib.import_module("jax")

        def value(predicted: Any) -> Any:
            names = self._fixed.values | arrays | {"p": predicted}
            return located(apply(self._loss, self._declared.template, names), self._declared)

        result, pull = jax.vjp(value, arrays["p"])
        fits = above.size == result.size
        factors = above.reshape(result.shape).astype(result.dtype) if fits else jax.numpy.ones_like(result)
        return result, pull(factors)[0]
