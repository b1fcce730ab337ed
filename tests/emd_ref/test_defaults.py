"""What an argument is if it is not given: the same in every function and loss, and as the specification says."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

import emd_ref
from emd_ref import Ordered

DEFAULTS = {  # the paper's loss: unit spacing, squares as they are, L = XE + E_G
    "ground": Ordered(),
    "axis": -1,
    "check": True,
    "from_logits": False,
    "mass_tolerance": None,
    "emd_weight": 1.0,
    "exponent": 1.0,
    "bias": 0.0,
}
OF_LOSSES = DEFAULTS | {  # those of the libraries' own losses
    "from_logits": True,
    "reduction": "mean",
    "weight": None,
    "label_smoothing": 0.0,
    "ignore_index": -100,
    "sample_weight": None,
    "where": None,
}
OF_KERAS = OF_LOSSES | {
    "from_logits": False,
    "reduction": "sum_over_batch_size",
    "ignore_class": None,
    "class_weight": None,
    "axis": -1,
    "dtype": None,
}
OF_SCORES = DEFAULTS | {
    "reduction": "mean",
    "normalize": False,
    "sample_weight": None,
    "climatology": None,
    "num_classes": None,
    "ignore_index": None,
}
OF_SELF_GUIDED = OF_LOSSES | {"term": "penalty", "head_start": 3, "ratio": 3.5}  # 6.6

OTHERS = {"emd_ref": 6}  # of the public names: grounds, centroids, and the module lp


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """The arguments that need not be given; the name of a loss is not among them."""
    parameters = inspect.signature(function).parameters
    return {name: x.default for name, x in parameters.items() if x.default is not x.empty and name != "name"}


def public(module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The functions of a module, and their defaults."""
    found = import_module(module)
    for name in getattr(found, "__all__", ["squared_emd_value_and_grad"]):  # all that a kernel computes
        if inspect.isfunction(x := getattr(found, name)) or (inspect.isclass(x) and name.endswith(("Loss", "Score"))):
            yield name, defaults(x)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("emd_ref", DEFAULTS),
        ("emd_ref.kernels.numba", DEFAULTS),
        ("emd_ref.kernels.cupy", DEFAULTS),
        ("emd_ref.metrics", OF_SCORES),
        ("emd_ref.torch", OF_LOSSES),
        ("emd_ref.jax", OF_LOSSES),
        ("emd_ref.keras", OF_KERAS),
    ],
)
def test_defaults_are_the_same_everywhere(module: str, expected: dict[str, Any]) -> None:
    if module not in ("emd_ref", "emd_ref.jax", "emd_ref.kernels.numba", "emd_ref.kernels.cupy"):
        pytest.importorskip("torch")
    names = 0
    for name, given in public(module):
        expected_here = OF_SELF_GUIDED if name == "SelfGuidedXEMDLoss" else expected
        assert given == {argument: expected_here[argument] for argument in given}, name
        names += 1
    assert names == len(getattr(import_module(module), "__all__", [1])) - OTHERS.get(module, 0)


POSITIONAL = {"climatology", "num_classes"}


@pytest.mark.parametrize("module", ["emd_ref", "emd_ref.metrics", "emd_ref.torch", "emd_ref.jax", "emd_ref.keras"])
def test_options_are_given_by_name(module: str) -> None:
    if module not in ("emd_ref", "emd_ref.jax"):
        pytest.importorskip("torch")
    found = import_module(module)
    for name, given in public(module):
        parameters = inspect.signature(getattr(found, name)).parameters
        by_name = {x for x, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}
        assert by_name >= given.keys() - POSITIONAL, name


def test_every_form_of_a_function_has_the_same_defaults() -> None:
    for name in ("squared_emd", "emd", "xemd"):
        first, *others = (defaults(getattr(emd_ref, f"{name}{form}")) for form in ("", "_grad", "_value_and_grad"))
        assert others == [first, first]
