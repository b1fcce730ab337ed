"""Whether another way to call an implementation would make it right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from emd_conformance._calls import Caller
from emd_conformance._conventions import Declaration
from emd_conformance._diagnose_values import DECLARE, Answers
from emd_conformance._hypotheses import Slack, declared
from emd_conformance._model import Case, Finding

SOME = 16


def asked_otherwise(caller: Caller, cases: Sequence[Case]) -> Finding | None:
    """Return the convention under which every answer is right."""
    slack = Slack(caller.declared.precision.unit)
    for name, value in _others(caller.declared):
        other = replace(caller.declared, **{name: value})
        answers = Answers(replace(caller, declared=other), cases[:SOME])
        if len(answers.asked) >= 3 and answers.support(declared(other), slack):
            note = f"asked so, its answers to all {len(answers.asked)} cases that were compared are right"
            return Finding("convention", f"{name}={value!r}", note, "", DECLARE)
    return None


def _others(declaration: Declaration) -> Iterator[tuple[str, Any]]:
    choices: dict[str, tuple[Any, ...]] = {
        "order": ("predicted-first", "target-first") if declaration.call is None else (),
        "axis": (-1, 0),
        "batched": (True, False),
        "label_shape": ("(N,)", "(N,1)") if declaration.target != "distribution" else (),
    }
    for name, values in choices.items():
        yield from ((name, value) for value in values if value != getattr(declaration, name))
