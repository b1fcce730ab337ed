"""A call of the sample, and a generator of calls for all combinations of function, library, ground, dtype and kind."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

from benchmarks.recorded.inputs import Draw

HALF, BRAIN, SINGLE, DOUBLE = "float16", "bfloat16", "float32", "float64"
KINDS = ("labels", "soft", "labels-logits", "soft-logits")
LABEL_KINDS = ("labels", "labels-logits")
NONE = ("none",)

Make: TypeAlias = Callable[[Draw, "Call"], Any]


@dataclass(frozen=True)
class Call:
    """One call. `make` draws the arguments, makes the call and returns its outputs."""

    make: Make
    function: str
    library: str
    ground: str
    dtype: str
    kind: str
    number: int

    @property
    def group(self) -> str:
        return "/".join((self.function, self.library, self.ground, self.dtype, self.kind))

    @property
    def id(self) -> str:
        return f"{self.group}/{self.number}"


def every(
    make: Make,
    functions: Iterable[str],
    library: str,
    *,
    grounds: Iterable[str] = NONE,
    dtypes: Iterable[str] = (SINGLE, DOUBLE),
    kinds: Iterable[str] = KINDS,
    times: int = 1,
) -> Iterator[Call]:
    """Yield each combination `times` times, and three times as often for ordered classes, the ground of the paper."""
    for place in product(functions, (library,), grounds, dtypes, kinds):
        for number in range(3 * times if "ordered" in place else times):
            yield Call(make, *place, number)
