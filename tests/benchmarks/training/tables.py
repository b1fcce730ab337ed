"""The Markdown tables of docs/training.md, made from the stored results alone."""

import numpy as np
from benchmarks.training.compare import FAMILIES, Comparison, Results, Row, compare, kinds, title, values
from benchmarks.training.data import SOURCES
from benchmarks.training.losses import LOSSES

TITLES = {
    "mae": "MAE",
    "rps": "RPS",
    "acc": "accuracy",
    "one_off": "one-off",
    "qwk": "QWK",
    "nll": "NLL",
    "mae_median": "MAE, median",
    "spearman": "Spearman",
}
SETS = {kind: [name for name, source in SOURCES.items() if source.kind == kind] for kind in ("ordered", "unordered")}
IMAGES = {"ordered": ["rotated"], "unordered": ["fashion"]}
ALL = (*LOSSES, *FAMILIES)
PERCENT = {"acc", "one_off"}

CLAIMS = [
    ("the order of the classes helps", "emd2", "emd2_shuffled"),
    ("EMD² beats XE", "emd2", "xe"),
    ("a head start of XE helps EMD²", "emd2_warm", "emd2"),
    ("EMD² after XE beats XE", "emd2_warm", "xe"),
    ("XE + EMD² beats XE", "xe_emd2", "xe"),
    ("self-guided beats XE", "self_1_0", "xe"),
    ("self-guided beats a uniform G", "self_1_0", "uniform_1_0"),
    ("self-guided matches the true-order G", "self_1_0", "true_1_0"),
    ("XE + λ E_G with the learnt G beats XE", "energy_4", "xe"),
    ("the same with λ chosen on the tuning seeds", "energy_tuned", "xe"),
    ("self-guided with ω, μ, λ chosen beats XE", "self_tuned", "xe"),
    ("E_G: learnt G beats a uniform G", "energy_4", "energy_uniform_4"),
    ("E_G: learnt G matches the true-order G", "energy_4", "energy_true_4"),
    ("EMD² beats the linear EMD", "emd2", "w1"),
    ("regression beats XE", "regression", "xe"),
]


def table(head: list[str], rows: list[list[str]], words: bool = False) -> str:
    """Return a Markdown table; numbers are aligned right, words left."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" + ("---|" if words else "--:|") * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(x: float) -> str:
    """Format with one decimal and a sign; the minus is not a hyphen."""
    return f"{x:+.1f}".replace("-", "−")


def cell(row: Row) -> str:
    """Format a difference with both half widths; bold if the corrected interval excludes zero, * if Holm's does too."""
    s = row.scaled
    text = f"{number(s.mean)} ± {s.half_t:.1f} ({s.half_nb:.1f})"
    text = f"**{text}**" if row.difference.sign else text
    return text + ("\\*" if row.p_holm < 0.05 else "")


def data_table() -> str:
    """The sets, their sizes, where they come from and under which licence."""
    rows = [
        [s.title, s.kind, f"{s.shape[0]} × {s.shape[1]}", str(s.num_classes), f"{s.package}", s.licence]
        for s in SOURCES.values()
    ]
    return table(["set", "kind", "N × features", "C", "package", "licence of the data"], rows, words=True)


def summary_table(results: Results, kind: str) -> str:
    """Every loss against cross-entropy: mean over the sets, and how many sets are better or worse."""
    metrics = ["mae", "rps", "acc", "nll"] if kind == "ordered" else ["acc", "nll"]
    rows = []
    for loss in ALL:
        found = [compare(results, SETS[kind], loss, "xe", metric) for metric in metrics]
        if loss == "xe" or kind not in kinds(loss) or found[0] is None:
            continue
        rows.append([title(loss), *(summary(c) for c in found), str(len(found[0].rows))])
    units = [f"{TITLES[m]}, {'points' if m == 'acc' else '%'}" for m in metrics]
    return table(["loss", *units, "sets"], rows)


def summary(c: Comparison) -> str:
    """Mean over the sets and (better : worse) by the corrected interval."""
    return f"{number(c.mean)} ({c.count(True)} : {c.count(False)})"


