"""Right implementations conform under their declaration, wrong ones do not, and the findings say why."""

import sys
import types
from fractions import Fraction

import emd_conformance
import jax
import jax.numpy as jnp
import losses
import numpy as np
import pytest
import scoringrules
import torch
from emd_conformance import _transport


def single(loss):
    return lambda p, t: loss(p.astype(np.float32), t.astype(np.float32)).astype(np.float64)


def torch_single(loss):
    return lambda p, t: loss(p.float(), t.float()).double()


def kinds(report):
    return [(finding.kind, finding.id) for finding in report.findings if finding.kind != "advice"]


@pytest.mark.parametrize("loss", losses.NUMPY)
def test_right_numpy_implementations_conform(loss):
    report = emd_conformance.run(loss, grad=losses.free_gradient)
    assert report.verdict == "conforms", report
    assert len(report.examined) > 140


@pytest.mark.parametrize("loss", losses.TORCH)
def test_right_torch_implementations_conform(loss):
    assert emd_conformance.run(loss, array="torch", grad="autograd").verdict == "conforms"


@pytest.mark.parametrize("loss", losses.NUMPY)
def test_single_precision_inside_does_not_conform(loss):
    report = emd_conformance.run(single(loss))
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", "low-precision")]


@pytest.mark.parametrize("loss", losses.TORCH)
def test_single_precision_inside_torch_does_not_conform(loss):
    assert emd_conformance.run(torch_single(loss), array="torch").verdict == "does-not-conform"


def test_single_precision_fails_every_case_that_is_flagged_for_it():
    report = emd_conformance.run(single(losses.scan))
    flagged = {case.id for case in emd_conformance.vectors() if "low-precision" in case.flags}
    results = [result for result in report.results if result.case in flagged]
    assert len(results) > 40
    assert [result.id for result in results if not result.failed] == []


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_narrow_dtypes_conform_in_their_own_precision(dtype):
    report = emd_conformance.run(losses.torch_scan, array="torch", grad="autograd", dtype=dtype)
    assert report.verdict == "conforms", report
    assert len(report.examined) >= 10


def test_native_single_precision_fails_what_widening_passes():
    options = {"dtype": "float32", "compute_dtype": "float64"}
    wide = emd_conformance.run(
        lambda p, t: losses.scan(p.astype(float), t.astype(float)).astype(p.dtype),
        grad=lambda p, t: losses.free_gradient(p.astype(float), t.astype(float)).astype(p.dtype),
        **options,
    )
    assert wide.verdict == "conforms", wide
    assert emd_conformance.run(losses.scan, **options).verdict == "does-not-conform"
    value = lambda p, t: losses.scan(p.astype(float), t.astype(float)).astype(p.dtype)  # noqa: E731
    native = emd_conformance.run(value, grad=losses.free_gradient, **options)
    assert native.verdict == "does-not-conform"


def test_jax_conforms():
    was = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        loss = lambda p, t: jnp.square(jnp.cumsum(p - t, -1)).sum(-1)  # noqa: E731
        assert emd_conformance.run(loss, array="jax", grad="autograd", classes=(3, 5)).verdict == "conforms"
    finally:
        jax.config.update("jax_enable_x64", was)


def test_cupy_arrays_are_made_and_read(monkeypatch):
    """No GPU is needed to see that the arrays are CuPy's: NumPy stands in for it."""
    seen = []

    class Stub(types.ModuleType):
        def array(self, values, dtype):
            seen.append(dtype)
            return np.array(values, dtype=dtype)

    monkeypatch.setitem(sys.modules, "cupy", Stub("cupy"))
    report = emd_conformance.run(losses.scan, array="cupy", dtype="float32", classes=(3,))
    assert report.verdict == "conforms", report
    assert set(seen) == {"float32", "int64"}  # distributions and labels


def test_arrays_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    report = emd_conformance.run(losses.scan, array="cupy")
    assert report.verdict == "harness-broken"
    assert "array='cupy' needs a package that is not installed" in report.broken


