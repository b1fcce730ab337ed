"""What fuzzing found: outcomes, times, and what nothing explains."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SLOW = 1.0  # seconds


@dataclass
class Found:
    """The outcomes, and the calls, files and messages that nothing explains."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    unexplained: list[str] = field(default_factory=list[str])
    slowest: float = 0.0

    def timed(self, seconds: float, described: Callable[..., str], *call: object) -> None:
        """Remember the time of a call; one above a second is unexplained."""
        self.slowest = max(self.slowest, seconds)
        if seconds > SLOW:
            self.unexplained.append(f"{described(*call)}: {seconds:.1f} s")

    def lines(self) -> Iterator[str]:
        """The outcomes, the slowest call, and the first 50 that nothing explains."""
        yield ", ".join(f"{kind}: {number}" for kind, number in self.outcomes.most_common())
        yield f"slowest: {self.slowest:.3f} s"
        yield from self.unexplained[:50]


@contextmanager
def own_time() -> Iterator[Callable[[], float]]:
    """A clock of what this thread computes.

    Other processes and threads do not count, nor does the garbage collector's walk through what was there before:
    in a process that has run thousands of tests, one walk takes more than a second on a slow machine.
    """
    gc.freeze()
    try:
        yield time.thread_time
    finally:
        gc.unfreeze()
