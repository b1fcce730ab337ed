"""Ground distances in pairs: the object of emd_ref and the exact one of emd_conformance."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import emd_ref
from support import exact
from support.draw import ground_matrix, metric_matrix, random_tree


@dataclass(frozen=True, eq=False)
class Pair:
    """One ground distance: `ours` for emd_ref, `oracle` for exact arithmetic."""

    name: str
    ours: Any
    oracle: exact.Ground


def positions(num_classes: int) -> tuple[float, ...]:
    """Uneven positions, exact in float16."""
    steps = np.random.default_rng(num_classes).integers(1, 9, num_classes) / 8
    return tuple(float(x) for x in np.cumsum(steps))


def ground_pair(name: str, num_classes: int) -> Pair:
    """The pair of a name in NAMES for C classes."""
    C = num_classes
    if name == "ordered":
        return Pair(name, emd_ref.Ordered(), exact.Line())
    if name == "positions":
        return Pair(name, emd_ref.Ordered(positions(C)), exact.Line(positions(C)))
    if name == "circular":
        return Pair(name, emd_ref.Circular(), exact.Circle())
    if name == "tree":
        parents, lengths = random_tree(C, seed=C)
        return Pair(name, emd_ref.Tree(parents, lengths), exact.Tree(tuple(parents), tuple(lengths)))
    matrix = metric_matrix(C) if name == "metric" else ground_matrix(C)
    rows = tuple(tuple(float(x) for x in row) for row in matrix)
    return Pair(name, emd_ref.GroundDistance(matrix), exact.Matrix(rows))


CUTS = ("ordered", "positions", "circular", "tree")
NAMES = (*CUTS, "metric", "matrix")
