"""Right losses in PyTorch that compute a cross-entropy, an EMD or a sum, from every input, with their gradients."""

from typing import Any

import torch

from emd_conformance.defects._register import Array, right
from emd_conformance.defects.torch_values import AUTOGRAD, one_hot, squared_emd

MIXTURE: dict[str, Any] = AUTOGRAD | {"computes": "0.7*XE + 0.3*E", "classes": (1, 2, 3, 4, 5, 10)}
LOGITS: dict[str, Any] = {"input": "logits"}
LOGARITHMS: dict[str, Any] = {"input": "log-probabilities"}


def emd(p: Array, t: Array) -> Array:
    """Return the EMD on a line."""
    return torch.cumsum(p - t, -1)[..., :-1].abs().sum(-1)


@right(**MIXTURE)
def of_probabilities(p: Array, t: Array) -> Array:
    return -0.7 * torch.xlogy(t, p).sum(-1) + 0.3 * squared_emd(p, t)


@right(**MIXTURE, target="labels")
def of_probabilities_and_labels(p: Array, k: Array) -> Array:
    return -0.7 * p.gather(-1, k[:, None])[:, 0].log() + 0.3 * squared_emd(p, one_hot(k, p))


@right(**MIXTURE, **LOGITS)
@right(**MIXTURE, **LOGITS, dtype="float32")
def of_logits(z: Array, t: Array) -> Array:
    cross_entropy = torch.nn.functional.cross_entropy(z, t, reduction="none")
    return 0.7 * cross_entropy + 0.3 * squared_emd(z.softmax(-1), t)


@right(**MIXTURE, **LOGITS, target="labels", reduction="mean")
def of_logits_and_labels(z: Array, k: Array) -> Array:
    cross_entropy = torch.nn.functional.cross_entropy(z, k)
    return 0.7 * cross_entropy + 0.3 * squared_emd(z.softmax(-1), one_hot(k, z)).mean()


@right(**MIXTURE, **LOGARITHMS)
def of_logarithms(x: Array, t: Array) -> Array:
    return -0.7 * (t * x).sum(-1) + 0.3 * squared_emd(x.exp(), t)


@right(**MIXTURE, input="cdf")
def of_cdfs(P: Array, T: Array) -> Array:
    p, t = (torch.diff(F, prepend=torch.zeros_like(F[..., :1])) for F in (P, T))
    return -0.7 * torch.xlogy(t, p).sum(-1) + 0.3 * (P - T).square().sum(-1)


@right(**AUTOGRAD, **LOGARITHMS, classes=(2, 3, 5))
def squared_emd_of_logarithms(x: Array, t: Array) -> Array:
    return squared_emd(x.exp(), t)


@right(**AUTOGRAD, **LOGARITHMS, classes=(2, 3, 5))
def renormalised_logarithms(x: Array, t: Array) -> Array:
    """Return E(softmax(x), t), whose gradient differs from the one of `squared_emd_of_logarithms` (5.7)."""
    return squared_emd(x.softmax(-1), t)


@right(**AUTOGRAD, input="cdf", classes=(1, 2, 3, 5))
def squared_emd_of_cdfs(P: Array, T: Array) -> Array:
    return (P - T).square().sum(-1)


@right(**AUTOGRAD, computes="W1", classes=(1, 2, 3, 5))
def emd_of_probabilities(p: Array, t: Array) -> Array:
    return emd(p, t)


@right(**AUTOGRAD, **LOGITS, computes="W1", classes=(1, 2, 3, 5))
def emd_of_logits(z: Array, t: Array) -> Array:
    return emd(z.softmax(-1), t)


@right(**AUTOGRAD, **LOGITS, computes="XE + W1", classes=(1, 2, 3, 5))
def cross_entropy_and_emd(z: Array, t: Array) -> Array:
    return torch.nn.functional.cross_entropy(z, t, reduction="none") + emd(z.softmax(-1), t)


@right(**AUTOGRAD, ground="circle", computes="XE")
def cross_entropy_on_a_circle(p: Array, t: Array) -> Array:
    return -torch.xlogy(t, p).sum(-1)


@right(**AUTOGRAD, ground="tree", computes="XE")
def cross_entropy_on_a_tree(p: Array, t: Array, parents: list[int], lengths: Any) -> Array:
    return -torch.xlogy(t, p).sum(-1)


@right(**AUTOGRAD, ground="matrix", computes="XE + 0.5*R", classes=(2, 3, 4, 5))
def xemd_of_soft_targets(p: Array, t: Array, G: Array) -> Array:
    return -torch.xlogy(t, p).sum(-1) + 0.5 * (p.square() * (t @ G)).sum(-1)


@right(**AUTOGRAD, **LOGITS, ground="matrix", target="labels", computes="XE + 0.5*R", classes=(2, 3, 4, 5))
def xemd_of_logits(z: Array, k: Array, G: Array) -> Array:
    cross_entropy = torch.nn.functional.cross_entropy(z, k, reduction="none")
    return cross_entropy + 0.5 * (z.softmax(-1).square() * G[k]).sum(-1)