# Public packages


@pytest.mark.parametrize(
    "options",
    [{"call": "t, p, onehot=True"}, {"call": "k, p", "target": "labels-from-1"}],
)
def test_scoringrules_conforms_with_advice(options):
    report = emd_conformance.run("scoringrules:rps_score", isolate=False, **options)
    assert report.verdict == "conforms", report
    assert [finding.id for finding in report.findings] == ["input-not-checked"]


def test_scoringrules_without_its_declaration_does_not_conform():
    assert emd_conformance.run(scoringrules.rps_score).verdict == "does-not-conform"


DLORDINAL = {"input": "logits", "reduction": "mean", "array": "torch", "grad": "autograd"}


@pytest.mark.parametrize("target", ["labels", "distribution"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_dlordinal_conforms_with_advice(target, dtype):
    loss = "dlordinal.losses:EMDLoss(num_classes=C)"
    report = emd_conformance.run(loss, isolate=False, **DLORDINAL, target=target, dtype=dtype)
    assert report.verdict == "conforms", report
    if target == "labels":
        assert [finding.id for finding in report.findings] == ["input-not-checked"]


def test_dlordinal_without_the_cumulative_sum_does_not_conform(monkeypatch):
    monkeypatch.setattr(torch, "cumsum", lambda x, dim: x)
    loss = "dlordinal.losses:EMDLoss(num_classes=C)"
    report = emd_conformance.run(loss, isolate=False, **DLORDINAL, target="labels")
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", "missing-cumsum")]


def test_scoringrules_without_the_cumulative_sum_does_not_conform(monkeypatch):
    backend = type(scoringrules.backend.backends["numpy"])
    monkeypatch.setattr(backend, "cumsum", lambda self, x, axis=None, **options: x)
    report = emd_conformance.run(scoringrules.rps_score, call="t, p, onehot=True")
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", "missing-cumsum")]


def test_geometry_of_trees():
    def loss(p, t, parents, lengths):
        below = np.zeros((p.shape[-1], len(parents)))
        for leaf in range(p.shape[-1]):
            node = leaf
            while parents[node] >= 0:
                below[leaf, node] = 1
                node = parents[node]
        return (np.square((p - t) @ below) * (1.0 if lengths is None else np.asarray(lengths))).sum(-1)

    report = emd_conformance.run(loss, ground="tree")
    assert report.verdict == "conforms", report


def test_emd_and_its_subgradients():
    def distance(p, t):
        return np.abs(np.cumsum(p - t, -1)[:, :-1]).sum(-1)

    def signs(p, t, zero=0.0):
        s = np.sign(np.cumsum(p - t, -1))
        s[:, -1] = zero
        return np.cumsum(s[:, ::-1], -1)[:, ::-1]

    assert emd_conformance.run(distance, computes="W1", grad=signs).verdict == "conforms"
    shifted = emd_conformance.run(distance, computes="W1", grad=lambda p, t: signs(p, t, 7.0))
    assert shifted.verdict == "conforms"
    wrong = emd_conformance.run(distance, computes="W1", grad=lambda p, t: -signs(p, t))
    assert wrong.verdict == "does-not-conform"


def test_emd_through_an_exact_linear_programme():
    def solutions(p, t, G):
        return [_transport.solve(a, b, G.tolist()) for a, b in zip(_rational(p), _rational(t), strict=True)]

    def distance(p, t, G):
        return np.array([float(s.value) for s in solutions(p, t, G)])

    def potentials(p, t, G):
        return np.array([[float(x) for x in s.u] for s in solutions(p, t, G)])

    options = {"ground": "matrix", "computes": "W1", "classes": (2, 3, 5, 8)}
    assert emd_conformance.run(distance, grad=potentials, **options).verdict == "conforms"
    rough = emd_conformance.run(lambda p, t, G: distance(p, t, G) * (1 + 1e-9), **options)
    assert rough.verdict == "does-not-conform"


def _rational(rows):
    return [[Fraction(x) for x in row] for row in rows.tolist()]


def test_a_loss_that_cannot_be_called_says_so():
    report = emd_conformance.run(lambda p: p.sum(-1))
    assert kinds(report) == [("unknown", "every-call-fails")]


# Conventions: right once declared, and named by the diagnosis when they are not

CONVENTIONS = [
    ({"computes": "E/C"}, lambda p, t: losses.scan(p, t) / p.shape[-1]),
    ({"computes": "E/(C-1)"}, lambda p, t: losses.scan(p, t) / max(p.shape[-1] - 1, 1)),
    ({"computes": "sqrt(E/C)"}, lambda p, t: np.sqrt(losses.scan(p, t) / p.shape[-1])),
    ({"computes": "sqrt(2*E)"}, lambda p, t: np.sqrt(2 * losses.scan(p, t))),
    ({"computes": "W1"}, lambda p, t: np.abs(np.cumsum(p - t, -1)).sum(-1)),
    ({"reduction": "mean"}, lambda p, t: losses.scan(p, t).mean()),
    ({"reduction": "sum"}, lambda p, t: losses.scan(p, t).sum()),
    ({"computes": "E/C", "reduction": "mean"}, lambda p, t: np.square(np.cumsum(p - t, -1)).mean()),
    ({"input": "logits"}, lambda z, t: losses.scan(losses.softmax(z), t)),
    (
        {"target": "labels-from-1"},
        lambda p, k: losses.scan(p, losses.one_hot(np.asarray(k) - 1, p.shape[-1])),
    ),
]


@pytest.mark.parametrize(("options", "loss"), CONVENTIONS)
def test_a_declared_convention_conforms(options, loss):
    report = emd_conformance.run(loss, **options)
    assert report.verdict == "conforms", report


@pytest.mark.parametrize(("options", "loss"), CONVENTIONS)
def test_an_undeclared_convention_is_named(options, loss):
    declared = {"target": "labels"} if "target" in options else {}
    report = emd_conformance.run(loss, **declared)
    assert report.verdict == "does-not-conform"
    (finding,) = [finding for finding in report.findings if finding.kind != "advice"]
    assert finding.kind == "convention"
    for name, value in options.items():
        assert f"{name}={value!r}" in finding.id.replace('"', "'")


@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ({"axis": 0}, lambda p, t: np.square(np.cumsum(p - t, 0)).sum(0)),
        ({"batched": False}, lambda p, t: float(losses.scan(p, t))),
        ({"input": "cdf"}, lambda P, T: np.square(P - T).sum(-1)),
        ({"input": "log-probabilities"}, lambda x, t: losses.scan(np.exp(x), t)),
        ({"order": "target-first", "target": "labels"}, lambda k, p: losses.scan(p, losses.one_hot(k, p.shape[-1]))),
        (
            {"target": "labels", "label_shape": "(N,1)"},
            lambda p, k: losses.scan(p, losses.one_hot(k[:, 0], p.shape[-1])),
        ),
        (
            {"array": "list", "batched": False},
            lambda p, t: sum((sum(p[:k]) - sum(t[:k])) ** 2 for k in range(1, len(p) + 1)),
        ),
        ({"capabilities": ("off-simplex", "empty-batch")}, losses.scan),
        (
            {"ground": "positions", "capabilities": ("off-simplex",)},
            lambda p, t, x: (np.square(np.cumsum(p - t, -1)[:, :-1]) * np.diff(x)).sum(-1),
        ),
    ],
)
def test_calling_conventions(options, loss):
    report = emd_conformance.run(loss, **options)
    assert report.verdict == "conforms", report


