"""Call the public functions of emd_ref with anything, and look for what clause 8 does not allow.

Run as `python tests/benchmarks/fuzz.py [CALLS] [SEED] [WAY ...]`. A call must return finite numbers of the right shape
and dtype, or raise an error of clause 8.4, which is a ValueError or TypeError that names an argument. Some of the
returned numbers are compared with exact arithmetic. A way is an array library of `tests/support/backends.py`, NumPy by
default, or one of the modes and transformations of PyTorch below. The first lines of the output are the outcomes, the
rest is what nothing explains.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from emd_conformance import assert_right, exact
from support.backends import BACKENDS, Backend
from support.fuzzed import Found, own_time

import emd_ref

DTYPES = ("float64", "float32", "float16", "int64", "bool", "complex128", "object", "int8")
ODD = (None, "a", 1, -1, 0.5, True, float("nan"), 1j, [], (0, 1), {}, b"x", 10**400, np.float32(1), object())
SPECIAL = (float("nan"), float("inf"), -float("inf"), -0.25, -0.0, 5e-324, 1e-300, 1e308, 2.0**-30, 1.0)
QUANTITIES = {"squared_emd": "E", "emd": "W1"}
FORMS = ("", "_grad", "_value_and_grad")
COMPARED = 50  # one call in so many is compared with exact arithmetic


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


TORCH = next(backend for backend in BACKENDS if backend.name == "torch")
GRAD = next(backend for backend in BACKENDS if backend.name == "torch-grad")
WAYS = {
    way.name: way
    for way in (
        *BACKENDS,
        replace(GRAD, name="torch-autograd", call=autograd),
        replace(TORCH, name="torch-vmap", call=mapped, checks_values=False),
        replace(TORCH, name="torch-inference", context=torch.inference_mode),
        replace(TORCH, name="torch-autocast", context=partial(torch.autocast, "cpu")),
    )
}


def distributions(rng: Random, N: int, C: int, dtype: str) -> np.ndarray:
    weights = np.asarray([[rng.random() ** rng.choice((1, 1, 8, 40)) for _ in range(C)] for _ in range(N)])
    weights = weights.reshape(N, C)
    weights[weights < rng.choice((0.0, 0.3))] = 0
    if C:
        weights[weights.sum(-1) == 0] = 1
    if rng.random() < 0.2 and C:
        weights = np.eye(C)[[rng.randrange(C) for _ in range(N)]].reshape(N, C)
    with np.errstate(all="ignore"):
        return (weights / weights.sum(-1, keepdims=True)).astype(dtype)


def spoilt(rng: Random, x: np.ndarray) -> np.ndarray:
    """Return an array with one number that is special."""
    if x.size and x.dtype.kind == "f":
        x = x.copy()
        with np.errstate(all="ignore"):
            x.flat[rng.randrange(x.size)] = rng.choice(SPECIAL)
    return x


def laid_out(rng: Random, x: np.ndarray) -> np.ndarray:
    match rng.randrange(8):
        case 0:
            return np.asfortranarray(x)
        case 1 if x.ndim:
            return np.repeat(x, 2, -1)[..., ::2]
        case 2 if x.ndim:
            return x[..., ::-1].copy()[..., ::-1]
        case 3:
            return np.broadcast_to(x, x.shape)
        case _:
            return x


def ground(rng: Random, C: int) -> Any:
    match rng.randrange(6):
        case 0:
            return emd_ref.Circular()
        case 1:
            return emd_ref.Ordered(np.cumsum([rng.choice((1.0, 0.25, 3.5)) for _ in range(C)])) if C else "line"
        case 2 if 1 < C < 6:
            x = np.cumsum([rng.choice((1.0, 0.5)) for _ in range(C)])
            return emd_ref.GroundDistance(np.abs(x[:, None] - x))
        case 3 if C > 1:
            return emd_ref.Tree([C] * C + [-1], [rng.choice((1.0, 0.5)) for _ in range(C)] + [0.0])
        case 4 if rng.random() < 0.2:
            return rng.choice(ODD)
        case _:
            return emd_ref.Ordered()


def call(rng: Random) -> tuple[str, Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return a name, a function and arguments for it: most are valid, and some are anything."""
    base, form = rng.choice(tuple(QUANTITIES)), rng.choice(FORMS)
    N, C = rng.choice((0, 1, 2, 3, 5, 17)), rng.choice((1, 2, 3, 4, 5, 7, 12, 40))
    dtype = rng.choice(DTYPES[:3] if rng.random() < 0.9 else DTYPES)
    logits = rng.random() < 0.3
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if logits:
            p = np.asarray([[rng.gauss(0, rng.choice((1, 10))) for _ in range(C)] for _ in range(N)])
            p = p.reshape(N, C).astype(dtype)
        else:
            p = distributions(rng, N, C, dtype)
        t: Any = distributions(rng, N, C, dtype)
    if rng.random() < 0.5:
        t = np.asarray([rng.randrange(C) for _ in range(N)], dtype=rng.choice(("int64", "int32", "uint8", "int8")))
    if rng.random() < 0.15:
        p = spoilt(rng, p)
    if rng.random() < 0.1:
        t = t.astype("int64") + rng.choice((0, 1, -1)) if t.dtype.kind in "iu" else spoilt(rng, t)
    options: dict[str, Any] = {"ground": ground(rng, C), "from_logits": logits}
    if rng.random() < 0.1:
        p, t = np.moveaxis(p, -1, 0), np.moveaxis(t, -1, 0) if t.ndim == 2 else t
        options["axis"] = 0
    if rng.random() < 0.05:
        options[rng.choice(("axis", "check", "from_logits", "mass_tolerance", "ground"))] = rng.choice(ODD)
    if rng.random() < 0.05:
        t = rng.choice((*ODD, p[..., :1], p.T if p.ndim else p))
    if rng.random() < 0.03:
        p = rng.choice((*ODD, p.tolist(), np.ma.masked_array(p)))
    first = laid_out(rng, p) if type(p) is np.ndarray else p
    return f"{base}{form}", getattr(emd_ref, f"{base}{form}"), (first, t), options


