"""Which tests run only with --thorough: the others of a long table, of which a few run always."""

from collections.abc import Iterable
from typing import Any

import pytest


def some_of(values: Iterable[Any], *, every: int) -> list[Any]:
    """Parameters of which each so-many-th runs always, and the others with --thorough."""
    return [
        value if i % every == 0 else pytest.param(*_parts(value), marks=pytest.mark.thorough)
        for i, value in enumerate(values)
    ]


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
