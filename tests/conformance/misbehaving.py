"""Right losses that do something else besides, in every way that a process can be disturbed."""

import ctypes
import itertools
import locale
import os
import random
import sys
import time

import numpy as np

CALLS = itertools.count()
SEEN = {}


def scan(p, t):
    return np.square(np.cumsum(p - t, axis=-1)).sum(-1)


def jax_scan(p, t):
    return ((p - t).cumsum(-1) ** 2).sum(-1)


def changes_locale(p, t):
    locale.setlocale(locale.LC_ALL, "C")
    return scan(p, t)


def _at_seven(p):
    return p.shape[-1] == 7


def hangs(p, t):
    while _at_seven(p):
        time.sleep(0.01)
    return scan(p, t)


def always_hangs(p, t):
    time.sleep(1000)


def crashes(p, t):
    if _at_seven(p):
        ctypes.string_at(0)
    return scan(p, t)


def crashes_at_nan(p, t):
    if not np.isfinite(p).all():
        ctypes.string_at(0)
    return scan(p, t)


def leaves(p, t):
    if _at_seven(p):
        os._exit(0)
    return scan(p, t)


def exits(p, t):
    if _at_seven(p):
        sys.exit("seven")
    return scan(p, t)


def grows(p, t):
    blocks = []
    while _at_seven(p):
        blocks.append(np.empty(1 << 28, dtype=np.uint8))  # never written to, so it takes addresses and no memory
    return scan(p, t)


def prints(p, t):
    if _at_seven(p):
        print("seven")
    return scan(p, t)


def prints_below_python(p, t):
    if _at_seven(p):
        os.write(1, b"seven\n")
    return scan(p, t)


def closes_stdin(p, t):
    if _at_seven(p):
        sys.stdin.close()
    return scan(p, t)


def closes_descriptor_0(p, t):
    if _at_seven(p):
        os.close(0)
    return scan(p, t)


def closes_stdout(p, t):
    if _at_seven(p):
        sys.stdout.close()
    return scan(p, t)


def closes_everything(p, t):
    if _at_seven(p):
        os.closerange(0, 256)
    return scan(p, t)


def silences_numpy(p, t):
    if _at_seven(p):
        np.seterr(all="ignore")
    return scan(p, t)


def draws_from_numpy(p, t):
    if _at_seven(p):
        np.random.standard_normal()  # noqa: NPY002
    return scan(p, t)


def draws_from_python(p, t):
    if _at_seven(p):
        random.random()
    return scan(p, t)


def writes_to_its_input(p, t):
    value = scan(p, t)
    if _at_seven(p):
        p[0, 0] = 0
    return value


def counts(p, t):
    return scan(p, t) + (next(CALLS) % 2 if _at_seven(p) else 0)


def tires(p, t):
    if _at_seven(p):
        SEEN["tired"] = p.copy()
    return scan(p, t) + ("tired" in SEEN)


def remembers_targets(p, t):
    return scan(p, SEEN.setdefault(p.shape, t.copy()))
