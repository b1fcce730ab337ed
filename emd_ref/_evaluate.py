"""How a formula is evaluated: all at once, or one of the fast ways where it applies.

Without the fast ways, what is left is: validate the arguments, widen them into a batch, apply the formula, round.
"""

from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Any

import numpy as np

from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options, Want
from emd_ref._arguments.results import results
from emd_ref._fast import lent
from emd_ref._fast.blocks import BLOCK, in_blocks
from emd_ref._fast.operations import operations
from emd_ref._fast.small import small_batch
from emd_ref._formulas.batch import Formula
from emd_ref._lazy import over_blocks
from emd_ref._libraries.kinds import Array, is_dask, is_torch


def evaluate(
    formula: Formula, want: Want, predicted: Array, target: Array, options: Options, upstream: Array | None = None
) -> Any:
    """The value, the gradient or both of a public function; gradients are multiplied by `upstream`, one per sample."""
    if isinstance(predicted, np.ndarray):
        return _quietly(_with_numpy, formula, want, predicted, target, options, upstream)
    if is_dask(predicted):
        return over_blocks(partial(evaluate, formula, want), want, predicted, target, options)
    if lent.can_be_lent(predicted, target, options.ground):
        return lent.with_numpy(partial(evaluate, formula, want), predicted, target, options, upstream)
    if is_torch(predicted):  # torch.compile cannot trace a context of Python
        return _at_once(formula, want, predicted, target, options, upstream)
    return _quietly(_at_once, formula, want, predicted, target, options, upstream)


def _with_numpy(
    formula: Formula, want: Want, predicted: Array, target: Array, options: Options, upstream: Array | None
) -> Any:
    batch = small_batch(predicted, target, options)
    if batch is not None and upstream is None:
        dtype = batch.p.dtype if options.wide else predicted.dtype
        return results(batch.ops, want, *formula(batch, options.ground), dtype, predicted.ndim - 1)
    if predicted.size >= 2 * BLOCK:
        return in_blocks(formula, want, Arguments(predicted, target, options), upstream)
    return _at_once(formula, want, predicted, target, options, upstream)


def _at_once(
    formula: Formula, want: Want, predicted: Array, target: Array, options: Options, upstream: Array | None
) -> Any:
    arguments = Arguments(predicted, target, options)
    ops = operations(arguments.xp, predicted)
    batch = arguments.batch(ops, arguments.scores, arguments.targets, options.check)
    E, gradient = formula(batch, options.ground)
    if upstream is not None:
        return results(ops, want, E, lambda: upstream[..., None] * gradient(), arguments.dtype, arguments.axis)
    return results(ops, want, E, gradient, arguments.dtype, arguments.axis)


# No warning: invalid values raise errors, and unchecked ones may give anything. To enter a prepared context takes NumPy
# a tenth of the time of setting its error state anew.
_quiet = Context()
_quiet.run(np.seterr, all="ignore")


def _quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    return _quiet.copy().run(function, *arguments)
