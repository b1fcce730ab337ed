"""The Earth Mover's Distance by linear programming, with a proof of optimality.

Every answer leaves this room with a certificate: a flow and potentials, both feasible, whose costs agree.
A module here works on NumPy arrays in float64, and may import SciPy when a programme is solved.
It may not import arrays of other libraries, grounds or formulas.
"""
