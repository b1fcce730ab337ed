"""What a run examines, and the verdict that it comes to."""

import sys
import types
from fractions import Fraction

import emd_conformance
import jax
import jax.numpy as jnp
import losses
import numpy as np
import pytest
from emd_conformance._cases.load import find
from emd_conformance._exact import transport
from findings import kinds


def single(loss):
    return lambda p, t: loss(p.astype(np.float32), t.astype(np.float32)).astype(np.float64)


def torch_single(loss):
    return lambda p, t: loss(p.float(), t.float()).double()


@pytest.mark.costly
@pytest.mark.parametrize("loss", losses.NUMPY)
def test_right_numpy_implementations_conform(loss):
    report = emd_conformance.run(loss, grad=losses.free_gradient)
    assert report.verdict == "conforms", report
    assert len(report.examined) > 140


@pytest.mark.costly
@pytest.mark.parametrize("loss", losses.TORCH)
def test_right_torch_implementations_conform(loss):
    assert emd_conformance.run(loss, array="torch", grad="autograd").verdict == "conforms"


@pytest.mark.costly
@pytest.mark.parametrize("loss", losses.NUMPY)
def test_single_precision_inside_does_not_conform(loss):
    report = emd_conformance.run(single(loss))
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", "low-precision")]


@pytest.mark.costly
@pytest.mark.parametrize("loss", losses.TORCH)
def test_single_precision_inside_torch_does_not_conform(loss):
    assert emd_conformance.run(torch_single(loss), array="torch").verdict == "does-not-conform"


def test_single_precision_fails_every_case_that_is_flagged_for_it():
    report = emd_conformance.run(single(losses.scan))
    flagged = {case.id for case in emd_conformance.vectors() if "low-precision" in case.flags}
    results = [result for result in report.results if result.case in flagged]
    assert len(results) > 40
    assert [result.id for result in results if not result.failed] == []


@pytest.mark.costly
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_narrow_dtypes_conform_in_their_own_precision(dtype):
    report = emd_conformance.run(losses.torch_scan, array="torch", grad="autograd", dtype=dtype)
    assert report.verdict == "conforms", report
    assert len(report.examined) >= 10


@pytest.mark.thorough
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


def test_an_array_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    report = emd_conformance.run(losses.scan, array="cupy")
    assert report.verdict == "could-not-load"
    assert "array='cupy' needs a package that is not installed" in report.broken


def test_a_right_loss_on_trees_conforms():
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


@pytest.mark.thorough
def test_subgradients_of_the_emd_conform_and_their_negatives_do_not():
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


@pytest.mark.thorough
def test_an_exact_linear_programme_conforms_and_a_rough_one_does_not():
    def solutions(p, t, G):
        return [transport.solve(a, b, G.tolist()) for a, b in zip(_rational(p), _rational(t), strict=True)]

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


# Verdicts


def test_an_implementation_that_claims_to_validate_must_reject_invalid_input():
    assert emd_conformance.run(losses.validating, validates=True).verdict == "conforms"
    report = emd_conformance.run(losses.scan, validates=True)
    assert kinds(report) == [("defect", "invalid-input-accepted")]


def test_an_exception_that_is_no_rejection_fails():
    def loss(p, t):
        return losses.validating(p, t) if np.isfinite(p).all() else [][1]

    report = emd_conformance.run(loss, validates=True)
    assert "IndexError" in next(result.message for result in report.results if result.failed)


def test_a_gradient_that_is_declared_and_absent_fails():
    report = emd_conformance.run(losses.scan, grad="backward")
    assert report.verdict == "does-not-conform"


def test_the_report_says_that_an_undeclared_gradient_was_not_examined():
    report = emd_conformance.run(losses.scan)
    assert all(result.quantity != "gradient" for result in report.results)
    assert "gradient     not examined: no gradient was declared" in str(report)
    assert report.not_examined["value: its input is logits"] > 20


def test_a_declared_deviation_must_fail_and_must_exist():
    def loss(p, t):
        return losses.scan(p, t) + (p.shape[-1] == 1)

    known = {f"{case}:value": "one class is offset" for case in ("line/one-class", "rare/one-class-1")}
    report = emd_conformance.run(loss, deviations=known)
    assert report.verdict == "conforms-with-declared-deviations"
    assert emd_conformance.run(losses.scan, deviations=known).verdict == "does-not-conform"
    with pytest.raises(ValueError, match="line/none:value"):
        emd_conformance.run(losses.scan, deviations={"line/none:value": "?"})


def test_a_declared_gradient_that_cannot_be_examined_makes_conformance_partial():
    def loss(p, t, x):
        with np.errstate(over="ignore"):
            return (np.square(np.cumsum(p - t, -1)[:, :-1]) * np.diff(x)).sum(-1)

    only = [find("positions/overflow")]  # its distances overflow, so no gradient is stated
    report = emd_conformance.run(loss, ground="positions", grad=losses.free_gradient, cases=only)
    assert report.verdict == "conforms-partially"
    assert report.exit_code == 1


def test_a_run_without_checks_does_not_conform():
    report = emd_conformance.run(losses.scan, classes=(77,))
    assert (report.verdict, report.exit_code) == ("nothing-ran", 5)


@pytest.mark.parametrize("target", ["nowhere:loss", "losses:nothing", "losses", "losses:scan("])
def test_what_cannot_be_loaded_is_not_examined(target):
    report = emd_conformance.run(target)
    assert (report.verdict, report.exit_code) == ("could-not-load", 4)
    assert target in report.broken


def test_the_grade_shows_lost_digits():
    report = emd_conformance.run(losses.difference_of_cdfs)
    assert "decimal digits fewer" in str(report)
    assert "full" in str(emd_conformance.run(losses.scan))


@pytest.mark.thorough
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


LARGE = 13  # cases of more than 1000 samples or classes


def test_large_cases_come_last_and_are_not_asked_if_a_smaller_one_fails():
    asked = []

    def wrong(p, t):
        asked.append(len(p))
        return losses.scan(p, t) * (1 + p[..., 0] * t[..., -1])

    report = emd_conformance.run(wrong)
    assert max(asked) < 1000
    assert report.not_examined["value: it is large, and smaller cases fail"] == LARGE

    asked.clear()
    report = emd_conformance.run(lambda p, t: asked.append(max(p.shape)) or losses.scan(p, t))
    assert report.verdict == "conforms"
    first = next(i for i, size in enumerate(asked) if size > 1000)
    assert len(asked) - first == 2 * LARGE + 12  # two calls of each, and those that are repeated
    assert {r.case for r in report.examined if r.case.startswith("size/")} >= {"size/rows-8200", "size/classes-8200"}


def test_what_fails_for_large_batches_alone_is_asked_all_of_them():
    report = emd_conformance.run(lambda p, t: losses.scan(p, t) * (1 + (len(p) > 2000)))
    assert kinds(report) == [("defect", "many-samples")]
    assert {r.case for r in report.results if r.failed} == {
        "size/rows-2050",
        "size/rows-4099",
        "size/rows-8200",
        "size/rows-20000",
    }
