"""The formats of floating-point numbers, and conversion to them, are those of the libraries."""

import struct
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from bound_formulas import COARSE
from emd_conformance._bounds.precision import BFLOAT16, FLOAT64, PRECISIONS, convert, up

F = Fraction
FORMATS = pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])


@FORMATS
def test_formats_are_those_of_numpy(dtype):
    precision, known = PRECISIONS[dtype], np.finfo(dtype)
    assert (precision.output_unit, precision.least) == (known.eps / 2, known.smallest_subnormal)
    assert precision.largest == known.max
    assert (precision.unit, precision.tiny) == (np.finfo("float64").eps / 2, np.finfo("float64").tiny)
    native = precision.native()
    assert (native.unit, native.tiny) == (known.eps / 2, known.tiny)
    assert (native.output_unit, native.least, native.largest) == (
        precision.output_unit,
        precision.least,
        precision.largest,
    )


def test_bfloat16_is_the_upper_half_of_a_float32():
    def number(bits):
        return struct.unpack("f", struct.pack("I", bits << 16))[0]

    assert (BFLOAT16.largest, BFLOAT16.least) == (number(0x7F7F), number(1))
    assert 2 * BFLOAT16.output_unit == number(0x3F81) - 1
    assert BFLOAT16.native().tiny == number(0x0080) == np.finfo("float32").tiny


@pytest.mark.parametrize("n", [1, 20, 1000])
def test_n_roundings_err_by_gamma(n):
    u = F(COARSE.unit)
    assert COARSE.gamma(n) == pytest.approx(float(n * u / (1 - n * u)), rel=1e-15)


def test_the_coarser_unit_is_that_of_the_computation_or_of_its_result():
    assert (COARSE.coarser, FLOAT64.coarser, COARSE.native().coarser) == (2.0**-9, 2.0**-53, 2.0**-9)
    assert PRECISIONS["float32"].coarser == 2.0**-24


def test_a_result_is_rounded_once():
    assert COARSE.half_step(F(8)) == F(8, 2**9)
    assert COARSE.half_step(F(2)) == F(1, 2**8)  # half the smallest number
    assert COARSE.half_step(F(0)) == F(1, 2**8)
    assert COARSE.output(F(1), F(-7)) == 1 + F(8, 2**9)
    assert COARSE.output(F(1, 2), F(0)) == F(1, 2) + F(1, 2**8)


def test_bounds_are_rounded_up():
    assert up(3.0) == 3 + F(3, 2**30)


def test_a_format_can_be_a_key_and_cannot_be_changed():
    assert len({*PRECISIONS.values(), COARSE, COARSE.native()}) == 6
    with pytest.raises(FrozenInstanceError):
        COARSE.unit = 0.0


@FORMATS
def test_conversion_is_that_of_numpy(dtype):
    for x in (0.1, -0.1, 1 / 3, 2.0**-14, 1.0009765625, 3.0e-5, 65504.0, 0.0):
        assert convert(x, dtype) == float(np.dtype(dtype).type(x))


@pytest.mark.parametrize(
    ("x", "rounded"),
    [
        (1 + 2**-8, 1),  # ties go to even numbers
        (1 + 3 * 2**-8, 1 + 2**-6),
        (-1 - 2**-8, -1),
        (1 + 2**-8 + 2**-23, 1 + 2**-7),
        (1 + 2**-8 - 2**-23, 1),
        (1 + 3 * 2**-8 - 2**-23, 1 + 2**-7),
        (1 + 3 * 2**-8 + 2**-23, 1 + 2**-6),
        (1 + 2**-23, 1),
        (1 + 2**-7, 1 + 2**-7),
        (2 - 2**-23, 2),
        (0.0, 0),
    ],
)
def test_conversion_to_bfloat16_rounds_to_the_nearest_even_number(x, rounded):
    assert convert(x, "bfloat16") == rounded


def test_conversion_to_bfloat16_is_that_of_torch():
    torch = pytest.importorskip("torch")
    for x in (0.1, 1 / 3, 1.00390625, 1.01171875, 3.0e-5):
        assert convert(x, "bfloat16") == float(torch.tensor(x, dtype=torch.bfloat16))
