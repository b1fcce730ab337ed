"""The inputs: random distributions, logits and labels of a shape and dtype."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SHAPES = ((1, 10), (128, 8), (256, 1000), (100_000, 10), (1_000_000, 10), (10_000, 1000), (100, 100_000))
QUICK = ((1, 10), (128, 8), (256, 1000), (100_000, 10))
DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Case:
    """Predictions p and targets t of a shape (N, C), logits z and labels k."""

    shape: tuple[int, int]
    dtype: str

    @cached_property
    def p(self) -> np.ndarray:
        return self._distributions(1)

    @cached_property
    def t(self) -> np.ndarray:
        return self._distributions(2)

    @cached_property
    def z(self) -> np.ndarray:
        return np.random.default_rng(3).standard_normal(self.shape).astype(self.dtype)

    @cached_property
    def k(self) -> np.ndarray:
        return np.random.default_rng(4).integers(0, self.shape[1], self.shape[0])

    @cached_property
    def out(self) -> np.ndarray:
        return np.empty(self.shape, self.dtype)

    def limit(self) -> np.ndarray:
        """Subtract t from p: like value and gradient, this reads two arrays and writes one."""
        return np.subtract(self.p, self.t, out=self.out)

    def _distributions(self, seed: int) -> np.ndarray:
        x = np.random.default_rng(seed).random(self.shape)
        x /= x.sum(axis=1, keepdims=True)
        return x.astype(self.dtype)


def shapes(text: str) -> tuple[tuple[int, int], ...]:
    """Parse the shapes of a command line, such as 1x10,1e5x10."""
    return tuple((int(float(N)), int(float(C))) for N, C in (shape.split("x") for shape in text.split(",")))


def called(N: int, C: int) -> str:
    """Return a shape as the tables show it."""
    return f"{_short(N)}×{_short(C)}"


def _short(n: int) -> str:
    mantissa, exponent = f"{n:.0e}".split("e+")
    return f"1e{int(exponent)}" if n >= 10_000 and float(mantissa) == 1 and n == 10 ** int(exponent) else str(n)
