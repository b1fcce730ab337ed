"""The expression that an implementation computes, such as sqrt(E/C): it is parsed, and never run as code.

An expression is evaluated on intervals, together with its derivatives. This maps the exact value, the error bound and
the gradient of the specified quantities to those of the expression.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Self

from emd_conformance._exact.interval import INFINITY, ONE, Interval, enclose, sqrt

LONGEST = 500  # characters
NAMES = ("E", "W1", "XE", "R")
PARAMETERS = ("C", "weight", "range")  # `range` is the largest ground distance (2.6)
ROUNDINGS_OF_RANGE = 8  # the largest distance of a tree is a sum of lengths


@dataclass(frozen=True)
class Dual:
    """A value, and its derivatives with respect to the names."""

    value: Interval
    slopes: dict[str, Interval]

    def map(self, value: Interval, slope: Interval) -> Self:
        """Return f(self), where f has this value and slope."""
        return type(self)(value, {name: x * slope for name, x in self.slopes.items()})


@dataclass(frozen=True)
class Expression:
    """A parsed expression in E, W1, XE, R, C, weight and range."""

    text: str
    tree: ast.expr

    @cached_property
    def names(self) -> set[str]:
        """The specified quantities that it names."""
        return self._used & set(NAMES)

    @cached_property
    def parameters(self) -> set[str]:
        """The parameters that it names."""
        return self._used & set(PARAMETERS)

    @cached_property
    def standard(self) -> str:
        """The text with the blanks and the parentheses that it needs: that of an equal expression is the same."""
        return ast.unparse(self.tree)

    @property
    def _used(self) -> set[str]:
        return {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}

    @cached_property
    def operations(self) -> int:
        """The number of roundings in an evaluation."""
        operations = sum(isinstance(node, ast.BinOp | ast.Call) for node in ast.walk(self.tree))
        return operations + ROUNDINGS_OF_RANGE * ("range" in self.parameters)

    def evaluate(self, names: Mapping[str, Interval], parameters: Mapping[str, Fraction]) -> Dual:
        """Return the value and its derivatives, or raise ZeroDivisionError."""
        return _evaluate(self.tree, names, parameters)

    def estimate(self, numbers: Mapping[str, float]) -> float:
        """Return the value in floats, for all names and parameters, or raise ZeroDivisionError."""
        return _estimate(self.tree, numbers)


def _estimate(node: ast.expr, numbers: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return numbers[name]
        case ast.BinOp(left=left, op=sign, right=right):
            return _ON_FLOATS[type(sign)](_estimate(left, numbers), _estimate(right, numbers))
        case ast.Call(args=[argument]):
            return math.sqrt(max(_estimate(argument, numbers), 0.0))
        case _:
            raise ValueError(ast.unparse(node))


_ON_FLOATS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@cache
def parse(text: str) -> Expression:
    """Parse an expression, or raise ValueError, which says what is allowed."""
    try:
        if len(text) > LONGEST:
            raise ValueError(f"it has {len(text)} characters, at most {LONGEST} are read")
        tree = ast.parse(text, mode="eval").body
        _check(tree)
    except (SyntaxError, ValueError) as error:
        text = text if len(text) <= LONGEST else f"{text[:40]}..."
        allowed = f"numbers, {', '.join((*NAMES, *PARAMETERS))}, + - * / and sqrt(...)"
        raise ValueError(f"computes={text!r} is not understood ({error}): write it with {allowed}") from None
    return Expression(text, tree)


def _check(node: ast.expr) -> None:
    match node:
        case ast.Constant(value=int() | float() as number):
            if not math.isfinite(number):
                raise ValueError("a number is beyond the largest float")
        case ast.Name(id=name) if name in NAMES + PARAMETERS:
            return
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right):
            _check(left)
            _check(right)
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument], keywords=[]):
            _check(argument)
        case _:
            raise ValueError(f"{ast.unparse(node)!r} is not allowed")


def _evaluate(node: ast.expr, names: Mapping[str, Interval], parameters: Mapping[str, Fraction]) -> Dual:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Dual(enclose(Fraction(number)), {})
        case ast.Name(id=name) if name in PARAMETERS:
            return Dual(enclose(parameters[name]), {})
        case ast.Name(id=name):
            return Dual(names[name], {name: ONE})
        case ast.BinOp(left=left, op=sign, right=right):
            a, b = _evaluate(left, names, parameters), _evaluate(right, names, parameters)
            return _OPERATIONS[type(sign)](a, b)
        case ast.Call(args=[argument]):
            return _root(_evaluate(argument, names, parameters))
        case _:
            raise ValueError(ast.unparse(node))


def _plus(a: Dual, b: Dual) -> Dual:
    zero = enclose(0)
    slopes = {name: a.slopes.get(name, zero) + b.slopes.get(name, zero) for name in a.slopes | b.slopes}
    return Dual(a.value + b.value, slopes)


def _times(a: Dual, b: Dual) -> Dual:
    return Dual(a.value * b.value, _plus(a.map(a.value, b.value), b.map(b.value, a.value)).slopes)


def _inverse(a: Dual) -> Dual:
    inverse = enclose(1) / a.value
    return a.map(inverse, -(inverse * inverse))


def _root(a: Dual) -> Dual:
    """Return √a; its slope has no finite bound if a may be 0."""
    value = sqrt(Interval(max(a.value.lo, Fraction(0)), max(a.value.hi, Fraction(0))))
    if not a.slopes:
        return Dual(value, {})
    return a.map(value, Interval(Fraction(0), UNLIMITED) if value.lo == 0 else enclose(1) / (value * 2))


UNLIMITED = Fraction(2**10000)
_OPERATIONS: dict[type[ast.operator], Callable[[Dual, Dual], Dual]] = {
    ast.Add: _plus,
    ast.Sub: lambda a, b: _plus(a, b.map(-b.value, enclose(-1))),
    ast.Mult: _times,
    ast.Div: lambda a, b: _times(a, _inverse(b)),
}


def is_unlimited(x: Interval) -> bool:
    """Tell whether an interval has no bound: a slope of a root at 0, or what follows from it.

    Infinity times a weight is less: there, only an infinite answer is right.
    """
    return x.magnitude > INFINITY.hi * 2**1000
