"""The benchmark of training steps on a GPU, as far as a CPU can run it."""

import pytest
import torch
from benchmarks import gpu_steps


@pytest.mark.parametrize("shape", [(1, 2), (30, 17), (7, 1000)])
def test_a_right_step_is_seen_to_be_right(shape: tuple[int, int]) -> None:
    assert gpu_steps.is_right(shape, "cpu")


def test_a_wrong_step_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = gpu_steps.CHECKED
    calls = iter((1.0, 1.0001, 1.0, 1.0))
    monkeypatch.setattr(gpu_steps, "CHECKED", lambda z, k: right(z, k) * next(calls))
    assert not gpu_steps.is_right((30, 17), "cpu")


def test_the_naive_loss_is_the_squared_emd() -> None:
    logits, labels = gpu_steps.batch((30, 17), "cpu")
    torch.testing.assert_close(gpu_steps.naive(logits, labels), gpu_steps.CHECKED(logits, labels))


@pytest.mark.parametrize(("shape", "rival"), [((256, 10), "naive"), ((100_000, 10), "naive, compiled")])
def test_goals_are_stated_with_a_verdict(shape: tuple[int, int], rival: str) -> None:
    times = {"SquaredEMDLoss": 3.0, "naive": 2.0, "naive, compiled": 2.0}
    (goal,) = gpu_steps.goals(shape, times)
    assert goal == {"what": f"step {shape[0]}x{shape[1]} / {rival}", "ratio": 1.5, "goal": 1.0, "met": False}
    (goal,) = gpu_steps.goals(shape, times | {rival: 4.0})
    assert goal["met"]
