"""Intervals contain what they enclose, and stay points where the result is rational."""

from fractions import Fraction

from emd_conformance._exact.interval import Interval, exp, log, sqrt

F = Fraction


def test_enclosures_contain_known_constants():
    euler = F("2.718281828459045235360287471352662497757247093699959574966967627724076630353547594571")
    root = F("1.414213562373095048801688724209698078569671875376948073176679737990732478462107038850")
    ln2 = F("0.693147180559945309417232121458176568075500134360255254120680009493393621969694715605")
    slack = F(1, 10**80)
    for enclosure, value in ((exp(1, 256), euler), (sqrt(2, 250), root), (log(2, 256), ln2)):
        assert enclosure.lo - slack <= value <= enclosure.hi + slack
        assert enclosure.narrow


def test_rational_roots_stay_exact():
    assert sqrt(F(9, 16)) == Interval(F(3, 4), F(3, 4))
    assert sqrt(0) == Interval(F(0), F(0))


def test_small_powers_are_enclosed():
    below, above = F(271, 100), F(272, 100)  # Euler's number is between
    for lo, hi in ((-5000, -5000), (-129, -128), (-64, -63), (-200, -1), (-129, -1), (-127, -1), (-5000, 0)):
        power = exp(Interval(F(lo), F(hi)), 64)
        assert 0 <= power.lo <= below**lo
        assert below**hi >= power.hi - F(1, 2**63)
        assert power.hi >= above**hi
