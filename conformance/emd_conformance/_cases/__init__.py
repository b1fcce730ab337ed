"""The cases: the test vectors as objects, and the clauses that they cite.

Here live the types of a case and the code that reads `vectors/`. Fields may be added; ids, `since`, clauses and flags
are stable. This room imports `_exact` and `_bounds`, and nothing above it.
"""
