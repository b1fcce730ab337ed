"""Distributions to test with, hostile ones among them; exact in the dtype asked for."""

from functools import cache

import hypothesis.strategies as st
import numpy as np

MANTISSA = {"float64": 53, "float32": 24, "float16": 11}


def on_grid(weights: np.ndarray, dtype: str = "float64") -> np.ndarray:
    """Distribution of integers over 2^m, m the bits of the mantissa: it sums to 1 exactly, in any order."""
    scale = 2 ** MANTISSA[dtype]
    counts = [int(w * (scale - len(weights))) for w in weights / weights.sum()]
    counts[int(np.argmax(weights))] += scale - sum(counts)
    return np.asarray([n / scale for n in counts], dtype=dtype)


def one_hot(k: int, num_classes: int, dtype: str = "float64") -> np.ndarray:
    return np.eye(num_classes, dtype=dtype)[k]


@cache
def pairs(num_classes: int, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray]:
    """Predictions and targets: soft, peaked, one-hot, equal, nearly equal, permuted, with tiny and denormal entries."""
    rng, C = np.random.default_rng([num_classes, len(dtype)]), num_classes
    soft = [on_grid(rng.dirichlet(np.ones(C)), dtype) for _ in range(4)]
    peaked = [on_grid(rng.dirichlet(np.full(C, 0.05)) + 1e-9, dtype) for _ in range(3)]
    first, last, middle = (one_hot(k, C, dtype) for k in (0, C - 1, C // 2))
    smallest = np.finfo(dtype).smallest_subnormal
    moved = soft[0].copy()
    moved[[0, -1]] += np.asarray([1, -1], dtype=dtype) * np.finfo(dtype).eps / 64 * (C > 1)
    tiny, denormal = first.copy(), middle.copy()
    tiny[1:], denormal[denormal == 0] = np.finfo(dtype).tiny, smallest
    rows = [
        *((a, b) for a in soft[:2] for b in (*soft[2:], *peaked[:2])),
        *((a, b) for a in (soft[0], peaked[0], last, tiny) for b in (first, middle, last)),
        *((a, rng.permutation(a)) for a in (*soft[:2], peaked[1])),
        *((a, a) for a in (soft[0], peaked[2], first)),
        *((soft[0], moved), (moved, soft[0])),
        *((tiny, denormal), (denormal, tiny), (denormal, middle), (tiny, first)),
    ]
    p, t = (np.stack(side) for side in zip(*rows, strict=True))
    return p, t


@cache
def logits(num_classes: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits, all equal to +-1e4, and targets, every third a one-hot."""
    rng, C = np.random.default_rng(num_classes), num_classes
    z = np.concatenate([rng.uniform(-scale, scale, (3, C)) for scale in (0.0, 1.0, 8.0, 1e4)]).astype(dtype)
    t = np.stack([on_grid(rng.dirichlet(np.ones(C)), dtype) for _ in z])
    t[::3] = one_hot(0, C, dtype)
    return z, t


def distributions(num_classes: int, dtype: str = "float64") -> st.SearchStrategy[np.ndarray]:
    """Hypothesis: any distribution whose entries are integers over 2^m, from one-hot to nearly even."""
    weight = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 2**40))
    lists = st.lists(weight, min_size=num_classes, max_size=num_classes).filter(any)
    return lists.map(lambda w: on_grid(np.asarray(w, dtype=np.float64) + 0.0, dtype))


@st.composite
def pair(draw: st.DrawFn, max_classes: int = 12, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray]:
    """Hypothesis: a prediction and a target, which may be equal, or nearly."""
    C = draw(st.integers(1, max_classes))
    p = draw(distributions(C, dtype))
    if draw(st.booleans()):
        return p, draw(distributions(C, dtype))
    i, j = draw(st.integers(0, C - 1)), draw(st.integers(0, C - 1))
    step = min(p[j], np.asarray(2.0 ** -draw(st.integers(1, MANTISSA[dtype])), dtype=dtype))
    t = p.copy()
    t[i], t[j] = (t[i] + step, t[j] - step) if i != j else (t[i], t[j])
    return p, t


def ground_matrix(num_classes: int, seed: int = 0) -> np.ndarray:
    """Symmetric matrix of small integers over 8, not a metric, exact in every dtype."""
    upper = np.triu(np.random.default_rng(seed).integers(1, 40, (num_classes, num_classes)), 1)
    return (upper + upper.T) / 8.0


def metric_matrix(num_classes: int, seed: int = 0) -> np.ndarray:
    """l1 distances of points of a grid in the plane: a metric of negative type, exact in every dtype."""
    points = np.random.default_rng(seed).integers(0, 64, (num_classes, 2))
    return np.abs(points[:, None, :] - points[None, :, :]).sum(axis=-1) / 8.0


def random_tree(num_classes: int, seed: int = 0) -> tuple[list[int], list[float]]:
    """Parents and lengths of a random tree in which every leaf is a class and some classes are inner nodes."""
    rng = np.random.default_rng(seed)
    inner = max(1, num_classes // 2)
    root = num_classes
    parents = [int(rng.integers(root, root + inner)) for _ in range(num_classes)]
    parents += [-1] + [int(rng.integers(root, root + i)) for i in range(1, inner)]
    for node in range(root, root + inner):  # an inner node without children would be a leaf that is no class
        if node not in parents:
            parents[int(rng.integers(0, num_classes))] = node
    while set(range(root, root + inner)) - set(parents):
        node = min(set(range(root, root + inner)) - set(parents))
        parents[int(rng.integers(0, num_classes))] = node
    return parents, [float(n) / 8 for n in rng.integers(1, 30, len(parents))]
