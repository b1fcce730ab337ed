"""The cases: the test vectors as objects, and the clauses that they cite.

This room has the types of a case, and the code that reads `vectors/`. Fields may be added; ids, `since`, clauses and
flags stay as they are. Its modules import nothing above `_bounds`.
"""
