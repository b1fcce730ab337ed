"""The exact answers of the specification, in integers, fractions and intervals.

This room has the ground distances, the transportation problem, and one module for each quantity. Faster algorithms are
welcome, as long as every answer stays exact. Its modules import the standard library and each other.
"""

from emd_conformance._exact import cross_entropy, emd, penalty, softmax, squared_emd

__all__ = ["cross_entropy", "emd", "penalty", "softmax", "squared_emd"]
