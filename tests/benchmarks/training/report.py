"""Tables and figures from the stored results; the tables of the guide stand between its markers."""

import json
import re
from pathlib import Path

from benchmarks.training import tables
from benchmarks.training.compare import Results, read, read_by_rule, with_families
from benchmarks.training.members import Settings
from benchmarks.training.tables import IMAGES, SETS

RULED = (
    "xe",
    "emd2",
    "emd2_shuffled",
    "xe_emd2",
    "emd2_warm",
    "self_1_0",
    "uniform_1_0",
    "true_1_0",
    "energy_4",
    "energy_uniform_4",
    "energy_true_4",
)  # trained once more with the learning rate that validation RPS prefers

SIZES = (500, 1500)  # rows that are split 60 : 20 : 20, besides the 4000 of the other tables
SETS_OF_SIZES = ("abalone", "skillcraft", "krk", "diamonds")
LOSSES_OF_SIZES = ("xe", "xe_emd2", "self_1_0", "energy_4")

NOTE = (
    "Written by `python tests/benchmarks/training --report-only`. Differences are in per cent of the second loss, of "
    "accuracy, kappa and correlation in points: mean over the paired seeds ± half of the 95 % t interval, in brackets "
    "half of Nadeau and Bengio's corrected interval. Bold: the corrected interval leaves zero out. \\*: Holm's "
    "correction over the sets, at 5 %, agrees."
)


def parts(out: Path) -> dict[str, str]:
    """Every table by the name of its marker."""
    results, ruled, sized = with_families(read(out)), ruled_results(out), sized_results(out)
    stored = out / "results" / "overhead.json"
    overhead = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else None
    made = {
        "data": tables.data_table(),
        "summary": tables.summary_table(results, "ordered"),
        "unordered": tables.summary_table(results, "unordered"),
        "claims": tables.claims_table(results),
        "decoding": tables.decoding_table(results),
        "order": tables.order_table(results),
        "sensitivity": tables.sensitivity_table(results),
        "images": _images(results),
        "sizes": tables.sizes_table(sized, LOSSES_OF_SIZES[1:]),
    }
    if "votes" in results:
        made["votes"] = tables.votes_table(results)
    if ruled:
        made["rps"] = tables.claims_table(ruled)
    if overhead:
        measured = overhead["measured"]
        made["overhead"] = f"{tables.overhead_table(measured)}\n\n{tables.overhead_units(measured)}"
    return made


def _images(results: Results) -> str:
    blocks = [f"{name}\n\n{tables.set_table(results, name)}" for name in ("rotated", "fashion") if name in results]
    return "\n\n".join(blocks)


def details(results: Results, ruled: Results) -> str:
    """The long page: every claim on every set, every loss on every set."""
    blocks = [
        "# Results in full",
        NOTE,
        "## Claims, set by set",
        tables.claim_details(results, SETS["ordered"], tables.ORDERED_METRICS),
    ]
    by_rps = tables.claim_details(ruled, SETS["ordered"], tables.ORDERED_METRICS)
    blocks += ["## Claims, set by set, learning rates chosen by validation RPS", by_rps]
    for kind, title in (("ordered", "turned images"), ("unordered", "kinds of clothes")):
        if any(name in results for name in IMAGES[kind]):
            metrics = tables.ORDERED_METRICS if kind == "ordered" else tables.UNORDERED_METRICS
            blocks += [f"## Claims on Fashion-MNIST, {title}", tables.claim_details(results, IMAGES[kind], metrics)]
    unordered = tables.claim_details(results, SETS["unordered"], tables.UNORDERED_METRICS)
    blocks += ["## Claims on unordered sets", unordered]
    blocks.append("## Means over the seeds, last epoch")
    blocks += [f"### {name}\n\n{tables.set_table(results, name)}" for name in results]
    return "\n\n".join(blocks) + "\n"


def fill(text: str, made: dict[str, str]) -> str:
    """The page with the tables between `<!-- table: name -->` and `<!-- end -->` replaced."""

    def replaced(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n\n{made.get(match[1], 'not measured')}\n\n<!-- end -->"

    return re.sub(r"<!-- table: ([a-z]+) -->.*?<!-- end -->", replaced, text, flags=re.DOTALL)


def sized_results(out: Path) -> dict[int, Results]:
    """The results with less data by their rows, and those of the other tables for the same sets."""
    full = {name: found for name, found in read(out).items() if name in SETS_OF_SIZES}
    return {**{rows: read(out, f"results-{rows}") for rows in SIZES}, Settings().cap: full}


def ruled_results(out: Path) -> Results:
    """The ordered sets with the learning rate chosen by validation RPS, of the losses that were trained so."""
    stored = {name: found for name, found in read(out).items() if name in SETS["ordered"]}
    chosen = {name: {loss: found[loss] for loss in RULED if loss in found} for name, found in stored.items()}
    return read_by_rule(out, chosen, "rps", -1)


def write(out: Path, guide: Path | None) -> None:
    """Write the long page, the figures, and the tables of the guide."""
    from benchmarks.training.figures import draw  # matplotlib is for this only

    results = with_families(read(out))
    ruled = ruled_results(out)
    (out / "results.md").write_text(details(results, ruled), encoding="utf-8")
    draw(results, ruled, out)
    if guide and guide.exists():
        guide.write_text(fill(guide.read_text(encoding="utf-8"), parts(out)), encoding="utf-8")
