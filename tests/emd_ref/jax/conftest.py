"""The losses of emd_ref.jax are tested in the 64-bit mode of JAX, unless a test turns it off."""

from collections.abc import Iterator

import pytest
from support import xla


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    with xla.enable_x64(True):
        yield
