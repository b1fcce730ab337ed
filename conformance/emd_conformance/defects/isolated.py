"""Losses that would end or change the process of the suite, so that they need a process of their own."""

import ctypes
import os
import random
import sys
import time

import numpy as np

from emd_conformance.defects._common import squared_emd
from emd_conformance.defects._register import Array, wrong

_KEPT: list[Array] = []


@wrong("hang", isolated=True)
def endless(p: Array, t: Array) -> Array:
    while p.shape[-1] > 4:
        time.sleep(0.1)
    return squared_emd(p, t)


@wrong("crash", isolated=True)
def segmentation_fault(p: Array, t: Array) -> Array:
    ctypes.string_at(0)
    return squared_emd(p, t)


@wrong("exits", isolated=True)
def leaves_the_program(p: Array, t: Array) -> Array:
    sys.exit(0)


@wrong("exits", isolated=True)
def leaves_at_once(p: Array, t: Array) -> Array:
    os._exit(0)


@wrong("memory", isolated=True)
def keeps_everything(p: Array, t: Array) -> Array:
    while True:
        _KEPT.append(np.ones(2**24))


@wrong("closes-stdin", isolated=True)
def reads_no_more(p: Array, t: Array) -> Array:
    sys.stdin.close()
    return squared_emd(p, t)


@wrong("changes-numpy-state", isolated=True)
def errors_raise(p: Array, t: Array) -> Array:
    np.seterr(all="raise")
    return squared_emd(p, t)


@wrong("changes-random-state", isolated=True)
def seeds_the_caller(p: Array, t: Array) -> Array:
    np.random.seed(0)  # noqa: NPY002 - the defect
    random.seed(0)
    return squared_emd(p, t)
