"""emd_ref.metrics.ranked_probability_skill_score, on every backend, against exact arithmetic."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from support import draw
from support.backends import Backend
from support.grounds import NAMES, ground_pair

import emd_ref
from emd_ref.metrics import ranked_probability_score, ranked_probability_skill_score

C, N = 4, 9
WEIGHTS = np.asarray([1, 3, 0, 2, 8, 1, 5, 4, 2]) / 8  # exact in every format
CLIMATOLOGY = np.asarray([0.25, 0.125, 0.5, 0.125])
Row = Sequence[Fraction]


def samples(dtype: str = "float64") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predictions, labels (of which none is 3) and soft targets."""
    rng = np.random.default_rng(11)
    p, t = (np.stack([draw.on_grid(rng.dirichlet(np.ones(C)), dtype) for _ in range(N)]) for _ in range(2))
    return p, np.asarray([0, 1, 2, 2, 0, 1, 2, 0, 2]), t


def skill(p, t, *arrays, weighted=False, **options):
    """The skill score, where arrays are a climatology and, if `weighted`, before it the weights."""
    weight, *rest = arrays if weighted else (None, *arrays)
    return ranked_probability_skill_score(p, t, *rest, sample_weight=weight, **options)


def rps(p: Row, t: Row) -> Fraction:
    return sum((sum(p[: k + 1]) - sum(t[: k + 1])) ** 2 for k in range(len(p)))


def exact_rows(x: np.ndarray) -> list[list[Fraction]]:
    return [[Fraction(float(v)) for v in row] for row in x]


def exact_skill(p, t, climatology, w: Row) -> Fraction:
    """1 - sum of w RPS / sum of w RPS of the climatology, each a list of rows."""
    ours, reference = (sum(a * rps(x, y) for a, x, y in zip(w, rows, t, strict=True)) for rows in (p, climatology))
    return 1 - ours / reference


def expected_skills(p, t, climatology, w: Row) -> list[float]:
    """The skill of all samples, and of those of each class; NaN for a class without samples."""
    p, t = exact_rows(p), exact_rows(t)
    total = sum(a * sum(y) for a, y in zip(w, t, strict=True))
    frequencies = [sum(a * y[c] for a, y in zip(w, t, strict=True)) / total for c in range(C)]
    climatology = [frequencies] * N if climatology is None else exact_rows(np.broadcast_to(climatology, (N, C)))
    members = [w, *([a * y[c] for a, y in zip(w, t, strict=True)] for c in range(C))]
    return [float(exact_skill(p, t, climatology, m)) if any(m) else np.nan for m in members]


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "distributions"])
@pytest.mark.parametrize("kind", ["of the targets", "one", "one each"])
def test_skills_are_exact_up_to_their_rounding(backend: Backend, kind: str, soft: bool, weighted: bool) -> None:
    dtype = backend.dtypes[-1]
    p, labels, t = samples(dtype)
    target, rows = (t, t) if soft else (labels, np.eye(C)[labels])
    climatology = {"of the targets": None, "one": CLIMATOLOGY.astype(dtype), "one each": p[::-1].copy()}[kind]
    arrays = ([WEIGHTS.astype(dtype)] if weighted else []) + ([] if climatology is None else [climatology])
    weights = [Fraction(float(x)) for x in (WEIGHTS if weighted else np.ones(N))]
    mean, *by_class = expected_skills(p, rows, climatology, weights)
    # The two sums are of about 2 N C roundings each; a skill of about -5 is a quotient of them.
    close = {"rtol": 100 * np.finfo(dtype).eps, "atol": 100 * np.finfo(dtype).eps}
    got = backend(skill, p, target, *arrays, weighted=weighted)
    assert (got.shape, got.dtype) == ((), dtype)
    np.testing.assert_allclose(got, mean, **close)
    got = backend(skill, p, target, *arrays, weighted=weighted, reduction="per-class")
    assert (got.shape, got.dtype) == ((C,), dtype)
    np.testing.assert_allclose(got, by_class, **close)


