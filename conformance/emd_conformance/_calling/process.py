"""A process that answers requests by lines, within a time limit.

It is spawned and never forked: after torch or JAX has run, a forked child hangs.
"""

import contextlib
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from emd_conformance._calling.alarm import LATE
from emd_conformance._calling.watch import Lost

LAST_WORDS = 1500
LONGEST = 1 << 26  # bytes of a line: fifty times those of the largest answer


@dataclass(frozen=True)
class Limits:
    """Seconds for a call, seconds for the start, and bytes that the process may add to its memory after the start."""

    timeout: float = 10.0
    start: float = 120.0
    memory: int = 4 << 30


class Process:
    """A running program. A thread reads its lines, as no portable way to read has a time limit."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True
            )
        except OSError:
            self._errors.close()
            raise
        self._watchdog = _watchdog(self._process.pid)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._at_end = self._runs_on = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            while line := lines.readline(LONGEST):
                self._runs_on = len(line) == LONGEST
                if self._runs_on:
                    break
                self._lines.put(line)
        self._at_end = True
        self._lines.put(b"")

    def _write(self, request: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # if the process has ended, reading its answer says so
            self._process.stdin.write(request)
            self._process.stdin.flush()

    def ask(self, request: bytes, timeout: float) -> bytes:
        """Send a request and return the line that answers it, or raise Lost."""
        # In a thread: if the process does not read, its pipe fills up and the write blocks.
        threading.Thread(target=self._write, args=(request,), daemon=True).start()
        if line := self._next_line(timeout):
            return line
        raise self._ended()

    def _next_line(self, timeout: float) -> bytes:
        """The next line, or Lost after some seconds; if this program was stopped, as by Ctrl-Z, it waits anew."""
        while True:
            due = time.monotonic() + timeout
            try:
                return self._lines.get(timeout=timeout)
            except queue.Empty:
                if time.monotonic() <= due + LATE:
                    raise Lost("hang", f"no answer within {timeout:g} s" + self.last_words()) from None

    @property
    def has_more(self) -> bool:
        """Whether there is a line beyond the answer."""
        return self._lines.qsize() > self._at_end

    def _ended(self) -> Lost:
        if self._runs_on:
            self._kill()
            return Lost("crash", f"its reply has a line of more than {LONGEST:,} bytes")
        if not self._exits_within(1.0):
            return Lost("crash", "it closed the connection" + self.last_words())
        code, words = self._kill(), self.last_words()
        end = f"the process ended with exit code {code}" if code >= 0 else f"the process died of {_signal(-code)}"
        return Lost("memory" if names_memory(words) else "exits" if code >= 0 else "crash", end + words)

    def last_words(self) -> str:
        """Return the end of standard error, to be added to a message."""
        with contextlib.suppress(ValueError):
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - LAST_WORDS))
            text = self._errors.read().decode(errors="replace").strip()
            return "\nstandard error: " + text.replace("\n", "\n  ") if text else ""
        return ""

    def close(self, farewell: bytes = b"", patience: float = 2.0) -> None:
        """End the process and its children, after `patience` seconds to follow a farewell."""
        assert self._process.stdin is not None
        if farewell:
            # Unbuffered and without blocking, so that a process that does not read cannot hold up this one.
            with contextlib.suppress(OSError, ValueError):
                os.set_blocking(self._process.stdin.fileno(), False)
                os.write(self._process.stdin.fileno(), farewell)
                self._exits_within(patience)
        self._kill()
        self._reader.join(timeout=1)
        for stream in (self._process.stdin, self._errors):
            with contextlib.suppress(OSError):
                stream.close()

    def _exits_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self._has_exited():
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def _has_exited(self) -> bool:
        """Tell whether the process has ended, without reaping it where the system allows that.

        Once it is reaped, the system may give its number, and that of its group, to processes that are not ours.
        """
        if self._process.returncode is None and hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):  # this program has reaped it elsewhere
                return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return self._process.poll() is not None

    def _kill(self) -> int:
        """Kill what is left of the process and its group, reap the process, and return its exit code."""
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.communicate()
            self._watchdog = None
        self._has_exited()  # without `waitid`, or reaped elsewhere, its exit code is known now
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
        return self._process.wait()


def _watchdog(group: int) -> "subprocess.Popen[bytes] | None":
    """Start a shell that kills a group of processes when this program ends, however it ends; None where there is none.

    At the end of this program the system closes the pipe, and the shell has nothing more to read.
    """
    if not hasattr(os, "killpg"):
        return None
    with contextlib.suppress(OSError):
        return subprocess.Popen(
            ["/bin/sh", "-c", 'read -r nothing; kill -s KILL -- "-$0"', str(group)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return None


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def names_memory(text: str) -> bool:
    """Tell whether a message reports a lack of memory, in the words of Python, C++ or torch."""
    signs = ("memoryerror", "bad_alloc", "allocate memory", "not enough memory", "out of memory")
    return any(sign in text.lower() for sign in signs)
