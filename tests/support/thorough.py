"""Which tests run only with --thorough: most cases of a long table, of which a sample runs always."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

MANY = 8  # cases of a test, beyond which a sample of them runs
EVERY = 6


def beyond_a_sample(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """Of each test of many cases, those that are not in the sample."""
    tests: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("thorough") is None:
            tests[item.nodeid.partition("[")[0]].append(item)
    for cases in tests.values():
        if len(cases) > MANY:
            yield from (item for i, item in enumerate(cases) if i % EVERY)


def some_of(values: Iterable[Any], *, every: int) -> list[Any]:
    """Parameters of which each so-many-th runs always, and the others with --thorough."""
    return [
        value if i % every == 0 else pytest.param(*_parts(value), marks=pytest.mark.thorough)
        for i, value in enumerate(values)
    ]


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
