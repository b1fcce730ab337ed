"""Losses that disturb whoever calls them; all but `constructed` and `weighted` are right where they answer."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np


def right(p, t):
    return np.square(np.cumsum(p - t, axis=-1)).sum(-1)


def exits_with_0(p, t):
    sys.exit(0)


def leaves_with_0(p, t):
    os._exit(0)


def interrupts(p, t):
    raise KeyboardInterrupt


class Silent(BaseException):
    """An exception that no `except Exception` catches and that cannot be shown."""

    def __str__(self):
        raise RuntimeError("no words")


def raises_what_cannot_be_shown(p, t):
    raise Silent


def raises_a_long_message(p, t):
    raise ValueError("x" * 50_000_000)


def signals_its_parent(p, t):
    os.kill(os.getppid(), signal.SIGINT)
    return right(p, t)


def crashes(p, t):
    ctypes.string_at(0)


def hangs(p, t):
    while True:
        time.sleep(0.01)


def catches_the_interruption(p, t):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


def needs_all_memory(p, t):
    return np.ones(1 << 36).sum()


def answers_with_millions_of_numbers(p, t):
    return np.zeros(20_000_000)


def contains_itself(p, t):
    answer = []
    answer.append(answer)
    return answer


def prints_an_endless_line(p, t):
    for _ in range(200):
        sys.stdout.write("x" * 1_000_000)
    return right(p, t)


def starts_a_child(p, t):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    return right(p, t)


def forgets_all_modules(p, t):
    value = right(p, t)
    sys.modules.clear()
    return value


def closes_every_file(p, t):
    os.closerange(0, 256)
    return right(p, t)


def replaces_stdout(p, t):
    sys.stdout = None
    return right(p, t)


def patches_json(p, t):
    import json

    json.dumps = json.loads = lambda *args, **options: "conforms"
    return right(p, t)


class ExitsWhenMade:
    """Ends the program in its constructor."""

    def __init__(self):
        sys.exit(0)
