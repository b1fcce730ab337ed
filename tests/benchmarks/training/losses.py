"""The losses that are compared. Each takes the logits of a whole ensemble and gives one number per sample.

Logits have shape (M, N, C), labels (M, N) or (M, N, C) for votes. `Guide` holds what differs between
members: a learnt ground distance, the weight of a penalty, and a shuffled order. emd_ref computes the losses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.func import vmap

from emd_ref import GroundDistance, cross_entropy, emd, ground_distance_penalty, squared_emd


@dataclass
class Guide:
    """What a loss may need beside logits and labels: ground (M, C, C), weight (M,), shuffled order (M, C)."""

    ground: Tensor
    weight: Tensor
    order: Tensor


SMOOTH = 0.05  # entropic regularisation, in units of the largest distance

Function = Callable[[Tensor, Tensor, Guide], Tensor]


@dataclass(frozen=True)
class Loss:
    """A loss and how it is trained.

    `function` is a complete loss. `penalty` is added to cross-entropy with the weight of the guide; at the end of the
    head start, this weight makes the mean penalty over the training split `share` times the mean cross-entropy.
    `guided` is the kind of ground distance: learnt, uniform or ordered.
    """

    title: str
    function: Function | None = None
    penalty: Function | None = None
    size: Function | None = None
    guided: str = ""
    share: float = 1 / 3.5
    head_start: bool = False
    decode: str = "argmax"
    tags: frozenset[str] = field(default=frozenset())

    def each(self, z: Tensor, y: Tensor, guide: Guide, started: bool) -> Tensor:
        """Loss of each sample; cross-entropy alone during a head start."""
        if self.head_start and not started:
            return xe(z, y, guide)
        if self.function is not None:
            return self.function(z, y, guide)
        return xe(z, y, guide) + guide.weight[:, None].to(z.dtype) * self.penalty(z, y, guide)


def xe(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """Cross-entropy, with labels or with distributions."""
    if y.is_floating_point():
        return -(y * z.log_softmax(-1)).sum(-1)
    return cross_entropy(z, y, from_logits=True, check=False)


def regression(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """Squared error of the expected class."""
    expected = z.softmax(-1) @ torch.arange(z.shape[-1], dtype=z.dtype)
    return (expected - y) ** 2


def emd2(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """E on ordered classes."""
    return squared_emd(z, y, from_logits=True, check=False)


def root_emd2(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """sqrt(E / C) of each sample, as in NIMA; 1e-12 keeps the root away from 0, where it has no derivative."""
    return (emd2(z, y, guide) / z.shape[-1] + 1e-12).sqrt()


def emd1(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """Exact EMD on ordered classes, linear in the distance."""
    return emd(z, y, from_logits=True, check=False)


def shuffled_emd2(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """E with the classes in an arbitrary order."""
    places = guide.order.argsort(-1)
    return emd2(z.gather(-1, guide.order[:, None, :].expand_as(z)), places.gather(-1, y), guide)


def weighted_sum(weight: float) -> Function:
    """Cross-entropy + weight E."""
    return lambda z, y, guide: xe(z, y, guide) + weight * emd2(z, y, guide)


def dlordinal_emd2(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """dlordinal's EMDLoss, a mean, repeated for every sample; its sum and mean over samples equal those of E."""
    from dlordinal.losses import EMDLoss

    mean = EMDLoss(num_classes=z.shape[-1])(z.reshape(-1, z.shape[-1]), y.reshape(-1))
    return mean.expand(y.shape)


def sinkhorn(z: Tensor, y: Tensor, guide: Guide, *, iterations: int = 20) -> Tensor:
    """Entropic EMD by POT's batched solver, with few iterations."""
    from ot.batch import solve_batch

    C = z.shape[-1]
    x = torch.arange(C, dtype=z.dtype)
    distances = (x[:, None] - x[None, :]).abs() / (C - 1)
    p = z.softmax(-1).reshape(-1, C)
    t = torch.nn.functional.one_hot(y, C).to(z.dtype).reshape(-1, C)
    p, t = ((q + 1e-6) / (1 + C * 1e-6) for q in (p, t))  # the solver takes logarithms of the masses
    costs = distances.expand(p.shape[0], C, C)
    result = solve_batch(
        costs, reg=SMOOTH, a=p.detach(), b=t, max_iter=iterations, tol=0, method="log_sinkhorn", grad="detach"
    )
    slope = SMOOTH * result.potentials[0]  # the envelope theorem: no derivative through the iterations
    value = result.value + (slope * (p - p.detach())).sum(-1)
    return (value * (C - 1)).reshape(y.shape)


def paper_penalty(exponent: float, bias: float) -> Function:
    """R = sum_i p_i^2 (G_ik^omega + mu) with one ground distance per member."""

    def one(z: Tensor, y: Tensor, G: Tensor) -> Tensor:
        return ground_distance_penalty(
            z, y, ground=GroundDistance(G), exponent=exponent, bias=bias, from_logits=True, check=False
        )

    return lambda z, y, guide: vmap(one)(z, y, guide.ground)


