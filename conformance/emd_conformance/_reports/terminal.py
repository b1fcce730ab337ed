"""Shows a report and the progress of a run: with rich on a terminal if it is installed, otherwise as plain text."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from emd_conformance._reports.text import WIDTH, Line

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
    sys.stdout.flush()


def nobody_reads() -> None:
    """Send the rest of the standard output nowhere, after its reader, such as `head`, has closed it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def track(checks: Sequence[T]) -> Iterator[T]:
    """Yield the checks; if the standard error is a terminal, show how many are done, and which one is asked."""
    console = _rich(sys.stderr)
    if console is None:
        yield from _plainly(checks)
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("examining", total=len(checks))
        for check in checks:
            progress.update(task, description=f"examining {getattr(check, 'id', '')}")
            yield check
            progress.advance(task)


def _plainly(checks: Sequence[T]) -> Iterator[T]:
    """Yield the checks, and show the progress in one line that is written again and again, without rich."""
    shown = sys.stderr.isatty()
    for number, check in enumerate(checks):
        if shown:
            text = f"examining {number + 1} of {len(checks)}: {getattr(check, 'id', '')}"
            print(f"\r{text:{WIDTH}.{WIDTH}}", end="", file=sys.stderr, flush=True)
        yield check
    if shown:
        print(f"\r{'':{WIDTH}}\r", end="", file=sys.stderr, flush=True)


def _rich(stream: Any) -> Any:
    """Return rich's console for a stream, or None if the stream is not a terminal or rich is not installed."""
    if not stream.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=stream)
