"""Metrics of predicted distributions, for every member of an ensemble at once.

p has shape (M, N, C): members, samples, classes. Labels have shape (M, N).
"""

import torch
from torch import Tensor

from emd_ref import squared_emd


def median_class(p: Tensor) -> Tensor:
    """Return the first class whose cumulative probability reaches 1/2; this decision has the least expected |error|."""
    return (p.cumsum(-1) < 0.5).sum(-1).clamp(max=p.shape[-1] - 1)


def mean_class(p: Tensor) -> Tensor:
    """Return the expected class, rounded."""
    return expected_class(p).round().long()


def expected_class(p: Tensor) -> Tensor:
    """sum_i i p_i."""
    return p @ torch.arange(p.shape[-1], dtype=p.dtype)


def label_metrics(logits: Tensor, labels: Tensor, decode: str = "argmax") -> dict[str, Tensor]:
    """Return one number per member for every metric; `decode` says how a class is chosen: by argmax or mean."""
    z = logits.double()
    p = z.softmax(-1)
    decided = mean_class(p) if decode == "mean" else p.argmax(-1)
    error = (decided - labels).abs().double()
    return {
        "mae": error.mean(-1),
        "rps": squared_emd(p, labels, check=False).mean(-1),
        "acc": (error == 0).double().mean(-1),
        "one_off": (error <= 1).double().mean(-1),
        "qwk": quadratic_weighted_kappa(decided, labels, p.shape[-1]),
        "nll": -z.log_softmax(-1).gather(-1, labels[..., None])[..., 0].mean(-1),
        "mae_median": (median_class(p) - labels).abs().double().mean(-1),
    }


def quadratic_weighted_kappa(decided: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    """1 - sum_ij (i-j)^2 O_ij / sum_ij (i-j)^2 E_ij, with observed counts O and counts E of independent margins."""
    a, b = decided.double(), labels.double()
    observed = ((a - b) ** 2).mean(-1)
    expected = (a**2).mean(-1) + (b**2).mean(-1) - 2 * a.mean(-1) * b.mean(-1)
    return 1 - observed / expected.clamp(min=1e-12)


def vote_metrics(logits: Tensor, votes: Tensor) -> dict[str, Tensor]:
    """Return metrics for distribution targets: E, cross-entropy, and two metrics of the predicted mean score."""
    z = logits.double()
    p, t = z.softmax(-1), votes.double()
    score, wanted = expected_class(p), expected_class(t)
    return {
        "rps": squared_emd(p, t, check=False, mass_tolerance=1e-3).mean(-1),
        "nll": -(t * z.log_softmax(-1)).sum(-1).mean(-1),
        "mae": (score - wanted).abs().mean(-1),
        "spearman": spearman(score, wanted),
    }


def spearman(a: Tensor, b: Tensor) -> Tensor:
    """Return the correlation of the ranks along the last axis; ties share their mean rank."""
    return _correlation(_ranks(a), _ranks(b))


def _ranks(x: Tensor) -> Tensor:
    ordered = x.sort(-1).values
    low = torch.searchsorted(ordered, x.contiguous(), side="left")
    high = torch.searchsorted(ordered, x.contiguous(), side="right")
    return (low + high - 1).double() / 2


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = a - a.mean(-1, keepdim=True), b - b.mean(-1, keepdim=True)
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-12)
