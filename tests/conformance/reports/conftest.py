import pytest
from example_reports import ASKED, REPORTS


@pytest.fixture(params=ASKED)
def report(request):
    return REPORTS[request.param]
