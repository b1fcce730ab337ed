"""Accelerations: other ways to compute what the formulas compute, each certified against them and by exact arithmetic.

This room may be deleted as a whole, with its lines in `_evaluate`: only time, and the order of rounding, would change.
A module here may name array libraries, and import all rooms below. Nothing below `_evaluate` may import it.
"""