def claims_table(results: Results) -> str:
    """Every claim over the ordered sets, with the counts before and after Holm's correction."""
    rows = []
    for claim, a, b in CLAIMS:
        for metric in ("mae", "rps", "acc"):
            c = compare(results, SETS["ordered"], a, b, metric)
            if c is None:
                continue
            counts = [f"{c.count(True)} : {c.count(False)}", f"{c.count(True, 0.05)} : {c.count(False, 0.05)}"]
            unit = "points" if metric == "acc" else "%"
            shown = f"{number(c.mean)} ± {c.half:.1f} {unit}"
            rows.append([claim if metric == "mae" else "", TITLES[metric], shown, *counts, str(len(c.rows))])
    head = ["claim", "metric", "mean difference", "better : worse", "the same after Holm", "sets"]
    return table(head, rows)


ORDERED_METRICS = ("mae", "rps", "acc", "nll", "mae_median")
UNORDERED_METRICS = ("acc", "nll")  # distances between unordered labels have no meaning


def claim_details(results: Results, sets: list[str], metrics: tuple[str, ...]) -> str:
    """Every claim on every set."""
    blocks = []
    for claim, a, b in CLAIMS:
        found = {m: compare(results, sets, a, b, m) for m in metrics}
        if found["acc"] is None:
            continue
        rows = [[row.name, *(cell(c.rows[i]) for c in found.values())] for i, row in enumerate(found["acc"].rows)]
        head = ["set", *(f"{TITLES[m]}, {'points' if m == 'acc' else '%'}" for m in found)]
        heading = f"### {claim[0].upper() + claim[1:]}: {title(a)} − {title(b)}"
        blocks.append(f"{heading}\n\n{table(head, rows)}")
    return "\n\n".join(blocks)


def decoding_table(results: Results) -> str:
    """MAE of the argmax of every loss against that of cross-entropy decoded by its median."""
    rows = []
    for loss in ("xe", "emd2", "xe_emd2", "energy_4", "w1", "regression"):
        found = [compare(results, [s], loss, "xe", "mae", metric_b="mae_median") for s in SETS["ordered"]]
        if any(found):
            rows.append([title(loss), *(cell(c.rows[0]) if c else "—" for c in found)])
    return table(["argmax of", *SETS["ordered"]], rows)


def set_table(results: Results, name: str) -> str:
    """Means over the seeds of every loss and metric on one set."""
    metrics = list(next(iter(results[name].values()))["report"]["last"])
    rows = []
    for loss in LOSSES:
        if loss in results[name]:
            r = results[name][loss]
            shown = [_mean(values(r, metric), metric) for metric in metrics]
            rows.append([title(loss), f"{r['rate']:g}", *shown])
    return table(["loss", "rate", *(TITLES[m] for m in metrics)], rows)


def _mean(x: np.ndarray, metric: str) -> str:
    return f"{100 * x.mean():.1f} %" if metric in PERCENT else f"{x.mean():.3f}"


def order_table(results: Results) -> str:
    """How well the learnt ground distance recovers the order of the classes, which training does not use."""
    losses = ["self_1_0", "energy_1", "energy_4"]
    rows = []
    for name in [*SETS["ordered"], *IMAGES["ordered"]]:
        found = [results.get(name, {}).get(loss, {}).get("report", {}).get("order_recovered") for loss in losses]
        if any(found):
            rows.append([name, *(f"{np.mean(f):.2f} ({min(f):.2f} to {max(f):.2f})" if f else "—" for f in found)])
    return table(["set", *(title(loss) for loss in losses)], rows)


def sensitivity_table(results: Results) -> str:
    """Mean difference from cross-entropy over the ordered sets under other selection rules."""
    losses = [k for k in ("emd2", "xe_emd2", "emd2_warm", "self_1_0", "energy_1", "energy_4", "w1") if _has(results, k)]
    rows = []
    for rule, pick in _rules().items():
        cells = []
        for loss in losses:
            pairs = [
                (pick(results[s][loss]), pick(results[s]["xe"])) for s in SETS["ordered"] if _both(results, s, loss)
            ]
            each = [f"{number(float(np.mean([100 * (a[m] / b[m] - 1) for a, b in pairs])))}" for m in ("mae", "rps")]
            points = number(float(np.mean([100 * (a["acc"] - b["acc"]) for a, b in pairs])))
            cells.append(" / ".join([*each, points]))
        rows.append([rule, *cells])
    return table(["rule", *(title(loss) for loss in losses)], rows)


