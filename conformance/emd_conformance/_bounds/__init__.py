"""The rounding error bounds of clause 7.3, one module for each quantity.

This room has the floating-point formats, and the bounds that decide whether an answer is right. A bound changes only
together with its derivation in the specification, and is never loosened. Its modules import nothing above `_exact`.
"""

from emd_conformance._bounds import cross_entropy, emd, penalty, softmax, squared_emd

__all__ = ["cross_entropy", "emd", "penalty", "softmax", "squared_emd"]
