"""The formulas are tested as the golden reference evaluates them, and as users get them."""

from collections.abc import Iterator

import pytest
from support.evaluation import standard_only


@pytest.fixture(autouse=True, params=["standard", "as used"])
def evaluation(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "as used":
        yield
        return
    with standard_only():
        yield