def outcome(way: Backend, name: str, function: Callable[..., Any], args: Any, options: dict[str, Any]) -> str:
    """Return "returned", or the kind of the error; raise AssertionError for what clause 8 does not allow."""
    try:
        with np.errstate(all="raise"):
            answer = way(function, *args, **options)
    except (ValueError, TypeError) as error:
        if "`" not in str(error):
            raise AssertionError(f"the message names no argument: {error}") from error
        return type(error).__name__
    p = args[0]
    parts = answer if name.endswith("value_and_grad") else (answer,)
    for part in parts:
        assert np.asarray(part).dtype == p.dtype, f"dtype {np.asarray(part).dtype} for {p.dtype}"
        unlimited = options.get("check") is False or options.get("mass_tolerance") is not None or not way.checks_values
        assert unlimited or np.isfinite(np.asarray(part)).all(), "not finite"
    if name.endswith("grad"):
        assert np.shape(parts[-1]) == p.shape, f"a gradient of shape {np.shape(parts[-1])} for {p.shape}"
    return "returned"


def can_be_made(way: Backend, args: Any) -> bool:
    """Whether the library has arrays of these dtypes and shapes; JAX compiles for nothing else than arrays."""
    if way.name == "jax-jit" and not all(isinstance(x, np.ndarray) for x in args):
        return False
    try:
        replace(way, call=lambda function, *arrays: np.empty(0), to_numpy=lambda x: x)(None, *args)
    except Exception:
        return False
    return True


def in_exact_terms(given: Any, C: int) -> Any:
    match given:
        case emd_ref.Ordered():
            return exact.Line(None if given.positions is None else tuple(map(float, given.positions)))
        case emd_ref.Circular():
            return exact.Circle()
        case emd_ref.Tree():
            return exact.Tree(tuple(given.parents), tuple(map(float, given.lengths)))
        case emd_ref.GroundDistance():
            return exact.Matrix(tuple(tuple(map(float, row)) for row in np.asarray(given.distances)))
    raise TypeError(f"{given!r} has no exact form")


def compared(way: Backend, name: str, function: Callable[..., Any], args: Any, options: dict[str, Any]) -> str:
    """Raise AssertionError unless the answer is right, within the bound of clause 7.3."""
    p, t = args
    if name.startswith("emd") and isinstance(options["ground"], emd_ref.GroundDistance):
        return "returned"  # rounded masses differ, and a linear programme has no exact answer for them
    axis = int(options.get("axis", -1))
    answer = way(function, *args, **options)
    value, gradient = (None, None)
    if name.endswith("value_and_grad"):
        value, gradient = answer
    elif name.endswith("grad"):
        gradient = answer
    else:
        value = answer
    place = in_exact_terms(options["ground"], p.shape[axis])
    quantity = QUANTITIES[name.removesuffix("_value_and_grad").removesuffix("_grad")]
    assert_right(
        value, p, t, quantity=quantity, gradient=gradient, ground=place, from_logits=options["from_logits"], axis=axis
    )
    return "returned, and right"


def fuzz(calls: int, seed: int = 0, ways: Sequence[str] = ("numpy",)) -> Found:
    """Make so many calls, each in one of the ways."""
    rng, found = Random(seed), Found()
    with own_time() as clock:
        for number in range(calls):
            way, one = WAYS[rng.choice(ways)], call(rng)
            if way.name == "torch-autograd":
                base = one[0].partition("_value")[0].removesuffix("_grad")
                one = (f"{base}_value_and_grad", getattr(emd_ref, base), *one[2:])
            if way.name != "numpy" and not can_be_made(way, one[2]):
                found.outcomes["the library has no such array"] += 1
                continue
            start = clock()
            try:
                with way.context():
                    kind = outcome(way, *one)
                    if kind == "returned" and number % COMPARED == 0 and is_valid(way, *one):
                        kind = compared(way, *one)
            except BaseException as error:
                kind = "unexplained"
                found.unexplained.append(f"{described(number, way, one)}: {type(error).__name__}: {str(error)[:300]}")
            seconds = clock() - start
            found.outcomes[kind] += 1
            if kind != "returned, and right" and "jax" not in way.name:  # exact arithmetic and compilers take time
                found.timed(seconds, described, number, way, one)
    return found


def is_valid(way: Backend, name: str, function: Callable[..., Any], args: Any, options: dict[str, Any]) -> bool:
    """Whether the arguments are valid, so that the answer must be right."""
    return "check" not in options and (
        way.checks_values or not outcome(WAYS["numpy"], name, function, args, options).endswith("Error")
    )


def described(number: int, way: Backend, one: tuple[Any, ...]) -> str:
    name, _, args, options = one
    kinds = [f"{x.dtype}{list(x.shape)}" if hasattr(x, "shape") else repr(x)[:60] for x in args]
    shapes = ", ".join(kinds)
    return f"call {number}, {way}: {name}({shapes}, {options})"


def main(arguments: list[str]) -> int:
    """Fuzz, print, and return 1 if a call is not explained."""
    calls, seed, *ways = [*arguments, *("100000", "0")[len(arguments) :]]
    found = fuzz(int(calls), int(seed), ways or ["numpy"])
    print(*found.lines(), sep="\n")
    return int(bool(found.unexplained))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
