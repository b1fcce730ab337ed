"""Arrays are passed in other layouts where their library has them, and where something can show (8.1)."""

import pytest
from emd_conformance import Declaration
from emd_conformance._cases.case import LARGE
from emd_conformance._declaration.layouts import INTEGERS, LAYOUTS, concerns, label_dtype, layout_of
from small import P, T, case, labelled

LABELS = {"target": "labels"}


def shows(of, **options):
    return concerns(Declaration(**options), of)


@pytest.mark.parametrize(
    ("passed", "options", "wanted"),
    [
        ("", {}, True),
        ("", {"array": "list"}, True),
        ("reversed", {}, True),
        ("reversed", {"array": "torch"}, False),
        ("strided", {"array": "list"}, False),
        ("fortran", {"batched": False}, False),
        ("strided", {"batched": False}, True),
        ("broadcast", {"batched": False}, False),
    ],
)
def test_a_layout_is_asked_where_it_can_show(passed, options, wanted):
    assert shows(case(passed=passed), **options) == wanted


@pytest.mark.parametrize(
    ("passed", "options", "wanted"),
    [
        ("broadcast", {"axis": 0}, False),
        ("broadcast", {"axis": 1}, True),
        ("broadcast", {"axis": -1}, True),
        ("fortran", {"axis": 0}, True),
        ("int8", {}, False),
        ("int8", {"call": "p, k"}, True),
        ("uint64", LABELS, True),
        ("uint64", LABELS | {"array": "torch"}, False),
    ],
)
def test_an_axis_and_a_dtype_are_asked_where_they_can_show(passed, options, wanted):
    assert shows(labelled(0, passed=passed), **options) == wanted


def test_a_library_without_dtypes_has_no_other_labels():
    assert not shows(labelled(0, passed="int8"), target="labels", array="list")


@pytest.mark.parametrize(
    ("samples", "batched", "wanted"), [(LARGE, False, True), (LARGE + 1, False, False), (LARGE + 1, True, True)]
)
def test_a_large_batch_is_not_asked_one_by_one(samples, batched, wanted):
    assert shows(case((P,) * samples, (T,) * samples), batched=batched) == wanted


@pytest.mark.parametrize(
    ("name", "dimensions", "passed", "text"),
    [
        ("p", 2, "fortran", "np.asfortranarray(p)"),
        ("p", 1, "fortran", ""),
        ("k", 1, "strided", "np.repeat(k, 2, -1)[..., ::2]"),
        ("k", 0, "strided", ""),
        ("C", 2, "strided", ""),
        ("p", 2, "", ""),
        ("p", 2, "reversed", "p[..., ::-1].copy()[..., ::-1]"),
        ("t", 2, "reversed", ""),
        ("k", 1, "reversed", ""),
    ],
)
def test_an_argument_is_laid_out_by_an_expression(name, dimensions, passed, text):
    assert layout_of(name, dimensions, case(passed=passed), Declaration()) == text


@pytest.mark.parametrize(
    ("name", "passed", "options", "text"),
    [
        ("k", "bool-labels", LABELS, "k.astype(bool)"),
        ("t", "bool-labels", LABELS, "t.astype(bool)"),
        ("t", "bool-labels", {}, ""),
        ("p", "bool-labels", LABELS, ""),
        ("t", "integer-predictions", LABELS, ""),
        ("p", "integer-predictions", {}, "p.astype(int)"),
        ("t", "masked", {}, "np.ma.masked_array(t)"),
        ("k", "masked", LABELS, ""),
    ],
)
def test_only_what_a_case_makes_invalid_is_passed_so(name, passed, options, text):
    assert layout_of(name, 1, case(passed=passed), Declaration(**options)) == text


@pytest.mark.parametrize(
    ("p", "t", "labels", "names"),
    [
        ((P, P), (T, P), None, {"p"}),
        ((P, T), (T, T), None, {"t"}),
        ((P, T), None, (1, 1), {"t", "k"}),
        ((P, P), None, (0, 1), {"p"}),
    ],
)
def test_only_samples_that_are_alike_are_broadcast(p, t, labels, names):
    of = case(p, t, labels=labels, passed="broadcast")
    assert {name for name in "ptk" if layout_of(name, 2, of, Declaration())} == names


def test_the_same_layouts_in_other_libraries():
    strided = case(passed="strided")
    assert layout_of("p", 2, strided, Declaration(array="cupy")) == "cp.repeat(p, 2, -1)[..., ::2]"
    assert layout_of("p", 2, strided, Declaration(array="torch")) == "p.repeat_interleave(2, -1)[..., ::2]"
    assert layout_of("p", 2, strided, Declaration(array="list")) == ""
    assert {*LAYOUTS} == {*INTEGERS} == {"numpy", "torch", "jax", "cupy"}


def test_labels_have_64_bits_unless_a_case_says_otherwise():
    assert [label_dtype(case(passed=x)) for x in ("", "strided", "uint16")] == ["int64", "int64", "uint16"]