def sizes_table(sized: dict[int, Results], losses: tuple[str, ...]) -> str:
    """Differences from cross-entropy with less data: MAE and RPS in per cent, accuracy in points, by number of rows."""
    rows = []
    for cap, results in sized.items():
        for loss in losses:
            found = [compare(results, list(results), loss, "xe", metric) for metric in ("mae", "rps", "acc")]
            if all(found):
                cells = [f"{number(c.mean)} ± {c.half:.1f} ({c.count(True)} : {c.count(False)})" for c in found]
                rows.append([str(cap * 3 // 5), title(loss), *cells])
    return table(["training rows", "loss", "MAE, %", "RPS, %", "accuracy, points"], rows)


def _has(results: Results, loss: str) -> bool:
    return any(_both(results, s, loss) for s in SETS["ordered"])


def _both(results: Results, name: str, loss: str) -> bool:
    return loss in results.get(name, {}) and "xe" in results[name]


def _rules() -> dict:
    """Return the selection rules by title; each maps a result to its mean test metrics."""

    def reported(epoch: str):
        return lambda r: {m: np.mean(values(r, m, epoch)) for m in ("mae", "rps", "acc")}

    def tuned(metric: str, sign: int):
        def pick(r: dict) -> dict:
            best = max(r["tuning"].values(), key=lambda t: _finite(sign * np.mean(t["validation"][metric])))
            return {m: np.mean(best["test"][m]) for m in ("mae", "rps", "acc")}

        return pick

    return {
        "validation MAE, last epoch (the rule)": reported("last"),
        "the same rate, best of 8 checkpoints by validation MAE": reported("best"),
        "validation MAE, tuning seeds": tuned("mae", -1),
        "validation RPS, tuning seeds": tuned("rps", -1),
        "validation NLL, tuning seeds": tuned("nll", -1),
        "validation accuracy, tuning seeds": tuned("acc", 1),
        "validation MAE by the median, tuning seeds": tuned("mae_median", -1),
    }


def _finite(x: float) -> float:
    return float(x) if np.isfinite(x) else -np.inf


def votes_table(results: Results) -> str:
    """Results on distribution targets: means, and differences from cross-entropy."""
    rows = []
    for loss in LOSSES:
        if loss not in results.get("votes", {}):
            continue
        cells = [f"{values(results['votes'][loss], m).mean():.4f}" for m in ("rps", "nll", "mae", "spearman")]
        found = [compare(results, ["votes"], loss, "xe", m) for m in ("rps", "nll", "mae", "spearman")]
        cells += ["—" if loss == "xe" else cell(c.rows[0]) for c in found if c]
        rows.append([title(loss), *cells])
    names = ["E", "NLL", "MAE of the mean score", "Spearman"]
    units = ["E, %", "NLL, %", "MAE, %", "Spearman, points"]
    return table(["loss", *names, *(f"against XE: {u}" for u in units)], rows)


def overhead_table(measured: dict) -> str:
    """The cost of each loss as a ratio to cross-entropy."""
    names = list(next(iter(measured.values()))["ratio"])
    rows = []
    for name in names:
        cells = [_ratio(measured[C]["ratio"].get(name, {}).get(kind)) for C in measured for kind in ("loss", "step")]
        rows.append([name, *cells])
    head = [f"C = {C}, {kind}" for C in measured for kind in ("loss alone", "whole step")]
    return table(["loss", *head], rows)


def overhead_units(measured: dict) -> str:
    """The times behind the ratios, and the time to learn the ground distance once per epoch, in milliseconds."""
    each = [
        f"At C = {C}, cross-entropy alone takes {m['xe_ms']['loss']} ms and a whole step with it "
        f"{m['xe_ms']['step']} ms; learning the ground distance takes {m['ground_distance_ms']} ms per epoch."
        for C, m in measured.items()
    ]
    return " ".join(each)


def _ratio(x: float | None) -> str:
    return "—" if x is None else f"{x:,.0f}" if x >= 100 else f"{x:.2f}" if x < 10 else f"{x:.0f}"
