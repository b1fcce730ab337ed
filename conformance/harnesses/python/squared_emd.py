"""The squared EMD in plain Python, behind a harness: emd-conformance run "cmd:python squared_emd.py"."""

from itertools import accumulate

from emd_protocol import serve


def cumulative(p, t):
    """Return D."""
    return list(accumulate(a - b for a, b in zip(p, t, strict=True)))


def loss(request):
    """Return the sum of D_k squared of each sample."""
    rows = zip(request["predicted"], request["target"], strict=True)
    return [sum(D * D for D in cumulative(p, t)) for p, t in rows]


def grad(request):
    """Return twice the sum of D_k, k >= j, of each sample and class j."""
    rows = zip(request["predicted"], request["target"], strict=True)
    return [[2 * g for g in list(accumulate(reversed(cumulative(p, t))))[::-1]] for p, t in rows]


if __name__ == "__main__":
    serve("python-example", "1.0", loss, grad, ["off-simplex", "empty-batch"])
