"""Calls of the trainable losses of PyTorch, JAX and Keras, with their backward passes."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.recorded.call import BRAIN, DOUBLE, HALF, KINDS, LABEL_KINDS, SINGLE, Call, every
from benchmarks.recorded.inputs import GROUNDS, MATRICES, Draw, in_numpy, native

import emd_ref

CLASSES = (1, 2, 3, 5, 10, 33, 100)
LARGE = 420_000  # samples of 10 classes: a batch whose backward pass recomputes the gradient
TORCH = {"SquaredEMDLoss": KINDS, "EMDLoss": KINDS, "XEMDLoss": LABEL_KINDS, "XESquaredEMDLoss": KINDS}
JAX = {"squared_emd_loss": KINDS, "emd_loss": KINDS, "xemd_loss": LABEL_KINDS, "xe_squared_emd_loss": KINDS}
PENALTIES = ({}, {"exponent": 2.0, "bias": -0.25}, {"exponent": 1.5, "bias": 0.5})


def calls() -> Iterator[Call]:
    """Yield the calls."""
    for name, kinds in TORCH.items():
        options: dict[str, Any] = {"grounds": GROUNDS, "kinds": kinds}
        yield from every(_torch, (name,), "torch", dtypes=(HALF, BRAIN, SINGLE, DOUBLE), times=3, **options)
        for library in ("keras-torch", "keras-jax"):
            yield from every(_keras, (name,), library, **options)
    for name, kinds in JAX.items():
        for library, dtype in (("jax", DOUBLE), ("jax-32", SINGLE)):
            yield from every(_jax, (name,), library, grounds=GROUNDS, dtypes=(dtype,), kinds=kinds)
    yield from every(_large, ("SquaredEMDLoss",), "torch", grounds=("ordered",), dtypes=(SINGLE,), kinds=("large",))
    yield from every(_self_guided, ("SelfGuidedXEMDLoss",), "torch", kinds=("penalty", "squared-emd"), times=8)


def _batch(draw: Draw, call: Call, sizes: tuple[Any, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Draw predictions and targets, with the classes along the last axis."""
    batch, C = draw.one_of("size", *sizes)
    x = (draw.logits if "logits" in call.kind else draw.distributions)(batch, C, call.dtype)
    return x, draw.target(x, C, call.kind, ("int64",))


def _sizes(call: Call) -> tuple[Any, ...]:
    if call.function.startswith(("EMD", "emd")) and call.ground in MATRICES:
        return (((3,), 5), ((64,), 5), ((), 3))
    return (((64,), 10), ((1,), 10), *(((N,), C) for N in (3, 64) for C in CLASSES), ((), 3), ((2, 3), 5), ((0,), 5))


def _numbers(draw: Draw, function: str) -> dict[str, Any]:
    """Draw the parameters of a loss with a cross-entropy."""
    if function.lower().startswith("xe"):
        numbers = {"emd_weight": draw.one_of("emd_weight", 1.0, 0.3)}
        return numbers | (draw.one_of("penalty", *PENALTIES) if function in ("XEMDLoss", "xemd_loss") else {})
    return {}


def _weights(draw: Draw, target: Any, batch: tuple[int, ...], dtype: str) -> np.ndarray | None:
    kind = draw.one_of("sample_weight", "none", "none", "random", "some zero")
    if kind == "none":
        return None
    weights = draw.rng.random(batch) * (draw.rng.random(batch) < (0.5 if kind == "some zero" else 1.0))
    return np.asarray(weights, in_numpy(dtype))


def _torch(draw: Draw, call: Call) -> Any:
    torch = import_module("torch")
    sizes = _sizes(call)
    x, t = _batch(draw, call, sizes)
    ground = draw.ground(call.ground, x.shape[-1])
    if call.ground in MATRICES:
        matrix = torch.tensor(ground.distances, dtype=torch.float64)
        held = {"numpy": ground.distances, "buffer": matrix, "parameter": torch.nn.Parameter(matrix)}
        ground = emd_ref.GroundDistance(held[draw.one_of("matrix", *held)])
    weight = _weights(draw, t, x.shape[:-1], call.dtype)
    if "labels" in call.kind and draw.usually("ignored", False, True):
        t = np.where(draw.rng.random(t.shape) < 0.4, -100, t)
    loss = getattr(import_module("emd_ref.torch"), call.function)(
        ground=ground,
        from_logits="logits" in call.kind,
        reduction=draw.one_of("reduction", "mean", "mean", "sum", "none"),
        check=draw.usually("check", True, False),
        **_numbers(draw, call.function),
    )
    axis = min(1, x.ndim - 1)
    x = native("torch", draw.laid_out(np.moveaxis(x, -1, axis), "torch"), call.dtype)
    x.requires_grad_(draw.usually("requires_grad", True, False))
    t = np.moveaxis(t, -1, axis) if "soft" in call.kind else t
    weight = None if weight is None else native("torch", weight)
    with torch.autocast("cpu", enabled=draw.usually("autocast", False, True)):
        value = loss(x, native("torch", np.array(t), call.dtype), weight)
    return _backwards(draw, value, [x, *loss.parameters()])


