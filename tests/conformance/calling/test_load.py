"""A loss is found by its name, which is parsed and never evaluated."""

import sys

import emd_conformance
import losses
import pytest
import torch
from emd_conformance._calling.load import load
from emd_conformance._declaration.errors import LoadError


def test_a_name_is_parsed_and_never_evaluated():
    assert load("losses:PerClasses(num_classes=C, weight=3.0)")(7).num_classes == 7
    assert load("losses:scan")(7) is losses.scan
    assert load(losses.scan)(7) is losses.scan
    for bad in ("losses:PerClasses(open('x'))", "losses:[0]", "losses:scan or 1"):
        with pytest.raises((LoadError, ValueError)):
            load(bad)(3)


class Ready:
    def __call__(self, p, t):
        return losses.scan(p, t)


class Needy:
    def __init__(self, num_classes, scale=1.0):
        raise AssertionError("it is not constructed without arguments")


class Mute:
    pass


class Root(torch.autograd.Function):
    pass


def test_a_class_that_needs_no_arguments_is_constructed():
    assert isinstance(load(Ready)(3), Ready)
    assert emd_conformance.run(Ready, classes=[2]).verdict == "conforms"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Needy, r"'Needy' is a class that needs arguments: write Needy\(num_classes=C\)"),
        (Mute, "'Mute' is a class whose objects cannot be called"),
        (Root, "'Root' is a class for autograd: write Root.apply"),
    ],
)
def test_a_class_that_is_no_loss_gives_an_error_that_says_what_to_write(kind, words):
    with pytest.raises(LoadError, match=words):
        load(kind)


def test_a_loss_is_found_in_a_file_and_so_are_the_modules_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "beside_it.py").write_text("def D(p, t):\n    return (p - t).cumsum(-1)\n", encoding="utf-8")
    loss = "from beside_it import D\n\ndef loss(p, t):\n    return (D(p, t) ** 2).sum(-1)\n"
    (tmp_path / "my_losses.py").write_text(loss, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for isolate in (True, False):
        for target in ("./my_losses.py:loss", "my_losses.py:loss", f"{tmp_path}/my_losses.py:loss"):
            report = emd_conformance.run(target, isolate=isolate, classes=(2,))
            assert report.verdict == "conforms", report
            assert "my_losses (sha256)" in report.versions


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("./nothing.py:loss", "there is no file .*nothing.py"),
        ("./nothing.py", "write it as ./nothing.py:function"),
        ("nowhere:loss", "No module named 'nowhere'; run from its folder, or write the path of its file"),
        (f"{losses.__file__.replace('losses.py', 'test_interface.py')}:nothing", "has no attribute 'nothing'"),
    ],
)
def test_a_loss_that_is_not_found_gives_an_error_that_says_what_to_write(target, words, monkeypatch):
    monkeypatch.setattr("sys.path", [*sys.path])
    with pytest.raises(LoadError, match=words):
        load(target)


class Counting:
    """A module that divides by the number of its calls."""

    def __init__(self, num_classes=0):
        self.calls = 0

    def __call__(self, p, t):
        self.calls += 1
        return losses.scan(p, t) / self.calls


@pytest.mark.parametrize("target", ["Counting", "Counting()", "Counting(num_classes=C)"])
def test_an_object_is_made_once_for_each_number_of_classes_so_that_its_state_shows(target):
    """A program keeps its loss, too."""
    factory = load(f"{__name__}:{target}")
    assert factory(3) is factory(3) is not factory(4)
    report = emd_conformance.run(f"{__name__}:{target}", isolate=False, classes=(2, 3, 4))
    assert "state-between-calls" in {finding.id for finding in report.findings}
