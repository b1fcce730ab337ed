"""The figures of docs/training.md, drawn from the stored results, in colours for colour-blind readers."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from benchmarks.training.compare import HIGHER_IS_BETTER, RELATIVE, Results, compare
from benchmarks.training.losses import LOSSES
from benchmarks.training.tables import SETS, TITLES
from matplotlib.axes import Axes

# Okabe and Ito's palette
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"]
MARKERS = ["o", "s", "D", "^", "v", "P"]
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "emd-ref"}
Pair = tuple[str, str, str]  # label, loss, loss that it is compared with


def draw(results: Results, ruled: Results, out: Path) -> list[Path]:
    """Draw every figure for which there are results."""
    made = []
    for name, title, pairs in FIGURES:
        for rule, shown in (("", results), ("-rps", ruled)) if name == "against-xe" else (("", results),):
            known = [p for p in pairs if compare(shown, SETS["ordered"], p[1], p[2], "mae")]
            if known:
                chosen = ", rates chosen by validation RPS" if rule else ""
                made.append(_forest(shown, known, title + chosen, out / f"{name}{rule}.png"))
    return made


FIGURES: list[tuple[str, str, list[Pair]]] = [
    (
        "against-xe",
        "Ordered sets: difference from cross-entropy",
        [(LOSSES[k].title, k, "xe") for k in ("emd2", "xe_emd2", "emd2_warm", "self_1_0", "energy_4")],
    ),
    (
        "controls",
        "Does the ground distance matter? Difference from the control",
        [
            ("EMD² − EMD² of shuffled classes", "emd2", "emd2_shuffled"),
            ("self-guided − uniform G", "self_1_0", "uniform_1_0"),
            ("self-guided − true-order G", "self_1_0", "true_1_0"),
            ("λE_G: learnt − uniform G", "energy_4", "energy_uniform_4"),
            ("λE_G: learnt − true-order G", "energy_4", "energy_true_4"),
        ],
    ),
]


def _forest(results: Results, pairs: list[Pair], title: str, path: Path) -> Path:
    """One panel per metric, one row per set, one colour per comparison; t intervals are thick, corrected ones thin."""
    metrics = ("mae", "rps", "acc")
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, len(metrics), figsize=(10, 5.4), sharey=True, layout="constrained")
        for metric, panel in zip(metrics, panels, strict=True):
            for k, pair in enumerate(pairs):
                _points(results, pair, metric, panel, k, len(pairs))
            _dress(panel, metric)
        names = SETS["ordered"]
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
        figure.suptitle(title)
        figure.savefig(path, dpi=100, metadata={"Software": None})
        plt.close(figure)
    return path


def _points(results: Results, pair: Pair, metric: str, panel: Axes, k: int, count: int) -> None:
    label, a, b = pair
    found = compare(results, SETS["ordered"], a, b, metric)
    if found is None:
        return
    shift = (k - (count - 1) / 2) * 0.8 / count
    for row in found.rows:
        y = SETS["ordered"].index(row.name) + shift
        s = row.scaled
        panel.plot([s.mean - s.half_nb, s.mean + s.half_nb], [y, y], color=COLOURS[k], linewidth=0.9)
        panel.plot([s.mean - s.half_t, s.mean + s.half_t], [y, y], color=COLOURS[k], linewidth=2.6)
        first = row is found.rows[0]
        panel.plot(s.mean, y, MARKERS[k], color=COLOURS[k], markersize=4.5, label=label if first else None)


def _dress(panel: Axes, metric: str) -> None:
    panel.axvline(0, color="black", linewidth=0.8)
    panel.set_xlabel(f"{TITLES[metric]}, {'%' if metric in RELATIVE else 'points'}")
    better = "right" if metric in HIGHER_IS_BETTER else "left"
    panel.set_title(f"{TITLES[metric]}: better to the {better}", fontsize=9)
    panel.set_xscale("symlog", linthresh=5)
    ticks = (-50, -20, -5, -2, 0, 2, 5, 20, 50)
    low, high = panel.get_xlim()
    panel.set_xticks([t for t in ticks if low <= t <= high], [str(t) for t in ticks if low <= t <= high])
    panel.minorticks_off()
    for y in range(len(SETS["ordered"]) - 1):
        panel.axhline(y + 0.5, color="0.9", linewidth=0.8)
    panel.tick_params(axis="y", length=0)
