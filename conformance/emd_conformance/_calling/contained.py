"""Foreign code is contained: whatever it raises is an error of its own, and it cannot end this process in silence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from emd_conformance._calling.watch import Lost

LONGEST = 2000  # characters of a message


class EscapeError(Exception):
    """Stands for an exception of foreign code that is no Exception, and would leave the suite."""


@contextmanager
def contained() -> Iterator[None]:
    """Turn what would end the program into errors: SystemExit and os._exit into Lost, any other into EscapeError.

    KeyboardInterrupt is left alone, since it may be the user's.
    """
    original, this = os._exit, os.getpid()

    def refused(status: int) -> NoReturn:
        if os.getpid() != this:  # a child of the implementation ends as it likes
            original(status)
        raise Lost("exits", f"it called os._exit({status!r})")

    os._exit = refused
    try:
        yield
    except (Exception, KeyboardInterrupt):
        raise
    except SystemExit as error:
        raise Lost("exits", f"it raised SystemExit: {error}") from None
    except BaseException as error:
        raise EscapeError(described(error)) from None
    finally:
        os._exit = original


def described(error: Any) -> str:
    """Return the type of an exception, and its text if that can be read, of which a long one is cut."""
    if isinstance(error, EscapeError):
        return str(error)
    try:
        text = str(error)
    except Exception:
        return f"{type(error).__name__}: its text cannot be read"
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… (cut; it has {len(text):,} characters)"
    return f"{type(error).__name__}: {text}"
