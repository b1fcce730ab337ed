"""Values as Python code, and the imports of the standard library that they need."""

import re
from fractions import Fraction
from math import isfinite
from textwrap import fill, indent
from typing import Any


def literal(value: Any) -> str:
    """Return a value as code: one line for each row of nested lists, and long lists wrapped."""
    if isinstance(value, Fraction):
        return _fraction(value)
    if isinstance(value, list):
        return _list([literal(part) for part in value], any(isinstance(part, list) for part in value))
    return repr(value) if not isinstance(value, float) or isfinite(value) else str(value)  # nan and inf are imported


def _list(parts: list[str], nested: bool) -> str:
    short = f"[{', '.join(parts)}]"
    if not nested and len(short) <= 90:
        return short
    if nested:
        return "[\n" + "".join(indent(f"{part},\n", "    ") for part in parts) + "]"
    unbreakable = ", ".join(part.replace(" ", "\0") for part in parts)
    wrapped = fill(unbreakable, 100, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    return "[\n" + wrapped.replace("\0", " ") + ",\n]"


def _fraction(x: Fraction) -> str:
    if x.denominator == 1:
        return f"Fraction({x.numerator})"
    power = x.denominator.bit_length() - 1
    denominator = f"2**{power}" if x.denominator == 1 << power and power > 9 else str(x.denominator)
    return f"Fraction({x.numerator}, {denominator})"


def assignment(name: str, text: str) -> str:
    """Return an answer such as "0.5 = 1/2" as an assignment; what is not a number becomes a comment."""
    number, _, exact = text.partition(" = ")
    try:
        float(number)
    except ValueError:
        return f"# {name} {text}"
    return f"{name} = {number}" + (f"  # {exact}" if exact else "")


def standard_imports(code: str) -> list[str]:
    """Return the imports of the standard library that code needs."""
    numbers = [name for name in ("inf", "isfinite", "nan") if re.search(rf"\b{name}\b", code)]
    fractions = ["from fractions import Fraction"] if "Fraction(" in code else []
    return fractions + ([f"from math import {', '.join(numbers)}"] if numbers else [])
