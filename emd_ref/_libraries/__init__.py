"""Array libraries: which one an array belongs to, and what each needs that the array API standard does not cover.

This room and `_fast` are the only places that name array libraries.
A module here may import NumPy, array-api-compat and, once a caller has loaded them, PyTorch, JAX and dask.
It may not import any other room of emd_ref.
"""
