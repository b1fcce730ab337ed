"""Answers of an implementation: nested lists, and their shapes."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from emd_conformance._calling.arrays import Nested
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.place import at_place, places_in

# recorded: both, with the gradients from above of `upstream`; interleaved: with another call in between; unrecorded:
# the value, where PyTorch records nothing; refilled: the value, in arrays that held other rows at the call before
Want = Literal["value", "gradient", "recorded", "interleaved", "unrecorded", "refilled"]


MOST, ROOM = 64, 10_000  # an answer may have so many times the numbers of the prediction, and so many more


class AnswerError(ValueError):
    """The answer is not of the shape or type that the declaration promises."""


def located(result: Any, declared: Declaration) -> Any:
    """Return the answer at the declared place of a result, or raise AnswerError."""
    place = declared.returns
    if place is None and declared.array == "list" and declared.batched and isinstance(result, tuple):
        return [*result]  # one number a sample, as a list has
    try:
        answer = at_place(result, place)
    except (LookupError, TypeError, AttributeError) as error:
        message = f"it returned {_described(result)}, which has nothing at returns={place!r}"
        raise AnswerError(message) from error
    if place is None and (places := places_in(answer)):
        raise AnswerError(f"it returned {_described(answer)}: declare where the answer is, as returns={places[0]!r}")
    return answer


def check_size(result: Any, asked: int) -> None:
    """Raise AnswerError if an answer has far more numbers than an answer to so many can have."""
    most, found = MOST * asked + ROOM, 0
    waiting = [result]
    while waiting and found <= most:
        part = waiting.pop()
        if isinstance(part, list | tuple):
            waiting += part
            found += 1
        else:
            found += math.prod(getattr(part, "shape", ()))
    if found > most:
        raise AnswerError(f"it returned more than {most:,} numbers, where it was given {asked:,}")


def _described(result: Any) -> str:
    name = type(result).__name__
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    if type(result) is tuple:
        return f"a tuple of {len(result)}"
    return f"{article} {name} that has {', '.join(places)}" if (places := places_in(result)) else f"{article} {name}"


def split_batch(rows: list[Any], shape: Sequence[int]) -> list[Any]:
    """Return the rows of a batch nested by its axes."""
    for size in reversed(shape[1:]):
        rows = [rows[i : i + size] for i in range(0, len(rows), size)]
    return rows


def join_batch(result: Nested, shape: Sequence[int]) -> Nested:
    """Return the answer to a batch of several axes as rows."""
    rows = result
    for size in shape[1:]:
        if not isinstance(rows, list) or any(not isinstance(part, list) or len(part) != size for part in rows):
            raise AnswerError(f"it returned {shape_of(result)} for a batch of {tuple(shape)}")
        rows = [x for part in rows for x in part]
    return rows


def with_classes_at(rows: Nested, axis: int) -> Nested:
    """Return nested lists whose last axis, that of the classes, is moved to a place; -1 leaves it where it is."""
    if axis < 0:
        return rows
    if axis > 0:
        return [with_classes_at(part, axis - 1) for part in rows]
    sample = rows
    while isinstance(sample[0], list):
        sample = sample[0]
    return [_of_class(rows, j) for j in range(len(sample))]


def _of_class(rows: Nested, j: int) -> Nested:
    return [_of_class(part, j) for part in rows] if isinstance(rows[0], list) else rows[j]


def with_classes_last(rows: Nested, axis: int) -> Nested:
    """Return nested lists whose class axis is moved from a place to the end, or raise AnswerError."""
    if axis < 0:
        return rows
    if not isinstance(rows, list) or not rows:
        raise AnswerError(f"its gradient is {shape_of(rows)}, which has no class axis {axis}")
    return [with_classes_last(part, axis - 1) for part in rows] if axis > 0 else _joined(rows)


def _joined(parts: list[Nested]) -> Nested:
    if not isinstance(parts[0], list):
        return parts
    if any(not isinstance(part, list) or len(part) != len(parts[0]) for part in parts):
        raise AnswerError("its gradient has rows of different lengths")
    return [_joined(list(entries)) for entries in zip(*parts, strict=True)]


def flat(result: Nested) -> list[float]:
    return [x for part in result for x in flat(part)] if isinstance(result, list) else [float(result)]


def one_number(result: Nested) -> float:
    """Return the only number of nested lists, or raise AnswerError."""
    while isinstance(result, list) and len(result) == 1:
        result = result[0]
    if isinstance(result, list):
        raise AnswerError(f"it returned {shape_of(result)}, wanted one number")
    return float(result)


def shape_of(result: Nested) -> str:
    """Return the shape of nested lists as NumPy writes it."""
    sizes: list[str] = []
    while isinstance(result, list):
        sizes.append(str(len(result)))
        if not result:
            break
        result = result[0]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
