"""Figure of value and gradient in multiples of the bandwidth limit, with one panel per shape."""

from pathlib import Path
from typing import Any

from benchmarks.speed.cases import called
from benchmarks.speed.tables import by_shape, find, names

COLOURS = {"ours": "#0072B2", "naive": "#000000", "peer": "#D55E00"}  # by Okabe and Ito; distinct in greyscale
MARKS = {"float32": "o", "float64": "s"}
LARGE = 100_000  # for fewer numbers, the overhead of calls exceeds the cost of memory


def draw(results: dict[str, Any], path: Path) -> None:
    """Write the figure: medians, with bars from the first to the third quartile."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shapes = [(shape, pair) for shape, pair in by_shape(results) if shape[0] * shape[1] >= LARGE]
    shapes = shapes or by_shape(results)
    who = names(results, "gradient")
    size = (2.8 + 1.75 * len(shapes), 1.2 + 0.3 * len(who))
    figure, panels = pyplot.subplots(1, len(shapes), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for panel, (shape, pair) in zip(panels[0], shapes, strict=True):
        for block in pair:
            if block:
                _points(panel, block, who)
        panel.set(xscale="log", title=called(*shape), yticks=range(len(who)), yticklabels=who)
        panel.axvline(1, color="0.6", linewidth=1)
        panel.grid(axis="x", which="major", color="0.9")
        panel.set_axisbelow(True)
    panels[0][0].invert_yaxis()
    figure.supxlabel("multiples of L, the time of np.subtract(p, t, out=)", fontsize=10)
    _legend(figure)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D

    said = {"ours": "emd_ref", "naive": "naive NumPy", "peer": "others"}
    marks = {"float32": "white", "float64": "0.4"}
    handles = [Line2D([], [], marker="s", linestyle="", color=COLOURS[k], label=text) for k, text in said.items()]
    handles += [
        Line2D([], [], marker=MARKS[k], linestyle="", color="0.4", markerfacecolor=fill, label=k)
        for k, fill in marks.items()
    ]
    figure.legend(
        handles=handles, loc="outside upper right", ncols=5, frameon=False, fontsize=9, columnspacing=1, handletextpad=0
    )


def _points(panel: Any, block: dict[str, Any], who: list[str]) -> None:
    shift = -0.15 if block["dtype"] == "float32" else 0.15
    for i, name in enumerate(who):
        if row := find(block, name, "gradient"):
            low, middle, high = row["limits"]
            panel.plot([low, high], [i + shift] * 2, color=COLOURS[row["kind"]], linewidth=1)
            fill = COLOURS[row["kind"]] if block["dtype"] == "float64" else "white"
            panel.plot(
                middle, i + shift, MARKS[block["dtype"]], color=COLOURS[row["kind"]], markerfacecolor=fill, markersize=5
            )
