"""The expressions that losses compute: the forms of E and of the EMD up to a factor, and their values as floats."""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite, nan, sqrt

from emd_conformance._bounds.precision import Precision
from emd_conformance._declaration.expression import Expression, parse

TEXTS = (
    *("E", "E/C", "E/(C-1)", "E/2", "2*E", "E*C", "sqrt(E)", "sqrt(E/C)", "sqrt(E/(C-1))", "sqrt(2*E)", "sqrt(E/2)"),
    *("W1", "W1/C", "W1/(C-1)", "W1*W1", "W1/2"),
)
OF_RANGES = ("E/range", "W1/range", "sqrt(E/range)", "E/(range*range)")
CROSS_ENTROPIES = ("XE", "R", "XE + R", "XE - R", "XE - weight*R", "weight*R", "XE + weight*E", "E")
EPSILONS = ("1e-4", "1e-5", "1e-6", "1e-7", "1e-8", "1e-10", "1e-12")
# The forms that a factor is fitted to: a loss is a number times one of them.
FORMS = (
    *("E", "E/C", "E/(C-1)", "E/(C*C)", "E*C"),
    *("sqrt(E)", "sqrt(E/C)", "sqrt(E/(C-1))", "sqrt(E)/C", "sqrt(E)/(C-1)"),
    *("W1", "W1/C", "W1/(C-1)", "W1*W1", "W1*W1/C", "W1*W1/(C*C)", "sqrt(W1)", "E*E"),
)
COMMON = ("E", "E/C", "E/(C-1)", "sqrt(E)", "sqrt(E/C)", "W1", "W1/C")
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def accuracy(precision: Precision) -> float:
    """Return how accurate a number is that follows from answers of a format, relative to its size."""
    return min(max(1e-11, 128 * precision.coarser), 0.2)


def number(expression: Expression, names: Mapping[str, float]) -> float:
    """Return the value of an expression as a float, or raise ZeroDivisionError or KeyError."""
    return _compiled(expression.text)(names)


@cache
def _compiled(text: str) -> Callable[[Mapping[str, float]], float]:
    return _function(parse(text).tree)


def _function(node: ast.expr) -> Callable[[Mapping[str, float]], float]:
    match node:
        case ast.Constant(value=int() | float() as constant):
            return lambda names: constant
        case ast.Name(id=name):
            return lambda names: names[name]
        case ast.BinOp(left=left, op=op, right=right):
            a, b, combine = _function(left), _function(right), _OPERATORS[type(op)]
            return lambda names: combine(a(names), b(names))
        case ast.Call(args=[argument]):
            inner = _function(argument)
            return lambda names: sqrt(max(x, 0.0)) if (x := inner(names)) > -1e-9 else nan  # rounding may reach below 0
        case _:
            raise ValueError(ast.unparse(node))


def times(factor: float | str, form: str) -> Expression:
    """Return the expression of a factor times a form."""
    text = f"{factor}"
    if text.startswith("-"):
        return parse(f"(0 - {text[1:]})*{form}")
    return parse(f"{text}*{form}")


def snapped(x: float, accuracy: float) -> list[str]:
    """Return short ways to write a number that agree with it: an integer, a short decimal, a quotient, a root."""
    within = max(accuracy, 1e-8)
    if not x or not isfinite(x):
        return []
    sign, size = "-" if x < 0 else "", abs(x)
    texts = [f"{size:.{digits}g}" for digits in (1, 2, 3, 4)]
    if 1e-4 < size < 1000:
        texts += [f"1/{round(1 / size)}"] * (round(1 / size) > 1)
        texts += [f"{round(size * n)}/{n}" for n in (3, 6, 7, 9, 12)]
        texts += [f"sqrt({size * size:.3g})", f"sqrt(1/{round(1 / (size * size))})" if size < 1 else "1"]
    texts += [f"{size:.{digits}g}" for digits in (5, 6, 7, 8)]
    return [sign + text for text in dict.fromkeys(map(_plain, texts)) if _agrees(text, size, within)][:2]


def _agrees(text: str, size: float, within: float) -> bool:
    try:
        return abs(number(parse(text), {}) - size) <= within * size
    except (ValueError, ZeroDivisionError):
        return False


def _plain(text: str) -> str:
    """Return 100 for 1e+02, as a person writes it."""
    return str(int(float(text))) if "e+" in text and text[0].isdigit() and float(text) < 1e15 else text
