"""From what a caller passes to what a formula sees, and back: options, validation (specification, section 8), batches.

`contract` validates types, shapes and devices, always; `values` validates numbers, unless `check=False`; `arguments`
turns what is valid into a `Batch` and a formula's results into those of the public function.
A module here may use all rooms below. It may not import `_fast`, and it evaluates no formula.
"""