def test_circle_conforms():
    def loss(p, t):
        D = np.cumsum(p - t, -1)
        return np.square(np.roll(D, -(p.shape[-1] // 2), -1) - D).sum(-1) / 2

    assert emd_conformance.run(loss, ground="circle").verdict == "conforms"
    assert emd_conformance.run(losses.scan, ground="circle").verdict == "does-not-conform"


def test_matrix_conforms_with_its_gradient():
    report = emd_conformance.run(
        lambda p, t, G: -(((p - t) @ G) * (p - t)).sum(-1) / 2, ground="matrix", grad=lambda p, t, G: -(p - t) @ G
    )
    assert report.verdict == "conforms", report


@pytest.mark.parametrize("start", ["probabilities", "logits"])
@pytest.mark.parametrize(("sign", "verdict"), [(1, "conforms"), (-1, "does-not-conform")])
def test_cross_entropy_with_a_ground_distance(start, sign, verdict):
    def loss(x, k, G, exponent, bias, weight):
        rows = np.arange(len(k))
        p = x if start == "probabilities" else losses.softmax(x)
        penalty = (p * p * (G[k] ** exponent + sign * bias)).sum(-1)
        if start == "probabilities":
            return -np.log(p[rows, k]) + weight * penalty
        top = x.max(-1)
        return np.log(np.exp(x - top[:, None]).sum(-1)) + (top - x[rows, k]) + weight * penalty

    report = emd_conformance.run(
        loss,
        ground="matrix",
        input=start,
        target="labels",
        computes="XE + weight*R",
        call="p, k, G, exponent, bias, weight",
    )
    assert report.verdict == verdict, report


# Defects


@pytest.mark.parametrize(
    ("name", "loss", "options"),
    [
        ("missing-cumsum", lambda p, t: np.square(p - t).sum(-1), {}),
        ("abs-inside-sum", lambda p, t: np.square(np.cumsum(np.abs(p - t), -1)).sum(-1), {}),
        ("wrong-axis", lambda p, t: np.square(np.cumsum(p - t, 0)).sum(-1), {}),
        (
            "batch-coupled-root",
            lambda p, t: np.sqrt(np.square(np.cumsum(p - t, -1)).mean()),
            {"computes": "sqrt(E/C)", "reduction": "mean"},
        ),
        (
            "huge-logits",
            lambda z, t: losses.scan(np.exp(z) / np.exp(z).sum(-1, keepdims=True), t),
            {"input": "logits"},
        ),
        ("input-mutated", lambda p, t: np.square(np.cumsum(np.subtract(p, t, out=p), -1)).sum(-1), {}),
        ("gradient-sign", losses.scan, {"grad": lambda p, t: -losses.free_gradient(p, t)}),
        ("gradient-no-2", losses.scan, {"grad": lambda p, t: losses.free_gradient(p, t) / 2}),
        ("gradient-prefix", losses.scan, {"grad": lambda p, t: 2 * np.cumsum(np.cumsum(p - t, -1), -1)}),
        ("gradient-detached", losses.scan, {"grad": lambda p, t: 0 * p}),
        (
            "gradient-reduction",
            lambda p, t: losses.scan(p, t).mean(),
            {"grad": losses.free_gradient, "reduction": "mean"},
        ),
        (
            "root-gradient-nan",
            lambda p, t: torch.sqrt(losses.torch_scan(p, t) / p.shape[-1]),
            {"array": "torch", "grad": "autograd", "computes": "sqrt(E/C)"},
        ),
    ],
)
def test_a_known_defect_is_named(name, loss, options):
    report = emd_conformance.run(loss, **options, classes=(1, 3, 4, 5, 10))
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", name)], report


def test_an_unknown_defect_still_fails_with_its_smallest_case():
    report = emd_conformance.run(lambda p, t: losses.scan(p, t) * (1 + 1e-3))
    assert report.verdict == "does-not-conform"
    (finding,) = [finding for finding in report.findings if finding.kind == "unknown"]
    assert "line/one-sample-2" in finding.evidence


def test_a_random_answer_is_not_deterministic():
    rng = np.random.default_rng(0)
    report = emd_conformance.run(lambda p, t: losses.scan(p, t) * rng.random())
    assert "two calls" in next(result.message for result in report.results if result.failed)


def test_an_exception_is_a_result_and_the_run_goes_on():
    def loss(p, t):
        if p.shape[-1] == 7:
            raise KeyError("seven")
        return losses.scan(p, t)

    report = emd_conformance.run(loss)
    assert report.verdict == "does-not-conform"
    assert {result.status for result in report.results if "-7" in result.case} == {"error"}
    assert sum(result.status == "pass" for result in report.results) > 50


def test_a_wrong_shape_is_an_error_that_says_so():
    report = emd_conformance.run(lambda p, t: losses.scan(p, t)[:, None])
    assert "wanted (3,)" in next(result.message for result in report.results if result.failed)


# Verdicts


def test_a_validating_implementation_is_held_to_it():
    assert emd_conformance.run(losses.validating, validates=True).verdict == "conforms"
    report = emd_conformance.run(losses.scan, validates=True)
    assert kinds(report) == [("defect", "invalid-input-accepted")]


def test_an_accident_is_no_rejection():
    def loss(p, t):
        return losses.validating(p, t) if np.isfinite(p).all() else [][1]

    report = emd_conformance.run(loss, validates=True)
    assert "IndexError" in next(result.message for result in report.results if result.failed)


def test_a_gradient_that_is_declared_and_absent_fails():
    report = emd_conformance.run(losses.scan, grad="backward")
    assert report.verdict == "does-not-conform"


def test_what_was_not_declared_is_not_examined_and_said():
    report = emd_conformance.run(losses.scan)
    assert all(result.quantity != "gradient" for result in report.results)
    assert "gradient     not examined: none was declared" in str(report)
    assert report.not_examined["value: its input is logits"] > 20


def test_deviations_are_expected_to_fail_and_only_they():
    def loss(p, t):
        return losses.scan(p, t) + (p.shape[-1] == 1)

    known = {"line/one-class:value": "one class is offset"}
    report = emd_conformance.run(loss, deviations=known)
    assert report.verdict == "conforms-with-declared-deviations"
    assert emd_conformance.run(losses.scan, deviations=known).verdict == "does-not-conform"
    with pytest.raises(ValueError, match="line/none:value"):
        emd_conformance.run(losses.scan, deviations={"line/none:value": "?"})


def test_declared_but_never_examined_is_partial():
    report = emd_conformance.run(losses.scan, input="cdf", grad=losses.free_gradient)
    assert report.verdict == "does-not-conform"
    cdf = emd_conformance.run(lambda P, T: np.square(P - T).sum(-1), input="cdf", grad=losses.free_gradient)
    assert cdf.verdict == "conforms-partially"
    assert cdf.exit_code == 1


def test_nothing_ran_is_no_pass():
    report = emd_conformance.run(losses.scan, classes=(77,))
    assert (report.verdict, report.exit_code) == ("nothing-ran", 5)


@pytest.mark.parametrize("target", ["nowhere:loss", "losses:nothing", "losses", "losses:scan("])
def test_what_cannot_be_loaded_is_a_broken_harness(target):
    report = emd_conformance.run(target)
    assert (report.verdict, report.exit_code) == ("harness-broken", 4)
    assert target in report.broken


def test_the_grade_shows_lost_digits():
    report = emd_conformance.run(losses.difference_of_cdfs)
    assert "decimal digits fewer" in str(report)
    assert "full" in str(emd_conformance.run(losses.scan))


def test_a_class_is_made_for_each_number_of_classes():
    report = emd_conformance.run("losses:PerClasses(num_classes=C)", grad="grad")
    assert report.verdict == "conforms", report
    assert emd_conformance.run("losses:PerClasses(C, weight=2.0)").verdict == "does-not-conform"


@emd_conformance.parametrize(losses.scan, classes=[2, 3], grad=losses.free_gradient)
def test_parametrize_makes_a_test_of_each_check(check):
    check()


def test_a_failing_check_says_what_was_expected():
    mark = emd_conformance.parametrize(lambda p, t: losses.scan(p, t) + 1, classes=[2])
    check = mark.args[1][0].values[0]
    with pytest.raises(AssertionError, match=r"expected .*\n.*received"):
        check()
