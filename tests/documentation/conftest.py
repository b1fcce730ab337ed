"""What the tests of the documentation share."""

import pkgutil

import emd_conformance
import pytest

import emd_ref

MODULES = [
    info.name
    for package in (emd_ref, emd_conformance)
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not info.name.endswith("__main__")
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "module" in metafunc.fixturenames:
        metafunc.parametrize("module", MODULES)


@pytest.fixture
def modules() -> list[str]:
    """The names of all modules of both packages."""
    return MODULES
