"""How a formula is evaluated: all at once, or in a fast way where one applies.

Without the fast ways there remains: validate the arguments, widen them into a batch, apply the formula, round.
"""

from functools import partial
from typing import Any, Literal, overload

import numpy as np

from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options, Want
from emd_ref._fast import lent, small
from emd_ref._fast.blocks import BLOCK, in_blocks
from emd_ref._fast.cuda import launch
from emd_ref._fast.operations import operations
from emd_ref._formulas.batch import Formula
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._lazy import over_blocks
from emd_ref._libraries.kinds import A, Array, Target, is_dask, is_torch
from emd_ref._quiet import QUIET


@overload
def evaluate(
    formula: Formula, want: Literal["both"], predicted: A, target: Target, options: Options
) -> tuple[A, A]: ...
@overload
def evaluate(formula: Formula, want: Literal["value"], predicted: A, target: Target, options: Options) -> A: ...
@overload
def evaluate(formula: Formula, want: Literal["gradient"], predicted: A, target: Target, options: Options) -> A: ...
@overload
def evaluate(formula: Formula, want: Want, predicted: Array, target: Any, options: Options, upstream: Array) -> Any: ...
def evaluate(
    formula: Formula, want: Want, predicted: Array, target: Array, options: Options, upstream: Array | None = None
) -> Any:
    """The value, the gradient or both of a public function; gradients are multiplied by `upstream`, one per sample."""
    if formula is squared_emd and (result := small.squared_emd(want, predicted, target, options)) is not None:
        return result
    if is_dask(predicted):
        return over_blocks(partial(evaluate, formula, want), want, predicted, target, options)
    if lent.can_be_lent(predicted, target, options.ground):
        return lent.with_numpy(partial(evaluate, formula, want), predicted, target, options, upstream)
    if (formula is squared_emd or formula is emd) and launch.takes(predicted, options):
        return launch.evaluate(want, predicted, target, options, formula is emd, upstream)
    if is_torch(predicted):  # torch.compile cannot trace a change of NumPy's error state
        from emd_ref._fast.cuda import operators  # it imports PyTorch

        if (
            (formula is squared_emd or formula is emd)
            and operators.takes(predicted, target, options)
            and not options.wide
        ):
            return operators.evaluate(formula, want, predicted, target, options, upstream)
        return _at_once(formula, want, predicted, target, options, upstream)
    return QUIET.copy().run(_at_once, formula, want, predicted, target, options, upstream)


def _at_once(
    formula: Formula, want: Want, predicted: Array, target: Array, options: Options, upstream: Array | None
) -> Any:
    arguments = Arguments(predicted, target, options, operations)
    if isinstance(predicted, np.ndarray) and predicted.size >= 2 * BLOCK:
        return in_blocks(formula, want, arguments, upstream)
    E, gradient = formula(arguments.batch(), options.ground)
    if want == "value":
        return arguments.ops.cast(E, arguments.dtype)
    g = gradient() if upstream is None else upstream[..., None] * gradient()
    g = arguments.as_given(arguments.ops.cast(g, arguments.dtype))
    return g if want == "gradient" else (arguments.ops.cast(E, arguments.dtype), g)
