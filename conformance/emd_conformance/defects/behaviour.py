"""Losses that do more than compute, or whose answers depend on earlier calls."""

import gc
import os
import random
import warnings

import numpy as np

from emd_conformance.defects._common import cumulative, squared_emd
from emd_conformance.defects._register import Array, wrong

_RUNNING = {"mean": 0.0, "calls": 0}
_CACHE: dict[tuple[int, ...], Array] = {}


@wrong("input-mutated")
def in_place(p: Array, t: Array) -> Array:
    p -= t
    return np.square(np.cumsum(p, -1)).sum(-1)


@wrong("input-mutated")
def clipped_in_place(p: Array, t: Array) -> Array:
    return squared_emd(p, np.clip(t, 1e-9, 1, out=t))


@wrong("nondeterministic")
def noisy(p: Array, t: Array) -> Array:
    return squared_emd(p, t) * (1 + 1e-6 * random.random())


@wrong("nondeterministic")
def dropped_out(p: Array, t: Array) -> Array:
    """Dropout in training mode does this."""
    kept = np.random.default_rng().random(p.shape) > 0.1
    return squared_emd(p * kept, t)


@wrong("state-between-calls")
def running_mean(p: Array, t: Array) -> Array:
    E = squared_emd(p, t)
    _RUNNING["mean"] = 0.5 * _RUNNING["mean"] + 0.5 * float(np.nan_to_num(E, posinf=0.0).mean())
    return E - _RUNNING["mean"]


@wrong("state-between-calls")
def every_other_call(p: Array, t: Array) -> Array:
    _RUNNING["calls"] += 1
    return squared_emd(p, t) * (1 + _RUNNING["calls"] % 2)


@wrong("state-between-calls")
def cached_by_shape(p: Array, t: Array) -> Array:
    return squared_emd(p, _CACHE.setdefault(t.shape, t))


@wrong("print-to-stdout", advice=True)
def talkative(p: Array, t: Array) -> Array:
    print("loss:", squared_emd(p, t).mean())
    return squared_emd(p, t)


@wrong("returns='[0]'")
def tuple_returned(p: Array, t: Array) -> tuple[Array, Array]:
    return squared_emd(p, t), cumulative(p, t)


@wrong("every-call-fails")
def not_written_yet(p: Array, t: Array) -> Array:
    raise NotImplementedError


_BUFFER = np.empty(2**16)


@wrong("result-shared")
def one_buffer_for_all(p: Array, t: Array) -> Array:
    D = np.square(cumulative(p, t))
    return D.sum(-1, out=_BUFFER[: D[..., 0].size].reshape(D.shape[:-1]))


_ANSWERED: dict[bytes, Array] = {}


@wrong("result-shared")
def remembered(p: Array, t: Array) -> Array:
    return _ANSWERED.setdefault(repr((p.shape, p.tobytes(), t.tobytes())).encode(), squared_emd(p, t))


@wrong("changes-warnings")
def silences_the_caller(p: Array, t: Array) -> Array:
    warnings.filterwarnings("ignore", message=f"of {p.shape}")
    return squared_emd(p, t)


@wrong("changes-environment")
def sets_a_variable(p: Array, t: Array) -> Array:
    os.environ["EMD_CLASSES"] = str(p.shape[-1])
    return squared_emd(p, t)


@wrong("result-dtype", advice=True, dtype="float32", compute_dtype="float64", classes=(1, 3, 5))
def widened_for_good(p: Array, t: Array) -> Array:
    return squared_emd(p.astype(np.float64), t.astype(np.float64))


@wrong("changes-warnings")
def silences_everybody(p: Array, t: Array) -> Array:
    warnings.simplefilter("ignore")
    return squared_emd(p, t)


@wrong("changes-defaults")
def prints_fewer_digits(p: Array, t: Array) -> Array:
    np.set_printoptions(precision=3)
    return squared_emd(p, t)


@wrong("changes-environment")
def stops_the_collector(p: Array, t: Array) -> Array:
    gc.disable()
    return squared_emd(p, t)
