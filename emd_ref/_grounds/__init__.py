"""Ground distances between classes, one a file: what it costs to move a unit of mass from class i to class j.

Each knows its matrix G and a factorisation: -1/2 d^T G d = (L d)^T W (L d) for every d that sums to zero. `sums`
applies L, `weigh` the weights W, and `spread` the transpose of L. With cuts (specification, 2.5), L sums d over each
cut and W is the diagonal of their weights; for any matrix L = 1 and W = -G/2.
A ground may use the operations that it is handed and `_libraries`. It may not import formulas, arguments or `_fast`.
"""

from typing import TypeAlias

from emd_ref._grounds.circular import Circular
from emd_ref._grounds.matrix import GroundDistance
from emd_ref._grounds.ordered import Ordered
from emd_ref._grounds.tree import Tree

Ground: TypeAlias = Ordered | Circular | Tree | GroundDistance

__all__ = ["Circular", "Ground", "GroundDistance", "Ordered", "Tree"]
