"""Calls of the reference functions on NumPy, PyTorch, JAX, dask and array-api-strict."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.recorded.call import BRAIN, DOUBLE, HALF, LABEL_KINDS, SINGLE, Call, every
from benchmarks.recorded.inputs import CLASSES, FEW, GROUNDS, LABELS, MATRICES, PROGRAMMES, Draw, in_numpy, native

import emd_ref

VALUES, GRADIENTS, BOTH = ("squared_emd", "emd"), ("squared_emd_grad", "emd_grad"), "_value_and_grad"
DISTANCES = (*VALUES, *GRADIENTS, f"squared_emd{BOTH}", f"emd{BOTH}")
PENALISED = ("xemd", "xemd_grad", f"xemd{BOTH}", "ground_distance_penalty")
ONE, TWO = ("softmax", "simplex_gradient"), ("normalised_gradient", "logits_gradient")
LIBRARIES = {  # dtypes, calls of each combination, and the largest size of an array; JAX has sizes of its own
    "numpy": ((HALF, SINGLE, DOUBLE), 9, 200_000),
    "torch": ((HALF, BRAIN, SINGLE, DOUBLE), 1, 200_000),
    "torch-grad": ((HALF, BRAIN, SINGLE, DOUBLE), 1, 200_000),
    "strict": ((SINGLE, DOUBLE), 1, 5_000),
    "dask": ((SINGLE, DOUBLE), 1, 20_000),
    "jax": ((SINGLE, DOUBLE), 1, 0),
    "jax-32": ((SINGLE,), 1, 0),
}
TRANSFORMED = {
    "jax-jit": (SINGLE, (f"squared_emd{BOTH}", f"emd{BOTH}"), (f"xemd{BOTH}",)),
    "jax-grad": (DOUBLE, VALUES, ("xemd",)),
}


def calls() -> Iterator[Call]:
    """Yield the calls of distances, penalised losses, cross-entropy, softmax and gradient conventions."""
    for library, (dtypes, times, _) in LIBRARIES.items():
        yield from every(_reference, DISTANCES, library, grounds=GROUNDS, dtypes=dtypes, times=times)
        yield from every(_reference, PENALISED, library, grounds=GROUNDS, dtypes=dtypes, kinds=LABEL_KINDS, times=times)
        yield from every(_reference, ("cross_entropy",), library, dtypes=dtypes, times=3 * times)
        if library != "torch-grad":
            yield from every(_convention, (*ONE, *TWO), library, dtypes=dtypes, kinds=("logits",), times=3 * times)
    for library, (dtype, distances, penalised) in TRANSFORMED.items():
        yield from every(_reference, distances, library, grounds=GROUNDS, dtypes=(dtype,))
        yield from every(_reference, penalised, library, grounds=GROUNDS, dtypes=(dtype,), kinds=LABEL_KINDS)


def labels_of(library: str) -> tuple[str, ...]:
    """Return the integer dtypes of the labels of a library."""
    if library.startswith("jax"):
        return ("int32",)
    return ("int8", "uint8", "int16", "int32", "int64") if library.startswith("torch") else LABELS


def _reference(draw: Draw, call: Call) -> Any:
    batch, C = _size(draw, call)
    x = (draw.logits if "logits" in call.kind else draw.distributions)(batch, C, call.dtype)
    target = draw.target(x, C, call.kind, labels_of(call.library))
    options: dict[str, Any] = {"from_logits": "logits" in call.kind, "check": draw.usually("check", True, False)}
    if call.function != "cross_entropy":
        options["ground"] = draw.ground(call.ground, C)
    if call.function in PENALISED:
        options["exponent"], options["bias"] = draw.one_of("omega and mu", (1.0, 0.0), (2.0, -0.25), (1.5, 0.5))
    if call.function.startswith("xemd"):
        options["emd_weight"] = draw.one_of("emd_weight", 1.0, 0.3, 0.0)
    if not options["check"] and target.dtype.kind in "iu":
        target = _with_no_label(draw, target, C)
    if call.ground in GROUNDS[:2] and call.function in DISTANCES and "logits" not in call.kind:
        x = _off_the_simplex(draw, x, options)
    return _results(draw, call, x, target, options)


def _size(draw: Draw, call: Call) -> tuple[tuple[int, ...], int]:
    if call.library.startswith("jax"):
        return draw.one_of("size", *(FEW[1:2] if call.library in TRANSFORMED else FEW))
    if call.function.startswith("emd") and call.ground in MATRICES and "soft" in call.kind:
        return draw.one_of("size", *PROGRAMMES)
    # Tree.matrix builds an edges x C x C array, which takes gigabytes for 1000 classes.
    classes = CLASSES[:-1] if call.ground == "tree" and call.function in PENALISED else CLASSES
    return draw.size(LIBRARIES[call.library][2], classes)


def _with_no_label(draw: Draw, labels: np.ndarray, C: int) -> np.ndarray:
    """Replace the first label by 0, or by C, which is outside the range."""
    labels = labels.copy()
    if labels.size and np.iinfo(labels.dtype).max > C:
        labels[(0,) * labels.ndim] = draw.one_of("first label", 0, C)
    return labels


def _off_the_simplex(draw: Draw, p: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """Give the prediction a mass other than 1, for which the formula of a line still defines the value."""
    options["mass_tolerance"] = draw.usually("mass_tolerance", None, 0.01)
    mass = 1.5 if not options["check"] else 1.0 + 2.0**-8 if options["mass_tolerance"] else 1.0
    return p * np.asarray(mass, p.dtype)


def _results(draw: Draw, call: Call, x: Any, target: Any, options: dict[str, Any]) -> Any:
    """Call the function, and differentiate the result where the library name asks for it."""
    library, function = call.library, getattr(emd_ref, call.function)
    options["axis"] = axis = draw.usually("axis", -1, *range(-x.ndim, x.ndim))
    if "soft" in call.kind:
        target = draw.laid_out(np.moveaxis(target, -1, axis), library)
    x = native(library, draw.laid_out(np.moveaxis(x, -1, axis), library), call.dtype)
    one = target.ndim == 0 and draw.one_of("label", "array", "int") == "int"
    target = int(target) if one else native(library, target, call.dtype)
    matrix = getattr(options.get("ground"), "distances", None)
    if matrix is not None and draw.one_of("matrix", "numpy", "own") == "own":
        matrix = native(library, matrix.astype(in_numpy(call.dtype)), call.dtype)
        options["ground"] = emd_ref.GroundDistance(matrix)
    if library == "torch-grad":
        leaves = [y.requires_grad_() for y in (x, matrix) if hasattr(y, "requires_grad_")]
        return _differentiated(function(x, target, **options), leaves)
    if library in TRANSFORMED:
        return _transformed(library, lambda y: function(y, target, **options), x)
    return function(x, target, **options)


def _differentiated(result: Any, leaves: list[Any]) -> Any:
    """Return the outputs of PyTorch and, if it recorded a graph, the derivatives of the first output."""
    first = result[0] if isinstance(result, tuple) else result
    if not first.requires_grad:
        return result
    derivatives = import_module("torch").autograd.grad(first.sum(), leaves, allow_unused=True)
    return [result, [g for g in derivatives if g is not None]]


def _transformed(library: str, function: Callable[[Any], Any], x: Any) -> Any:
    jax = import_module("jax")
    return jax.jit(function)(x) if library == "jax-jit" else jax.grad(lambda y: function(y).sum())(x)


def _convention(draw: Draw, call: Call) -> Any:
    most = LIBRARIES[call.library][2]
    batch, C = draw.size(most) if most else draw.one_of("size", *FEW)
    arrays = [draw.logits(batch, C, call.dtype)]
    if call.function in TWO:
        arrays.append(draw.distributions(batch, C, call.dtype))
    axis = draw.usually("axis", -1, *range(-arrays[0].ndim, arrays[0].ndim))
    laid_out = [draw.laid_out(np.moveaxis(x, -1, axis), call.library) for x in arrays]
    return getattr(emd_ref, call.function)(*(native(call.library, x, call.dtype) for x in laid_out), axis=axis)
