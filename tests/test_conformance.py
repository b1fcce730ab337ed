"""emd_ref passes the conformance suite: on every backend, under every declaration that it can make."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import emd_conformance
import numpy as np
import pytest
from support import thorough, xla
from support.backends import BACKENDS, Backend, running

import emd_ref
from emd_ref.metrics import ranked_probability_score

LOST = ("list", "masked")  # `on` makes arrays of NumPy of them; `test_as_a_user_would_write_it` asks them
VARIANTS = {"numpy-read-only", "numpy-strided", "torch-grad", "jax-jit"}  # of a library that is asked everything


# Given above a test, and so the fastest to vary: what the suite computes for one library then serves the next.
EVERY_LIBRARY = pytest.mark.parametrize(
    "library", [b for b in BACKENDS if b.name not in VARIANTS], ids=str, indirect=True
)


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A library, once; `backend` is every state of it too."""
    with running(request.param) as ready:
        yield ready


def on(backend: Backend, function, *args: Any, **options: Any) -> np.ndarray:
    """The suite's NumPy arrays, taken through a backend and back."""
    return backend(function, *(np.asarray(x) for x in args), **options)


def grounded(backend: Backend, function, ground: str):
    """The function as the suite calls it under a declared ground distance."""
    if ground == "positions":
        return lambda p, t, x: on(backend, function, p, t, ground=emd_ref.Ordered(x))
    if ground == "tree":
        return lambda p, t, parents, lengths: on(backend, function, p, t, ground=emd_ref.Tree(parents, lengths))
    if ground == "matrix":
        return lambda p, t, G: on(backend, function, p, t, ground=emd_ref.GroundDistance(np.asarray(G)))
    kind = emd_ref.Circular() if ground == "circle" else emd_ref.Ordered()
    return lambda p, t: on(backend, function, p, t, ground=kind)


def cases_for(module: str, programme: bool = False, *, whole: bool = False) -> list[emd_conformance.Case]:
    """All cases for NumPy and PyTorch, which are fast, and a sample of them without --thorough; for the others fewer.

    JAX compiles anew for every shape: it is asked the cases whose shape fourteen others share. A call of dask takes
    8 ms, in which NumPy does the mathematics: it is asked every fifth case, and those with an exponent. Linear
    programmes are solved on the host, in NumPy: every other library is asked every fifth case about them. All are
    asked the invalid ones, but for those that are lost on the way through a backend.
    """
    known = emd_conformance.vectors() if whole or module == "jax" else thorough.published_cases()
    cases = [case for case in known if case.passed not in LOST]
    if module == "jax":
        shapes = Counter((len(case.predicted), case.classes) for case in cases)
        cases = [case for case in cases if case.invalid or shapes[len(case.predicted), case.classes] >= 15]
    if (module == "dask" or (programme and module != "numpy")) and thorough.whole:
        return [case for i, case in enumerate(cases) if i % 5 == 0 or case.exponent != 1 or case.needs or case.invalid]
    return cases


def assert_conforms(backend: Backend, loss, grad, **declaration: Any) -> emd_conformance.Report:
    dtype = declaration.setdefault("dtype", backend.dtypes[-1])
    declaration.setdefault("compute_dtype", backend.wide)
    programme = declaration.get("ground") == "matrix" and declaration.get("computes") == "W1"
    declaration.setdefault("cases", cases_for(backend.module, programme))
    report = emd_conformance.run(loss, grad=grad, **declaration)
    assert report.verdict == "conforms", str(report)
    assert {result.quantity for result in report.examined} >= {"value", "gradient"}
    if dtype == "float64" and not backend.flushes and declaration.get("input") != "logits":
        graded = {r.id: r.grade for r in report.examined if r.quantity == "value" and r.status == "pass"}
        assert max(graded.values()) <= 1, graded  # the scan bound, which the reference must meet
    return report


def test_the_loss_of_the_paper_conforms(backend: Backend) -> None:
    loss, grad = (grounded(backend, f, "line") for f in (emd_ref.squared_emd, emd_ref.squared_emd_grad))
    cases = cases_for(backend.module, whole=backend.name == "numpy")
    assert_conforms(backend, loss, grad, validates=backend.checks_values, cases=cases)


@EVERY_LIBRARY
@pytest.mark.parametrize(
    ("ground", "target"),
    [*((ground, "distribution") for ground in ("positions", "circle", "tree", "matrix")), ("line", "labels")],
)
def test_squared_emd_conforms(library: Backend, ground: str, target: str) -> None:
    loss, grad = (grounded(library, f, ground) for f in (emd_ref.squared_emd, emd_ref.squared_emd_grad))
    assert_conforms(library, loss, grad, ground=ground, target=target, validates=library.checks_values)


