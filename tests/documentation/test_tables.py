"""The values that pages state in tables are what independent code computes."""

import math
import re

import numpy as np
import pytest
from scipy.stats import energy_distance, wasserstein_distance
from support.pages import DOCS

P = np.asarray([0.1, 0.3, 0.35, 0.2, 0.05])
T = np.asarray([0.0, 0.0, 0.0, 1.0, 0.0])
POSITIONS = np.arange(5)


def _rows(page: str, table: str) -> list[list[str]]:
    text = (DOCS / page).read_text(encoding="utf-8")
    body = re.search(rf"<!-- table: {table} -->\n(.*?)<!-- end -->", text, re.S)
    assert body is not None
    lines = [line for line in body.group(1).splitlines() if line.startswith("|")]
    return [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines[2:]]


def test_the_quantities_have_the_stated_values() -> None:
    D = np.cumsum(P - T)
    E, W1 = float(D @ D), float(np.abs(D).sum())
    assert pytest.approx(energy_distance(POSITIONS, POSITIONS, P, T) ** 2 / 2) == E
    assert pytest.approx(wasserstein_distance(POSITIONS, POSITIONS, P, T)) == W1
    second = float(P @ (POSITIONS - 3) ** 2)  # all mass goes to the label
    wanted = [E, E / 5, E / 4, math.sqrt(E / 5), math.sqrt(2 * E), W1, W1**2, second]
    rows = _rows("explanation/which-emd-loss.md", "quantities")
    assert [row[-1] for row in rows] == [f"{value:.4f}" for value in wanted]
