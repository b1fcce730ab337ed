"""Invalid calls of the functions, of every kind in section 8 of the specification."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.recorded.call import DOUBLE, SINGLE, Call, every
from benchmarks.recorded.inputs import Draw, native

import emd_ref
from emd_ref import Circular, GroundDistance, Ordered, Tree

N, C = 3, 4
G = np.abs(np.arange(C)[:, None] - np.arange(C)) * 1.0
FUNCTIONS = (
    "squared_emd",
    "squared_emd_value_and_grad",
    "emd",
    "emd_grad",
    "xemd",
    "xemd_grad",
    "ground_distance_penalty",
)
LIBRARIES = {"numpy": (SINGLE, DOUBLE), "torch": (SINGLE,), "strict": (DOUBLE,), "dask": (DOUBLE,), "jax": (SINGLE,)}


@dataclass(frozen=True)
class Valid:
    """Valid arguments: distributions p and t, labels k, logits z."""

    p: np.ndarray
    t: np.ndarray
    k: np.ndarray
    z: np.ndarray


@dataclass(frozen=True)
class Foreign:
    """An array to be converted to another library than the other argument."""

    array: np.ndarray


Arguments = tuple[Any, ...]  # predicted, target, and a dictionary of options if there are any
Fault = Callable[[Valid], Arguments]


def put(x: np.ndarray, value: Any, *index: int) -> np.ndarray:
    """Return a copy with one entry changed."""
    x = x.copy()
    x[index or (1, 2)] = value
    return x


VALUES: dict[str, Fault] = {
    "nan": lambda v: (put(v.p, np.nan), v.k),
    "infinite": lambda v: (put(v.p, np.inf), v.k),
    "negative": lambda v: (put(v.p, -0.5), v.t),
    "wrong mass": lambda v: (put(v.p, 0.9), v.t),
    "all twice": lambda v: (2 * v.p, v.k),
    "small wrong mass": lambda v: (v.p * np.asarray(1 + 2.0**-10, v.p.dtype), v.k),
    "target nan": lambda v: (v.p, put(v.t, np.nan)),
    "target infinite": lambda v: (v.p, put(v.t, np.inf)),
    "target negative": lambda v: (v.p, put(v.t, -0.5)),
    "target wrong mass": lambda v: (v.p, put(v.t, 2.0)),
    "label C": lambda v: (v.p, put(v.k, C, 1)),
    "label -1": lambda v: (v.p, put(v.k, -1, 1)),
    "label 255": lambda v: (v.p, put(v.k.astype(np.uint8), 255, 1)),
    "one label C": lambda v: (v.p[0], C),
    "one label -1": lambda v: (v.p[0], -1),
    "logits nan": lambda v: (put(v.z, np.nan), v.k, {"from_logits": True}),
    "logits infinite": lambda v: (put(v.z, np.inf), v.t, {"from_logits": True}),
    "logits, target negative": lambda v: (v.z, put(v.t, -0.5), {"from_logits": True}),
    "logits, label C": lambda v: (v.z, put(v.k, C, 0), {"from_logits": True}),
    "tolerance negative": lambda v: (v.p, v.t, {"mass_tolerance": -1.0}),
    "tolerance nan": lambda v: (v.p, v.k, {"mass_tolerance": np.nan}),
    "tolerance text": lambda v: (v.p, v.t, {"mass_tolerance": "0.1"}),
    "tolerance exceeded": lambda v: (v.p * np.asarray(1.25, v.p.dtype), v.t, {"mass_tolerance": 0.125}),
    "matrix nan": lambda v: (v.p, v.k, {"ground": GroundDistance(put(G, np.nan))}),
    "matrix infinite": lambda v: (v.p, v.t, {"ground": GroundDistance(put(G, np.inf))}),
    "matrix negative": lambda v: (v.p, v.k, {"ground": GroundDistance(-G)}),
    "matrix diagonal": lambda v: (v.p, v.k, {"ground": GroundDistance(G + np.eye(C))}),
    "matrix asymmetric": lambda v: (v.p, v.t, {"ground": GroundDistance(put(G, 7.0))}),
}
FORMS: dict[str, Fault] = {
    "list": lambda v: (v.p.tolist(), v.k),
    "number": lambda v: (0.5, 0),
    "nothing": lambda v: (None, v.k),
    "text": lambda v: ("0.5", v.k),
    "target list": lambda v: (v.p, v.k.tolist()),
    "target nothing": lambda v: (v.p, None),
    "target number": lambda v: (v.p[0], 0.0),
    "bool label": lambda v: (v.p[0], True),
    "bool labels": lambda v: (v.p, v.k > 0),
    "bool target": lambda v: (v.p, v.t > 0),
    "integers": lambda v: (np.eye(C, dtype=np.int64)[v.k], v.k),
    "integer target": lambda v: (v.p, np.eye(C, dtype=np.int64)[v.k]),
    "complex": lambda v: (v.p.astype(np.complex64), v.k),
    "complex target": lambda v: (v.p, v.t.astype(np.complex64)),
    "labels of shape (N, 1)": lambda v: (v.p, v.k[:, None]),
    "too few labels": lambda v: (v.p, v.k[:1]),
    "target of another batch": lambda v: (v.p, v.t[:1]),
    "target of other classes": lambda v: (v.p, v.t[:, 1:]),
    "one label for a batch": lambda v: (v.p, 0),
    "label 2^70": lambda v: (v.p[0], 2**70),
    "no axes": lambda v: (np.asarray(1.0, v.p.dtype), 0),
    "no classes": lambda v: (v.p[:, :0], v.k),
    "axis 2": lambda v: (v.p, v.k, {"axis": 2}),
    "axis -3": lambda v: (v.p, v.t, {"axis": -3}),
    "axis text": lambda v: (v.p, v.k, {"axis": "classes"}),
    "axis half": lambda v: (v.p, v.k, {"axis": 0.5}),
    "another library": lambda v: (v.p, Foreign(v.t)),
    "labels of another library": lambda v: (v.p, Foreign(v.k)),
    "ground is a class": lambda v: (v.p, v.k, {"ground": Ordered}),
    "ground is a matrix": lambda v: (v.p, v.k, {"ground": G}),
    "ground is nothing": lambda v: (v.p, v.t, {"ground": None}),
    "matrix of integers": lambda v: (v.p, v.k, {"ground": GroundDistance(G.astype(np.int64))}),
    "matrix is a list": lambda v: (v.p, v.k, {"ground": GroundDistance(G.tolist())}),
    "matrix of other classes": lambda v: (v.p, v.t, {"ground": GroundDistance(G[1:, 1:])}),
    "positions of other classes": lambda v: (v.p, v.k, {"ground": Ordered([0, 1])}),
    "tree of fewer classes": lambda v: (v.p, v.k, {"ground": Tree([-1, 0])}),
    "tree of more classes": lambda v: (v.p, v.t, {"ground": Tree([-1, 0, 0, 0, 0, 4])}),
}
ONLY_NUMPY: dict[str, Fault] = {
    "label 2^63 + 5": lambda v: (v.p, put(v.k.astype(np.uint64), 2**63 + 5, 1)),
    "long double": lambda v: (v.p.astype(np.longdouble), v.k),
    "masked": lambda v: (np.ma.masked_array(v.p), v.k),
    "matrix of NumPy": lambda v: (v.p.view(np.matrix), v.k),
    "masked target": lambda v: (v.p, np.ma.masked_array(v.t)),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "exponent 0": {"exponent": 0.0},
    "exponent negative": {"exponent": -1.0},
    "exponent nan": {"exponent": float("nan")},
}
FAULTS = VALUES | FORMS | ONLY_NUMPY


def calls() -> Iterator[Call]:
    """Yield the calls; faults of type, shape or ground must raise with check=False too."""
    for library, dtypes in LIBRARIES.items():
        functions = FUNCTIONS if library == "numpy" else FUNCTIONS[1:6:2]
        kinds = list(FAULTS if library == "numpy" else VALUES | FORMS)
        yield from every(_checked, functions, library, grounds=("checked",), dtypes=dtypes, kinds=kinds)
        kinds = list(FORMS | ONLY_NUMPY if library == "numpy" else FORMS)
        yield from every(_unchecked, functions, library, grounds=("unchecked",), dtypes=dtypes, kinds=kinds)
        yield from every(_option, FUNCTIONS[4:], library, dtypes=dtypes, kinds=list(OPTIONS))
    yield from every(_kernel, ("kernels.numba",), "numpy", kinds=[*FAULTS, "circular"])


def valid(draw: Draw, dtype: str) -> Valid:
    """Draw valid arguments."""
    p, t = draw.distributions((N,), C, dtype), draw.distributions((N,), C, dtype)
    return Valid(p, t, draw.rng.integers(C, size=N), draw.logits((N,), C, dtype))


def _checked(draw: Draw, call: Call, function: Any = None, **more: Any) -> Any:
    x, target, *options = FAULTS[call.kind](valid(draw, call.dtype))
    needed = {"ground": Ordered()} if call.function in FUNCTIONS[4:] else {}
    function = function or getattr(emd_ref, call.function)
    return function(given(x, call), given(target, call), **{**needed, **dict(*options), **more})


def _unchecked(draw: Draw, call: Call) -> Any:
    return _checked(draw, call, check=False)


def given(x: Any, call: Call) -> Any:
    """Convert a NumPy array to the library of the call, or a `Foreign` one to another library."""
    library = call.library.removeprefix("keras-")
    if isinstance(x, Foreign):
        return native("torch", x.array) if library == "numpy" else x.array
    return native(library, x) if isinstance(x, np.ndarray) else x


def _option(draw: Draw, call: Call) -> Any:
    v = valid(draw, call.dtype)
    arrays = given(v.p, call), given(v.k, call)
    return getattr(emd_ref, call.function)(*arrays, ground=Ordered(), **OPTIONS[call.kind])


def _kernel(draw: Draw, call: Call) -> Any:
    kernel = import_module("emd_ref.kernels.numba").squared_emd_value_and_grad
    if call.kind == "circular":
        v = valid(draw, call.dtype)
        return kernel(v.p, v.t, ground=Circular())
    return _checked(draw, call, kernel)