def penalty_size(exponent: float, bias: float) -> Function:
    """sum_i p_i^2 |G_ik^omega + mu|: a measure of R's size that stays positive when mu is negative."""

    def one(z: Tensor, y: Tensor, G: Tensor) -> Tensor:
        return (z.softmax(-1) ** 2 * (G[y].to(z.dtype) ** exponent + bias).abs()).sum(-1)

    return lambda z, y, guide: vmap(one)(z, y, guide.ground)


def energy_penalty(z: Tensor, y: Tensor, guide: Guide) -> Tensor:
    """E_G = -1/2 (p - t)^T G (p - t) with one ground distance per member."""

    def one(z: Tensor, y: Tensor, G: Tensor) -> Tensor:
        return squared_emd(z, y, ground=GroundDistance(G), from_logits=True, check=False)

    return vmap(one)(z, y, guide.ground)


def _paper(
    title: str, exponent: float, bias: float, *tags: str, guided: str = "learnt", share: float = 1 / 3.5
) -> Loss:
    return Loss(
        title,
        penalty=paper_penalty(exponent, bias),
        size=penalty_size(exponent, bias),
        guided=guided,
        share=share,
        head_start=True,
        tags=frozenset(tags),
    )


def _energy(title: str, share: float, *tags: str, guided: str = "learnt") -> Loss:
    return Loss(title, penalty=energy_penalty, guided=guided, share=share, head_start=True, tags=frozenset(tags))


def _plain(title: str, function: Function, *tags: str, head_start: bool = False, decode: str = "argmax") -> Loss:
    return Loss(title, function=function, head_start=head_start, decode=decode, tags=frozenset(tags))


LOSSES = {
    "xe": _plain("XE", xe, "ordered", "unordered", "votes"),
    "emd2": _plain("EMD²", emd2, "ordered", "unordered", "votes"),
    "xe_emd2": _plain("XE + EMD²", weighted_sum(1.0), "ordered", "unordered", "votes"),
    "emd2_shuffled": _plain("EMD², shuffled order", shuffled_emd2, "ordered"),
    "energy_1": _energy("XE + λ E_G, learnt G, λE_G = XE", 1.0, "ordered", "unordered"),
    "self_1_0": _paper("self-guided ω = 1, μ = 0", 1.0, 0.0, "ordered", "unordered"),
    "energy_4": _energy("XE + λ E_G, learnt G, λE_G = 4 XE", 4.0, "ordered", "unordered"),
    "uniform_1_0": _paper("uniform G, ω = 1, μ = 0", 1.0, 0.0, "ordered", "unordered", guided="uniform"),
    "true_1_0": _paper("true-order G, ω = 1, μ = 0", 1.0, 0.0, "ordered", guided="ordered"),
    "emd2_warm": _plain("EMD² after XE", emd2, "ordered", head_start=True),
    "w1": _plain("EMD (W1)", emd1, "ordered"),
    "regression": _plain("regression", regression, "ordered", decode="mean"),
    "self_2_+": _paper("self-guided ω = 2, μ = +1/4", 2.0, 0.25, "ordered", "unordered"),
    "self_1_+": _paper("self-guided ω = 1, μ = +1/2", 1.0, 0.5, "ordered", "unordered"),
    "self_2_-": _paper("self-guided ω = 2, μ = −1/4", 2.0, -0.25, "ordered", "unordered"),
    "self_1_-": _paper("self-guided ω = 1, μ = −1/2", 1.0, -0.5, "ordered", "unordered"),
    "self_2_0": _paper("self-guided ω = 2, μ = 0", 2.0, 0.0, "ordered", "unordered"),
    "self_1_0_4": _paper("self-guided ω = 1, μ = 0, λR = 4 XE", 1.0, 0.0, "ordered", "unordered", share=4.0),
    "energy_uniform_4": _energy("XE + λ E_G, uniform G, λE_G = 4 XE", 4.0, "ordered", "unordered", guided="uniform"),
    "energy_true_4": _energy("XE + λ E_G, true-order G, λE_G = 4 XE", 4.0, "ordered", guided="ordered"),
    "xe_emd2_3": _plain("XE + 3 EMD²", weighted_sum(3.0), "ordered"),
    "root_emd2": _plain("√(E/C), NIMA", root_emd2, "votes"),
    "dlordinal": _plain("dlordinal EMDLoss", dlordinal_emd2, "few"),
    "sinkhorn": _plain("Sinkhorn EMD (POT)", sinkhorn, "few"),
    "energy_0.3": _energy("XE + λ E_G, learnt G, λE_G = XE/3.5", 1 / 3.5, "ordered", "unordered"),
    "xe_emd2_0.3": _plain("XE + 0.3 EMD²", weighted_sum(0.3), "ordered"),
    "energy_16": _energy("XE + λ E_G, learnt G, λE_G = 16 XE", 16.0, "ordered"),
}
