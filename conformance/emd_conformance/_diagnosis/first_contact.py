"""What an implementation wants that raises an error in every call: other arrays, another dtype, or labels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, cast

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Options
from emd_conformance._declaration.options import as_keywords, flags
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._judging.result import Finding

PROBES = 3  # cases that must all be answered
TARGETS = ("distribution", "labels")


def every_call_fails(caller: Caller, cases: Sequence[Case]) -> Finding:
    """Return the finding that no call was answered, and the closest declaration under which calls are answered."""
    small = sorted((case for case in cases if case.classes > 1), key=lambda case: (case.classes, len(case.predicted)))
    for changes in _ways(caller):
        other = caller.under(replace(caller.declared, **changes))
        probes = [case for case in small if not obstacle(other.declared, case, "value")][:PROBES]
        if len(probes) == PROBES and all(_answered(other, case) for case in probes):
            return _finding(changes)
    return finding("every-call-fails")


def _finding(changes: dict[str, Any]) -> Finding:
    declared, typed = as_keywords(changes), " ".join(flags(cast(Options, changes)))
    found = finding("every-call-fails", f"with {declared} declared, it returns numbers")
    infer = f"`emd-conformance infer TARGET {typed}` looks for the rest of the declaration"
    return replace(found, remedy=f"declare {declared}, on the command line {typed}; {infer}")


def _ways(caller: Caller) -> Iterator[dict[str, Any]]:
    """Yield what else could be declared, few changes first."""
    known = caller.declared
    arrays = [known.array, *(name for name in caller.libraries() if name != known.array), "list"]
    targets = TARGETS if known.call is None else (known.target,)
    choices: dict[str, Sequence[str]] = {
        "array": arrays,
        "dtype": [known.dtype, "float32"],
        "target": [known.target, *targets],
    }
    ways = [dict(zip(choices, way, strict=True)) for way in product(*choices.values())]
    changed = [{name: x for name, x in way.items() if x != getattr(known, name)} for way in ways]
    distinct = [way for i, way in enumerate(changed) if way and way not in changed[:i]]
    yield from sorted(distinct, key=len)


def _answered(caller: Caller, case: Case) -> bool:
    try:
        return bool(caller.raw(case))
    except Exception:  # whatever it is, this is not what the implementation takes
        return False
