"""The whole sample."""

from collections.abc import Iterator

from benchmarks.recorded import beside, functions, invalid, losses, refused
from benchmarks.recorded.call import Call
from benchmarks.recorded.inputs import Draw, state_of
from benchmarks.recorded.outcome import Outcome, outcome


def calls() -> Iterator[Call]:
    """Yield all calls."""
    for source in (functions, beside, losses, invalid, refused):
        yield from source.calls()


def made(call: Call) -> Outcome:
    """Make one call and return its outcome."""
    draw = Draw(call.id)
    with state_of(call.library, call.dtype):
        return outcome(lambda: call.make(draw, call), draw.chosen)
