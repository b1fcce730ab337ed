"""Fresh cases from rare regions: sums as softmax leaves them, empty tails, tiny numbers, sizes beyond common chunks.

A case is a function of a whole number and the declaration, so a failure is drawn again by its number. The kinds of
rows, the sizes and the steps of shrinking may be changed; what a number draws is the same within one version only.
This room imports nothing from `_diagnosis` or above, and no library.
"""
