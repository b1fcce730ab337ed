"""Gradients and hidden values: what a library records of an array, and whether its numbers can be seen."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from emd_ref._libraries.kinds import Array, is_jax, is_torch
from emd_ref._quiet import QUIET

P = ParamSpec("P")
R = TypeVar("R")


def detach(x: Array) -> Array:
    """`x` without the gradient that PyTorch records for it."""
    return x.detach() if is_torch(x) else x


def constant(x: Array) -> Array:
    """`x` as a constant: no library differentiates through it."""
    if is_jax(x):
        import jax

        return jax.lax.stop_gradient(x)
    return detach(x)


def quietly(x: Array, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """The result of a function of `x`, without NumPy's warnings of numbers beyond a dtype."""
    if is_torch(x):  # torch.compile cannot trace a change of NumPy's error state
        return function(*args, **options)
    return QUIET.copy().run(function, *args, **options)


def tracks_gradient(x: Array) -> bool:
    """Whether the library may differentiate with respect to `x`."""
    return bool(x.requires_grad) or is_transformed() if is_torch(x) else is_jax(x)


def visible_truth(condition: Array) -> bool | None:
    """Truth of a 0-d boolean array; None where a compiler hides it, or would keep it for later inputs."""
    if is_torch(condition):
        return _visible_in_torch(condition)
    if is_jax(condition):
        import jax

        try:
            return bool(condition)
        except jax.errors.ConcretizationTypeError:
            return None
    return bool(condition)


def _visible_in_torch(condition: Array) -> bool | None:
    import torch

    if is_traced() or torch.compiler.is_compiling() or condition.is_meta:
        return None
    try:
        return bool(condition)
    except RuntimeError as error:  # torch.func.vmap raises no exception of its own
        if "vmap" in str(error):
            return None
        raise


def is_traced() -> bool:
    """Whether torch.jit.trace is recording; a PyTorch without torch.jit cannot."""
    import torch

    ask: Any = getattr(getattr(torch, "jit", None), "is_tracing", None)
    return ask is not None and bool(ask())


def is_observed(x: Array) -> bool:
    """Whether PyTorch compiles or traces, or a mode sees every operation."""
    import torch

    if torch.compiler.is_compiling() or torch.overrides.has_torch_function((x,)) or is_traced():
        return True
    # PyTorch has no public way to ask for dispatch modes. A version that drops the private one counts as observing all.
    count_modes: Any = getattr(torch._C, "_len_torch_dispatch_stack", None)
    return count_modes is None or count_modes() > 0 or is_transformed()


def is_transformed() -> bool:
    """Whether torch.func maps or differentiates.

    PyTorch has no public way to ask; a version that drops the private one counts as if it did.
    """
    import torch

    transform: Any = getattr(getattr(torch._C, "_functorch", None), "peek_interpreter_stack", None)
    return transform is None or transform() is not None


def differentiates_forwards() -> bool:
    """Whether PyTorch differentiates forwards, as torch.func.jvp does.

    It has no public way to ask; a version that drops the private one counts as if it did.
    """
    import torch

    return bool(getattr(torch.autograd.forward_ad, "_current_level", 0) >= 0)
