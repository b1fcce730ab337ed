"""Ground distances between classes: what it costs to move a unit of mass from class i to class j.

`Ordered`, `Circular` and `Tree` are sums of weighted cuts, G = sum_S w_S cut_S, where cut_S(i, j) is 1 if exactly one
of i and j is in the set S of classes (specification, 2.5); `GroundDistance` is any matrix. Each knows its matrix and
factors it: for every d that sums to zero

    -1/2 d^T G d = (L d)^T W (L d)

where `sums` applies L, `weigh` the weights W, and `spread` the transpose of L, times a number. With cuts, L sums d
over each of them and W is the diagonal of their weights; for any matrix L = 1 and W = -G/2.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from emd_ref._arrays import Array, Namespace, beside
from emd_ref._sums import cumulative_sum, suffix_sum

Matrix: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Nested: TypeAlias = "int | Sequence[Nested]"


@dataclass(frozen=True)
class Ordered:
    """Classes in order on a line: G_ij = |x_i - x_j| (specification, 2.2).

    Without positions the classes are one apart and the squared EMD is the paper's sum of D_k^2 over k = 1 .. C. With
    positions x_1 < ... < x_C it is the sum of (x_{k+1} - x_k) D_k^2 over k < C. Both agree for positions 0, 1, 2, ...
    when the masses of prediction and target agree.

    Parameters
    ----------
    positions : sequence of C numbers, optional
        Strictly increasing and finite; held as a tuple of floats.

    Raises
    ------
    ValueError
        If the positions are not finite or not strictly increasing.

    Examples
    --------
    >>> Ordered().matrix(3)
    array([[0., 1., 2.],
           [1., 0., 1.],
           [2., 1., 0.]])
    >>> Ordered([0, 1, 5]).matrix(3)[0]
    array([0., 1., 5.])
    """

    positions: tuple[float, ...] | None = None

    def __init__(self, positions: Iterable[float] | None = None) -> None:
        held = None if positions is None else tuple(float(x) for x in positions)
        object.__setattr__(self, "positions", held)
        for k, (x, y) in enumerate(zip(held or (), (held or ())[1:], strict=False)):
            if not 0 < y - x < math.inf:
                raise ValueError(
                    f"`positions`[{k + 1}] is {y!r} after {x!r}: positions must be finite and strictly increasing"
                )
        if held is not None and not all(map(math.isfinite, held)):
            raise ValueError(f"`positions` must be finite numbers, got {held!r}")

    def check_classes(self, num_classes: int) -> None:
        """Raise ValueError unless there is a position for each class."""
        if self.positions is not None and len(self.positions) != num_classes:
            raise ValueError(
                f"`ground` has {len(self.positions)} positions, but `predicted` has {num_classes} classes: "
                "give one position a class"
            )

    def matrix(self, num_classes: int) -> Matrix:
        """G_ij = |x_i - x_j|, C x C."""
        self.check_classes(num_classes)
        x = np.arange(num_classes) if self.positions is None else np.asarray(self.positions)
        return np.abs(x[:, None] - x[None, :]).astype(np.float64)

    def cuts(self, num_classes: int) -> tuple[Matrix, Matrix]:
        """Prefixes {1 .. k} as rows of zeros and ones, and their weights w_k; w_C = 1 without positions, else 0."""
        self.check_classes(num_classes)
        return np.tri(num_classes), self._weights(num_classes)

    def _weights(self, num_classes: int) -> Matrix:
        return np.ones(num_classes) if self.positions is None else np.append(np.diff(self.positions), 0.0)

    def sums(self, xp: Namespace, d: Array) -> Array:
        """D_k = d_1 + ... + d_k: the sum of d over every cut."""
        return cumulative_sum(xp, d, by_class=True)

    def weigh(self, xp: Namespace, q: Array) -> Array:
        """w_k q_k for every cut."""
        return q if self.positions is None else q * beside(xp, self._weights(q.shape[-1]), q)

    def spread(self, xp: Namespace, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """c_j + ... + c_C: the sum of c over the cuts that hold class j, the transpose of `sums`; times a number."""
        return suffix_sum(xp, c, times)


@dataclass(frozen=True)
class Circular:
    """C classes equally spaced on a circle, one apart: G_ij = min(|i - j|, C - |i - j|) (specification, 2.3).

    Its cuts are the C arcs of floor(C/2) consecutive classes, with weight 1/2 each. Hours, months and angles are such
    classes. For even C the squared EMD can be 0 between different distributions.

    Examples
    --------
    >>> Circular().matrix(4)[0]
    array([0., 1., 2., 1.])
    """

    def check_classes(self, num_classes: int) -> None:
        """Any number of classes fits on a circle."""

    def matrix(self, num_classes: int) -> Matrix:
        """G_ij = min(|i - j|, C - |i - j|), C x C."""
        line = Ordered().matrix(num_classes)
        return np.minimum(line, num_classes - line)

    def cuts(self, num_classes: int) -> tuple[Matrix, Matrix]:
        """Arcs of floor(C/2) classes after class m, m = 1 .. C, as rows of zeros and ones, and their weights 1/2."""
        steps = (np.arange(num_classes)[None, :] - np.arange(num_classes)[:, None] - 1) % num_classes
        return (steps < num_classes // 2).astype(np.float64), np.full(num_classes, 0.5)

    def sums(self, xp: Namespace, d: Array) -> Array:
        """D_{m+h} - D_m, the sum of d over the h = floor(C/2) classes after class m."""
        D = cumulative_sum(xp, d)
        h = D.shape[-1] // 2
        ahead = xp.concat([D[..., h:], D[..., :h] + D[..., -1:]], axis=-1)
        return ahead - D

    def weigh(self, xp: Namespace, q: Array) -> Array:
        """q / 2 for every cut."""
        return q * 0.5

    def spread(self, xp: Namespace, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """Sum of c over the arcs that hold class j: those after one of the h classes before it; times a number."""
        upto = cumulative_sum(xp, c)
        before = xp.concat([xp.zeros_like(c[..., :1]), upto[..., :-1]], axis=-1)
        rest = num_classes - num_classes // 2
        return times * (before - xp.concat([before[..., rest:] - upto[..., -1:], before[..., :rest]], axis=-1))


@dataclass(frozen=True)
class Tree:
    """Classes at nodes of a tree: G_ij is the length of the path from i to j (specification, 2.4).

    Its cuts are the edges: the set of the classes below the edge, weighted with its length. Taxonomies and label
    hierarchies are such trees. Needs a matrix of edges times classes.

    Parameters
    ----------
    parents : sequence of int
        The parent of each node; nodes 0 .. C-1 are the classes, further nodes are inner ones, the root's parent is -1.
    lengths : sequence of float, optional
        The length of the edge from each node to its parent, positive; 1 by default. The root's entry is not used.

    Raises
    ------
    ValueError
        If there is not exactly one root, a parent does not exist, there is a cycle, or a length is not positive.

    Examples
    --------
    Cat and dog below mammal, with trout below fish:

    >>> tree = Tree.from_nested([[0, 1], [2]])
    >>> tree.matrix(3)
    array([[0., 2., 4.],
           [2., 0., 4.],
           [4., 4., 0.]])
    """

    parents: tuple[int, ...]
    lengths: tuple[float, ...]

    def __init__(self, parents: Iterable[int], lengths: Iterable[float] | None = None) -> None:
        nodes = tuple(int(i) for i in parents)
        object.__setattr__(self, "parents", nodes)
        object.__setattr__(self, "lengths", (1.0,) * len(nodes) if lengths is None else tuple(map(float, lengths)))
        self._check_lengths()
        self._check_parents()

    @classmethod
    def from_edges(cls, edges: Iterable[tuple[Any, ...]], classes: Sequence[Any]) -> "Tree":
        """Tree from (parent, child) or (parent, child, length) tuples of names; `classes` are the classes' in order.

        Examples
        --------
        >>> tree = Tree.from_edges([("animal", "cat"), ("animal", "fish", 2), ("fish", "trout")], ["cat", "trout"])
        >>> tree.matrix(2)
        array([[0., 4.],
               [4., 0.]])
        """
        parents: dict[Any, Any] = {}
        lengths: dict[Any, float] = {}
        for edge in edges:
            if not 2 <= len(edge) <= 3:
                raise ValueError(f"`edges` holds {edge!r}: wanted (parent, child) or (parent, child, length)")
            parent, child, *length = edge
            if child in parents:
                raise ValueError(f"`edges` gives {child!r} two parents, {parents[child]!r} and {parent!r}")
            parents[child] = parent
            lengths[child] = length[0] if length else 1.0
        names = list(dict.fromkeys([*classes, *parents, *parents.values()]))
        number = {name: i for i, name in enumerate(names)}
        upward = (number[parents[name]] if name in parents else -1 for name in names)
        return cls(upward, (lengths.get(name, 1.0) for name in names))

    @classmethod
    def from_nested(cls, nested: Sequence[Nested]) -> "Tree":
        """Tree with edges of length 1 from nested sequences of the class numbers 0 .. C-1, each of them once."""
        leaves: dict[int, int] = {}
        inner: list[int] = []

        def visit(node: Nested, parent: int) -> None:
            if isinstance(node, int):
                if node in leaves:
                    raise ValueError(f"`nested` holds class {node} twice")
                leaves[node] = parent
                return
            inner.append(parent)
            number = len(inner) - 1
            for child in node:
                visit(child, number)

        visit(nested, -1)
        if sorted(leaves) != list(range(len(leaves))):
            raise ValueError(f"`nested` must hold each class 0 .. {len(leaves) - 1} once, got {sorted(leaves)}")
        shift = len(leaves)
        return cls([shift + leaves[k] for k in range(shift)] + [p + shift if p >= 0 else -1 for p in inner])

    def _check_lengths(self) -> None:
        if len(self.lengths) != len(self.parents):
            raise ValueError(
                f"`lengths` has {len(self.lengths)} entries for {len(self.parents)} nodes: give one a node"
            )
        for i, (parent, length) in enumerate(zip(self.parents, self.lengths, strict=True)):
            if parent != -1 and not 0 < length < math.inf:
                raise ValueError(f"`lengths`[{i}] is {length!r}: an edge must have a positive, finite length")

    def _check_parents(self) -> None:
        n = len(self.parents)
        for i, parent in enumerate(self.parents):
            if not -1 <= parent < n:
                raise ValueError(f"`parents`[{i}] is {parent}: wanted a node 0 .. {n - 1}, or -1 for the root")
        if self.parents.count(-1) != 1:
            raise ValueError(f"`parents` has {self.parents.count(-1)} roots (entries -1): a tree has exactly one")
        rooted = {self.parents.index(-1)}
        for i in range(n):
            path: list[int] = []
            while i not in rooted:
                if i in path:
                    raise ValueError(f"`parents` has a cycle through node {i}")
                path.append(i)
                i = self.parents[i]
            rooted.update(path)

    def check_classes(self, num_classes: int) -> None:
        """Raise ValueError unless the first nodes are the classes and no branch ends without one."""
        if num_classes > len(self.parents):
            raise ValueError(f"`ground` has {len(self.parents)} nodes, but `predicted` has {num_classes} classes")
        leaves = set(range(len(self.parents))) - set(self.parents)
        if beyond := sorted(i for i in leaves if i >= num_classes):
            raise ValueError(
                f"`ground` has a leaf at node {beyond[0]}, but `predicted` has {num_classes} classes, nodes 0 .. "
                f"{num_classes - 1}: every leaf of the tree must be a class"
            )

    def matrix(self, num_classes: int) -> Matrix:
        """Lengths of the paths between classes, C x C."""
        below, lengths = self.cuts(num_classes)
        apart = below[:, :, None] != below[:, None, :]
        paths: Matrix = np.sum(lengths[:, None, None] * apart, axis=0)
        return paths

    def cuts(self, num_classes: int) -> tuple[Matrix, Matrix]:
        """For each edge, the classes below it as a row of zeros and ones, and its length."""
        self.check_classes(num_classes)
        below, lengths = _edges(self, num_classes)
        return below.copy(), lengths.copy()

    def sums(self, xp: Namespace, d: Array) -> Array:
        """Sum of d over the classes below each edge."""
        return d @ beside(xp, _edges(self, d.shape[-1])[0].T, d)

    def weigh(self, xp: Namespace, q: Array) -> Array:
        """Length times q for every edge."""
        return q * beside(xp, _edges(self, 0)[1], q)

    def spread(self, xp: Namespace, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """Sum of c over the edges above each class, times a number."""
        return times * (c @ beside(xp, _edges(self, num_classes)[0], c))


@lru_cache(maxsize=16)
def _edges(tree: Tree, num_classes: int) -> tuple[Matrix, Matrix]:
    """Edges times classes: 1 where the class is below the edge; and the lengths of the edges."""
    below = np.zeros((len(tree.parents), num_classes))
    for k in range(num_classes):
        i = k
        while i != -1:
            below[i, k] = 1.0
            i = tree.parents[i]
    edges = np.asarray(tree.parents) != -1
    lengths: Matrix = np.asarray(tree.lengths)
    return below[edges], lengths[edges]


@dataclass(frozen=True, eq=False)
class GroundDistance:
    """Any ground distance between classes, as a matrix (specification, 2.1).

    The squared EMD is the energy form -1/2 (p - t)^T G (p - t), which agrees with the other grounds where they apply,
    and extends them to a learnt or measured matrix. It is non-negative exactly when the matrix is of negative type, as
    those of points on a line, on a circle, in a tree or in Euclidean space are. The EMD is a linear programme unless
    the target is a label.

    Parameters
    ----------
    distances : array (C, C)
        Non-negative, symmetric, zero on the diagonal; checked when it is used. A NumPy array serves predictions of
        every library; an array of another library must be of the predictions' own. Gradients with respect to it work.

    Examples
    --------
    >>> import numpy as np
    >>> GroundDistance(np.asarray([[0.0, 1.0], [1.0, 0.0]])).matrix(2)
    array([[0., 1.],
           [1., 0.]])
    """

    distances: Array

    def check_classes(self, num_classes: int) -> None:
        """Raise ValueError unless the matrix is C x C."""
        shape = tuple(self.distances.shape)
        if shape != (num_classes, num_classes):
            raise ValueError(
                f"`ground` has a matrix of shape {shape}, but `predicted` has {num_classes} classes: "
                f"wanted ({num_classes}, {num_classes})"
            )

    def matrix(self, num_classes: int) -> Array:
        """G as it was given, C x C."""
        self.check_classes(num_classes)
        return self.distances

    def sums(self, xp: Namespace, d: Array) -> Array:
        """d itself: no cuts are known."""
        return d

    def weigh(self, xp: Namespace, q: Array) -> Array:
        """-1/2 G q."""
        return q @ (beside(xp, self.distances, q) * -0.5)

    def spread(self, xp: Namespace, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """c itself, times a number."""
        return times * c


Ground: TypeAlias = Ordered | Circular | Tree | GroundDistance