def test_the_climatology_has_no_skill_and_the_truth_has_all(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    _, labels, _ = samples()
    frequencies = (np.bincount(labels, minlength=C) / N).astype(dtype)
    rows = np.tile(frequencies, (N, 1))
    rounding = 16 * np.finfo(dtype).eps
    assert abs(backend(skill, rows, labels)) <= rounding
    assert backend(skill, rows, labels, frequencies) == 0
    assert backend(skill, np.eye(C, dtype=dtype)[labels], labels) == 1


def test_no_constant_forecast_is_better_than_the_frequencies() -> None:
    _, labels, _ = samples()
    for rival in np.random.default_rng(3).dirichlet(np.ones(C), 50):
        assert skill(np.tile(rival, (N, 1)), labels) < 0


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_ratio_of_two_mean_scores_on_every_ground(backend: Backend, name: str) -> None:
    dtype, ground = backend.dtypes[-1], ground_pair(name, C).ours
    p, labels, _ = samples(dtype)
    rows = np.tile(CLIMATOLOGY.astype(dtype), (N, 1))
    scores = [backend(ranked_probability_score, x, labels, ground=ground) for x in (p, rows)]
    got = backend(skill, p, labels, CLIMATOLOGY.astype(dtype), ground=ground)
    np.testing.assert_allclose(got, 1 - scores[0] / scores[1], rtol=0, atol=64 * np.finfo(dtype).eps)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("each", [False, True], ids=["one climatology", "one each"])
def test_the_class_axis_may_be_anywhere(backend: Backend, axis: int, each: bool) -> None:
    dtype = backend.dtypes[-1]
    p, labels, _ = samples(dtype)
    p, climatology = p[:6], p[3:9] if each else CLIMATOLOGY.astype(dtype)
    expected = backend(skill, p, labels[:6], climatology)
    moved = [np.ascontiguousarray(np.moveaxis(x.reshape(2, 3, C), -1, axis)) for x in (p, climatology) if x.ndim == 2]
    given = moved[1] if each else climatology
    got = backend(skill, moved[0], labels[:6].reshape(2, 3), given, axis=axis)
    np.testing.assert_allclose(got, expected, rtol=0, atol=64 * np.finfo(dtype).eps)


def test_a_perfect_climatology_leaves_nothing_to_improve(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    p, labels = np.full((3, 2), 0.5, dtype), np.asarray([1, 1, 1])
    assert np.isnan(backend(skill, p, labels))
    assert np.isnan(backend(skill, np.eye(2, dtype=dtype)[labels], labels))
    assert np.isnan(backend(skill, p, labels, np.asarray([0, 1], dtype)))
    assert np.isnan(backend(skill, p[:0], labels[:0]))
    assert np.isnan(backend(skill, p[:0], labels[:0], np.asarray([0.5, 0.5], dtype)))


def test_a_climatology_holds_probabilities_beside_logits(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    z, labels = np.zeros((2, C), dtype), np.asarray([0, 3])
    uniform = np.full(C, 1 / C, dtype)
    assert backend(skill, z, labels, uniform, from_logits=True) == 0


@pytest.mark.parametrize(
    ("climatology", "error", "words"),
    [
        (
            np.ones(3) / 3,
            ValueError,
            r"`climatology` has shape \(3,\): it must have shape \(4,\) or that of `predicted`",
        ),
        (np.ones(4) / 2, ValueError, r"`climatology`\[0, :\] sums to 2.0: it must sum to 1"),
        (
            np.asarray([1.5, -0.5, 0, 0]),
            ValueError,
            r"`climatology`\[0, 1\] is -0.5: probabilities must not be negative",
        ),
        ([0.25] * 4, TypeError, "`climatology` must be an array"),
        (np.arange(4), TypeError, "`climatology` has dtype int64"),
    ],
)
def test_an_invalid_climatology_is_refused_in_words(climatology, error, words) -> None:
    p, labels, _ = samples()
    with pytest.raises(error, match=words):
        ranked_probability_skill_score(p, labels, climatology)


def test_no_skill_of_a_single_sample() -> None:
    p, labels, _ = samples()
    with pytest.raises(ValueError, match="`reduction` is 'none': it must be 'mean' or 'per-class'"):
        ranked_probability_skill_score(p, labels, reduction="none")


def test_narrow_predictions_are_computed_in_float64() -> None:
    p, labels, _ = samples("float32")
    got = ranked_probability_skill_score(p, labels, climatology=CLIMATOLOGY)
    assert got.dtype == np.float32
    assert got == np.float32(ranked_probability_skill_score(p.astype(np.float64), labels, climatology=CLIMATOLOGY))


def test_dask_computes_nothing_before_it_is_asked() -> None:
    da = pytest.importorskip("dask.array")
    p, labels, _ = samples()
    arrays = da.from_array(p, chunks=2), da.from_array(labels, chunks=3), da.from_array(np.ones(C))
    lazy = ranked_probability_skill_score(*arrays)
    with pytest.raises(ValueError, match=r"`climatology`.* sums to 4.0"):
        lazy.compute(scheduler="sync")


def test_squared_emd_is_what_is_averaged() -> None:
    p, labels, _ = samples()
    ours, theirs = (emd_ref.squared_emd(x, labels).mean() for x in (p, np.tile(CLIMATOLOGY, (N, 1))))
    assert ranked_probability_skill_score(p, labels, CLIMATOLOGY) == pytest.approx(1 - ours / theirs, rel=1e-14)
