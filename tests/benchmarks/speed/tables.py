"""Markdown tables from the stored measurements."""

from typing import Any

from benchmarks.speed.cases import DTYPES, called
from benchmarks.speed.contenders import QUANTITIES

Results = dict[str, Any]
COSTS = (  # what a user asks for: in words, as a quantity, and the contender
    ("value, NumPy", "value", "emd_ref, NumPy, checked"),
    ("value and gradient, NumPy", "gradient", "emd_ref, NumPy, checked"),
    ("value and gradient, naive NumPy", "gradient", "naive NumPy"),
    ("value and gradient, JAX, compiled", "gradient", "emd_ref.jax, jit"),
    ("value and gradient, numba", "gradient", "emd_ref.kernels.numba, checked"),
    ("training step from logits and labels, PyTorch", "logits", "emd_ref.torch.SquaredEMDLoss"),
)


def parts(results: Results) -> dict[str, str]:
    """Return every table by the name of its marker."""
    made = {"cost": costs(results), "machine": machine(results), "limit": limits(results), "wrong": wrong(results)}
    for quantity in QUANTITIES:
        made[quantity] = multiples(results, quantity)
        made[f"{quantity}-gain"] = gains(results, quantity)
    return made


def machine(results: Results) -> str:
    """The machine, the date, the versions and the environment."""
    m = results["machine"]
    rows = {
        "date": m["date"],
        "processor": f"{m['processor']}, {m['cores']} cores",
        "threads": f"{results['threads']}, on as many cores",
        "Python": m["python"],
        "versions": ", ".join(f"{name} {version}" for name, version in m["versions"].items()),
        "environment": ", ".join(f"{k} {'unset' if v is None else v}" for k, v in m["environment"].items()),
        "libraries loaded": ", ".join(m["libraries"]) or "unknown",
        "left out": ", ".join(results["left_out"]) or "nothing",
    }
    return table(("", ""), [[name, text] for name, text in rows.items()])


def costs(results: Results) -> str:
    """Median times of what users ask for most."""
    shapes = by_shape(results)
    rows = [[words, *(_times(pair, name, quantity) for _, pair in shapes)] for words, quantity, name in COSTS]
    return table(("float32 / float64", *(called(*shape) for shape, _ in shapes)), rows)


def limits(results: Results) -> str:
    """The limit L of each shape."""
    rows = [
        [called(*shape), " / ".join(duration(b["limit"][1]) if b else "–" for b in pair), _rounds(pair)]
        for shape, pair in by_shape(results)
    ]
    return table(("N×C", "L, float32 / float64", "rounds"), rows)


def multiples(results: Results, quantity: str) -> str:
    """Medians in multiples of L, one row per contender."""
    shapes = by_shape(results)
    rows = []
    for name in names(results, quantity):
        cells = [" / ".join(_cell(b, name, quantity) for b in pair) for _, pair in shapes]
        rows.append([f"**{name}**" if name.startswith("emd_ref") else name, *cells])
    return table(("× L, float32 / float64", *(called(*shape) for shape, _ in shapes)), rows)


def gains(results: Results, quantity: str) -> str:
    """How many times faster each emd_ref contender is than naive code and the best peer, named in the last row."""
    shapes = by_shape(results)
    rows = []
    for name in names(results, quantity, "ours"):
        for what, key in (("naive NumPy", "naive_over"), ("best peer", "best_peer_over")):
            cells = [" / ".join(_gain(b, name, quantity, key) for b in pair) for _, pair in shapes]
            rows.append([name, what, *cells])
    best = [" / ".join(_best(b, quantity) for b in pair) for _, pair in shapes]
    if any(cell.strip("– /") for cell in best):
        rows.append(["", "*best peer*", *best])
    return table(("", "times faster than", *(called(*shape) for shape, _ in shapes)), rows)


def wrong(results: Results) -> str:
    """The contenders that failed the check and were not timed."""
    rows = [
        [w["name"], w["quantity"], called(*b["shape"]), b["dtype"], w["reason"]]
        for b in results["blocks"]
        for w in b["wrong"]
    ]
    return table(("contender", "what", "N×C", "dtype", "reason"), rows) if rows else "None."


UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def by_shape(results: Results) -> list[tuple[tuple[int, int], list[Any]]]:
    """Return each shape with its blocks in the order of DTYPES; None stands for a block that was not measured."""
    shapes = dict.fromkeys(tuple(b["shape"]) for b in results["blocks"])
    found = {(tuple(b["shape"]), b["dtype"]): b for b in results["blocks"]}
    return [(shape, [found.get((shape, dtype)) for dtype in DTYPES]) for shape in shapes]


def names(results: Results, quantity: str, kind: str | None = None) -> list[str]:
    """Return the contenders of a quantity in order of appearance, including those with wrong answers."""
    rows = [row for b in results["blocks"] for row in b["rows"] if kind in (None, row["kind"])]
    rows += [row for b in results["blocks"] for row in b["wrong"] if kind is None]
    return list(dict.fromkeys(row["name"] for row in rows if row["quantity"] == quantity))


def find(block: Any, name: str, quantity: str, where: str = "rows") -> Any:
    """Return the row of a contender in a block, or None."""
    rows = block[where] if block else []
    return next((row for row in rows if row["name"] == name and row["quantity"] == quantity), None)


def _cell(block: Any, name: str, quantity: str) -> str:
    if row := find(block, name, quantity):
        return number(row["limits"][1])
    return "wrong" if find(block, name, quantity, "wrong") else "–"


def _times(pair: list[Any], name: str, quantity: str) -> str:
    """The times of a pair of blocks; the unit that both have stands at the end."""
    found = [find(block, name, quantity) for block in pair]
    times = [duration(row["seconds"][1], digits=2) if row else "–" for row in found]
    units = {time.partition(" ")[2] for time in times}
    first = times[0].partition(" ")[0] if len(units) == 1 else times[0]
    return f"{first} / {times[1]}"


def _gain(block: Any, name: str, quantity: str, key: str) -> str:
    row = find(block, name, quantity)
    return number(row[key][1]) if row and key in row else "–"


def _best(block: Any, quantity: str) -> str:
    rows = block["rows"] if block else []
    return next((row["best_peer"] for row in rows if row["quantity"] == quantity and "best_peer" in row), "–")


def _rounds(pair: list[Any]) -> str:
    return " / ".join(str(b["rounds"]) if b else "–" for b in pair)


def number(x: float) -> str:
    """Format with two significant digits; whole numbers keep all digits."""
    return f"{x:.0f}" if x >= 9.95 else f"{x:.1f}" if x >= 0.995 else f"{x:.2f}"


def duration(seconds: float, digits: int = 3) -> str:
    """Format a time with its unit."""
    unit, name = next((u for u in UNITS if seconds >= u[0]), (1e-9, "ns"))
    rounded = float(f"{seconds / unit:.{digits}g}")
    return f"{rounded:.15g} {name}"


def table(header: tuple[str, ...], rows: list[list[str]]) -> str:
    """Return a Markdown table; with more than two columns, all but the first are aligned as numbers."""
    rule = ["---", *("--:" if len(header) > 2 else "---" for _ in header[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))
