"""Invalid constructions and uses of the public classes, and invalid calls of the trainable losses."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.recorded.call import DOUBLE, SINGLE, Call, every
from benchmarks.recorded.inputs import Draw, native
from benchmarks.recorded.invalid import FORMS, VALUES, C, Fault, G, N, given, put, valid

from emd_ref import Circular, ClassCentroids, GroundDistance, Ordered, Tree, lp

P, K, F = np.full(C, 1 / C), np.arange(N), np.ones((N, 2))
INFINITE, NAN = float("inf"), float("nan")
OBJECTS: dict[str, Callable[[], Any]] = {
    "Ordered falling": lambda: Ordered([0, 2, 1]),
    "Ordered equal": lambda: Ordered([0, 1, 1]),
    "Ordered nan": lambda: Ordered([0, NAN, 1]),
    "Ordered infinite": lambda: Ordered([0, 1, INFINITE]),
    "Ordered one nan": lambda: Ordered([NAN]),
    "Ordered text": lambda: Ordered("ab"),
    "Ordered.matrix": lambda: Ordered([0, 1]).matrix(3),
    "Ordered.cuts": lambda: Ordered([0, 1]).cuts(3),
    "Ordered.check_classes": lambda: Ordered([0, 1]).check_classes(3),
    "Tree no root": lambda: Tree([1, 0]),
    "Tree two roots": lambda: Tree([-1, -1]),
    "Tree empty": lambda: Tree([]),
    "Tree cycle": lambda: Tree([-1, 2, 1]),
    "Tree itself": lambda: Tree([-1, 1]),
    "Tree parent beyond": lambda: Tree([-1, 2]),
    "Tree parent -2": lambda: Tree([-1, -2]),
    "Tree parents of floats": lambda: Tree([2.7, 2, -1]),
    "Tree length 0": lambda: Tree([-1, 0], [1, 0]),
    "Tree length negative": lambda: Tree([-1, 0], [1, -1]),
    "Tree length infinite": lambda: Tree([-1, 0], [1, INFINITE]),
    "Tree length nan": lambda: Tree([-1, 0], [1, NAN]),
    "Tree too few lengths": lambda: Tree([-1, 0], [1]),
    "Tree.matrix": lambda: Tree([-1, 0]).matrix(3),
    "Tree.matrix leaf beyond": lambda: Tree([-1, 0, 1]).matrix(2),
    "Tree.from_nested twice": lambda: Tree.from_nested([[0, 0], [1]]),
    "Tree.from_nested missing": lambda: Tree.from_nested([[0], [2]]),
    "Tree.from_edges two parents": lambda: Tree.from_edges([("a", "b"), ("c", "b")], ["b"]),
    "Tree.from_edges one name": lambda: Tree.from_edges([("a",)], ["a"]),
    "Tree.from_edges four names": lambda: Tree.from_edges([("a", "b", 1, 2)], ["b"]),
    "Tree.from_edges length 0": lambda: Tree.from_edges([("a", "b", 0)], ["b"]),
    "Tree.from_edges cycle": lambda: Tree.from_edges([("a", "b"), ("b", "a")], ["a"]),
    "GroundDistance.matrix": lambda: GroundDistance(G).matrix(C + 1),
    "Circular.matrix": lambda: Circular().matrix(0),
    "ClassCentroids features of one axis": lambda: ClassCentroids(C).update(F[0], K),
    "ClassCentroids features of integers": lambda: ClassCentroids(C).update(F.astype(int), K),
    "ClassCentroids features list": lambda: ClassCentroids(C).update(F.tolist(), K),
    "ClassCentroids features nan": lambda: ClassCentroids(C).update(put(F, NAN, 1, 1), K),
    "ClassCentroids features negative": lambda: ClassCentroids(C).update(-F, K),
    "ClassCentroids label C": lambda: ClassCentroids(C).update(F, put(K, C, 0)),
    "ClassCentroids labels of shape (N, 1)": lambda: ClassCentroids(C).update(F, K[:, None]),
    "ClassCentroids bool labels": lambda: ClassCentroids(C).update(F, K > 0),
    "ClassCentroids labels list": lambda: ClassCentroids(C).update(F, K.tolist()),
    "ClassCentroids wrong mass": lambda: ClassCentroids(C).update(F, np.ones((N, C))),
    "ClassCentroids other classes": lambda: ClassCentroids(C).update(F, np.ones((N, C + 1))),
    "ClassCentroids.merge classes": lambda: ClassCentroids(C).merge(ClassCentroids(C + 1)),
    "ClassCentroids.merge features": lambda: (
        ClassCentroids(C).update(F, K).merge(ClassCentroids(C).update(F[:, :1], K)).counts
    ),
    "lp.solve shapes": lambda: lp.solve(P, P[1:], G).value,
    "lp.solve batch": lambda: lp.solve(P[None], P[None], G).value,
    "lp.solve matrix": lambda: lp.solve(P, P, G[1:]).value,
    "lp.solve negative": lambda: lp.solve(-P, P, G).value,
    "lp.solve nan": lambda: lp.solve(P, put(P, NAN, 1), G).value,
    "lp.solve matrix negative": lambda: lp.solve(P, P, -G).value,
    "lp.solve matrix infinite": lambda: lp.solve(P, P, put(G, INFINITE)).value,
    "lp.solve no mass": lambda: lp.solve(0 * P, P, G).value,
    "SelfGuidedXEMDLoss term": lambda: _self_guided(term="emd"),
    "SelfGuidedXEMDLoss head_start": lambda: _self_guided(head_start=0),
    "SelfGuidedXEMDLoss ratio": lambda: _self_guided(ratio=0.0),
    "SelfGuidedXEMDLoss reduction": lambda: _self_guided(reduction="median"),
    "SelfGuidedXEMDLoss soft": lambda: _self_guided(target=np.ones((N, C)) / C),
    "SelfGuidedXEMDLoss features": lambda: _self_guided(features=F[:1]),
    "SelfGuidedXEMDLoss features of one axis": lambda: _self_guided(features=F[:, 0]),
    "SelfGuidedXEMDLoss features negative": lambda: _self_guided(features=-F),
    "SelfGuidedXEMDLoss label C": lambda: _self_guided(target=put(K, C, 0)),
    "SelfGuidedXEMDLoss weight shape": lambda: _self_guided(weight=np.ones(N + 1)),
}
LOSSES: dict[str, Fault] = {
    "reduction": lambda v: (v.z, v.k, {"from_logits": True, "reduction": "median"}),
    "weight of another batch": lambda v: (v.z, v.k, {"from_logits": True, "sample_weight": np.ones(N + 1)}),
    "weight of shape (N, 1)": lambda v: (v.z, v.k, {"from_logits": True, "sample_weight": np.ones((N, 1))}),
    "soft": lambda v: (v.z, v.t, {"from_logits": True}),
    "label C unchecked": lambda v: (v.z, put(v.k, C, 1), {"from_logits": True, "check": False}),
    "arrays of NumPy": lambda v: (memoryview(v.z), v.k, {"from_logits": True}),
    "ground circular": lambda v: (v.p, v.k, {"ground": Circular()}),
}
FAULTS = VALUES | FORMS | LOSSES
TORCH, JAX = ("SquaredEMDLoss", "XEMDLoss"), ("squared_emd_loss", "xemd_loss")


def calls() -> Iterator[Call]:
    """Yield the calls."""
    yield from every(
        lambda draw, call: OBJECTS[call.function](), list(OBJECTS), "numpy", dtypes=(DOUBLE,), kinds=("made",)
    )
    for library, names in (("torch", TORCH), ("jax", JAX), ("keras-torch", TORCH[:2])):
        yield from every(_loss, names, library, dtypes=(SINGLE,), kinds=list(FAULTS))


def _self_guided(target: np.ndarray = K, features: np.ndarray = F, weight: Any = None, **options: Any) -> Any:
    loss = import_module("emd_ref.torch").SelfGuidedXEMDLoss(C, **options)
    arrays = (np.zeros((N, C)), target, features, *(() if weight is None else (weight,)))
    return loss(*(native("torch", x) for x in arrays))


def _loss(draw: Draw, call: Call) -> Any:
    """Call a loss; `axis` and `mass_tolerance` are left out, because not every loss takes them."""
    x, target, *given_options = FAULTS[call.kind](valid(draw, call.dtype))
    options: dict[str, Any] = {"ground": Ordered(), "from_logits": False} | dict(*given_options)
    weight = options.pop("sample_weight", None)
    options = {name: value for name, value in options.items() if name not in ("axis", "mass_tolerance")}
    x, target, weight = (given(y, call) for y in (x, target, weight))
    if call.library == "jax":
        return getattr(import_module("emd_ref.jax"), call.function)(x, target, sample_weight=weight, **options)
    if call.library == "keras-torch":
        return getattr(import_module("emd_ref.keras"), call.function)(**options)(target, x, weight)
    return getattr(import_module("emd_ref.torch"), call.function)(**options)(x, target, weight)
