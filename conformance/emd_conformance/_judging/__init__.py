"""Which answers are right, and the checks that decide it.

This room has the specified quantities, the intervals that their bounds allow, and the check of one case. The verdict
follows from the "any" bound and the grade from the "scan" bound; there is no other tolerance. Its modules import
nothing above `_calling`.
"""
