"""Fused kernels for the squared EMD of ordered classes: value and gradient in one pass over the memory.

They are optional and never chosen for you: import `emd_ref.kernels.numba` for NumPy arrays (it needs numba) or
`emd_ref.kernels.cupy` for arrays on a CUDA GPU (it needs CuPy) by name. Each has one function,
`squared_emd_value_and_grad`, with the arguments, the checks and the results of `emd_ref.squared_emd_value_and_grad`,
for `Ordered` classes only. It returns numbers, not a graph: nothing differentiates through it.

Both subtract in float64, sum forwards for D_k and backwards for the gradient, and round once, so that the *scan* bound
holds (specification, 7.3). Importing this package imports neither numba nor CuPy.
"""
