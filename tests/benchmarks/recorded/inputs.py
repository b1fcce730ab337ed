"""Arguments drawn from the id of a call: sizes, distributions, labels, ground distances, arrays of a library."""

import hashlib
import math
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

import numpy as np
from support import xla

import emd_ref

GROUNDS = ("ordered", "positions", "circular", "tree", "metric", "matrix")
MATRICES = ("metric", "matrix")
CLASSES = (1, 2, 3, 5, 10, 32, 33, 64, 100, 1000)
BATCHES = ((), (1,), (3,), (64,), (2, 3), (0,), (1000,))
COMMON = (((1,), 10), ((64,), 10), ((1,), 3))
MANY = (
    ((20_000,), 10),
    ((300,), 1000),
    ((13_107,), 10),
    ((13_108,), 10),
)  # the NumPy path works in blocks from 131072 numbers on
FEW = (((), 3), ((3,), 5), ((64,), 10))  # for JAX, which compiles for each new shape
PROGRAMMES = (((), 3), ((1,), 10), ((3,), 33), ((64,), 5), ((2, 3), 2), ((0,), 5), ((3,), 1))
LABELS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


class Draw:
    """Random choices and numbers of one call. The seed is the id, so that no call depends on another."""

    def __init__(self, id: str) -> None:
        self.rng = np.random.default_rng(list(hashlib.sha256(id.encode()).digest()))
        self.chosen: dict[str, Any] = {}

    def one_of(self, name: str, *values: Any) -> Any:
        self.chosen[name] = values[int(self.rng.integers(len(values)))]
        return self.chosen[name]

    def usually(self, name: str, value: Any, *others: Any) -> Any:
        """Choose the first value four times out of five."""
        return self.one_of(name, *[value] * (4 * len(others)), *others)

    def size(self, most: int, num_classes: tuple[int, ...] = CLASSES) -> tuple[tuple[int, ...], int]:
        """Choose a batch shape and C, for arrays of at most `most` numbers; 1 x 10 and 64 x 10 are the commonest."""
        kind = self.rng.random()
        if kind < 0.3:
            return self.one_of("size", *COMMON)
        if kind < 0.34 and most > 131_072:
            return self.one_of("size", *(size for size in MANY if size[1] <= max(num_classes)))
        batch = self.one_of("batch", *BATCHES)
        fitting = [C for C in num_classes if C * math.prod(batch) <= min(most, 100_000)]
        return batch, self.one_of("C", *fitting)

    def distributions(self, batch: tuple[int, ...], C: int, dtype: str) -> np.ndarray:
        """Draw distributions along the last axis; those of bfloat16 are drawn in float32."""
        concentration = self.one_of("rows", 1.0, 1.0, 0.1, 30.0, 0.0)
        if concentration == 0.0:
            p = np.eye(C)[self.rng.integers(C, size=batch)]
        else:
            p = self.rng.dirichlet(np.full(C, concentration), batch)
        return p.astype(in_numpy(dtype))

    def logits(self, batch: tuple[int, ...], C: int, dtype: str) -> np.ndarray:
        scale = self.one_of("scale", 1.0, 1.0, 8.0, 0.0, 1e4)
        return np.clip(scale * self.rng.normal(size=(*batch, C)), -6e4, 6e4).astype(in_numpy(dtype))

    def labels(self, batch: tuple[int, ...], C: int, dtypes: tuple[str, ...] = LABELS) -> np.ndarray:
        fitting = [name for name in dtypes if np.iinfo(name).max >= C]
        labels = self.rng.integers(C, size=batch)
        return np.asarray(labels).astype(self.one_of("labels", "int64", *fitting))

    def target(self, p: np.ndarray, C: int, kind: str, dtypes: tuple[str, ...]) -> np.ndarray:
        """Draw labels, or distributions, which are sometimes near the prediction."""
        batch = p.shape[:-1]
        if "labels" in kind:
            return self.labels(batch, C, dtypes)
        t = self.distributions(batch, C, str(p.dtype))
        if "logits" not in kind and self.usually("near", False, True):
            near = p + (t - p) * np.asarray(2.0**-10, p.dtype)
            return near.astype(p.dtype)
        return t

    def ground(self, name: str, C: int) -> Any:
        """Draw a ground distance; a matrix is a NumPy array."""
        if name == "ordered":
            return emd_ref.Ordered()
        if name == "positions":
            return emd_ref.Ordered(np.cumsum(self.rng.integers(1, 9, C)) / 8)
        if name == "circular":
            return emd_ref.Circular()
        if name == "tree":
            return emd_ref.Tree(*self.tree(C))
        if name == "metric":
            points = self.rng.integers(0, 64, (C, 2))
            return emd_ref.GroundDistance(np.abs(points[:, None] - points).sum(axis=-1) / 8.0)
        upper = np.triu(self.rng.integers(1, 40, (C, C)), 1)
        return emd_ref.GroundDistance((upper + upper.T) / 8.0)

    def tree(self, C: int) -> tuple[list[int], list[float]]:
        """Draw parents and lengths: the parent of class k is the inner node k mod m, or sometimes another class."""
        m = max(1, C // 2)
        below_class = self.rng.random(C) < 0.3
        parents = [int(self.rng.integers(m)) if k >= m and below_class[k] else C + k % m for k in range(C)]
        parents += [-1, *(C + int(self.rng.integers(i)) for i in range(1, m))]
        return parents, [float(n) / 8 for n in self.rng.integers(1, 30, len(parents))]

    def laid_out(self, x: np.ndarray, library: str) -> np.ndarray:
        """Copy an array into a memory layout; negative strides and read-only arrays exist in NumPy alone."""
        own = ("backwards", "read-only") if library == "numpy" else ()
        layout = self.one_of("layout", "C", "C", "C", "as it is", "Fortran", "strided", *own)
        if layout == "Fortran":
            return np.asfortranarray(x)
        if layout == "strided" and x.ndim:
            return np.repeat(x, 2, axis=-1)[..., ::2]
        if layout == "backwards" and x.ndim:
            return np.ascontiguousarray(x[..., ::-1])[..., ::-1]
        x = x if layout == "as it is" else np.array(x, order="C")
        x.flags.writeable = layout != "read-only"
        return x


def in_numpy(dtype: str) -> str:
    """Return the NumPy dtype in which numbers are drawn."""
    return "float32" if dtype == "bfloat16" else dtype


def native(library: str, x: np.ndarray, dtype: str = "") -> Any:
    """Convert a NumPy array to the library, sharing memory where possible."""
    kind = library.partition("-")[0]
    if kind == "torch":
        torch = import_module("torch")
        tensor = torch.from_numpy(x)
        return tensor.to(torch.bfloat16) if dtype == "bfloat16" and x.dtype.kind == "f" else tensor
    if kind == "jax":
        return import_module("jax.numpy").asarray(x)
    if kind == "strict":
        return import_module("array_api_strict").asarray(x)
    if kind == "dask":
        return import_module("dask.array").from_array(x, tuple(max(1, (n + 1) // 2) for n in x.shape), name=False)
    return x


def state_of(library: str, dtype: str) -> AbstractContextManager[Any]:
    """Enter the 64-bit mode of JAX, or leave it for `jax-32` and for Keras losses in float32."""
    narrow = library == "jax-32" or (library, dtype) == ("keras-jax", "float32")
    return xla.enable_x64(not narrow) if "jax" in library else nullcontext()
