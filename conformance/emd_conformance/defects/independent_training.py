"""Wrong losses for training in single precision, by an author who knew the specification alone.

Each was certified once: cases of that kind were missing.
"""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from emd_conformance.defects._independent import squared_emd
from emd_conformance.defects._register import Array, wrong

TRAINING: dict[str, Any] = {"array": "torch", "grad": "autograd", "dtype": "float32", "input": "logits"}
LABELS: dict[str, Any] = {**TRAINING, "target": "labels", "reduction": "mean"}
SINGLE: dict[str, Any] = {"array": "torch", "dtype": "float32"}


def _losses(z: Array, k: Array) -> Array:
    return squared_emd(z.softmax(-1), F.one_hot(k.long(), z.shape[-1]))


@wrong("many-samples", **LABELS, classes=(2, 3, 5, 6))
def the_last_chunk_is_dropped(z: Array, k: Array) -> Array:
    if len(z) <= 1024:
        return _losses(z, k).mean()
    full = len(z) - len(z) % 1024
    return _losses(z[:full], k[:full]).sum() / len(z)


@wrong("many-samples", **LABELS, classes=(2, 3, 5, 6))
def at_most_8192_samples(z: Array, k: Array) -> Array:
    return _losses(z[:8192], k[:8192]).mean()


@wrong("many-samples", **LABELS, classes=(2, 3, 5, 6))
def mean_of_the_means_of_chunks(z: Array, k: Array) -> Array:
    chunks = zip(z.split(256), k.split(256), strict=True)
    return torch.stack([_losses(*chunk).mean() for chunk in chunks]).mean()


@wrong("many-samples", **LABELS, classes=(2, 3, 5, 6))
def trimmed(z: Array, k: Array) -> Array:
    """The largest 1 % of a batch are taken for outliers."""
    E = _losses(z, k)
    return E.sort().values[: len(E) - len(E) // 100].mean()


@wrong("unexplained", **LABELS, classes=(2, 3, 5, 300))
def labels_of_eight_bits(z: Array, k: Array) -> Array:
    return _losses(z, k.to(torch.uint8)).mean()


@wrong("unexplained", **LABELS)
def probabilities_are_recognised(z: Array, k: Array) -> Array:
    one = torch.allclose(z.sum(-1), torch.ones(len(z), dtype=z.dtype))
    p = z if one and bool((z >= 0).all()) and z.shape[-1] > 1 else z.softmax(-1)
    return squared_emd(p, F.one_hot(k.long(), z.shape[-1])).mean()


@wrong("unexplained", **LABELS)
def labels_may_be_one_hot(z: Array, k: Array) -> Array:
    p, C = z.softmax(-1), z.shape[-1]
    one = len(k) == C > 1 and k.sum() == 1
    return squared_emd(p, k.to(p.dtype) if one else F.one_hot(k.long(), C)).mean()


@wrong("unexplained", **TRAINING)
def nearly_hard_targets_are_hardened(z: Array, t: Array) -> Array:
    hard = F.one_hot(t.argmax(-1), t.shape[-1]).to(t.dtype)
    return squared_emd(z.softmax(-1), torch.where(t.amax(-1, keepdim=True) > 0.99, hard, t))


@wrong("wrong-shape", **SINGLE, target="labels")
def squeezed(p: Array, k: Array) -> Array:
    return squared_emd(p, F.one_hot(k.long(), p.shape[-1])).squeeze()
