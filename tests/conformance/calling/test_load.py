"""A loss is found by its name, which is parsed and never evaluated."""

import losses
import pytest
from emd_conformance._calling.load import load
from emd_conformance._declaration.errors import LoadError


def test_a_name_is_parsed_and_never_evaluated():
    assert load("losses:PerClasses(num_classes=C, weight=3.0)")(7).num_classes == 7
    assert load("losses:scan")(7) is losses.scan
    assert load(losses.scan)(7) is losses.scan
    for bad in ("losses:PerClasses(open('x'))", "losses:[0]", "losses:scan or 1"):
        with pytest.raises((LoadError, ValueError)):
            load(bad)(3)
