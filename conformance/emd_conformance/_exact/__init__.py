"""The exact answers of the specification, in integers, fractions and intervals.

Here live the ground distances, the transportation problem, and one module for each quantity. Faster algorithms are
welcome; every answer must stay exact. This room imports the standard library alone.
"""

from emd_conformance._exact import cross_entropy, emd, penalty, softmax, squared_emd

__all__ = ["cross_entropy", "emd", "penalty", "softmax", "squared_emd"]
