"""ClassCentroids: the ground distance learnt from features (specification, 6.6)."""

import numpy as np
import pytest
from support.backends import Backend

from emd_ref import ClassCentroids, squared_emd


def by_definition(features: np.ndarray, labels: np.ndarray, C: int) -> np.ndarray:
    """The definition, one number at a time, for features without ties."""
    m = [np.mean([f / f.sum() for f, k in zip(features, labels, strict=True) if k == c], axis=0) for c in range(C)]
    A = [[np.linalg.norm(a - b) for b in m] for a in m]
    rank = [[sum(A[i][other] < A[i][j] for other in range(C)) / (C - 1) for j in range(C)] for i in range(C)]
    return np.asarray([[(rank[i][j] + rank[j][i]) / 2 for j in range(C)] for i in range(C)])


def data(rng: np.random.Generator, N: int = 60, F: int = 7, C: int = 5) -> tuple[np.ndarray, np.ndarray]:
    return rng.random((N, F)) + 0.01, np.arange(N) % C


def test_the_matrix_is_the_ranked_distance_between_centroids(backend: Backend, rng: np.random.Generator) -> None:
    features, labels = data(rng)
    features = features.astype(backend.dtypes[-1])
    centroids = ClassCentroids(5).update(backend.array(features), backend.array(labels))
    np.testing.assert_array_equal(centroids.ground_distance().distances, by_definition(features, labels, 5))


@pytest.mark.parametrize("C", [2, 3, 5])
def test_rows_hold_every_rank_once(C: int, rng: np.random.Generator) -> None:
    ground = ClassCentroids(C).update(*data(rng, C=C)).ground_distance().distances
    np.testing.assert_array_equal(ground, ground.T)
    np.testing.assert_array_equal(np.diag(ground), 0)
    assert ground.sum() == pytest.approx(C * sum(range(C)) / (C - 1))


@pytest.mark.parametrize("parts", [2, 7, 60])
def test_the_matrix_does_not_depend_on_the_split_over_batches_and_workers(parts: int, rng: np.random.Generator) -> None:
    features, labels = data(rng)
    features = features.astype(np.float32)
    whole = ClassCentroids(5).update(features, labels).ground_distance().distances
    chunks = list(zip(np.array_split(features, parts), np.array_split(labels, parts), strict=True))
    batches, workers = ClassCentroids(5), ClassCentroids(5)
    for f, k in chunks:
        batches = batches.update(f, k)
    for f, k in reversed(chunks):
        workers = ClassCentroids(5).update(f, k).merge(workers)
    np.testing.assert_array_equal(batches.ground_distance().distances, whole)
    np.testing.assert_array_equal(workers.ground_distance().distances, whole)


def test_updates_and_merges_return_new_objects(rng: np.random.Generator) -> None:
    first = ClassCentroids(5).update(*data(rng))
    sums = first.sums.copy()
    assert first.update(*data(rng)) is not first
    assert first.merge(first) is not first
    np.testing.assert_array_equal(first.sums, sums)


def test_a_class_without_samples_is_far_from_all_and_leaves_the_other_ranks_alone(rng: np.random.Generator) -> None:
    features, labels = data(rng, C=4)
    four = ClassCentroids(4).update(features, labels).ground_distance().distances
    five = ClassCentroids(5).update(features, labels).ground_distance().distances
    np.testing.assert_array_equal(five[:4, :4], four)
    np.testing.assert_array_equal(five[4], [1, 1, 1, 1, 0])
    np.testing.assert_array_equal(ClassCentroids(3).ground_distance().distances, 1.0 - np.eye(3))
    np.testing.assert_array_equal(ClassCentroids(1).ground_distance().distances, [[0.0]])
    one = ClassCentroids(3).update(np.ones((4, 2)), np.full(4, 1))
    np.testing.assert_array_equal(one.ground_distance().distances, 1.0 - np.eye(3))
    nothing = ClassCentroids(3).update(np.zeros((4, 2)), np.zeros(4, dtype=int))
    np.testing.assert_array_equal(nothing.ground_distance().distances, 1.0 - np.eye(3))


