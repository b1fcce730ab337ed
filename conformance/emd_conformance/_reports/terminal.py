"""Shows a report and the progress of a run: with rich on a terminal if it is installed, otherwise as plain text."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from emd_conformance._reports.text import Line

STYLES = {"good": "bold green", "bad": "bold red", "title": "bold", "plain": ""}
T = TypeVar("T")


def show(lines: Iterable[Line]) -> None:
    """Write lines to the standard output; characters that it cannot encode are escaped."""
    rich, encoding = _rich(sys.stdout), sys.stdout.encoding or "utf-8"
    for line in lines:
        text = line.text.encode(encoding, "backslashreplace").decode(encoding)  # such as a Σ in ASCII
        if rich is None:
            print(text)
        else:
            rich.print(text, style=STYLES[line.style], markup=False, highlight=False, emoji=False, soft_wrap=True)


def track(checks: Sequence[T]) -> Iterator[T]:
    """Yield the checks, and show the progress if the standard error is a terminal."""
    console = _rich(sys.stderr)
    if console is None:
        yield from checks
        return
    from rich.progress import track as rich_track

    yield from rich_track(checks, description="examining", console=console, transient=True)


def _rich(stream: Any) -> Any:
    """Return rich's console for a stream, or None if the stream is not a terminal or rich is not installed."""
    if not stream.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=stream)
