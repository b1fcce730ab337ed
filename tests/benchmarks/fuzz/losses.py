"""A call of a trainable loss of emd_ref.torch or emd_ref.jax, with its gradient."""

from collections.abc import Callable
from random import Random
from typing import Any

import jax
import numpy as np
import torch
from benchmarks.fuzz.arguments import reals, samples, spoilt, with_odd_options
from benchmarks.fuzz.calls import QUANTITIES, Call, parameters

import emd_ref.jax
import emd_ref.torch

REDUCTIONS = ("none", "mean", "sum")
TORCH = {
    "squared_emd": emd_ref.torch.SquaredEMDLoss,
    "emd": emd_ref.torch.EMDLoss,
    "xemd": emd_ref.torch.XEMDLoss,
    "xe_squared_emd": emd_ref.torch.XESquaredEMDLoss,
}
JAX = {name: getattr(emd_ref.jax, f"{name}_loss") for name in TORCH}
QUANTITY = {**QUANTITIES, "xe_squared_emd": "XE + weight*E"}


def of_torch(make: Callable[..., torch.nn.Module]) -> Callable[..., Any]:
    """A loss of PyTorch as a function, which returns the loss and its gradient."""

    def function(p: Any, t: Any, sample_weight: Any, /, *, weight: Any, **options: Any) -> Any:
        weight = torch.tensor(weight) if isinstance(weight, np.ndarray) else weight
        value = make(weight=weight, **options)(p, t, sample_weight)
        return value, torch.autograd.grad(value.sum(), p)[0]

    return function


def of_jax(loss: Callable[..., Any]) -> Callable[..., Any]:
    """A loss of JAX as a function, which returns the loss and its gradient."""

    def function(p: Any, t: Any, sample_weight: Any, /, **options: Any) -> Any:
        value = loss(p, t, sample_weight=sample_weight, **options)
        return value, jax.grad(lambda p: loss(p, t, sample_weight=sample_weight, **options).sum())(p)

    return function


def of_losses(rng: Random, library: str) -> Call:
    """A loss with class weights, weights of samples, smoothed and ignored labels."""
    losses = TORCH if library == "torch" else JAX
    name = rng.choice((*losses,))
    p, t, options, N, C = samples(rng, labels=0.9 if name == "xemd" else 0.5)
    options.pop("axis", None)
    numbers = ("exponent", "bias", "emd_weight") if name == "xemd" else ("emd_weight",) if "xe" in name else ()
    options |= parameters(rng, numbers) | {"reduction": rng.choice(REDUCTIONS), "weight": None}
    plain = True
    if rng.random() < 0.3:
        plain, options["label_smoothing"] = False, rng.choice((0.0, 0.1, 1.0))
    if rng.random() < 0.3:
        weight = np.asarray([rng.random() for _ in range(C)], dtype=str(getattr(p, "dtype", "float64")))
        plain, options["weight"] = False, spoilt(rng, weight) if rng.random() < 0.1 else weight
    if isinstance(t, np.ndarray) and t.dtype.kind in "iu" and t.shape == (N,) and rng.random() < 0.3:
        plain, options["ignore_index"] = False, rng.choice((-1, -100, 0, 1))
        t = np.where(np.asarray([rng.random() < 0.3 for _ in range(N)]), options["ignore_index"], t)
    sample_weight = None
    if rng.random() < 0.3:
        plain, sample_weight = False, np.abs(reals(rng, (N,), str(getattr(p, "dtype", "float64"))))
        sample_weight = spoilt(rng, sample_weight) if rng.random() < 0.1 else sample_weight
    options = with_odd_options(rng, options, ("check", "label_smoothing", "ignore_index", *options))
    function = of_torch(losses[name]) if library == "torch" else of_jax(losses[name])
    quantity = QUANTITY[name] if plain and N and name != "emd" else None  # the EMD has many gradients
    return Call(f"{library}.{name}", function, (p, t, sample_weight), options, quantity, finite=False)
