"""Which clauses a check examines: a case cites all those that concern its numbers, and a check asks one quantity."""

import re

from emd_conformance._judging.result import Result
from emd_conformance._reports.record import Record

LETTER = re.compile(r"\b(?:E|W1|XE|R)\b")
OF_VALUES = {"W1": ("3.",), "E": ("4.",), "XE": ("6.1", "6.3", "6.5"), "R": ("6.2", "6.3")}
OF_GRADIENTS = {"W1": ("3.6",), "E": ("5.",), "XE": ("6.4",), "R": ("6.4",)}
CONVENTIONS = ("5.4", "5.5", "5.7", "5.8", "5.9", "5.10")  # of every gradient
GENERAL = ("1.", "2.", "7.", "8.")  # sections that concern every function
REDUCTION = "1.6"


def computed(report: Record) -> str:
    """Return the declared expression; reports of earlier versions have it in the words of the function, or not."""
    return str(report.declared.get("computes") or report.function.partition(",")[0])


def examined_clauses(report: Record, result: Result) -> tuple[str, ...]:
    """Return the clauses of a result without those of functions, gradients and reductions that were not asked."""
    if result.quantity in ("rejection", "behaviour"):
        return tuple(clause for clause in result.clauses if clause.startswith(("7.", "8.")))
    gradient = result.quantity == "gradient"
    wanted = GENERAL + (CONVENTIONS if gradient else ())
    for letter in LETTER.findall(computed(report)):
        wanted += (OF_GRADIENTS if gradient else OF_VALUES)[letter]
    absent = (REDUCTION,) * (report.declared.get("reduction", "none") == "none") + ("3.6",) * (not gradient)
    return tuple(clause for clause in result.clauses if clause.startswith(wanted) and clause not in absent)