@EVERY_LIBRARY
@pytest.mark.parametrize("ground", ["line", "circle", "matrix"])
def test_emd_conforms(library: Backend, ground: str) -> None:
    loss, grad = (grounded(library, f, ground) for f in (emd_ref.emd, emd_ref.emd_grad))
    assert_conforms(library, loss, grad, ground=ground, computes="W1", validates=library.checks_values)


@EVERY_LIBRARY
@pytest.mark.parametrize("target", ["distribution", "labels"])
def test_logits_conform(library: Backend, target: str) -> None:
    loss, grad = (partial(on, library, f, from_logits=True) for f in (emd_ref.squared_emd, emd_ref.squared_emd_grad))
    assert_conforms(library, loss, grad, input="logits", target=target, validates=library.checks_values)


@EVERY_LIBRARY
@pytest.mark.parametrize("input", ["probabilities", "logits"])
def test_xemd_conforms(library: Backend, input: str) -> None:
    def call(function):
        return lambda p, k, G, weight, exponent, bias: on(
            library,
            function,
            p,
            k,
            ground=emd_ref.GroundDistance(np.asarray(G)),
            emd_weight=weight,
            exponent=exponent,
            bias=bias,
            from_logits=input == "logits",
        )

    assert_conforms(
        library,
        call(emd_ref.xemd),
        call(emd_ref.xemd_grad),
        input=input,
        target="labels",
        ground="matrix",
        computes="XE + weight*R",
        call="p, k, G, weight, exponent, bias",
    )


@EVERY_LIBRARY
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_narrow_dtypes_conform(library: Backend, dtype: str) -> None:
    if dtype == "float16" and library.name in {"array-api-strict"}:
        pytest.skip("array-api-strict has no float16")
    loss, grad = (grounded(library, f, "line") for f in (emd_ref.squared_emd, emd_ref.squared_emd_grad))
    assert_conforms(library, loss, grad, dtype=dtype)


@EVERY_LIBRARY
@pytest.mark.parametrize("ground", ["line", "positions"])
def test_what_needs_a_capability_conforms(library: Backend, ground: str) -> None:
    if library.wide == "float32":
        pytest.skip("the cases off the simplex need float64")
    loss, grad = (
        grounded(library, partial(f, check=False), ground) for f in (emd_ref.squared_emd, emd_ref.squared_emd_grad)
    )
    wider = [case for case in emd_conformance.vectors() if case.needs]  # all others are asked above
    report = assert_conforms(
        library, loss, grad, ground=ground, capabilities=("off-simplex", "empty-batch", "batch-axes"), cases=wider
    )
    assert {result.case.partition("/")[0] for result in report.examined} >= {"off-simplex", "empty", "axes"}


@pytest.mark.costly
@EVERY_LIBRARY
@pytest.mark.parametrize(
    ("reduction", "normalize", "declaration"),
    [
        ("none", False, {}),
        ("mean", False, {"reduction": "mean"}),
        ("mean", False, {"reduction": "weighted-mean", "target": "labels", "call": "p, k, w"}),
        ("none", True, {"computes": "E/(C-1)", "target": "labels"}),
        ("mean", True, {"computes": "E/range", "reduction": "mean", "ground": "positions", "call": "p, t, x"}),
        ("mean", True, {"computes": "E/(C-1)", "reduction": "mean", "input": "logits"}),
    ],
    ids=["each", "mean", "weighted mean", "normalised", "normalised positions", "normalised logits"],
)
def test_the_ranked_probability_score_conforms(library: Backend, reduction, normalize, declaration) -> None:
    options = {"reduction": reduction, "normalize": normalize, "from_logits": declaration.get("input") == "logits"}

    def score(p, t, other=None):
        if "w" in declaration.get("call", ""):
            return on(library, lambda p, t, w: ranked_probability_score(p, t, sample_weight=w, **options), p, t, other)
        ground = emd_ref.Ordered(other)
        return on(library, partial(ranked_probability_score, ground=ground, **options), p, t)

    report = emd_conformance.run(
        score,
        dtype=library.dtypes[-1],
        compute_dtype=library.wide,
        validates=library.checks_values,
        cases=cases_for(library.module),
        **declaration,
    )
    assert report.verdict == "conforms", str(report)


@pytest.mark.costly
@pytest.mark.parametrize("array", ["torch", "jax"])
@pytest.mark.parametrize("input", ["probabilities", "logits"])
@pytest.mark.parametrize("target", ["distribution", "labels"])
def test_automatic_differentiation_conforms(array: str, input: str, target: str) -> None:
    with xla.enable_x64(True):
        report = emd_conformance.run(
            partial(emd_ref.squared_emd, from_logits=input == "logits"),
            input=input,
            target=target,
            array=array,
            grad="autograd",
            validates=True,
            cases=cases_for(array),
        )
    assert report.verdict == "conforms", str(report)


@emd_conformance.parametrize(emd_ref.squared_emd, grad=emd_ref.squared_emd_grad, validates=True)
def test_as_a_user_would_write_it(check) -> None:
    check()
