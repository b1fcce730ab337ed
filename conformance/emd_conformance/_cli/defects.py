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
    parser.set_defaults(action=lambda arguments: _defects(arguments.json, main))


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
