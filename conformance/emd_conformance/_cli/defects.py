"""The command `defects`, with which the suite examines itself."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path as File

from emd_conformance._run.selftest import Main, examine, summary
from emd_conformance.defects import load


def add_defects(parser: argparse.ArgumentParser, main: Main) -> None:
    """Describe the command `defects`; it calls `main`, as some defects are examined by the command line."""
    parser.add_argument("--json", type=File, help="write every outcome to this file")
    parser.add_argument(
        "--mutants",
        type=int,
        nargs="?",
        const=0,
        metavar="N",
        help="examine mutants of the right losses instead: N of them, or all",
    )
    parser.set_defaults(action=lambda arguments: _examine(arguments, main))


def _examine(arguments: argparse.Namespace, main: Main) -> int:
    if arguments.mutants is None:
        return _defects(arguments.json, main)
    return _mutants(arguments.mutants or None, arguments.json)


def _mutants(number: int | None, as_json: File | None) -> int:
    """Judge mutants; print those that are certified or misjudged, and the figures. Return 0 if there are none."""
    from emd_conformance._run.mutants import Judged, chosen, figures, is_wrong, judged

    found: list[Judged] = []
    for one in judged(chosen(number)):
        found.append(one)
        if is_wrong(one):
            word = "CERTIFIED" if one.fate == "certified" else "FALSE"
            print(f"{word:10} {one.entry}: {one.mutation}\n{one.difference}\n{one.finding}", flush=True)
    counts = figures(found)
    print(f"{len(found)} mutants: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    if as_json is not None:
        document = counts | {"mutants": [asdict(one) for one in found]}
        as_json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return int(any(map(is_wrong, found)))


def _defects(as_json: File | None, main: Main) -> int:
    """Examine all entries; print the figures and the wrong outcomes. Return 0 if every outcome is right."""
    entries, missing = load()
    outcomes = list(examine(entries, main))
    figures = summary(entries, outcomes)
    for library in missing:
        print(f"not run: the entries that need {library}. pip install 'emd-ref[conformance,torch]'")
    for outcome in outcomes:
        if not outcome.right or outcome.exact is False:
            word = "imprecise" if outcome.right else "WRONG"
            print(f"{word:12} {outcome.entry} ({outcome.path}): wanted {outcome.wanted}, {outcome.received}")
    caught = f"caught {figures['caught']} of {figures['defects']} defects"
    print(f"{caught}, {figures['exact']} with exactly the right finding")
    print(f"blamed {figures['blamed']} of {figures['variants']} right variants")
    if as_json is not None:
        shown = [asdict(outcome) | {"not_run": ""} for outcome in outcomes]  # always empty, for readers of the field
        document = figures | {"not_run": 0, "missing": missing, "outcomes": shown}
        as_json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return int(figures["caught"] < figures["defects"] or figures["blamed"] > 0)
