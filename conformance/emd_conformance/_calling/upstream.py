"""The gradients from above with which a recorded call is asked: unequal, signed, and without a rounding of their own.

`backward()` passes 1 to a loss. Sample weights, loss scaling and every composition pass something else.
"""

from collections.abc import Sequence

from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration

OF_SAMPLES = (2.0, -1.0, 0.0, -1024.0, 0.5, 1.0, -2.0)  # powers of 2 scale a gradient exactly
OF_A_REDUCTION = (-0.5, 2.0, 0.0, -1024.0)


def upstream(case: Case, declared: Declaration) -> list[float]:
    """Return the gradient of the final result with respect to each number of the answer."""
    one = declared.reduction != "none" or not declared.batched or len(case.predicted) == 1
    cycle: Sequence[float] = OF_A_REDUCTION if one else OF_SAMPLES
    return [cycle[(case.classes + i) % len(cycle)] for i in range(1 if one else len(case.predicted))]
