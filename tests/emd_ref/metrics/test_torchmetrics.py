"""The metrics for torchmetrics: batches, processes, states, options; each is the function on all samples."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch
import torchmetrics
from support import draw, workers

import emd_ref
from emd_ref.metrics import (
    RankedProbabilityScore,
    RankedProbabilitySkillScore,
    ranked_probability_score,
    ranked_probability_skill_score,
)

C, N = 4, 11
CLIMATOLOGY = torch.tensor([0.25, 0.125, 0.5, 0.125])
CLASSES = [RankedProbabilityScore, RankedProbabilitySkillScore]
FUNCTIONS = {
    RankedProbabilityScore: ranked_probability_score,
    RankedProbabilitySkillScore: ranked_probability_skill_score,
}
Samples = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def samples(soft: bool, dtype: str = "float64") -> Samples:
    """Predictions, targets (none of the labels is 3) and weights."""
    rng = np.random.default_rng(5)
    p, t = (np.stack([draw.on_grid(rng.dirichlet(np.ones(C)), dtype) for _ in range(N)]) for _ in range(2))
    labels, weight = rng.integers(0, 3, N), rng.integers(0, 9, N) / 8
    return torch.tensor(p), torch.tensor(t if soft else labels), torch.tensor(weight)


def batches(*arrays: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
    """The samples in batches of 4, 0, 1 and 6."""
    return list(zip(*(x.split([4, 0, 1, 6]) for x in arrays), strict=True))


def updated(metric: Any, data: list[tuple[torch.Tensor, ...]]) -> Any:
    for batch in data:
        metric.update(*batch)
    return metric


def assert_close(got: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(got, expected, rtol=1e-13, atol=1e-13, equal_nan=True)


@pytest.mark.parametrize("ground", [emd_ref.Ordered(), emd_ref.Ordered([0, 1, 3, 8]), emd_ref.Circular()], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "per-class"])
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "distributions"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [*((kind, {}) for kind in CLASSES), (RankedProbabilitySkillScore, {"climatology": CLIMATOLOGY})],
    ids=["score", "skill", "skill against a climatology"],
)
def test_batches_give_what_the_function_gives_of_all_samples(kind, soft, reduction, ground, options) -> None:
    p, t, w = samples(soft)
    metric = kind(num_classes=C, reduction=reduction, ground=ground, **options)
    given = {name: x.double() for name, x in options.items()}
    for weight in (None, w):
        arrays = (p, t) if weight is None else (p, t, w)
        expected = FUNCTIONS[kind](p, t, reduction=reduction, ground=ground, sample_weight=weight, **given)
        assert_close(updated(metric, batches(*arrays)).compute(), expected)
        metric.reset()
        assert_close(updated(metric, [arrays]).compute(), expected)
        metric.reset()


@pytest.mark.parametrize(("reduction", "size"), [("mean", 1), ("per-class", C)])
def test_a_process_without_samples_has_sums_of_the_size_of_the_others(reduction: Any, size: int) -> None:
    metric = RankedProbabilityScore(C, reduction=reduction)
    assert metric.total.shape == metric.weight.shape == (size,)
    p, t, weight = samples(soft=True)
    metric.update(p, t, weight)
    assert metric.total.shape == metric.weight.shape == (size,)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "distributions"])
def test_metrics_of_two_workers_are_merged(kind, soft: bool) -> None:
    data = batches(*samples(soft))
    first, second = updated(kind(num_classes=C), data[:2]), updated(kind(num_classes=C), data[2:])
    first.merge_state(second)
    assert_close(first.compute(), updated(kind(num_classes=C), data).compute())


def test_processes_compute_what_all_samples_give(tmp_path) -> None:
    torch.multiprocessing.spawn(workers.score, (str(tmp_path),), nprocs=2)
    z, labels, _ = workers.batch()
    for kind in CLASSES:
        expected = FUNCTIONS[kind](z, labels, reduction="per-class", from_logits=True)
        for cut in workers.CUTS:
            for rank in range(2):
                got = np.load(tmp_path / f"{kind.__name__}-{cut}-{rank}.npy")
                torch.testing.assert_close(torch.tensor(got), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", CLASSES)
def test_forward_gives_the_value_of_the_batch_and_keeps_the_total(kind) -> None:
    p, t, _ = samples(soft=False)
    metric = kind(num_classes=C)
    for batch in batches(p, t):
        if len(batch[0]):
            torch.testing.assert_close(metric(*batch), FUNCTIONS[kind](*batch), rtol=1e-13, atol=1e-13, equal_nan=True)
    assert_close(metric.compute(), FUNCTIONS[kind](p, t))


@pytest.mark.parametrize("kind", CLASSES)
def test_nothing_was_seen(kind) -> None:
    metric = kind(num_classes=C)
    with pytest.warns(UserWarning, match="was called before the ``update`` method"):
        assert metric.compute().isnan()
    metric.reset()
    metric.update(torch.zeros(0, C), torch.zeros(0, dtype=torch.int64))
    assert metric.compute().isnan()


@pytest.mark.parametrize("kind", CLASSES)
def test_states_are_float64_whatever_the_predictions_and_the_module_are(kind) -> None:
    p, t, _ = samples(soft=False, dtype="float16")
    metric = kind(num_classes=C)
    torch.nn.ModuleList([metric]).half()
    metric.update(p, t)
    assert {x.dtype for x in metric.metric_state.values()} == {torch.float64}
    assert_close(metric.compute(), FUNCTIONS[kind](p.double(), t))
    single = kind(num_classes=C).set_dtype(torch.float32)
    single.update(p, t)
    assert {x.dtype for x in single.metric_state.values()} == {torch.float32}
    torch.testing.assert_close(single.compute().double(), FUNCTIONS[kind](p.double(), t), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", CLASSES)
def test_many_float32_batches_lose_nothing(kind) -> None:
    p, t, _ = samples(soft=False, dtype="float32")
    metric = kind(num_classes=C)
    for _ in range(300):
        metric.update(p, t)
    assert_close(metric.compute(), FUNCTIONS[kind](p.double(), t))


@pytest.mark.parametrize("kind", CLASSES)
def test_pickled_cloned_and_saved(kind) -> None:
    data = batches(*samples(soft=False))
    metric = updated(kind(num_classes=C, reduction="per-class", ground=emd_ref.Ordered([0, 1, 3, 8])), data[:3])
    others = [pickle.loads(pickle.dumps(metric)), copy.deepcopy(metric), metric.clone()]
    metric.persistent(True)
    loaded = kind(num_classes=C, reduction="per-class", ground=emd_ref.Ordered([0, 1, 3, 8]))
    loaded.load_state_dict(metric.state_dict())
    expected = updated(metric, data[3:]).compute()
    for other in (*others, loaded):
        assert_close(updated(other, data[3:]).compute(), expected)


def test_a_collection_computes_both() -> None:
    p, t, _ = samples(soft=False)
    collection = torchmetrics.MetricCollection(
        {"rps": RankedProbabilityScore(), "rpss": RankedProbabilitySkillScore(C), "normalised": _normalised()}
    )
    for batch in batches(p, t):
        collection.update(*batch)
    values = collection.compute()
    score = ranked_probability_score(p, t)
    assert_close(values["rps"], score)
    assert_close(values["normalised"], score / (C - 1))
    assert_close(values["rpss"], ranked_probability_skill_score(p, t))


def _normalised() -> RankedProbabilityScore:
    return RankedProbabilityScore(normalize=True)


@pytest.mark.parametrize("kind", CLASSES)
def test_maps_have_their_classes_on_axis_1(kind) -> None:
    rng = np.random.default_rng(2)
    z, labels = torch.tensor(rng.normal(size=(2, C, 3, 5))), torch.tensor(rng.integers(0, C, (2, 3, 5)))
    for target in (labels, torch.softmax(z.flip(0), 1)):
        for reduction in ("mean", "per-class"):
            metric = kind(num_classes=C, reduction=reduction, from_logits=True)
            metric.update(z, target)
            expected = FUNCTIONS[kind](z, target, axis=1, reduction=reduction, from_logits=True)
            torch.testing.assert_close(metric.compute(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("reduction", ["mean", "per-class"])
@pytest.mark.parametrize("weighted", [False, True])
def test_ignored_labels_do_not_count(kind, reduction: str, weighted: bool) -> None:
    p, t, w = samples(soft=False)
    t[[1, 4, 7]], p[4] = -100, torch.nan
    kept, metric = t != -100, kind(num_classes=C, reduction=reduction, ignore_index=-100)
    metric.update(p, t, *([w] if weighted else []))
    weight = w[kept] if weighted else None
    assert_close(metric.compute(), FUNCTIONS[kind](p[kept], t[kept], reduction=reduction, sample_weight=weight))


@pytest.mark.parametrize("kind", CLASSES)
def test_no_gradient_is_recorded(kind) -> None:
    p, t, _ = samples(soft=True)
    metric = kind(num_classes=C)
    assert not metric(p.requires_grad_(), t.requires_grad_()).requires_grad
    assert not any(x.requires_grad for x in metric.metric_state.values())


@pytest.mark.parametrize("kind", CLASSES)
def test_a_matrix_serves_as_ground_distance(kind) -> None:
    p, t, _ = samples(soft=True)
    G = emd_ref.Ordered([0, 1, 3, 8]).matrix(C)
    for matrix in (G, torch.tensor(G, requires_grad=True)):
        metric = kind(num_classes=C, ground=emd_ref.GroundDistance(matrix))
        metric.update(p, t)
        assert_close(metric.compute(), FUNCTIONS[kind](p, t, ground=emd_ref.GroundDistance(G)))


def test_which_is_better() -> None:
    assert RankedProbabilityScore().higher_is_better is False
    assert RankedProbabilitySkillScore(2).higher_is_better is True


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((np.eye(4), torch.arange(4)), TypeError, "`preds` is of ndarray: it must be a tensor"),
        ((torch.eye(4), [0, 1, 2, 3]), TypeError, "`target` is of list: it must be a tensor"),
        ((torch.eye(4), torch.arange(4), 1.0), TypeError, "`sample_weight` is of float: it must be a tensor"),
        ((torch.eye(3), torch.arange(3)), ValueError, "`preds` has 3 classes along axis 1.*num_classes=4"),
        ((torch.tensor(1.0), torch.tensor(0)), ValueError, "`preds` has no axes"),
        ((torch.ones(2, 4), torch.tensor([0, 1])), ValueError, r"`preds`\[0, :\] sums to 4.0.*from_logits=True"),
        ((torch.eye(4), torch.tensor([0, 1, 2, 4])), ValueError, r"`target`\[3\] is 4: it must be a label from 0 to 3"),
        ((torch.eye(4), torch.arange(4), torch.ones(3)), ValueError, r"`sample_weight` has shape \(3,\)"),
        ((torch.eye(4), torch.arange(3)), ValueError, r"`target` has dtype int64 and shape \(3,\): it must hold"),
    ],
)
def test_invalid_batches_are_refused_and_change_nothing(kind, arguments, error, words: str) -> None:
    metric = kind(num_classes=4, ignore_index=-1)
    with pytest.raises(error, match=words):
        metric.update(*arguments)
    assert not any(x.any() for x in metric.metric_state.values())


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: RankedProbabilityScore(reduction="none"), ValueError, "`reduction` is 'none': it must be 'mean' or"),
        (lambda: RankedProbabilityScore(reduction="per-class"), ValueError, "`num_classes` is None"),
        (lambda: RankedProbabilityScore(0), ValueError, "`num_classes` is 0"),
        (lambda: RankedProbabilityScore(normalize=None), TypeError, "`normalize` is None"),
        (lambda: RankedProbabilityScore(ignore_index=0.5), TypeError, "`ignore_index` is 0.5"),
        (lambda: RankedProbabilityScore(ground=np.eye(2)), TypeError, "`ground` must be"),
        (lambda: RankedProbabilitySkillScore(None), TypeError, "`num_classes` is None"),
        (lambda: RankedProbabilitySkillScore(2, reduction="none"), ValueError, "`reduction` is 'none'"),
        (lambda: RankedProbabilitySkillScore(2, climatology=np.ones(2) / 2), TypeError, "`climatology` is of ndarray"),
        (lambda: RankedProbabilitySkillScore(3, climatology=torch.ones(2) / 2), ValueError, r"shape \(2,\).*\(3,\)"),
        (
            lambda: RankedProbabilitySkillScore(2, climatology=torch.ones(2)),
            ValueError,
            r"`climatology`\[:\] sums to 2",
        ),
    ],
)
def test_invalid_options_are_refused_in_words(make, error, words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_labels_of_one_class_leave_no_skill_to_compute() -> None:
    metric = RankedProbabilitySkillScore(3)
    metric.update(torch.full((5, 3), 0.25).index_fill(1, torch.tensor(1), 0.5), torch.full((5,), 2), torch.rand(5))
    assert metric.compute().isnan()
