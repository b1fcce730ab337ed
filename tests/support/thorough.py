"""Which tests run only with --thorough: most cases of a long table, of which a sample runs always.

Of a test that is marked as costly, whose cases take seconds each, the first one runs always.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import emd_conformance
import pytest
from emd_conformance import Case

MANY = 8  # cases of a test, beyond which a sample of them runs
EVERY = 7  # a prime: what a sample holds does not always have the same value of an inner parameter
whole = False  # whether --thorough was given; conftest.py sets it before the tests are collected


def beyond_a_sample(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """Of each test of many cases, those that are not in the sample."""
    tests: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("thorough") is None:
            tests[item.nodeid.partition("[")[0]].append(item)
    for cases in tests.values():
        if cases[0].get_closest_marker("costly") is not None:
            yield from cases[1:]
        elif len(cases) > MANY:
            yield from (item for i, item in enumerate(cases) if i % EVERY)


def other_parts(items: Sequence[pytest.Item], part: str) -> list[pytest.Item]:
    """The tests that are not in a part, such as "0/2", which is the first one and each second from there."""
    first, _, step = part.partition("/")
    if not (first.isdecimal() and step.isdecimal() and int(first) < int(step)):
        raise pytest.UsageError(f"--part is {part!r}: it must be two numbers I/K with I < K, such as 0/2")
    return [item for i, item in enumerate(items) if i % int(step) != int(first)]


def published_cases() -> list[Case]:
    """The vectors of the suite: with --thorough all, else of each kind of them the first and each so-many-th."""
    kinds: defaultdict[Any, list[Case]] = defaultdict(list)
    for case in emd_conformance.vectors():
        has_labels = case.labels is not None
        kinds[case.group, case.input, case.ground.kind, has_labels, case.dtypes, case.needs].append(case)
    return [case for cases in kinds.values() for case in (cases if whole else cases[::EVERY])]


def some_of(values: Iterable[Any], *, every: int) -> list[Any]:
    """Parameters of which each so-many-th runs always, and the others with --thorough."""
    return [
        value if i % every == 0 else pytest.param(*_parts(value), marks=pytest.mark.thorough)
        for i, value in enumerate(values)
    ]


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
