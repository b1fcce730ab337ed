"""Calls of the other public objects: ground distances, linear programmes, centroids, the numba kernel."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.recorded.call import DOUBLE, HALF, KINDS, SINGLE, Call, every
from benchmarks.recorded.functions import labels_of
from benchmarks.recorded.inputs import CLASSES, GROUNDS, LABELS, Draw, native

import emd_ref


def calls() -> Iterator[Call]:
    """Yield the calls."""
    yield from every(
        _ground, ("matrix and cuts",), "numpy", grounds=GROUNDS, dtypes=(DOUBLE,), kinds=("none",), times=25
    )
    yield from every(_programme, ("lp.solve",), "numpy", grounds=GROUNDS, kinds=("soft",), times=12)
    for library, times in (("numpy", 15), ("torch", 6), ("strict", 6), ("dask", 4), ("jax", 2)):
        yield from every(_centroids, ("ClassCentroids",), library, kinds=KINDS[:2], times=times)
    dtypes = (HALF, SINGLE, DOUBLE)
    yield from every(_numba, ("kernels.numba",), "numpy", grounds=GROUNDS[:2], dtypes=dtypes, times=12)


def _ground(draw: Draw, call: Call) -> Any:
    C = draw.one_of("C", *CLASSES[:-1])
    ground = draw.ground(call.ground, C)
    nested = emd_ref.Tree.from_nested([[[0]], *range(1, C)])
    named = emd_ref.Tree.from_edges([("top", str(k), k + 1) for k in range(C)], [str(k) for k in range(C)])
    trees = [np.asarray(x, np.float64) for tree in (nested, named) for x in (tree.parents, tree.lengths)]
    cuts = ground.cuts(C) if hasattr(ground, "cuts") else ()
    return [ground.matrix(C), cuts, nested.matrix(C), named.matrix(C), trees]


def _programme(draw: Draw, call: Call) -> Any:
    C = draw.one_of("C", 1, 2, 3, 5, 10, 33)
    p, t = draw.distributions((), C, call.dtype), draw.distributions((), C, call.dtype)
    solution = emd_ref.lp.solve(p, t * draw.one_of("mass", 1, 2), draw.ground(call.ground, C).matrix(C))
    return [solution.value, solution.plan, solution.potentials]


def _centroids(draw: Draw, call: Call) -> Any:
    C = draw.one_of("C", 1, 3, 10)
    held = emd_ref.ClassCentroids(C)
    for N in (3, 64):
        features = np.maximum(draw.logits((N,), 7, call.dtype), 0)
        target = draw.target(draw.distributions((N,), C, call.dtype), C, call.kind, labels_of(call.library))
        batch = emd_ref.ClassCentroids(C).update(native(call.library, features), native(call.library, target))
        held = batch.merge(held) if draw.one_of("merged", "before", "after") == "before" else held.merge(batch)
    return [held.sums, held.counts, held.ground_distance().distances]


def _numba(draw: Draw, call: Call) -> Any:
    batch, C = draw.size(200_000)
    x = (draw.logits if "logits" in call.kind else draw.distributions)(batch, C, call.dtype)
    options: dict[str, Any] = {"ground": draw.ground(call.ground, C), "from_logits": "logits" in call.kind}
    if (call.dtype, call.kind) == (SINGLE, "labels"):  # numba compiles anew for each layout, and for check=False
        options["check"] = draw.usually("check", True, False)
        x = draw.laid_out(x, "numpy")
    kernel = import_module("emd_ref.kernels.numba").squared_emd_value_and_grad
    return kernel(x, draw.target(x, C, call.kind, LABELS), **options)