def _backwards(draw: Draw, value: Any, leaves: list[Any]) -> list[Any]:
    """Return the value and its derivatives, sometimes those of second order too."""
    leaves = [x for x in leaves if x.requires_grad]
    if not value.requires_grad:
        return [value]
    grad, twice = import_module("torch").autograd.grad, draw.usually("second", False, True)
    upstream = native("torch", np.asarray(draw.rng.random(tuple(value.shape)))).to(value.dtype)
    derivatives = grad(value, leaves, upstream, allow_unused=True, create_graph=twice)
    if twice and derivatives[0].requires_grad:
        along = native("torch", draw.rng.random(tuple(leaves[0].shape))).to(leaves[0].dtype)
        derivatives += grad(derivatives[0], leaves, along, allow_unused=True)
    return [value, *(g for g in derivatives if g is not None)]


def _large(draw: Draw, call: Call) -> Any:
    x = native("torch", draw.logits((LARGE,), 10, call.dtype)).requires_grad_()
    labels = native("torch", draw.labels((LARGE,), 10, ("int64",)))
    return _backwards(draw, import_module("emd_ref.torch").SquaredEMDLoss()(x, labels), [x])


def _self_guided(draw: Draw, call: Call) -> Any:
    """Train for two epochs of two batches; the ground distance is learnt at the end of the first."""
    C = draw.one_of("C", 3, 10)
    loss = import_module("emd_ref.torch").SelfGuidedXEMDLoss(
        C,
        term=call.kind,
        head_start=1,
        **draw.one_of("penalty", *PENALTIES),
        reduction=draw.one_of("reduction", "mean", "sum", "none"),
    )
    outputs: list[Any] = []
    for N in (3, 64, 64, 3):
        z, features = draw.logits((N,), C, call.dtype), np.maximum(draw.logits((N,), 7, call.dtype), 0)
        soft = call.kind == "squared-emd" and draw.one_of("soft", True, False)
        t = draw.distributions((N,), C, call.dtype) if soft else draw.labels((N,), C, ("int64",))
        weight = _weights(draw, t, (N,), call.dtype)
        x = native("torch", z).requires_grad_()
        arrays = [native("torch", y) for y in (t, features)]
        outputs += _backwards(draw, loss(x, *arrays, None if weight is None else native("torch", weight)), [x])
        if len(outputs) == 4:
            loss.epoch_end()
            outputs += [loss.distances, loss.emd_weight]
    return outputs


def _jax(draw: Draw, call: Call) -> Any:
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    x, t = _batch(draw, call, (((3,), 5), ((64,), 10) if call.ground not in MATRICES else ((3,), 5)))
    weight = _weights(draw, t, x.shape[:-1], call.dtype)
    if "labels" in call.kind and draw.usually("ignored", False, True):
        t = np.where(draw.rng.random(t.shape) < 0.4, -100, t)
    options = {
        "ground": draw.ground(call.ground, x.shape[-1]),
        "from_logits": "logits" in call.kind,
        "reduction": draw.one_of("reduction", "mean", "mean", "sum", "none"),
        "sample_weight": None if weight is None else jnp.asarray(weight),
        **_numbers(draw, call.function),
    }
    function, target = getattr(import_module("emd_ref.jax"), call.function), jnp.asarray(t)
    compiled = jax.jit if draw.usually("jit", False, True) else lambda f: f
    value, back = jax.vjp(compiled(lambda y: function(y, target, **options)), jnp.asarray(x))
    return [value, back(jnp.ones_like(value))]


def _keras(draw: Draw, call: Call) -> Any:
    x, t = _batch(draw, call, (((3,), 5), ((64,), 10) if call.ground not in MATRICES else ((3,), 5)))
    axis = draw.usually("axis", -1, 1)
    weight = _weights(draw, t, x.shape[:-1], call.dtype)
    labels = "labels" in call.kind
    loss = getattr(import_module("emd_ref.keras"), call.function)(
        ground=draw.ground(call.ground, x.shape[-1]),
        from_logits="logits" in call.kind,
        ignore_class=draw.usually("ignore_class", None, 1) if labels else None,
        axis=axis,
        reduction=draw.one_of("reduction", "sum_over_batch_size", "sum", "none", "mean_with_sample_weight"),
        dtype=call.dtype,
        **_numbers(draw, call.function),
    )
    if draw.usually("from_config", False, True):
        loss = loss.from_config(loss.get_config())
    t = t[:, None] if labels and draw.one_of("labels of shape", "(N,)", "(N, 1)") == "(N, 1)" else t
    if call.library == "keras-jax":
        jax = import_module("jax")
        value, back = jax.vjp(lambda y: loss(t, y, weight), native("jax", x))
        return [value, back(jax.numpy.ones_like(value))]
    tensor = native("torch", x).requires_grad_()
    return _backwards(draw, loss(native("torch", t), tensor, weight), [tensor])
