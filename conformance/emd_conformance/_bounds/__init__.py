"""The rounding error bounds of clause 7.3, one module for each quantity.

Here live the floating-point formats and the bounds that decide whether an answer is right. A bound may only be changed
together with its derivation; nothing loosens it. This room imports `_exact` and nothing above it.
"""

from emd_conformance._bounds import cross_entropy, emd, penalty, softmax, squared_emd

__all__ = ["cross_entropy", "emd", "penalty", "softmax", "squared_emd"]
