"""A case as a test module that does not need the suite: exact answers as fractions, error bounds as numbers."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf, nextafter
from typing import Any

from emd_conformance._bounds.precision import PRECISIONS
from emd_conformance._cases.case import Case, Quantity
from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._cases.load import SUITE_VERSION
from emd_conformance._code.call import IMPORTS, asker, call, gradient_call, inputs
from emd_conformance._code.literals import literal, standard_imports
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._declaration.sample import Sample
from emd_conformance._judging.allowed import Allowed, allowed_gradient, allowed_values, share, weighted
from emd_conformance._judging.conventions import undefined


def test_module(case: Case, declared: Declaration, quantity: Quantity) -> str:
    if reason := obstacle(declared, case, quantity):
        raise DeclarationError(f"{case.id} cannot be asked under this declaration: {reason}")
    data, body = {"value": _value, "gradient": _gradient, "rejection": _rejection}[quantity](case, declared)
    data = [*inputs(case, declared), *data]
    under_test = "gradient" if quantity == "gradient" and callable(declared.grad) else "loss"
    imports = [
        *IMPORTS[declared.array],
        *(["import pytest"] if case.invalid else []),
        f"from my_package import {under_test}  # the implementation under test",
    ]
    parts = [[_docstring(case)], standard_imports("\n".join([*data, *body])), imports, data]
    name = f"test_{case.id.replace('/', '_').replace('-', '_')}"
    head = "\n\n".join("\n".join(part) for part in parts if part)
    return f"{head}\n\n\ndef {name}():\n" + "".join(f"    {line}\n" for line in body)


def _docstring(case: Case) -> str:
    clauses = "\n".join(f"{clause}  {CLAUSES[clause]}" for clause in case.clauses)
    source = f"Inputs, exact answers and error bounds: emd-conformance, vectors {SUITE_VERSION}."
    return f'"""{case.id}: {case.comment}.\n\n{source} Clauses:\n\n{clauses}\n"""'


def _value(case: Case, declared: Declaration) -> tuple[list[str], list[str]]:
    answers = allowed_values(_samples(case, declared), declared, "any")
    one = declared.reduction != "none" or not declared.batched
    lines = [
        f"received = [{call(declared)}]" if one else f"received = {call(declared)}{'.reshape(-1)' * bool(case.shape)}",
        "for value, exact, error in zip(map(float, received), expected, bound, strict=True):",
        "    assert value == exact or (isfinite(value) and abs(Fraction(value) - exact) <= error)",
    ]
    return _expectations([_exact(a) for a in answers], [_bound(a) for a in answers], declared.computes), lines


PROJECTIONS = {
    "probabilities": ["    g = [x - sum(g) / len(g) for x in g]  # a constant is a convention (5.4)"],
    "cdf": ["    g = g[:-1]  # the last entry is a convention (5.8)"],
}
LEFT_OUT = {"probabilities": ", less its mean", "cdf": ", less its last entry"}


def _gradient(case: Case, declared: Declaration) -> tuple[list[str], list[str]]:
    samples = _samples(case, declared)
    if reason := _no_literal(samples, declared):
        raise DeclarationError(reason)
    rows = [[weighted(a, s, summed=len(samples)) for a in allowed_gradient(s, "any")] for s in samples]
    N = share(samples)
    times = "" if N == 1 else f" * {N}" if N.denominator == 1 else f" * {literal(N)}"
    lines = [
        *gradient_call(declared),
        "for row, exact, error in zip(received, expected, bound, strict=True):",
        "    assert all(map(isfinite, row))",
        f"    g = [Fraction(float(x)){times} for x in row]",
        *PROJECTIONS.get(declared.input, []),
        "    assert all(abs(x - e) <= b for x, e, b in zip(g, exact, error, strict=True))",
    ]
    what = f"the gradient of {declared.computes}" + LEFT_OUT.get(declared.input, "")
    exact, bounds = ([[number(a) for a in row] for row in rows] for number in (_exact, _bound))
    return _expectations(exact, bounds, what), lines


def _no_literal(samples: Sequence[Sample], declared: Declaration) -> str:
    """Return why a gradient is not compared with literal numbers, or an empty string."""
    if "W1" in declared.expression.names:
        return "a gradient of the EMD is judged by its optimality (3.6), and has no literal to expect"
    if declared.input == "log-probabilities":
        return "a gradient with respect to logarithms is projected before it is compared (5.7): `run` does so"
    if any(map(undefined, samples)):
        return "the cross-entropy has no gradient where a probability is 0 (6.4): `run` leaves these entries out"
    return ""


def _rejection(case: Case, declared: Declaration) -> tuple[list[str], list[str]]:
    raises = f"with pytest.raises((TypeError, ValueError, RuntimeError)):  # {case.invalid}"
    return [], [raises, f"    {call(declared)}"]


def _samples(case: Case, declared: Declaration) -> list[Sample]:
    caller = asker(declared)
    return caller.samples(caller.calls(case)[0])


def _expectations(exact: Any, bound: Any, what: str) -> list[str]:
    return [
        f"# {what}, exactly, and the bound of the rounding errors (7.3)",
        f"expected = {literal(exact)}",
        f"bound = {literal(bound)}",
    ]


def _exact(allowed: Allowed) -> Fraction | float:
    middle = allowed.exact.middle
    if abs(middle) <= Fraction(PRECISIONS["float64"].largest):
        return middle
    return inf if middle > 0 else -inf


def _bound(allowed: Allowed) -> float:
    """Return the allowed error, rounded up: inf at a root of E = 0, where every finite gradient is allowed (5.6)."""
    middle = allowed.exact.middle
    room = max(allowed.range.hi - middle, middle - allowed.range.lo)
    if isinstance(_exact(allowed), float):
        return 0.0
    return inf if room > Fraction(10) ** 300 else nextafter(float(room), inf)
