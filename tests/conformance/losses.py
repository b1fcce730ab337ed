"""Implementations, right and wrong, written for these tests; it imports NumPy alone, as many processes import it."""

import numpy as np


def scan(p, t):
    return np.square(np.cumsum(p - t, axis=-1)).sum(-1)


def difference_of_cdfs(p, t):
    return np.square(np.cumsum(p, axis=-1) - np.cumsum(t, axis=-1)).sum(-1)


def tail_sums(p, t):
    return np.square(np.cumsum((p - t)[..., ::-1], axis=-1)).sum(-1)


def triangular_product(p, t):
    return np.square((p - t) @ np.triu(np.ones((p.shape[-1], p.shape[-1])))).sum(-1)


def line(classes):
    return np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(float)


def energy(p, t):
    G = line(p.shape[-1])
    return ((p @ G) * t - (p @ G) * p / 2 - (t @ G) * t / 2).sum(-1)


def free_gradient(p, t):
    return 2 * np.cumsum(np.cumsum(p - t, axis=-1)[..., ::-1], axis=-1)[..., ::-1]


def torch_scan(p, t):
    return (p - t).cumsum(-1).square().sum(-1)


def torch_cdfs(p, t):
    return (p.cumsum(-1) - t.cumsum(-1)).square().sum(-1)


def torch_tails(p, t):
    return (p - t).flip(-1).cumsum(-1).square().sum(-1)


def torch_triangle(p, t):
    return ((p - t) @ p.new_ones(p.shape[-1], p.shape[-1]).triu()).square().sum(-1)


def torch_energy(p, t):
    G = p.new_tensor(line(p.shape[-1]))
    return ((p @ G) * t - (p @ G) * p / 2 - (t @ G) * t / 2).sum(-1)


def softmax(z):
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def one_hot(k, classes):
    return np.eye(classes)[k]


NUMPY = [scan, difference_of_cdfs, tail_sums, triangular_product, energy]
TORCH = [torch_scan, torch_cdfs, torch_tails, torch_triangle, torch_energy]


class PerClasses:
    """A loss that is made for a number of classes."""

    def __init__(self, num_classes, weight=1.0):
        self.num_classes, self.weight = num_classes, weight

    def __call__(self, p, t):
        if p.shape[-1] != self.num_classes:
            raise ValueError(f"made for {self.num_classes} classes")
        return self.weight * scan(p, t)

    def grad(self, p, t):
        return self.weight * free_gradient(p, t)


def validating(p, t):
    for name, x in (("p", p), ("t", t)):
        if type(x) is not np.ndarray or x.dtype.kind != "f":
            raise TypeError(f"`{name}` is no floating array")
    tolerance = (4 + 8 * p.shape[-1] ** 0.5) * 2.0**-53  # 8.2
    for name, x in (("p", p), ("t", t)):
        if p.shape != x.shape:
            raise ValueError(f"`{name}` has shape {x.shape}")
        if not np.isfinite(x).all() or (x < 0).any() or (np.abs(x.sum(-1) - 1) > tolerance).any():
            raise ValueError(f"`{name}` is no distribution")
    return scan(p, t)


def offset_for_one_class(p, t):
    return scan(p, t) + (p.shape[-1] == 1)
