"""The vectors are reproducible, valid, exact, and cite every clause of the specification that concerns a loss."""

import hashlib
import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import emd_conformance
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import FLOAT64, PRECISIONS, convert
from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._cases.load import find, read_exact, read_fraction
from emd_conformance._exact.grounds import distances
from emd_conformance._exact.numbers import one_hot
from support.certificates import verify

ROOT = Path(__file__).parents[3]
CASES = emd_conformance.vectors()
VALID = [case for case in CASES if not case.invalid]
RATIONAL = [case for case in VALID if case.input == "probabilities"]
NOT_OF_A_LOSS = {
    "1.7": "a form of the prediction that is declared: every case with exact sums is asked so",
    "1.8": "weights that are declared: every case has some",
    "2.6": "a name in an expression that is declared: every case has its value",
    "6.6": "how a ground distance is learnt: no loss takes features",
    "8.5": "what happens under a tracing compiler: no vector can show it",
}


def by_id(case):
    return case.id


@pytest.mark.thorough
def test_generator_reproduces_the_files(tmp_path):
    subprocess.run([sys.executable, ROOT / "conformance" / "generate.py", tmp_path], check=True)
    stored = ROOT / "conformance" / "emd_conformance" / "vectors" / "v1"
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in stored.iterdir()}
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (stored / path.name).read_bytes()


def test_every_clause_of_a_loss_is_cited():
    text = (ROOT / "docs" / "spec.md").read_text("utf-8")
    clauses = set(re.findall(r"^\*\*(\d\.\d+)", text, re.MULTILINE))
    cited = {clause for case in CASES for clause in case.clauses}
    assert clauses - cited == set(NOT_OF_A_LOSS)
    assert cited <= set(CLAUSES) <= clauses


def test_ids_are_unique_and_name_their_file():
    assert len({case.id for case in CASES}) == len(CASES) >= 400
    for case in CASES:
        assert re.fullmatch(r"[a-z-]+/[a-z0-9-]+", case.id)


def test_vectors_are_small():
    folder = ROOT / "conformance" / "emd_conformance" / "vectors"
    assert sum(path.stat().st_size for path in folder.rglob("*.json")) < 4_000_000


def target(case, i):
    return case.target[i] if case.target is not None else one_hot(case.labels[i], case.classes)


@pytest.mark.parametrize("case", RATIONAL, ids=by_id)
def test_rational_expectations_are_the_exact_answers(case):
    for i, p in enumerate(case.predicted):
        t = target(case, i)
        assert case.expected["E"][i].lo == case.expected["E"][i].hi == _exact.squared_emd.value(p, t, case.ground)
        if "E" in case.gradient:
            assert [x.lo for x in case.gradient["E"][i]] == _exact.squared_emd.gradient(p, t, case.ground)
        if "W1" in case.expected:
            assert case.expected["W1"][i].lo == _exact.emd.value(p, t, case.ground)


@pytest.mark.costly
@pytest.mark.parametrize("case", [case for case in VALID if case.input == "logits"], ids=by_id)
def test_enclosures_are_narrow_and_contain_the_exact_answers(case):
    for i in {*case.first_alike}:  # the same numbers have the same answers
        fresh = _exact.squared_emd.value_of_logits(case.predicted[i], target(case, i), case.ground)
        stored = case.expected["E"][i]
        assert stored.lo <= fresh.lo <= fresh.hi <= stored.hi
        for row in (*case.expected.values(), *(rows[i] for rows in case.gradient.values())):
            assert all(x.narrow for x in row)


@pytest.mark.parametrize("case", [case for case in CASES if case.certificates], ids=by_id)
def test_certificates_prove_the_emd(case):
    G = distances(case.ground, case.classes)
    for i, proof in enumerate(case.certificates):
        p, t = case.predicted[i], target(case, i)
        assert verify(p, t, G, proof.flow, proof.u, proof.v)
        value = sum(Fraction(a) * b for a, b in zip(p, proof.u, strict=True))
        value += sum(Fraction(a) * b for a, b in zip(t, proof.v, strict=True))
        assert case.expected["W1"][i].lo == value


def test_every_rational_emd_has_its_certificate():
    stated = [case for case in RATIONAL if "W1" in case.expected]
    assert all(len(case.certificates) == len(case.predicted) for case in stated)
    assert len(stated) > 200


