"""Write tables and figures from the stored results; the guide marks where each table belongs."""

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
)  # trained again with the learning rate that validation RPS selects

SIZES = (500, 1500)  # rows before the split 60 : 20 : 20; all other tables use 4000
SETS_OF_SIZES = ("abalone", "skillcraft", "krk", "diamonds")
LOSSES_OF_SIZES = ("xe", "xe_emd2", "self_1_0", "energy_4")

NOTE = (
    "`python tests/benchmarks/training --report-only` writes this page. Each difference is the mean over the paired "
    "seeds ± half of the 95 % t interval; the number in brackets is half of Nadeau and Bengio's corrected interval. "
    "Differences are in per cent of the second loss; those of accuracy, kappa and correlation are in points. Bold: the "
    "corrected interval excludes zero. \\*: the difference is also significant at 5 % after Holm's correction over the "
    "sets."
)


def parts(out: Path) -> dict[str, str]:
    """Return every table by the name of its marker."""
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
    """Return the text of results.md: every claim and every loss on every set."""
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
    """Return the page with every table between `<!-- table: name -->` and `<!-- end -->` replaced."""

    def replaced(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n\n{made.get(match[1], 'not measured')}\n\n<!-- end -->"

    return re.sub(r"<!-- table: ([a-z]+) -->.*?<!-- end -->", replaced, text, flags=re.DOTALL)


def sized_results(out: Path) -> dict[int, Results]:
    """Return the results by number of rows: those with less data, and the main ones for the same sets."""
    full = {name: found for name, found in read(out).items() if name in SETS_OF_SIZES}
    return {**{rows: read(out, f"results-{rows}") for rows in SIZES}, Settings().cap: full}


def ruled_results(out: Path) -> Results:
    """Return the results on ordered sets with the learning rate selected by validation RPS, for the losses in RULED."""
    stored = {name: found for name, found in read(out).items() if name in SETS["ordered"]}
    chosen = {name: {loss: found[loss] for loss in RULED if loss in found} for name, found in stored.items()}
    return read_by_rule(out, chosen, "rps", -1)


def write(out: Path, guide: Path | None) -> None:
    """Write results.md, the figures, and the tables of the guide."""
    from benchmarks.training.figures import draw  # only figures need matplotlib

    results = with_families(read(out))
    ruled = ruled_results(out)
    (out / "results.md").write_text(details(results, ruled), encoding="utf-8")
    draw(results, ruled, out)
    if guide and guide.exists():
        guide.write_text(fill(guide.read_text(encoding="utf-8"), parts(out)), encoding="utf-8")
