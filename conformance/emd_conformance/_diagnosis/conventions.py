"""The conventions of a hypothesis as options of a declaration."""

from collections.abc import Sequence

from emd_conformance._declaration.expression import parse


def replaced(name: str, names: list[str]) -> bool:
    """Tell whether a later convention of the same option replaces this one."""
    same = [other for other in names if other.split("=")[0] == name.split("=")[0]]
    return same[-1] != name


def options(conventions: Sequence[str]) -> dict[str, str]:
    """Return conventions such as "computes='E/C'" as the options of a declaration."""
    pairs = (name.split("=", 1) for name in conventions)
    return {option: text.strip("'\"") for option, text in pairs}


def bare_factor(conventions: Sequence[str]) -> str:
    """Return the factor if the only convention is an unusual number times E or W1."""
    text = options(conventions).get("computes", "")
    factor, times, name = text.rpartition("*")
    known = {"2", "1/2", "C"}
    bare = len(conventions) == 1 and times and name in ("E", "W1") and factor not in known
    if not bare or {"E", "W1", "XE", "R"} & parse(factor).names or " + " in text:  # a mixture has no factor
        return ""
    return factor.replace("(0 - ", "-").rstrip(")")
