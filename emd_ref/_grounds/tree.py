"""Classes at the nodes of a tree."""

import math
import operator
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from emd_ref._grounds.ordered import Matrix
from emd_ref._immutable import Value
from emd_ref._libraries.host import beside
from emd_ref._libraries.kinds import Array
from emd_ref._operations import Standard
from emd_ref._scalars import real_number, real_numbers

Nested: TypeAlias = "int | Sequence[Nested]"


class Tree(Value):
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
    TypeError
        If a parent is no integer, or a length no number.
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
        if not isinstance(parents, Iterable):
            raise TypeError(f"`parents` is of {type(parents).__name__}: it must be a sequence of integers")
        nodes = tuple(_node(f"`parents`[{i}]", parent) for i, parent in enumerate(parents))
        edges = (1.0,) * len(nodes) if lengths is None else real_numbers(_without_root(nodes, lengths), "lengths")
        vars(self).update(parents=nodes, lengths=edges)
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
            if not (isinstance(edge, tuple | list) and 2 <= len(edge) <= 3):
                raise ValueError(f"`edges` holds {edge!r}: wanted (parent, child) or (parent, child, length)")
            parent, child, *length = edge
            if child in parents:
                raise ValueError(f"`edges` gives {child!r} two parents, {parents[child]!r} and {parent!r}")
            parents[child] = parent
            lengths[child] = real_number(length[0], f"the length in `edges` of {edge!r}") if length else 1.0
        names = list(dict.fromkeys([*classes, *parents, *parents.values()]))
        number = {name: i for i, name in enumerate(names)}
        upward = (number[parents[name]] if name in parents else -1 for name in names)
        return cls(upward, (lengths.get(name, 1.0) for name in names))

    @classmethod
    def from_nested(cls, nested: Sequence[Nested]) -> "Tree":
        """Tree with edges of length 1 from nested sequences of the class numbers 0 .. C-1, each of them once."""
        leaves: dict[int, int] = {}
        inner: list[int] = []
        waiting: list[tuple[Any, int, tuple[int, ...]]] = [(nested, -1, ())]  # nodes, their parents, those around them
        while waiting:
            node, parent, around = waiting.pop()
            if not isinstance(node, list | tuple | np.ndarray):
                k = _node("a class of `nested`", node)
                if k in leaves:
                    raise ValueError(f"`nested` holds class {k} twice")
                leaves[k] = parent
                continue
            if len(node) == 0 or id(node) in around:
                raise ValueError(f"`nested` holds {'itself' if len(node) else 'an empty sequence'}")
            inner.append(parent)
            number, within = len(inner) - 1, (*around, id(node))
            waiting += [(child, number, within) for child in reversed(node)]
        if not inner:
            raise TypeError(f"`nested` is {nested!r}: it must be a sequence")
        if sorted(leaves) != list(range(len(leaves))):
            raise ValueError(f"`nested` must hold each class 0 .. {len(leaves) - 1} once, got {sorted(leaves)}")
        shift = len(leaves)
        return cls([shift + leaves[k] for k in range(shift)] + [p + shift if p >= 0 else -1 for p in inner])

    def _check_lengths(self) -> None:
        if len(self.lengths) != len(self.parents):
            raise ValueError(
                f"`lengths` has {len(self.lengths)} entries for {len(self.parents)} nodes: give one for each node"
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
            path: set[int] = set()
            while i not in rooted:
                if i in path:
                    raise ValueError(f"`parents` has a cycle through node {i}")
                path.add(i)
                i = self.parents[i]
            rooted |= path

    def check_classes(self, num_classes: int) -> None:
        """Raise ValueError unless the first nodes are the classes and no branch ends without one."""
        if num_classes > len(self.parents):
            raise ValueError(f"`ground` has {len(self.parents)} nodes, but there are {num_classes} classes")
        leaves = set(range(len(self.parents))) - set(self.parents)
        if beyond := sorted(i for i in leaves if i >= num_classes):
            raise ValueError(
                f"`ground` has a leaf at node {beyond[0]}, but there are {num_classes} classes, nodes 0 .. "
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

    def sums(self, ops: Standard, d: Array) -> Array:
        """L d: the sum of d over the classes below each edge."""
        return ops.product(d, beside(ops.xp, _edges(self, d.shape[-1])[0], d).T)

    def weigh(self, ops: Standard, q: Array) -> Array:
        """W q: the length of each edge times its q."""
        return q * beside(ops.xp, _edges(self, 0)[1], q)

    def spread(self, ops: Standard, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """L^T c, times a number: the sum of c over the edges above each class."""
        return times * ops.product(c, beside(ops.xp, _edges(self, num_classes)[0], c))


def _node(name: str, given: Any) -> int:
    """The number of a node; TypeError for what is no integer."""
    try:
        number = operator.index(given)
    except TypeError:
        number = None
    if number is None or isinstance(given, bool):
        raise TypeError(f"{name} is {given!r}: a node must be an integer")
    return number


def _without_root(nodes: tuple[int, ...], lengths: Any) -> Any:
    """The lengths, with 1 for the root's entry, which is not used; what is no sequence stays as it is."""
    if not isinstance(lengths, list | tuple | np.ndarray) or len(lengths) != len(nodes):
        return lengths
    return [1.0 if parent == -1 else length for parent, length in zip(nodes, lengths, strict=True)]


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
    kept = below[edges], lengths[edges]
    for x in kept:
        x.flags.writeable = False  # every later call gets the same arrays
    return kept
