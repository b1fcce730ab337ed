"""What type checkers accept and refuse in calls of emd_ref."""

from pathlib import Path

import pytest
from support.type_checkers import assert_only_wrong_lines_are_errors

USES = """
import numpy as np
import numpy.typing as npt
import torch

from emd_ref import Circular, GroundDistance, Ordered, softmax, squared_emd, squared_emd_value_and_grad, xemd

p: npt.NDArray[np.float64] = np.ones((2, 3)) / 3
E: npt.NDArray[np.float64] = squared_emd(p, np.asarray([0, 1]), ground=Circular(), check=False)
one: npt.NDArray[np.float64] = squared_emd(p[0], 2)
z = torch.zeros(3)
tensors: tuple[torch.Tensor, torch.Tensor] = squared_emd_value_and_grad(z, torch.tensor(0), from_logits=True)
L: npt.NDArray[np.float64] = xemd(p, np.asarray([0, 1]), ground=GroundDistance(np.eye(3)), emd_weight=0.5)
q: torch.Tensor = softmax(z, axis=0)
squared_emd([0.1, 0.9], 0)  # wrong
squared_emd(p, [0, 1])  # wrong
squared_emd(p, 0, grounds=Ordered())  # wrong
squared_emd(p, 0, ground=np.eye(3))  # wrong
squared_emd(p, 0, Ordered())  # wrong
squared_emd(p, 0, mass_tolerance="1e-3")  # wrong
text: str = squared_emd(p, 0)  # wrong
GroundDistance([[0.0, 1.0], [1.0, 0.0]])  # wrong
xemd(p, np.asarray([0, 1]))  # wrong
"""


@pytest.mark.thorough
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_refuse_wrong_calls_and_accept_right_ones(checker: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")  # whose types the checkers read
    assert_only_wrong_lines_are_errors(checker, USES, tmp_path)