def test_a_sample_without_features_is_left_out() -> None:
    features, labels = np.asarray([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.asarray([0, 1, 1])
    with_it = ClassCentroids(2).update(features, labels)
    np.testing.assert_array_equal(with_it.counts, [1, 1])
    np.testing.assert_array_equal(with_it.sums, features[:2])


def test_a_distribution_belongs_to_every_class_with_its_weight(backend: Backend, rng: np.random.Generator) -> None:
    """A target that is a mixture of labels counts as that share of a sample of each."""
    features, dtype = rng.random((4, 3)).astype(backend.dtypes[-1]), backend.dtypes[-1]
    mixed = np.asarray([[1, 0], [0.75, 0.25], [0, 1], [0.5, 0.5]], dtype=dtype)
    soft = ClassCentroids(2).update(backend.array(features), backend.array(mixed))
    repeated = np.repeat(np.arange(4), 4)
    labels = np.asarray([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1])
    hard = ClassCentroids(2).update(backend.array(features[repeated]), backend.array(labels))
    # sums of 16 terms of at most 1/4 each and of their products with quarters, in the dtype of the computation
    rounding = 64 * float(np.finfo(backend.wide).eps)
    np.testing.assert_allclose(4 * backend.to_numpy(soft.sums), backend.to_numpy(hard.sums), rtol=0, atol=rounding)
    np.testing.assert_array_equal(4 * backend.to_numpy(soft.counts), backend.to_numpy(hard.counts))


def test_equal_centroids_are_still_apart() -> None:
    """An off-diagonal zero would make E_G blind to mistakes between the two classes."""
    same = ClassCentroids(3).update(np.asarray([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.arange(3)).ground_distance()
    assert (same.distances + np.eye(3) > 0).all()
    assert squared_emd(np.asarray([0.0, 1.0, 0.0]), 0, ground=same) > 0


def test_its_matrix_serves_every_backend(backend: Backend, rng: np.random.Generator) -> None:
    ground = ClassCentroids(5).update(*data(rng)).ground_distance()
    p = np.eye(5, dtype=backend.dtypes[-1])
    np.testing.assert_allclose(
        backend(squared_emd, p, np.arange(5)[::-1].copy(), ground=ground),
        ground.distances[::-1].diagonal()[::-1],
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("features", "labels", "error", "message"),
    [
        ([[1.0]], [0], TypeError, "`features` must be an array"),
        (np.ones((2, 2), dtype=int), np.zeros(2, dtype=int), TypeError, "`features` has dtype int64"),
        (np.ones(2), np.zeros(2, dtype=int), ValueError, r"`features` has shape \(2,\): it must have shape \(N, F\)"),
        (
            np.ones((2, 2)),
            np.zeros(2, dtype=bool),
            TypeError,
            "`target` has dtype bool: it must hold integer labels or",
        ),
        (
            np.ones((2, 2)),
            np.zeros(2),
            ValueError,
            r"`target` has dtype float64 and shape \(2,\): it must have shape \(2, 3\)",
        ),
        (np.ones((2, 2)), np.zeros((2, 1), dtype=int), ValueError, r"and shape \(2, 1\): it must have shape \(2,\)"),
        (np.ones((2, 2)), np.asarray([0, 3]), ValueError, r"`target`\[1\] is 3: it must be a label from 0 to 2"),
        (np.ones((2, 2)), np.ones((2, 3)), ValueError, r"`target`\[0, :\] sums to 3.0: it must sum to 1 within"),
        (
            -np.ones((2, 2)),
            np.zeros(2, dtype=int),
            ValueError,
            r"`features`\[0, 0\] is -1.0: features must not be negative, as after a ReLU",
        ),
        (np.full((2, 2), np.nan), np.zeros(2, dtype=int), ValueError, r"`features`\[0, 0\] is nan"),
    ],
)
def test_bad_features_are_refused_by_name(features, labels, error, message: str) -> None:
    with pytest.raises(error, match=message):
        ClassCentroids(3).update(features, labels)


def test_centroids_that_do_not_fit_are_not_merged() -> None:
    ours = ClassCentroids(2).update(np.ones((2, 3)), np.arange(2))
    with pytest.raises(ValueError, match="`other` has 3 classes: it must have 2"):
        ours.merge(ClassCentroids(3))
    for F in (2, 4):
        with pytest.raises(ValueError, match=f"`other` has {F} features: it must have 3"):
            ours.merge(ClassCentroids(2).update(np.ones((2, F)), np.arange(2)))


def test_a_number_of_classes_that_no_array_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`num_classes` is 10000000000: it must be at most 2147483648"):
        ClassCentroids(10**10)


def test_a_batch_without_samples_has_no_centroids(backend: Backend) -> None:
    features, labels = backend.array(np.zeros((0, 2), backend.wide)), backend.array(np.zeros(0, dtype=np.int64))
    distances = ClassCentroids(3).update(features, labels).ground_distance().distances
    assert distances.tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_subnormal_features_and_members_are_no_floating_point_error() -> None:
    features = np.asarray([[1.0, 5e-324], [0.5, 0.5], [5e-324, 1.0]])
    members = np.asarray([[1.0, 1e-310], [1e-310, 1.0], [0.5, 0.5]])
    with np.errstate(all="raise"):
        distances = ClassCentroids(2).update(features, members).ground_distance().distances
    assert distances.tolist() == [[0, 1], [1, 0]]
