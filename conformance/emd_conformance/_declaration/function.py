"""The function that a declaration names, in words: what a report certifies."""

import ast

from emd_conformance._declaration.declaration import Declaration

ORDERED = "ordered classes"
PLACES = {
    "line": ORDERED,
    "positions": "classes at positions",
    "circle": "classes on a circle",
    "tree": "classes on a tree",
}
ROUTES = {"line": "on a line", "positions": "on a line, at positions", "circle": "on a circle", "tree": "on a tree"}


def function_of(declared: Declaration) -> str:
    """Return the declared function: its expression, what the letters stand for, and the reduction.

    Examples
    --------
    >>> function_of(Declaration(reduction="mean"))
    'E, the squared EMD of ordered classes (mean over the batch)'
    >>> function_of(Declaration(computes="W1"))
    'W1, the EMD on a line; this is not the squared EMD'
    >>> function_of(Declaration(computes="0.7*XE + 0.3*E"))
    '0.7*XE + 0.3*E, where E is the squared EMD of ordered classes, and XE the cross-entropy'
    """
    text = " ".join(declared.computes.split())
    letters = {node.id for node in ast.walk(declared.expression.tree) if isinstance(node, ast.Name)}
    meanings = {name: words for name, words in _meanings(declared.ground).items() if name in letters}
    if text in meanings:
        function = f"{text}, {meanings[text]}"
    else:
        function = f"{text}, where " + ", and ".join(_defined(meanings)) if meanings else f"{text}, a constant"
    details = [f"{declared.reduction.replace('-', ' ')} over the batch"] if declared.reduction != "none" else []
    details += ["each sample weighted"] if declared.weighted else []
    function += f" ({', '.join(details)})" if details else ""
    return function if "E" in letters else f"{function}; this is not the squared EMD"


def _meanings(ground: str) -> dict[str, str]:
    place = PLACES.get(ground, "classes with a matrix of ground distances")
    return {
        "E": f"the squared EMD of {place}",
        "W1": f"the EMD {ROUTES.get(ground, 'under a matrix of ground distances')}",
        "XE": "the cross-entropy",
        "R": "the penalty on distant classes (6.2)",
        "range": "the largest ground distance (2.6)",
    }


def _defined(meanings: dict[str, str]) -> list[str]:
    """Return "E is the squared EMD" for the first letter, and "XE the cross-entropy" for the others."""
    first, *others = meanings.items()
    return [" is ".join(first), *(f"{name} {words}" for name, words in others)]
