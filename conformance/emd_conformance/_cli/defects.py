"""The command `defects`, with which the suite examines itself."""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path as File
from time import perf_counter

from emd_conformance._run.selftest import Main, Outcome, examine_all, summary
from emd_conformance.defects import load

JOBS = min(4, os.cpu_count() or 1)


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
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help=f"processes that share the work ({JOBS})")
    parser.set_defaults(action=lambda arguments: _examine(arguments, main))


def _examine(arguments: argparse.Namespace, main: Main) -> int:
    if arguments.mutants is None:
        return _defects(arguments.json, main, max(arguments.jobs, 1))
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


def _defects(as_json: File | None, main: Main, jobs: int) -> int:
    """Examine all entries; print each when it is done, and the figures. Return 0 if every outcome is right."""
    start = perf_counter()
    entries, missing = load()
    outcomes: list[Outcome] = []
    for number, found in enumerate(examine_all(entries, main, jobs), 1):
        outcomes += found
        for line in _progress(found):
            print(f"{number:4} of {len(entries)}  {line}", flush=True)
    figures = summary(entries, outcomes)
    for library in missing:
        print(f"not run: the entries that need {library}. pip install 'emd-ref[conformance,torch]'")
    print(f"\n{_sentences(figures)}")
    apart = [entry for entry in entries if entry.independent]
    names = {entry.id for entry in apart}
    independent = summary(apart, [outcome for outcome in outcomes if outcome.entry in names])
    print(f"among them, by an author who knew the specification alone:\n{_sentences(independent)}")
    print(f"{perf_counter() - start:.0f} s in {jobs} {'process' if jobs == 1 else 'processes'}")
    if as_json is not None:
        shown = [asdict(outcome) | {"not_run": ""} for outcome in outcomes]  # always empty, for readers of the field
        document = figures | {"independent": independent, "not_run": 0, "missing": missing, "outcomes": shown}
        as_json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return int(figures["caught"] < figures["defects"] or figures["blamed"] > 0)


def _progress(outcomes: list[Outcome]) -> list[str]:
    """Return a line for an entry if all is right, or one for each of its paths on which something is not."""
    bad = [outcome for outcome in outcomes if not outcome.right or outcome.exact is False]
    if not bad:
        return [f"ok         {outcomes[0].entry}: {outcomes[0].wanted}"]
    words = {False: "WRONG    ", True: "imprecise"}
    return [f"{words[x.right]}  {x.entry} ({x.path}): wanted {x.wanted}, {x.received}" for x in bad]


def _sentences(figures: dict[str, int]) -> str:
    caught = f"caught {figures['caught']} of {figures['defects']} defects"
    exact = f"{caught}, {figures['exact']} with exactly the right finding"
    return f"{exact}\nblamed {figures['blamed']} of {figures['variants']} right variants"
