"""A time limit for calls in this process, where the system can interrupt the main thread."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from emd_conformance._calling.watch import Lost

LATE = 1.0  # seconds; who wakes later, without as much work in between, was stopped
AGAIN = 1.0  # seconds after which a call is interrupted again that has caught the interruption


class _Overdue(BaseException):
    """Raised inside a call at the end of its time; it is no Exception, which losses may catch."""


def obstacle_to_interruption() -> str:
    """Return why a call cannot be interrupted here, or an empty string."""
    if not hasattr(signal, "setitimer"):
        return "this system has no SIGALRM"
    if threading.current_thread() is not threading.main_thread():
        return "the run is not in the main thread"
    if signal.getsignal(signal.SIGALRM) is None:
        return "another library handles SIGALRM"
    return ""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise Lost in the `with` after some seconds; the alarm of the caller, such as a test runner's, is kept.

    A process that was stopped, as by Ctrl-Z, has its time anew.
    """
    if seconds is None or obstacle_to_interruption():
        yield
        return
    earlier, interval = signal.getitimer(signal.ITIMER_REAL)
    if 0 < earlier <= seconds:  # the caller's own limit comes first
        yield
        return
    armed, start = True, time.monotonic()
    due, worked = start + seconds, time.process_time()

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal due, worked
        late = time.monotonic() - due
        if late > LATE and time.process_time() - worked < late:
            due, worked = time.monotonic() + seconds, time.process_time()
            signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
        elif armed:
            due = time.monotonic() + AGAIN
            _raise(frame)

    handler = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            yield
        finally:
            armed = False  # an alarm that comes now comes too late
    except _Overdue as overdue:
        raise Lost("hang", f"no answer within {seconds:g} s{overdue}") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if earlier:
            signal.setitimer(signal.ITIMER_REAL, max(earlier - time.monotonic() + start, 0.001), interval)


def _raise(frame: FrameType | None) -> NoReturn:
    place = f"; it was in {frame.f_code.co_name}, line {frame.f_lineno} of {frame.f_code.co_filename}" if frame else ""
    raise _Overdue(place)
