"""Tests of pytest: one for each check of an implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from emd_conformance._calling.connect import open_caller
from emd_conformance._calling.load import Loss
from emd_conformance._cases.load import vectors
from emd_conformance._declaration.declaration import Options
from emd_conformance._run.assertion import Assertion
from emd_conformance._run.deviations import Deviations, check_deviations, read_deviations
from emd_conformance._run.run import drawn_checks, select

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

    def marks(id: str) -> list[pytest.MarkDecorator]:
        reason = reasons.get(id)
        return [pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)] if reason else []

    return pytest.mark.parametrize("check", [pytest.param(c, id=c.id, marks=marks(c.id)) for c in asked])


def assertions(
    loss: Loss | str, options: Options, isolate: bool = False, timeout: float | None = None, properties: bool = False
) -> list[Assertion]:
    """Return an assertion for each check; invalid input is checked only if the implementation claims to validate."""
    caller, _ = open_caller(loss, options, isolate, timeout)
    asked, _ = select(caller, vectors())
    drawn = drawn_checks(caller) if properties else []
    return [*(Assertion(check) for check in asked if check.binding), *map(Assertion, drawn)]
