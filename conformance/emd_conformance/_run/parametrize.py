"""Tests of pytest: one for each check of an implementation."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Unpack

from emd_conformance._calling.connect import open_caller
from emd_conformance._calling.load import Loss
from emd_conformance._cases.load import vectors
from emd_conformance._declaration.declaration import Options
from emd_conformance._declaration.options import as_keywords
from emd_conformance._judging.check import Check
from emd_conformance._run.assertion import Assertion
from emd_conformance._run.deviations import Deviations, check_deviations, read_deviations
from emd_conformance._run.explanation import smallest
from emd_conformance._run.last_test import LastTest
from emd_conformance._run.notes import Notes
from emd_conformance._run.run import drawn_checks, run, select

if TYPE_CHECKING:
    import pytest


def parametrize(
    loss: Loss | str,
    /,
    *,
    deviations: Deviations | None = None,
    isolate: bool = False,
    timeout: float | None = None,
    properties: bool = False,
    **options: Unpack[Options],
) -> pytest.MarkDecorator:
    """Return a pytest decorator that runs a test once for each check of a loss; the test calls its argument `check`.

    A failure states the case, both numbers and the error bound. The last test, whose id is `diagnosis`, fails if
    another one has failed, and says once for all of them what is wrong, also under pytest-xdist. Then it takes as long
    as a `run`.

    Parameters
    ----------
    loss
        As in `run`.
    deviations
        As in `run`: these checks are strict expected failures, so that a check that passes fails its test.
    isolate
        As in `run`, but tests run in the process of pytest by default.
    timeout, properties
        As in `run`.
    **options
        The declaration, as in `run`.

    Returns
    -------
    pytest.MarkDecorator
        The mark `pytest.mark.parametrize("check", ...)`. The ids of the tests are those of the checks.
    """
    import pytest

    asked, reasons = assertions(loss, options, isolate, timeout, properties), read_deviations(deviations)
    check_deviations(reasons, [check.id for check in asked])
    again = partial(run, loss, deviations=reasons, isolate=isolate, timeout=timeout, properties=properties, **options)
    checks = [one.check for one in asked if isinstance(one.check, Check)]
    last = LastTest(again, lambda report: smallest(checks, report.results), Notes(_subject(loss, options)))

    def test(check: Assertion) -> object:
        if reason := reasons.get(check.id):
            mark = pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)
            return pytest.param(check, id=check.id, marks=mark)
        return pytest.param(replace(check, last=last), id=check.id)

    tests = [*map(test, asked), *([pytest.param(last, id=last.id)] if asked else [])]
    return pytest.mark.parametrize("check", tests)


def _subject(loss: Loss | str, options: Options) -> str:
    """Return what tells the tests of one place apart from all others, the same in every process of a run."""
    name = loss if isinstance(loss, str) else getattr(loss, "__qualname__", type(loss).__qualname__)
    place = sys._getframe(2)  # the module that calls `parametrize`
    return f"{place.f_code.co_filename}:{place.f_lineno} {name} {as_keywords(options)}"


def assertions(
    loss: Loss | str, options: Options, isolate: bool = False, timeout: float | None = None, properties: bool = False
) -> list[Assertion]:
    """Return an assertion for each check; invalid input is checked only if the implementation claims to validate."""
    caller, _ = open_caller(loss, options, isolate, timeout)
    asked, _ = select(caller, vectors())
    drawn = drawn_checks(caller) if properties else []
    return [*(Assertion(check) for check in asked if check.binding), *map(Assertion, drawn)]
