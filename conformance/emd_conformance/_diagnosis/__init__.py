"""What explains wrong answers: a convention that was not declared, a known defect, or neither.

The hypotheses, the search among them and the words of the findings live here. A hypothesis may be added, with an entry
in the catalogue; a verdict never comes from here. This room imports nothing from `defects`, `_run` or above.
"""
