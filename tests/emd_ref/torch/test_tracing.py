"""What PyTorch tells of how it runs: through private names, which a version may drop."""

import pytest
import torch

from emd_ref._libraries import tracing


@pytest.mark.parametrize(
    ("ask", "owner", "name"),
    [
        (tracing.differentiates_forwards, torch.autograd.forward_ad, "_current_level"),
        (tracing.is_transformed, torch._C._functorch, "peek_interpreter_stack"),
        (lambda: tracing.is_observed(torch.zeros(1)), torch._C, "_len_torch_dispatch_stack"),
    ],
)
def test_what_pytorch_no_longer_tells_is_taken_to_be_so(ask, owner, name: str, monkeypatch) -> None:
    assert not ask()
    monkeypatch.delattr(owner, name)
    assert ask()


def test_a_derivative_forwards_is_seen() -> None:
    seen = []
    torch.func.jvp(lambda x: seen.append(tracing.differentiates_forwards()) or x, (torch.zeros(1),), (torch.ones(1),))
    assert seen == [True]
