"""What explains wrong answers: a convention that was not declared, a known defect, or neither.

Here live the hypotheses, the words of the findings and the search among them. A hypothesis may be added; a verdict
never comes from here. This room imports nothing from `defects`, `_run` or above.
"""
