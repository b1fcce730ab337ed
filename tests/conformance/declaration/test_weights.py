"""What weighs a sample follows from its own numbers alone (1.8)."""

from collections import Counter
from fractions import Fraction
from itertools import product

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.weighting import (
    CLASSES,
    SAMPLES,
    class_weights,
    divisor,
    in_mask,
    is_ignored,
    sample_weight,
    shows,
    weight,
)
from small import P, T, case, labelled

IGNORING = Declaration(target="labels", ignore_index=-100)
WEIGHTED = Declaration(call="p, t, w")


def test_weights_stay_the_same_from_one_version_to_the_next():
    """The answers of a report can be compared with later ones."""
    assert SAMPLES == (0.5, 2.0, 0.75, 0.0, 1.0, 24.0, 0.25)
    assert CLASSES == (0.5, 1.5, 1.0, 2.0, 0.25, 24.0, 0.75)


def test_weights_masks_and_ignored_labels_do_not_depend_on_each_other():
    """One sample of three is masked and one of three is ignored, for each of the seven weights."""
    of = labelled(*[0] * 63, checksums=(*range(63),))
    found = Counter((sample_weight(of, i), in_mask(of, i), is_ignored(IGNORING, of, i)) for i in range(63))
    share = {True: 2, False: 1}
    assert found == {(w, m, g): share[m] * share[not g] for w, m, g in product(SAMPLES, share, share)}


def test_the_weights_of_classes_are_repeated():
    assert class_weights(9) == [0.5, 1.5, 1.0, 2.0, 0.25, 24.0, 0.75, 0.5, 1.5]


def test_only_labels_that_are_valid_are_ignored_and_only_if_it_is_declared():
    assert not is_ignored(Declaration(target="labels"), labelled(0, checksums=(0,)), 0)
    assert not is_ignored(IGNORING, labelled(9, checksums=(0,), invalid="label"), 0)
    assert is_ignored(Declaration(target="labels", ignore_index=0), labelled(0, checksums=(0,)), 0)


@pytest.mark.parametrize(
    ("options", "checksum", "wanted"),
    [
        ({}, 5, 1),
        ({"call": "p, t, w"}, 5, 24),
        ({"call": "p, t, mask"}, 5, 0),
        ({"call": "p, t, mask"}, 12, 1),
        ({"call": "p, t, mask, w"}, 12, 24),
        ({"call": "p, k, class_weight, w", "target": "labels"}, 5, 36),
        ({"call": "p, k, class_weight", "target": "labels"}, 5, Fraction(3, 2)),
        ({"call": "p, k, w", "target": "labels", "ignore_index": -1}, 5, 0),
    ],
)
def test_a_weight_is_the_product_of_those_that_are_named(options, checksum, wanted):
    """Of a sample with label 1, the weight 24 and, up to 6, a mask of False and a label that may be ignored."""
    assert weight(Declaration(**options), labelled(1, checksums=(checksum,)), 0) == wanted


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"reduction": "sum"}, 1),
        ({"reduction": "none"}, 1),
        ({"reduction": "mean"}, 4),
        ({"reduction": "mean", "batched": False}, 1),
        ({"reduction": "mean", "call": "p, t, w"}, 4),
        ({"reduction": "weighted-mean", "call": "p, t, w"}, Fraction(5, 4)),
        ({"reduction": "sum", "call": "p, t, w"}, 1),
    ],
)
def test_what_a_sum_is_divided_by(options, wanted):
    """The number of samples, or the sum of the weights 1/2, 3/4 and twice 0."""
    of = case((P,) * 4, (T,) * 4, (0, 2, 3, 10))
    assert divisor(Declaration(**options), of, range(4)) == wanted


@pytest.mark.parametrize(("checksums", "wanted"), [((0, 21, 42), 2), ((0, 1), 1)])
@pytest.mark.parametrize("reduction", ["mean", "weighted-mean"])
def test_ignored_labels_are_not_counted(checksums, wanted, reduction):
    """Without any other, the sum of nothing is divided by 1."""
    of = labelled(*[0] * len(checksums), checksums=checksums)
    declared = Declaration(target="labels", ignore_index=-100, reduction=reduction)
    assert divisor(declared, of, range(len(checksums))) == wanted


@pytest.mark.parametrize(
    ("name", "of", "wanted"),
    [
        ("w", case(checksums=(4,)), False),
        ("w", case(checksums=(3,)), True),
        ("w", case(checksums=(1,)), True),
        ("mask", case(checksums=(7,)), False),
        ("mask", case((P, P), (T, T), (7, 0)), True),
        ("ignore_index", labelled(0, checksums=(21,)), False),
        ("ignore_index", labelled(0, 0, checksums=(21, 0)), True),
    ],
)
def test_a_weight_that_changes_something_shows(name, of, wanted):
    assert shows(name, IGNORING if name == "ignore_index" else WEIGHTED, of) == wanted


@pytest.mark.parametrize(
    ("of", "wanted"), [(labelled(2), False), (labelled(0), True), (labelled(1, 2), True), (case(), False)]
)
def test_a_weight_of_a_class_shows_where_it_is_not_1(of, wanted):
    assert shows("class_weight", WEIGHTED, of) == wanted
