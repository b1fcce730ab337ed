"""Losses of published packages, called in the way that the conformance suite calls: one function each."""

from typing import Any


def geomloss_energy(p: Any, t: Any, x: Any) -> Any:
    """Energy distance of geomloss, which takes one column of positions for each of the two measures."""
    from geomloss import SamplesLoss

    return SamplesLoss("energy")(p, x[:, None], t, x[:, None])


def geomloss_energy_in_small_units(p: Any, t: Any, x: Any) -> Any:
    """The energy distance with scaled positions: beside distances of 2^100, one of 1e-4 is lost to rounding."""
    unit = 2.0**-100
    return geomloss_energy(p, t, x / unit) * unit


def geomloss_sinkhorn(p: Any, t: Any, x: Any) -> Any:
    from geomloss import SamplesLoss

    return SamplesLoss("sinkhorn", p=1, blur=0.01)(p, x[:, None], t, x[:, None])


def torchmetrics_crps(p: Any, k: Any) -> Any:
    """The CRPS of an ensemble: a probability becomes a number of members, so only eighths are represented."""
    import torch
    from torchmetrics.functional.regression import continuous_ranked_probability_score as crps

    powers = [2**n for n in range(1, 12)]  # few members, as it compares each with each
    members = next((m for m in powers if ((p.double() * m) % 1 == 0).all()), powers[-1])
    counts = (p * members).to(torch.int64)
    rows = [torch.repeat_interleave(torch.arange(p.shape[1], dtype=torch.float64), n) for n in counts]
    return crps(torch.stack(rows), k.to(torch.float64))


def xskillscore_rps(p: Any, t: Any) -> Any:
    """The ranked probability score of each sample, as xarray asks for it."""
    import xarray
    import xskillscore

    named = [xarray.DataArray(x, dims=("sample", "category")) for x in (t, p)]
    return xskillscore.rps(*named, category_edges=None, dim=[], input_distributions="p").values


def condor_emd(p: Any, k: Any) -> Any:
    """The EMD of C - 1 conditional logits; the target is a row of C - 1 answers to "is it above class j?"."""
    import torch
    from condor_pytorch.metrics import earth_movers_distance

    above = p.double().flip(-1).cumsum(-1).flip(-1)  # P(y >= j)
    z = torch.logit((above[:, 1:] / above[:, :-1]).nan_to_num(0.5).clamp(0.0, 1.0))
    levels = (k[:, None] > torch.arange(z.shape[1])).to(z.dtype)
    return earth_movers_distance(z, levels, reduction=None).to(p.dtype)


def scores_crps_cdf(p: Any, k: Any, x: Any) -> Any:
    """The CRPS of a cumulative distribution function, given at the positions."""
    import numpy
    import xarray
    from scores.probability import crps_cdf

    forecast = xarray.DataArray(numpy.cumsum(p)[None], dims=("sample", "threshold"), coords={"threshold": x})
    return crps_cdf(forecast, xarray.DataArray(x[[int(k)]], dims="sample"), preserve_dims=["sample"]).total.values[0]


class Numbers:
    """As much of a tokenizer as `NTLoss` asks for: its words are the numbers below C, and one that is no number."""

    def __init__(self, C: int) -> None:
        self.words = [*map(str, range(C)), "and"]

    def __len__(self) -> int:
        return len(self.words)

    def get_vocab(self) -> dict[str, int]:
        """Return the place of each word."""
        return {word: place for place, word in enumerate(self.words)}


def ntloss(z: Any, k: Any) -> Any:
    """The number token loss of each sample, in a vocabulary with one more word, which it leaves out."""
    import torch
    from ntloss import NTLoss

    loss = NTLoss(Numbers(z.shape[1]), digit_level=False, reweigh=False)
    z = torch.nn.functional.pad(z, (0, 1))
    return loss(z[:, None], k[:, None], reduction="none")[:, 0]


def coral_loss(z: Any, k: Any) -> Any:
    """The CORAL loss of each sample."""
    import torch
    from coral_pytorch.losses import coral_loss

    return coral_loss(z, (k[:, None] > torch.arange(z.shape[1])).to(z.dtype), reduction=None)
