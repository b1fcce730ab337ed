"""Conformance suite for the squared Earth Mover's Distance loss.

report = emd_conformance.run(loss, reduction="mean", computes="E/C")
print(report)

@emd_conformance.parametrize(loss, array="torch", grad="autograd")
def test_emd(check): check()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emd_conformance._cases.case import Case
from emd_conformance._cases.load import SUITE_VERSION, vectors
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._reports.report import Report
from emd_conformance._run.deviations import known_deviations
from emd_conformance._run.run import checks, run

if TYPE_CHECKING:
    import pytest

__all__ = ["SUITE_VERSION", "Case", "Declaration", "Report", "parametrize", "run", "vectors"]


def parametrize(
    loss: Callable[..., Any] | str, /, *, deviations: Mapping[str, str] | Path | str | None = None, **options: Any
) -> pytest.MarkDecorator:
    """Return a decorator that gives a pytest test each `check` of a loss: the test calls it.

    Parameters
    ----------
    loss
        As in `run`.
    deviations
        Ids of checks that are known to fail, each with the reason, or the JSON file that holds them: strict expected
        failures, so that a check which passes after all fails.
    **options
        The declaration, as in `run`.
    """
    import pytest

    asked = checks(loss, **options)
    reasons = known_deviations(deviations, {check.id for check in asked})

    def marks(id: str) -> list[pytest.MarkDecorator]:
        reason = reasons.get(id)
        return [pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)] if reason else []

    return pytest.mark.parametrize("check", [pytest.param(c, id=c.id, marks=marks(c.id)) for c in asked])
