"""What was declared, and no check of the run examined: an implementation does not conform in what nobody asked."""

from collections import Counter
from collections.abc import Collection, Iterator

from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.template import names_in
from emd_conformance._declaration.weighting import shows
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import Result

PARAMETERS = {"exponent": 1.0, "bias": 0.0, "weight": 1.0}  # and the values that show nothing of them


def unexamined(declared: Declaration, asked: Collection[Check], results: Collection[Result]) -> tuple[str, ...]:
    """Return, in words, the parts of a declaration that no examined check depends on, and the checks left out."""
    examined = {result.id for result in results if result.status != "skip"}
    skipped = Counter(_kind(result) for result in results if result.status == "skip" and result.quantity != "rejection")
    return (
        *_missing(declared, [check for check in asked if check.id in examined]),
        *(f"{count} checks of a {kind}" if count > 1 else f"a check of a {kind}" for kind, count in skipped.items()),
    )


def _kind(result: Result) -> str:
    return "property" if result.group == "property" else result.quantity


def _missing(declared: Declaration, checks: Collection[Check]) -> Iterator[str]:
    cases = [check.case for check in checks if check.quantity != "rejection"]
    if not cases:  # nothing ran, which is a verdict of its own
        return
    if declared.grad is not None and not any(check.quantity == "gradient" for check in checks):
        yield "the gradient"
    if declared.validates and not any(check.quantity == "rejection" for check in checks):
        yield "the validation"
    for capability in declared.capabilities:
        if not any(capability in case.needs for case in cases):
            yield f"the capability {capability}"
    for name in sorted(declared.weighted):
        if not any(shows(name, declared, case) for case in cases):
            yield name
    absent = sorted(set(declared.classes or ()) - {case.classes for case in cases})
    if absent:
        yield f"classes={', '.join(map(str, absent))}"
    for name in sorted(PARAMETERS.keys() & names_in(declared.template)):
        if all(getattr(case, name) == PARAMETERS[name] for case in cases):
            yield f"the argument {name}"
