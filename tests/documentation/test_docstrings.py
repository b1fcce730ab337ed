"""Examples in docstrings run, and public docstrings pass the checks of numpydoc."""

import doctest
import importlib
from dataclasses import is_dataclass
from types import ModuleType

import pytest
from numpydoc.validate import validate

import emd_ref

PUBLIC = [
    "emd_ref",
    "emd_ref.torch",
    "emd_ref.jax",
    "emd_ref.keras",
    "emd_ref.metrics",
    "emd_ref.lp",
    "emd_ref.kernels.cupy",
    "emd_ref.kernels.numba",
    "emd_conformance",
    "emd_conformance.exact",
]
NOT_ASKED = {
    "ES01": "a summary that says all needs no more sentences",
    "SA01": "the pages of the reference put related functions beside each other",
    "EX01": "a test of this file asks for examples where they are due",
    "PR03": "parameters that belong together are described together",
    "PR04": "every argument has its type as an annotation",
    "PR06": "an integer array is not an int array",
    "PR08": "a description may begin with a symbol of the specification",
}
SHARED = {"PR01", "RT01"}  # these may be left to another docstring that is named


def _public(module: ModuleType) -> list[object]:
    own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]
    names = getattr(module, "__all__", [name for name in own if not name.startswith("_")])
    return [getattr(module, name) for name in names if callable(getattr(module, name))]


def _errors(thing: object, public: str) -> list[tuple[str, str]]:
    """Return what numpydoc finds wrong with the docstring of a public thing, less what is not asked of it."""
    result = validate(f"{thing.__module__}.{thing.__qualname__}")  # type: ignore[attr-defined]
    text = " ".join(result["docstring"].split())
    refers = any(words in text for words in ("those of `", "As of `", "arguments of `", "options of `"))
    excused = set(NOT_ASKED)
    if refers or public == "emd_conformance.exact":  # whose module describes p, t and `ground` for all
        excused |= SHARED
    if is_dataclass(thing) or "Attributes ---" in text:  # a record, whose fields are typed, and described together
        excused.add("PR01")
    return [error for error in result["errors"] if error[0] not in excused]


def test_docstring_examples_run(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_every_public_function_has_an_example_that_runs() -> None:
    for name in emd_ref.__all__:
        if name != "lp":
            assert ">>>" in getattr(emd_ref, name).__doc__, name


@pytest.mark.parametrize("public", PUBLIC)
def test_public_docstrings_pass_numpydoc(public: str) -> None:
    wrong = {str(thing): _errors(thing, public) for thing in _public(importlib.import_module(public))}
    assert {name: errors for name, errors in wrong.items() if errors} == {}
