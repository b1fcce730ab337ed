"""The script of the home page draws the pictures that are stored, and the page states their numbers."""

import sys

import numpy as np
import pytest
from support.pages import DOCS

import emd_ref


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DOCS / "figures"))
    import home

    yield home
    for module in ("home", "svg"):
        sys.modules.pop(module, None)


def test_pictures_are_what_the_script_draws(home) -> None:
    drawn = home.pictures()
    assert set(drawn) == {path.name for path in (DOCS / "figures").glob("*.svg")}
    for name, text in drawn.items():
        assert (DOCS / "figures" / name).read_text(encoding="utf-8") == text, name


def test_the_home_page_states_the_heights_of_the_picture(home) -> None:
    heights = np.cumsum(home.PREDICTED) - np.cumsum(np.eye(5)[home.TRUE])
    page = " ".join((DOCS / "index.md").read_text(encoding="utf-8").split())
    sizes = [f"{abs(height):.2f}" for height in heights[:4]]
    assert f"{' + '.join(sizes)} = {float(emd_ref.emd(home.PREDICTED, home.TRUE)):.2f}" in page
    squares = " + ".join(f"{size}²" for size in sizes)
    assert f"E = {squares} = {float(emd_ref.squared_emd(home.PREDICTED, home.TRUE)):.3f}" in page