def tolerance(case):
    """The mass tolerance of clause 8.2 for the only dtype of a case."""
    (dtype,) = case.dtypes
    u = PRECISIONS[dtype].output_unit
    return 4 * u + 8 * case.classes**0.5 * min(u, 2.0**-24)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_sums_lie_on_both_sides_of_both_ends_of_the_mass_tolerance(dtype):
    cases = [case for case in CASES if case.dtypes == (dtype,) and case.since == "1.1"]
    rows = [(row, case) for case in cases for row in (*case.predicted, *(case.target or ()))]
    excess = [(float(sum(map(Fraction, row)) - 1) / tolerance(case), bool(case.invalid)) for row, case in rows]
    valid, invalid = ([x for x, bad in excess if bad is which] for which in (False, True))
    assert 0.5 < max(valid) < 1 < min(x for x in invalid if x > 0.1) < 1.5
    assert -0.5 > min(valid) > -1 > max(x for x in invalid if x < -0.1) > -1.5


@pytest.mark.parametrize("case", RATIONAL, ids=by_id)
def test_masses_are_exactly_equal_on_the_simplex(case):
    for i, p in enumerate(case.predicted):
        mass, other = (sum(map(Fraction, row)) for row in (p, target(case, i)))
        if "off-simplex" in case.needs:
            assert abs(mass - other) > Fraction(1, 10)
        elif "rounded-mass" in case.flags:
            assert max(abs(mass - 1), abs(other - 1)) < tolerance(case)
        else:
            assert mass == other
            assert abs(mass - 1) <= Fraction(1, 2**50)


@pytest.mark.parametrize("case", [case for case in RATIONAL if "low-precision" in case.flags], ids=by_id)
def test_cases_flagged_low_precision_reveal_it(case):
    for i, p in enumerate(case.predicted):
        bound = _bounds.squared_emd.value(p, target(case, i), case.ground, FLOAT64, "any")
        assert abs(case.expected["E"][i].lo) / 2**24 >= 100 * bound


def test_most_line_cases_reveal_low_precision():
    line = [case for case in CASES if case.group == "line"]
    assert sum("low-precision" in case.flags for case in line) > len(line) / 2


def test_stated_dtypes_hold_every_number():
    for case in RATIONAL:
        numbers = [x for row in (*case.predicted, *(case.target or ())) for x in row]
        for dtype in case.dtypes:
            assert all(convert(x, dtype) == x for x in numbers)


def test_batches_have_rows_that_differ():
    several = [case for case in VALID if len(case.predicted) >= 3 and case.classes > 1]
    alike = [case.id for case in several if len(set(zip(case.predicted, case.target or case.labels, strict=True))) < 2]
    assert len(several) > 100
    assert alike == []


def test_numbers_are_the_shortest_that_round_trip():
    folder = ROOT / "conformance" / "emd_conformance" / "vectors" / "v1"
    for path in folder.glob("[a-z]*.json"):
        for line in path.read_text("utf-8").splitlines()[1:-1]:
            entry = json.loads(line.rstrip(","))
            assert json.dumps(entry, ensure_ascii=False) == line.rstrip(",")


def test_exact_numbers_are_read():
    assert read_fraction("-3/4") == Fraction(-3, 4)
    assert read_fraction("5/2^53") == Fraction(5, 2**53)
    assert read_exact(["1/3", "2/3"]).hi == Fraction(2, 3)
    assert read_exact("inf").lo > 2**1100


def test_an_unknown_id_names_its_neighbours():
    with pytest.raises(KeyError, match="circle/soft-1"):
        find("circle/none")


# Ids are a promise: a case, once published, keeps its id and its inputs.

PUBLISHED = Path(__file__).with_name("published_vectors.txt")
WITHDRAWN = {"invalid/logits-minus-inf"}  # it called valid input invalid; no other case may ever have this id
INPUTS = ("input", "classes", "ground", "predicted", "target", "labels", "shape", "exponent", "bias", "weight")


def fingerprints():
    folder = ROOT / "conformance" / "emd_conformance" / "vectors" / "v1"
    entries = [entry for path in folder.glob("[a-z]*.json") for entry in json.loads(path.read_text("utf-8"))["cases"]]
    inputs = {e["id"]: json.dumps([*(e.get(key) for key in INPUTS), *e.get("order", [])]).encode() for e in entries}
    return {name: hashlib.sha256(data).hexdigest()[:16] for name, data in inputs.items()}


def test_published_cases_neither_change_nor_disappear():
    published = dict(line.split() for line in PUBLISHED.read_text("utf-8").splitlines())
    assert not WITHDRAWN & published.keys()
    present = fingerprints()
    assert {name: present.get(name) for name in published} == published
    assert not WITHDRAWN & present.keys()
    fresh = [f"{name} {print_}" for name, print_ in present.items() if name not in published]
    assert fresh == [], f"append these lines to {PUBLISHED.name}"
