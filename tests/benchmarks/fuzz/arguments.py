"""Arguments of any dtype, shape, layout and value: most are valid, and some are anything."""

import warnings
from random import Random
from typing import Any, NamedTuple

import numpy as np

import emd_ref

DTYPES = ("float64", "float32", "float16", "int64", "bool", "complex128", "object", "int8")
ODD = (None, "a", 1, -1, 0.5, True, float("nan"), 1j, [], (0, 1), {}, b"x", 10**400, np.float32(1), object())
SPECIAL = (float("nan"), float("inf"), -float("inf"), -0.25, -0.0, 5e-324, 1e-300, 1e308, 2.0**-30, 1.0)


class Samples(NamedTuple):
    """A batch, as a function of emd_ref takes it."""

    predicted: Any
    target: Any
    options: dict[str, Any]  # ground, from_logits, and axis if it is not the last
    N: int
    C: int


def distributions(rng: Random, N: int, C: int, dtype: str) -> np.ndarray:
    """Distributions, with zeros, with masses near zero, or of one class."""
    weights = np.asarray([[rng.random() ** rng.choice((1, 1, 8, 40)) for _ in range(C)] for _ in range(N)])
    weights = weights.reshape(N, C)
    weights[weights < rng.choice((0.0, 0.3))] = 0
    if C:
        weights[weights.sum(-1) == 0] = 1
    if rng.random() < 0.2 and C:
        weights = np.eye(C)[[rng.randrange(C) for _ in range(N)]].reshape(N, C)
    with np.errstate(all="ignore"):
        return (weights / weights.sum(-1, keepdims=True)).astype(dtype)


def reals(rng: Random, shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    """Real numbers of both signs."""
    scale = rng.choice((1, 10))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return np.asarray([rng.gauss(0, scale) for _ in range(int(np.prod(shape)))]).reshape(shape).astype(dtype)


def spoilt(rng: Random, x: np.ndarray) -> np.ndarray:
    """The array with one number that is special."""
    if x.size and x.dtype.kind == "f":
        x = x.copy()
        with np.errstate(all="ignore"):
            x.flat[rng.randrange(x.size)] = rng.choice(SPECIAL)
    return x


def laid_out(rng: Random, x: Any) -> Any:
    """The same array, often laid out in memory in another way."""
    if type(x) is not np.ndarray:
        return x
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
    """A ground distance of C classes, or anything."""
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


def samples(rng: Random, labels: float = 0.5) -> Samples:
    """A batch; `labels` is how often its targets are labels."""
    N, C = rng.choice((0, 1, 2, 3, 5, 17)), rng.choice((1, 2, 3, 4, 5, 7, 12, 40))
    dtype = rng.choice(DTYPES[:3] if rng.random() < 0.9 else DTYPES)
    logits = rng.random() < 0.3
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        p: Any = reals(rng, (N, C), dtype) if logits else distributions(rng, N, C, dtype)
        t: Any = distributions(rng, N, C, dtype)
    if rng.random() < labels:
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
        t = rng.choice((*ODD, p[..., :1], p.T if p.ndim else p))
    if rng.random() < 0.03:
        p = rng.choice((*ODD, p.tolist(), np.ma.masked_array(p)))
    return Samples(laid_out(rng, p), t, options, N, C)


def with_odd_options(rng: Random, options: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The options, of which one is sometimes anything."""
    return options | {rng.choice(names): rng.choice(ODD)} if rng.random() < 0.05 else options
