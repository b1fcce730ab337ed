"""A loss is found by its name, which is parsed and never evaluated."""

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
