"""Arrays are passed in every layout that their library has, with the same numbers; what it lacks is not asked."""

from pathlib import Path

import emd_conformance
import numpy as np
import pytest
import torch
from emd_conformance._calling.caller import Caller
from emd_conformance._cases.load import find, vectors
from emd_conformance._code.call import inputs
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.layouts import ALL_INTEGERS

PASSED = [case for case in vectors() if case.passed and case.passed not in ALL_INTEGERS]
HAVE = {"numpy": np.asarray, "torch": lambda x: x.numpy()}


def named(case, **options):
    target = "distribution" if case.target is not None else "labels"
    declared = Declaration(input=case.input, target=target, capabilities=case.needs, **options)
    return Caller(lambda classes: len, declared).named(case) if not obstacle(declared, case, "value") else {}


@pytest.mark.parametrize("array", ["numpy", "torch"])
@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("case", PASSED, ids=lambda case: case.id)
def test_a_layout_changes_no_number(array: str, axis: int, case) -> None:
    for name, value in named(case, array=array, axis=axis).items():
        if name in ("p", "t", "k"):
            plain = np.moveaxis(np.array(case.predicted).reshape(*(case.shape or (-1,)), case.classes), -1, axis)
            assert name != "p" or np.array_equal(HAVE[array](value), plain)
            lists = named(case, array="list", axis=axis) or {name: value}
            assert np.array_equal(HAVE[array](value), np.asarray(lists[name]))


def test_the_layouts_are_what_their_names_say() -> None:
    def p(name: str, array: str = "numpy"):
        return named(find(f"layout/{name}"), array=array)["p"]

    assert p("soft-fortran-4").flags.f_contiguous
    assert p("soft-reversed-4").strides[-1] < 0
    assert p("soft-strided-4").strides[-1] == 16
    assert p("soft-part-4").strides == (48, 8)
    assert not p("soft-read-only-4").flags.writeable
    assert p("predicted-broadcast-5").strides[0] == 0
    assert p("soft-fortran-4", "torch").stride() == (1, 3)
    assert p("soft-strided-4", "torch").stride() == (8, 2)
    assert p("soft-part-4", "torch").storage_offset() == 1
    assert p("predicted-broadcast-5", "torch").stride(0) == 0


def test_a_library_is_asked_only_for_layouts_that_it_has() -> None:
    report = emd_conformance.run(lambda p, t: (p - t).cumsum(-1).square().sum(-1), array="torch", cases=PASSED)
    passed = {find(result.case).passed for result in report.results}
    assert passed == {"fortran", "strided", "part", "broadcast", "integer-predictions"}
    assert not [reason for reason in report.not_examined if "pass" in reason]


def test_the_code_of_a_case_lays_out_its_arrays() -> None:
    declared = Declaration(array="torch")
    lines = inputs(find("layout/target-broadcast-5"), declared)
    assert "t = t[:1].expand(t.shape)" in lines
    names: dict = {"torch": torch}
    exec("\n".join(inputs(find("layout/soft-strided-4"), declared)), names)
    assert names["p"].stride() == (8, 2)


def reading_memory(p, t):
    """Reads numbers in the order of the memory."""
    p, t = (x.ravel(order="K").reshape(x.shape) for x in (p, t))
    return np.square(np.cumsum(p - t, -1)).sum(-1)


def test_code_that_ignores_strides_does_not_conform() -> None:
    cases = [case for case in PASSED if case.passed == "fortran"] + [find("line/soft-4")]
    report = emd_conformance.run(reading_memory, cases=cases)
    assert [finding.id for finding in report.findings][:1] == ["layout"]


def reshaped(p, k):
    """Right for (N, C) only: the classes of the target are moved by reshape."""
    t = torch.nn.functional.one_hot(k, p.shape[1]).to(p.dtype).reshape(p.shape)
    return (p - t).cumsum(1).square().sum(1)


@pytest.mark.parametrize("axis", [1, 0])
def test_several_batch_axes_are_asked_with_every_class_axis(axis: int) -> None:
    def moved(p, k):
        t = torch.nn.functional.one_hot(k.long(), p.shape[axis]).to(p.dtype).movedim(-1, axis)
        return (p - t).cumsum(axis).square().sum(axis)

    options = {"array": "torch", "target": "labels", "axis": axis, "capabilities": ("batch-axes",), "grad": "autograd"}
    cases = [case for case in vectors() if case.group in ("axes", "label-dtype")] + [find("line/labels-3")]
    report = emd_conformance.run(moved, cases=cases, **options)
    assert report.verdict == "conforms", report
    assert {len(find(result.case).shape) for result in report.results} == {0, 2, 3}
    if axis == 1:
        report = emd_conformance.run(reshaped, cases=cases, **options)
        assert [finding.id for finding in report.findings][:1] == ["several-batch-axes"]


def narrow(p, k):
    """Counts the classes in the dtype of the labels."""
    return np.square(np.cumsum(p, -1) - (np.arange(p.shape[-1]).astype(k.dtype) >= k[..., None])).sum(-1)


def test_labels_have_every_integer_dtype() -> None:
    cases = [case for case in vectors() if case.group == "label-dtype"] + [find("line/labels-3")]
    report = emd_conformance.run(narrow, target="labels", cases=cases)
    assert [finding.id for finding in report.findings][:1] == ["label-dtype"]


def test_another_dtype_of_labels_may_be_refused() -> None:
    def loss(p, k):
        t = torch.nn.functional.one_hot(k, p.shape[-1])
        return (p - t).cumsum(-1).square().sum(-1)

    cases = [case for case in vectors() if case.group == "label-dtype"] + [find("line/labels-3")]
    report = emd_conformance.run(loss, array="torch", target="labels", cases=cases)
    assert report.verdict == "conforms", report
    assert "label-dtype-refused" in [finding.id for finding in report.findings]


def test_every_layout_is_in_the_schema() -> None:
    schema = Path(emd_conformance.__file__).with_name("schemas") / "vectors.json"
    text = schema.read_text("utf-8")
    assert all(f'"{case.passed}"' in text for case in PASSED)
