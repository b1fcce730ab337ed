"""Gradients that PyTorch can differentiate again: computed by its own operations, as those of a formula."""

from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._fast.operations import operations
from emd_ref._formulas.batch import Formula
from emd_ref._libraries.kinds import Array


def differentiable_gradient(formula: Formula, predicted: Array, target: Array, options: Options) -> Array:
    """The gradient of each sample, for tensors of PyTorch that were validated before."""
    arguments = Arguments(predicted, target, options._replace(check=False), operations)
    gradient = formula(arguments.batch(), options.ground)[1]()
    return gradient.movedim(-1, arguments.axis)
