"""Numbers of classes are positive integers."""

import pytest
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import DeclarationError


@pytest.mark.parametrize("classes", [(0,), (5, -1), (2.5,), ("5",), (True,)])
def test_what_is_no_number_of_classes_is_refused(classes) -> None:
    with pytest.raises(DeclarationError, match="is no number of classes"):
        Declaration(classes=classes)
