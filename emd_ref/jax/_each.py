"""The loss of each sample as a function that JAX can transform: its derivative rule is the reference's gradient.

Batches and ground distances become pytrees when this module is imported.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
from jax.custom_derivatives import SymbolicZero
from jax.tree_util import Partial, register_dataclass, register_pytree_node, register_static

from emd_ref._formulas.batch import Batch
from emd_ref._grounds import Circular, GroundDistance, Ordered, Tree
from emd_ref._libraries.kinds import Array
from emd_ref._operations import Standard

Function: TypeAlias = Callable[[Batch], tuple[Array, Callable[[], Array]]]

register_dataclass(GroundDistance, data_fields=["distances"], meta_fields=[])
for _kind in (Ordered, Circular, Tree):
    register_static(_kind)
register_pytree_node(
    Batch,
    lambda batch: ((batch.p, batch.t, batch.labels, batch.logits, batch.cut_sums), batch.xp),
    lambda xp, arrays: Batch(Standard(xp), *arrays),
)


def of_batch(formula: Callable[..., Any], **parameters: Any) -> Function:
    """The formula as a function of the batch alone: a pytree of the parameters that JAX may differentiate."""
    learnt = {name for name, x in parameters.items() if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(x))}
    constant = {name: x for name, x in parameters.items() if name not in learnt}
    function: Function = Partial(partial(formula, **constant), **{name: parameters[name] for name in learnt})
    return function


@jax.custom_jvp
def each(batch: Batch, function: Function) -> Array:
    """The loss of each sample, in wide precision."""
    return function(batch)[0]


@partial(each.defjvp, symbolic_zeros=True)
def each_jvp(primals: tuple[Batch, Function], tangents: tuple[Any, Any]) -> tuple[Array, Array]:
    """<g, dp>, or <g, dz> for logits. Targets and parameters are differentiated through the formula."""
    (batch, function), (moved_batch, moved_function) = primals, tangents
    leaves, structure = jax.tree.flatten((batch.t, function))
    moved_leaves = enumerate(jax.tree.leaves((moved_batch.t, moved_function)))
    moves = {i: dx for i, dx in moved_leaves if not isinstance(dx, SymbolicZero)}

    def at(moved: list[Array]) -> tuple[Array, Array]:
        now = dict(zip(moves, moved, strict=True))
        t, here = jax.tree.unflatten(structure, [now.get(i, leaf) for i, leaf in enumerate(leaves)])
        value, gradient = here(Batch(batch.ops, batch.p, t, batch.labels, batch.logits))
        return value, gradient()

    value, tangent, g = jax.jvp(at, ([leaves[i] for i in moves],), (list(moves.values()),), has_aux=True)
    dx = moved_batch.p if batch.logits is None else moved_batch.logits
    return value, tangent if isinstance(dx, SymbolicZero) else tangent + batch.ops.inner(g, dx)
