"""The ways to call a function, and the fuzzing itself."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import numpy as np
import torch
from benchmarks.fuzz import calls
from benchmarks.fuzz.calls import Call
from benchmarks.fuzz.judged import can_be_made, compare, is_valid, outcome
from benchmarks.fuzz.losses import of_losses
from support.backends import BACKENDS, Backend
from support.fuzzed import Found, own_time

import emd_ref

COMPARED = 50  # one call in so many is compared with exact arithmetic
THREADS = ThreadPoolExecutor(4)


def autograd(function: Callable[..., Any], *arrays: Any, **options: Any) -> tuple[Any, Any]:
    """The value, and the gradient that PyTorch's autograd finds."""
    value = function(*arrays, **options)
    return value, torch.autograd.grad(value.sum(), arrays[0])[0]


def mapped(function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """The function of one sample, mapped over the first axis."""
    sizes = {len(x) if isinstance(x, torch.Tensor) and x.ndim else None for x in arrays}
    if (
        options.get("axis", -1) != -1 or len(sizes) > 1 or not sizes.isdisjoint({None, 0})
    ):  # PyTorch maps no empty batch
        return function(*arrays, **options)
    return torch.func.vmap(lambda *samples: function(*samples, **options))(*arrays)


def in_threads(function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """What the function returns in each of four threads at once, which must be the same."""
    asked = [THREADS.submit(function, *arrays, **options) for _ in range(4)]
    first, *others = [one.result() for one in asked]
    for other in others:
        for x, y in zip(each(first), each(other), strict=True):
            np.testing.assert_array_equal(x, y)
    return first


def each(answer: Any) -> tuple[Any, ...]:
    """The parts of an answer."""
    return answer if isinstance(answer, tuple) else (answer,)


def host_too(way: Backend) -> Backend:
    """The same way, for functions whose answer is an array of NumPy for every library."""
    return replace(way, to_numpy=lambda x: x if isinstance(x, np.ndarray) else way.to_numpy(x))


NAMED = {way.name: way for way in BACKENDS}
WAYS = NAMED | {
    "numpy-threads": replace(NAMED["numpy"], name="numpy-threads", call=in_threads),
    "torch-autograd": replace(NAMED["torch-grad"], name="torch-autograd", call=autograd),
    "torch-vmap": replace(NAMED["torch"], name="torch-vmap", call=mapped, checks_values=False),
    "torch-inference": replace(NAMED["torch"], name="torch-inference", context=torch.inference_mode),
    "torch-autocast": replace(NAMED["torch"], name="torch-autocast", context=partial(torch.autocast, "cpu")),
    "torch-losses": replace(NAMED["torch-grad"], name="torch-losses", other_array=NAMED["torch"].array),
    "jax-losses": replace(NAMED["jax"], name="jax-losses"),
}


def drawn(rng: Random, way: str) -> Call:
    """A call that may be made in this way."""
    if way.endswith("-losses"):
        return of_losses(rng, way.partition("-")[0])
    if way in ("torch-autograd", "torch-vmap"):  # of what is differentiated and mapped
        call = calls.of_distances(rng)
        if way == "torch-autograd":
            base = call.name.partition("_value")[0].removesuffix("_grad")
            call = call._replace(name=f"{base}_value_and_grad", function=getattr(emd_ref, base))
        return call
    kinds, often = zip(*HOW_OFTEN.items(), strict=True)
    call: Call = rng.choices(kinds, often)[0](rng)
    return call


HOW_OFTEN = {
    calls.of_distances: 8,
    calls.of_cross_entropies: 4,
    calls.of_gradients: 2,
    calls.of_metrics: 3,
    calls.of_centroids: 1,
    calls.of_grounds: 1,
    calls.of_programmes: 1,
}


def fuzz(number: int, seed: int = 0, ways: Sequence[str] = ("numpy",)) -> Found:
    """Make so many calls, each in one of the ways."""
    rng, found = Random(seed), Found()
    with own_time() as clock:
        for i in range(number):
            way = WAYS[rng.choice(ways)]
            call = drawn(rng, way.name)
            if not way.name.startswith("numpy") and not can_be_made(way, call):
                found.outcomes["the library has no such array"] += 1
                continue
            start = clock()
            try:
                with way.context():
                    kind = outcome(host_too(way) if call.wide else way, call)
                    if kind == "returned" and i % COMPARED == 0 and is_valid(way, call):
                        compare(way, call)
                        kind = "returned, and right"
            except BaseException as error:
                kind = "unexplained"
                found.unexplained.append(f"call {i}, {way}: {call}: {type(error).__name__}: {str(error)[:300]}")
            seconds = clock() - start
            found.outcomes[kind] += 1
            if kind != "returned, and right" and "jax" not in way.name:  # exact arithmetic and compilers take time
                found.timed(seconds, "call {}, {}: {}".format, i, way, call)
    return found
