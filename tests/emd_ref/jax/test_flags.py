"""The XLA flags of the test run: those that the installed XLA does not know are left out."""

import os

import jaxlib
import pytest
from support import xla


def test_a_flag_that_xla_does_not_know_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XLA_FLAGS")
    monkeypatch.setattr(xla, "IN_A_HURRY", {"xla_no_such_flag": "1"})
    xla.set_flags(cache=None)
    assert os.environ["XLA_FLAGS"] == ""
    assert xla.compiler_options.__wrapped__() == {}


def test_flags_that_are_set_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    if not xla.is_known("--xla_cpu_use_fusion_emitters=false"):
        pytest.skip("this XLA does not know the flag")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")
    xla.set_flags(cache=None)
    assert os.environ["XLA_FLAGS"] == "--xla_cpu_use_fusion_emitters=false"
    undone = {"xla_cpu_use_fusion_emitters": True}
    later = tuple(map(int, jaxlib.__version__.split(".")[:2])) >= (0, 11)  # which know some flags, and not as options
    assert xla.compiler_options.__wrapped__() in ((undone, {}) if later else (undone,))
