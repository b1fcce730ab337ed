"""Which answers are right, and the checks that find it out.

Here live the allowed intervals, the check of one case and the results of checks. The verdict follows from the "any"
bound and the grade from the "scan" bound, and there is no other tolerance. This room imports nothing from `_code` or
above.
"""
