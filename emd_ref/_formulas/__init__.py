"""The formulas of the specification, in its letters, one quantity a file.

A formula takes a `Batch` and a ground distance. It returns the value of each sample and a function that computes the
gradient, so that a caller who wants only the value does not pay for the gradient.
A formula may use the operations of its batch and the rooms below. It may not validate, round, or import `_fast`.
"""
