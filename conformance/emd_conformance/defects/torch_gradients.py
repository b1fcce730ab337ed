"""Right values in PyTorch whose gradients by autograd are wrong."""

import torch

from emd_conformance.defects._register import Array, wrong
from emd_conformance.defects.torch_values import AUTOGRAD, squared_emd


@wrong("gradient-sign", **AUTOGRAD)
def reversed_gradient(p: Array, t: Array) -> Array:
    return squared_emd(2 * p.detach() - p, t)


@wrong("gradient-no-2", **AUTOGRAD)
def one_factor_detached(p: Array, t: Array) -> Array:
    D = torch.cumsum(p - t, -1)
    return (D * D.detach()).sum(-1)


@wrong("gradient-detached", **AUTOGRAD)
def through_data(p: Array, t: Array) -> Array:
    return squared_emd(p.detach(), t) + 0 * p.sum(-1)


@wrong("gradient-first-sample", **AUTOGRAD)
def others_detached(p: Array, t: Array) -> Array:
    return torch.cat([squared_emd(p[:1], t[:1]), squared_emd(p[1:].detach(), t[1:])])


@wrong("root-gradient-nan", **AUTOGRAD, computes="sqrt(E/C)")
def bare_root(p: Array, t: Array) -> Array:
    return torch.cumsum(p - t, -1).square().mean(-1).sqrt()


@wrong("gradient-wrong-softmax", **AUTOGRAD, input="logits")
def normaliser_detached(z: Array, t: Array) -> Array:
    powers = (z - z.detach().max(-1, keepdim=True).values).exp()
    return squared_emd(powers / powers.sum(-1, keepdim=True).detach(), t)


@wrong("gradient-fails", **AUTOGRAD)
def through_numpy(p: Array, t: Array) -> Array:
    return squared_emd(torch.from_numpy(p.detach().numpy()), t)


@wrong("epsilon-under-root", **AUTOGRAD, computes="sqrt(E/C)")
def epsilon_for_the_gradient(p: Array, t: Array) -> Array:
    return (torch.cumsum(p - t, -1).square().mean(-1) + 1e-8).sqrt()


@wrong("input-mutated", **AUTOGRAD)
def clears_the_gradient(p: Array, t: Array) -> Array:
    """Gradients of several batches can no longer be added up."""
    if p.grad is not None:
        p.grad.zero_()
    return squared_emd(p, t)
