"""The golden reference: public functions as the formulas of the specification in the plain array API standard.

What users call takes a fast way where one applies. `standard_only` takes all of them away.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import numpy as np

from emd_ref._arguments.arguments import Arguments, standard
from emd_ref._arguments.options import Options, Want
from emd_ref._formulas.batch import Formula

EVALUATED = ("_squared_emd", "_emd", "_xemd", "metrics._samples", "metrics._skill")  # modules that evaluate a formula
OPERATING = ("_gradients", "metrics._samples", "metrics._median")  # modules that choose operations themselves


def evaluate(formula: Formula, want: Want, predicted: Any, target: Any, options: Options) -> Any:
    """Validate the arguments, widen them into a batch, apply the formula, and round."""
    with np.errstate(all="ignore"):
        arguments = Arguments(predicted, target, options, standard)
        E, gradient = formula(arguments.batch(), options.ground)
        value = arguments.ops.cast(E, arguments.dtype)
        if want == "value":
            return value
        g = arguments.as_given(arguments.ops.cast(gradient(), arguments.dtype))
        return g if want == "gradient" else (value, g)


@contextlib.contextmanager
def standard_only() -> Iterator[None]:
    """Evaluate every public function in the plain standard, whatever the library."""
    with contextlib.ExitStack() as stack:
        for name in EVALUATED:
            stack.enter_context(mock.patch(f"emd_ref.{name}.evaluate", evaluate))
        for name in OPERATING:
            stack.enter_context(mock.patch(f"emd_ref.{name}.operations", standard))
        yield
