"""Right losses by different algorithms: without an early subtraction of p and t, digits are lost where they agree."""

from itertools import accumulate

import numpy as np

from emd_conformance.defects._common import free_gradient, line, squared_emd
from emd_conformance.defects._register import Array, right


@right()
@right(dtype="float32")
@right(dtype="float16")
@right(capabilities=("off-simplex", "empty-batch"))
def scan(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p - t, axis=-1)).sum(-1)


@right(of=squared_emd, classes=(1, 2, 3, 4, 5, 7, 20))
def scan_with_gradient(p: Array, t: Array) -> Array:
    return free_gradient(p, t)


@right(of=squared_emd, classes=(1, 2, 3, 4, 5, 7, 10))
def projected_gradient(p: Array, t: Array) -> Array:
    g = free_gradient(p, t)
    return g - g.mean(-1, keepdims=True)


@right(of=squared_emd, classes=(1, 2, 3, 4, 5, 7, 10))
def gradient_by_the_matrix(p: Array, t: Array) -> Array:
    return -(p - t) @ line(p.shape[-1])


@right(dtype="float32", compute_dtype="float64")
def widened(p: Array, t: Array) -> Array:
    return squared_emd(p.astype(float), t.astype(float)).astype(p.dtype)


@right("fewer digits")
@right(dtype="float32")
def difference_of_cdfs(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p, -1) - np.cumsum(t, -1)).sum(-1)


@right("fewer digits")
def tail_sums(p: Array, t: Array) -> Array:
    return np.square(np.cumsum((p - t)[..., ::-1], axis=-1)).sum(-1)


@right("fewer digits")
def total_minus_prefix(p: Array, t: Array) -> Array:
    d = p - t
    return np.square(d.sum(-1, keepdims=True) - np.cumsum(d, -1) + d).sum(-1)


@right()
def triangular_product(p: Array, t: Array) -> Array:
    return np.square((p - t) @ np.triu(np.ones((p.shape[-1],) * 2))).sum(-1)


@right("fewer digits")
def einstein_sum(p: Array, t: Array) -> Array:
    below = np.tril(np.ones((p.shape[-1],) * 2))
    return np.square(np.einsum("kj,nj->nk", below, p) - np.einsum("kj,nj->nk", below, t)).sum(-1)


@right("fewer digits")
def energy_form(p: Array, t: Array) -> Array:
    G = line(p.shape[-1])
    return ((p @ G) * t - (p @ G) * p / 2 - (t @ G) * t / 2).sum(-1)


@right("fewer digits")
def quadratic_form(p: Array, t: Array) -> Array:
    return -(((p - t) @ line(p.shape[-1])) * (p - t)).sum(-1) / 2


@right("fewer digits")
def expected_distances(p: Array, t: Array) -> Array:
    def mean(x: Array, y: Array) -> Array:
        return np.einsum("ni,nj,ij->n", x, y, line(p.shape[-1]))

    return mean(p, t) - mean(p, p) / 2 - mean(t, t) / 2


@right()
def pairwise_sums(p: Array, t: Array) -> Array:
    D = np.stack([(p[:, :k] - t[:, :k]).sum(-1) for k in range(1, p.shape[-1] + 1)], -1)
    return np.square(D).sum(-1)


@right(array="list", batched=False)
def plain_python(p: list[float], t: list[float]) -> float:
    return sum(D * D for D in accumulate(a - b for a, b in zip(p, t, strict=True)))


@right()
def running_sum_in_a_loop(p: Array, t: Array) -> Array:
    D, E = np.zeros(len(p)), np.zeros(len(p))
    for k in range(p.shape[-1]):
        D = D + (p[:, k] - t[:, k])
        E = E + D * D
    return E


@right()
def exclusive_sum(p: Array, t: Array) -> Array:
    """Leave out D_C, which is 0 on the simplex."""
    return np.square(np.cumsum(p - t, -1)[..., :-1]).sum(-1)
