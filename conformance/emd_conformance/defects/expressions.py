"""Wrong losses in PyTorch that compute a cross-entropy, an EMD or a sum: their values, or their gradients."""

import torch

from emd_conformance.defects._register import Array, wrong
from emd_conformance.defects.right_expressions import LOGARITHMS, LOGITS, MIXTURE, emd
from emd_conformance.defects.torch_values import AUTOGRAD, squared_emd


@wrong("not-finite", **MIXTURE)
def not_a_number_at_zero(p: Array, t: Array) -> Array:
    return -0.7 * (t * p.log()).sum(-1) + 0.3 * squared_emd(p, t)


@wrong("unexplained", **MIXTURE)
def clipped(p: Array, t: Array) -> Array:
    return -0.7 * (t * (p + 1e-7).log()).sum(-1) + 0.3 * squared_emd(p, t)


@wrong("computes='0.7*E + 0.3*XE'", **MIXTURE, **LOGITS)
def weights_exchanged(z: Array, t: Array) -> Array:
    return 0.3 * torch.nn.functional.cross_entropy(z, t, reduction="none") + 0.7 * squared_emd(z.softmax(-1), t)


@wrong("input-read-twice", **MIXTURE, **LOGITS)
def softmax_forgotten(z: Array, t: Array) -> Array:
    return 0.7 * torch.nn.functional.cross_entropy(z, t, reduction="none") + 0.3 * squared_emd(z, t)


@wrong("input='probabilities'", **MIXTURE, **LOGITS)
def of_probabilities(p: Array, t: Array) -> Array:
    return -0.7 * torch.xlogy(t, p).sum(-1) + 0.3 * squared_emd(p, t)


@wrong("gradient", **MIXTURE, **LOGITS)
def squared_emd_detached(z: Array, t: Array) -> Array:
    cross_entropy = torch.nn.functional.cross_entropy(z, t, reduction="none")
    return 0.7 * cross_entropy + 0.3 * squared_emd(z.softmax(-1).detach(), t)


@wrong("gradient", **MIXTURE)
def squared_emd_of_probabilities_detached(p: Array, t: Array) -> Array:
    return -0.7 * torch.xlogy(t, p).sum(-1) + 0.3 * squared_emd(p.detach(), t)


@wrong("gradient", **AUTOGRAD, **LOGITS, computes="W1", classes=(2, 3, 5))
def normaliser_of_the_emd_detached(z: Array, t: Array) -> Array:
    powers = (z - z.detach().max(-1, keepdim=True).values).exp()
    return emd(powers / powers.sum(-1, keepdim=True).detach(), t)


@wrong("gradient", **AUTOGRAD, computes="W1", classes=(2, 3, 5))
def last_difference_detached(p: Array, t: Array) -> Array:
    D = torch.cumsum(p - t, -1)
    return D[..., :-2].abs().sum(-1) + D[..., -2].detach().abs() if p.shape[-1] > 1 else emd(p, t)


@wrong("gradient", **AUTOGRAD, **LOGARITHMS, classes=(2, 3, 5))
def exponential_detached(x: Array, t: Array) -> Array:
    return squared_emd(x.exp().detach() + x - x.detach(), t)


@wrong("gradient", **AUTOGRAD, input="cdf", classes=(2, 3, 5))
def one_factor_of_cdfs_detached(P: Array, T: Array) -> Array:
    return ((P - T) * (P - T).detach()).sum(-1)
