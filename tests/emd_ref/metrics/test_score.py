"""emd_ref.metrics.ranked_probability_score, on every backend, against exact arithmetic and other packages."""

from fractions import Fraction

import numpy as np
import pytest
import scoringrules
from support import draw, exact
from support.backends import Backend
from support.grounds import NAMES, ground_pair
from support.judge import assert_within, precision

import emd_ref
from emd_ref.metrics import ranked_probability_score

C, N = 5, 12
WEIGHTS = np.asarray([1, 3, 0, 2, 8, 1, 5, 4, 0, 2, 7, 1]) / 8  # exact in every format
NO_WEIGHTS = np.ones(N)


def samples(dtype: str = "float64") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predictions, labels (of which none is 3) and soft targets."""
    rng = np.random.default_rng(7)
    p, t = (np.stack([draw.on_grid(rng.dirichlet(np.ones(C)), dtype) for _ in range(N)]) for _ in range(2))
    return p, np.asarray([0, 1, 2, 4, 4, 1, 2, 0, 0, 2, 1, 4]), t


def score(p, t, w=None, **options):
    return ranked_probability_score(p, t, sample_weight=w, **options)


def assert_average(got, each: list[exact.Expected], weights: list[Fraction], form: exact.Precision) -> None:
    """Assert that a number is the weighted mean of exact values, within the bounds of these and of the two sums."""
    total = sum(weights)
    mean = sum((w * e.value for w, e in zip(weights, each, strict=True)), Fraction(0)) / total
    bound = sum((w * e.value_bound for w, e in zip(weights, each, strict=True)), Fraction(0)) / total
    roundings = Fraction(form.gamma(2 * len(each) + 3))
    assert_within("ranked_probability_score", [float(got)], [mean], [bound + roundings * (mean + bound)], form)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("weights", [NO_WEIGHTS, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "distributions"])
def test_means_are_exact_up_to_their_rounding(backend: Backend, soft: bool, weights: np.ndarray, dtype: str) -> None:
    if dtype not in backend.dtypes:
        pytest.skip(f"{backend} has no {dtype}")
    p, labels, t = samples(dtype)
    targets, form = t if soft else np.eye(C)[labels], precision(dtype, backend)
    each = [exact.squared_emd(a, b, exact.Line(), form) for a, b in zip(p, targets, strict=True)]
    w = [Fraction(float(x)) for x in weights]
    given = () if weights is NO_WEIGHTS else (weights.astype(dtype),)
    mean = backend(score, p, t if soft else labels, *given)
    assert (mean.shape, mean.dtype) == ((), dtype)
    assert_average(mean, each, w, form)
    by_class = backend(score, p, t if soft else labels, *given, reduction="per-class")
    assert (by_class.shape, by_class.dtype) == ((C,), dtype)
    for c, got in enumerate(by_class):
        members = [x * Fraction(float(target[c])) for x, target in zip(w, targets, strict=True)]
        if any(members):
            assert_average(got, each, members, form)
        else:
            assert (c, soft) == (3, False)
            assert np.isnan(got)


@pytest.mark.parametrize("name", NAMES)
def test_without_reduction_it_is_the_squared_emd_times_the_weight(backend: Backend, name: str) -> None:
    dtype = backend.dtypes[-1]
    p, labels, _ = samples(dtype)
    ground = ground_pair(name, C).ours
    each = backend(score, p, labels, WEIGHTS.astype(dtype), reduction="none", ground=ground)
    expected = backend(emd_ref.squared_emd, p, labels, ground=ground) * WEIGHTS.astype(dtype)
    np.testing.assert_allclose(each, expected, rtol=4 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [1, 2, 6])
def test_normalised_it_is_divided_by_the_largest_distance(backend: Backend, name: str, classes: int) -> None:
    dtype, ground = backend.dtypes[-1], ground_pair(name, classes).ours
    p, t = draw.pairs(classes, dtype)
    largest = float(np.max(ground.matrix(classes))) or 1.0
    got = backend(score, p, t, reduction="none", ground=ground, normalize=True)
    raw = backend(score, p, t, reduction="none", ground=ground)
    np.testing.assert_allclose(got, raw / np.asarray(largest, dtype), rtol=4 * np.finfo(dtype).eps, atol=1e-37)


def test_normalised_scores_of_ordered_classes_reach_from_0_to_1() -> None:
    p, labels = np.eye(C), np.asarray([0, 1, 2, 3, 0])
    np.testing.assert_array_equal(score(p, labels, reduction="none", normalize=True), [0, 0, 0, 0, 1])
    for positions in (None, [0.0, 1.0, 5.0, 6.0, 8.0]):
        ground = emd_ref.Ordered(positions)
        assert score(p[4], np.int64(0), ground=ground, normalize=True) == 1


@pytest.mark.parametrize("largest", [2.0**-30, 0.25, 1.0, 8.0])
def test_normalised_scores_of_the_farthest_classes_are_1_however_near_they_are(largest: float) -> None:
    matrix = emd_ref.GroundDistance(largest * np.asarray([[0.0, 0.5, 1.0], [0.5, 0.0, 0.5], [1.0, 0.5, 0.0]]))
    tree = emd_ref.Tree([3, 3, 4, 4, -1], [largest / 4, largest / 4, largest / 2, largest / 4, 0.0])
    for ground in (matrix, tree, emd_ref.Ordered([0, largest / 2, largest])):
        assert score(np.asarray([1.0, 0.0, 0.0]), np.int64(2), ground=ground, normalize=True) == 1


def test_the_other_conventions_are_those_of_other_packages() -> None:
    p, labels, t = samples()
    np.testing.assert_allclose(score(p, labels, reduction="none"), scoringrules.rps_score(labels + 1, p), rtol=1e-14)
    np.testing.assert_allclose(score(p, t, reduction="none"), scoringrules.rps_score(t, p, onehot=True), rtol=1e-13)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_class_axis_may_be_anywhere(backend: Backend, axis: int) -> None:
    dtype = backend.dtypes[-1]
    p, labels, t = samples(dtype)
    expected = backend(score, p, labels, reduction="per-class"), backend(score, p, t, reduction="per-class")
    maps = [np.ascontiguousarray(np.moveaxis(x.reshape(3, 4, C), -1, axis)) for x in (p, t)]
    got = [
        backend(score, maps[0], target, axis=axis, reduction="per-class") for target in (labels.reshape(3, 4), maps[1])
    ]
    np.testing.assert_allclose(got, expected, rtol=16 * np.finfo(dtype).eps)
    assert backend(score, maps[0], labels.reshape(3, 4), axis=axis, reduction="none").shape == (3, 4)


def test_one_sample_needs_no_batch_axis(backend: Backend) -> None:
    p = np.asarray([0.5, 0.25, 0.25], dtype=backend.dtypes[-1])
    assert backend(score, p, 2) == 0.8125
    np.testing.assert_array_equal(backend(score, p, 2, reduction="per-class"), [np.nan, np.nan, 0.8125])


def test_logits_are_those_of_their_softmax(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    z = np.asarray([[0.0, 0.0, np.log(2)], [np.log(3), 0.0, -np.inf]], dtype)  # of 1/4, 1/4, 1/2 and of 3/4, 1/4, 0
    got = backend(score, z, np.asarray([2, 2]), reduction="none", from_logits=True)
    np.testing.assert_allclose(got, [0.0625 + 0.25, 0.5625 + 1.0], rtol=8 * np.finfo(dtype).eps)


def test_no_samples_and_no_weight_have_no_mean(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    none = np.zeros((0, 3), dtype)
    assert np.isnan(backend(score, none, none))
    assert np.isnan(backend(score, none, np.zeros(0, int), reduction="per-class")).all()
    assert backend(score, none, none, reduction="none").shape == (0,)
    assert np.isnan(backend(score, np.eye(3, dtype=dtype), np.arange(3), np.zeros(3, dtype)))


def test_a_mask_is_a_weight(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    p, labels, _ = samples(dtype)
    mask = WEIGHTS > 0.2
    kept = backend(score, p[mask], labels[mask])
    np.testing.assert_allclose(backend(score, p, labels, mask), kept, rtol=16 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"reduction": "macro"}, ValueError, "`reduction` is 'macro': it must be 'mean', 'per-class' or 'none'"),
        ({"normalize": 1}, TypeError, "`normalize` is 1: it must be True or False"),
        ({"sample_weight": np.ones(3)}, ValueError, r"`sample_weight` has shape \(3,\): it must have shape \(2,\)"),
        ({"sample_weight": [1.0, 1.0]}, TypeError, "`sample_weight` is of list"),
        ({"sample_weight": np.asarray([1.0, -1.0])}, ValueError, r"`sample_weight`\[1\] is -1.0"),
        ({"axis": 2}, ValueError, "`axis` is 2"),
        ({"ground": np.eye(3)}, TypeError, "`ground` must be"),
    ],
)
def test_invalid_options_are_refused_in_words(options, error, words) -> None:
    with pytest.raises(error, match=words):
        ranked_probability_score(np.eye(3)[:2], np.asarray([0, 1]), **options)


def test_invalid_values_are_refused_at_their_place() -> None:
    with pytest.raises(ValueError, match=r"`predicted`\[1, :\] sums to 2.0"):
        score(np.asarray([[0.5, 0.5], [1.0, 1.0]]), np.asarray([0, 1]))
    with pytest.raises(ValueError, match=r"`target`\[1\] is 2: it must be a label from 0 to 1"):
        score(np.asarray([[0.5, 0.5], [1.0, 0.0]]), np.asarray([0, 2]), reduction="per-class")


def test_an_impossible_label_that_nobody_validates_makes_every_mean_nan(backend: Backend) -> None:
    p = np.eye(3, dtype=backend.dtypes[-1])[:2]
    for reduction in ("mean", "per-class"):
        assert np.isnan(backend(score, p, np.asarray([0, 3]), reduction=reduction, check=False)).all()


def test_weights_of_another_library_are_refused() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="`sample_weight` is of torch, `predicted` of numpy"):
        score(np.eye(2), np.arange(2), torch.ones(2))


def test_a_score_beyond_its_dtype_is_infinite_without_a_warning() -> None:
    far = emd_ref.Ordered([0.0, 1e5])
    assert score(np.asarray([[0.0, 1.0]], np.float16), np.asarray([0]), ground=far) == np.inf


def test_dask_computes_nothing_before_it_is_asked() -> None:
    da = pytest.importorskip("dask.array")
    p = da.from_array(np.asarray([[2.0, 0.0]]))
    lazy = score(p, da.from_array(np.asarray([0])), reduction="per-class")
    assert (lazy.dtype, lazy.shape) == (np.float64, (2,))
    with pytest.raises(ValueError, match=r"`predicted`.* sums to 2\.0"):
        lazy.compute(scheduler="sync")


def test_a_lazy_mean_has_the_dtype_that_it_says() -> None:
    da = pytest.importorskip("dask.array")
    p, labels, _ = samples("float32")
    for reduction in ("mean", "none", "per-class"):
        lazy = score(da.from_array(p, chunks=4), da.from_array(labels, chunks=5), reduction=reduction)
        assert lazy.dtype == lazy.compute(scheduler="sync").dtype == np.float32
