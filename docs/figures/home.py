"""The two pictures of the home page: `python docs/figures/home.py` writes them beside this file."""

from pathlib import Path

import numpy as np
from svg import PALETTES, Chart, Palette

from emd_ref import cross_entropy, emd, squared_emd

PREDICTED = np.asarray([0.1, 0.3, 0.35, 0.2, 0.05])
TRUE = 3  # the class of the label, from 0: four stars


def _steps(cdf: np.ndarray) -> list[tuple[float, float]]:
    """Return the corners of a cumulative distribution over the classes 1 to C."""
    corners = [(0.5, 0.0)]
    for k, height in enumerate(cdf, 1):
        corners += [(k, corners[-1][1]), (k, float(height))]
    return [*corners, (len(cdf) + 0.5, 1.0)]


def distributions(palette: Palette) -> str:
    """Draw a prediction and a label as cumulative distributions, with the area between them."""
    predicted, target = np.cumsum(PREDICTED), np.cumsum(np.eye(5)[TRUE])
    chart = Chart(palette, (0.5, 5.5), (0, 1.05), "The cumulative distributions of a prediction and of a label")
    chart.axes(range(1, 6), "class (stars)", [0, 0.5, 1], "share of the mass up to this class")
    chart.area([*_steps(predicted), *reversed(_steps(target))], palette.one)
    chart.line(_steps(predicted), palette.one)
    chart.line(_steps(target), palette.other, "6 4")
    for k in range(4):
        if (difference := predicted[k] - target[k]) > 0:
            chart.words(k + 1.5, target[k] + difference / 2 - 0.02, f"{difference:.2f}")
    chart.words(1.55, 0.86, "prediction", palette.one)
    chart.words(4.08, 0.2, "label: 4 stars", palette.other, "start")
    return chart.text()


def costs(palette: Palette) -> str:
    """Draw what a prediction costs that puts 0.8 on one class, by the distance of this class from the label."""
    predicted = np.full((5, 5), 0.05) + 0.75 * np.eye(5)
    labels = np.zeros(5, dtype=np.int64)
    chart = Chart(palette, (-0.3, 4.3), (0, 3.4), "What a mistake costs, by its distance")
    chart.axes(range(5), "distance of the prediction from the label, in classes", [0, 1, 2, 3], "loss")
    for name, values, colour, dash, place in (
        ("cross-entropy", cross_entropy(predicted, labels), palette.other, "6 4", (2.5, 3.14)),
        ("squared EMD", squared_emd(predicted, labels), palette.one, "", (3.05, 1.15)),
    ):
        points = [(k, float(value)) for k, value in enumerate(values)]
        chart.line(points, colour, dash)
        for point in points:
            chart.dot(*point, colour)
        chart.words(*place, name, colour)
    return chart.text()


def caption() -> str:
    """Return the numbers that the home page states below the first picture."""
    return f"EMD {float(emd(PREDICTED, TRUE)):.2f}, E {float(squared_emd(PREDICTED, TRUE)):.3f}"


def pictures() -> dict[str, str]:
    """Return every picture by the name of its file."""
    return {
        f"{draw.__name__}-{scheme}.svg": draw(palette)
        for draw in (distributions, costs)
        for scheme, palette in PALETTES.items()
    }


if __name__ == "__main__":
    for name, text in pictures().items():
        (Path(__file__).parent / name).write_text(text, encoding="utf-8")
    print(caption())
