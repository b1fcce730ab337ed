"""The floating-point formats that a bound is stated for, and the forms of a computation that it covers."""

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal, Self, TypeAlias

Form: TypeAlias = Literal["scan", "any"]
PAST = 1 + Fraction(1, 2**30)


@dataclass(frozen=True)
class Precision:
    """The format of a computation (unit roundoff u, smallest normal τ), and of its result (unit, least, largest)."""

    unit: float
    tiny: float
    output_unit: float
    least: float
    largest: float

    def gamma(self, n: int) -> float:
        """Return γ_n = n u / (1 - n u), the relative error of n roundings."""
        return n * self.unit / (1 - n * self.unit)

    @property
    def coarser(self) -> float:
        """The unit roundoff of the coarser of the two formats, in which answers are accurate at best."""
        return max(self.unit, self.output_unit)

    def native(self) -> Self:
        """Return the precision of a computation in the format of its result."""
        return replace(self, unit=self.output_unit, tiny=self.least / (2 * self.output_unit))

    def output(self, bound: Fraction, exact: Fraction) -> Fraction:
        """Return the bound after the result is rounded to the output format."""
        return bound + self.half_step(abs(exact) + bound)

    def half_step(self, magnitude: Fraction) -> Fraction:
        """Return how much a number of at most this magnitude can change when it is rounded to the output format."""
        return max(self._exact_unit * magnitude, self._half_of_least)

    @cached_property
    def _exact_unit(self) -> Fraction:
        return Fraction(self.output_unit)

    @cached_property
    def _half_of_least(self) -> Fraction:
        return Fraction(self.least) / 2


def _widened(bits: int, lowest: int, largest: float) -> Precision:
    """Return results of `bits` mantissa bits and smallest subnormal 2^lowest, computed in float64."""
    return Precision(2.0**-53, 2.0**-1022, 2.0**-bits, 2.0**lowest, largest)


FLOAT64 = _widened(53, -1074, (2 - 2.0**-52) * 2.0**1023)
FLOAT32 = _widened(24, -149, (2 - 2.0**-23) * 2.0**127)
FLOAT16 = _widened(11, -24, 65504.0)
BFLOAT16 = _widened(8, -133, (2 - 2.0**-7) * 2.0**127)
PRECISIONS = {"float64": FLOAT64, "float32": FLOAT32, "float16": FLOAT16, "bfloat16": BFLOAT16}


def convert(x: float, dtype: str) -> float:
    code = {"float64": "d", "float32": "f", "float16": "e", "bfloat16": "f"}[dtype]
    packed = struct.pack(code, x)
    if dtype == "bfloat16":  # the upper half of a float32, rounded to even
        bits = struct.unpack("I", packed)[0]
        packed = struct.pack("I", (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000)
    return float(struct.unpack(code, packed)[0])


def up(x: float) -> Fraction:
    """Return x rounded up past the rounding errors of its own evaluation."""
    return Fraction(x) * PAST
