"""The squared EMD of ordered classes on a CUDA GPU, in one kernel launch, for CuPy arrays.

`emd_ref.squared_emd_value_and_grad` chooses these kernels by itself for ordered classes, on CuPy arrays and on
tensors of PyTorch on a GPU; this function takes CuPy arrays alone, and refuses what the kernels do not take. A kernel
is compiled for the types and the number of classes at hand on the first call with them, in one to three seconds; CuPy
keeps it on disk. With `check=False` the call queues its work and returns; with value checks it waits for one flag of
the GPU. Importing this module does not import CuPy.
"""

from emd_ref._arguments.options import Options
from emd_ref._fast.cuda.launch import evaluate
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.kinds import A, Target


def squared_emd_value_and_grad(
    predicted: A,
    target: Target,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> tuple[A, A]:
    """E = sum w_k D_k^2 and g_j = 2 sum_{k>=j} w_k D_k, or p (g - <p, g>) for logits (specification, 4.1 to 5.5).

    Parameters, results and errors are those of `emd_ref.squared_emd_value_and_grad`.

    Parameters
    ----------
    predicted : cupy.ndarray (..., C)
        float16, float32 or float64. An array that is not contiguous, or of another class axis, is copied on the GPU.
    target : cupy.ndarray
        Distributions like `predicted`, or labels, of which no one-hot is built.
    ground : Ordered
        Unit spacing or positions.
    from_logits, axis, check, mass_tolerance
        As there. The values are checked while they are read; with `check` the call waits for the GPU.

    Returns
    -------
    (value, gradient)
        On the GPU, in the dtype of `predicted`; the gradient in its shape.

    Raises
    ------
    TypeError
        If an argument is not a CuPy array, or of a wrong dtype.
    ValueError
        If shapes or values are invalid, or `ground` is not Ordered.

    Examples
    --------
    On a machine with a GPU::

        p = cupy.asarray([0.25, 0.25, 0.5])
        value, gradient = squared_emd_value_and_grad(p, 0)  # 0.8125 and [-2.5, -1, 0]
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    both: tuple[A, A] = evaluate("both", predicted, target, options, absolute=False)
    return both
