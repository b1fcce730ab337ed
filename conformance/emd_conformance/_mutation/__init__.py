"""Mutants: right losses with one place of their source changed, and what tells a wrong mutant from a right one.

Here live the sources of the right losses, the changes, the probe that finds out whether a mutant differs from its
original, and the tests of what a finding says. Changes may be added. `_run/mutants.py` examines the suite with them.
"""
