"""Right losses whose call or answer has another form: several answers, objects, a place for each label."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from emd_conformance.defects._common import cumulative, squared_emd
from emd_conformance.defects._register import Array, right


class Output(NamedTuple):
    """What a model returns: its loss, and more."""

    logits: Array
    loss: Array


@right(returns="[0]", classes=(1, 2, 3, 5, 10))
def value_and_cumulative(p: Array, t: Array) -> tuple[Array, Array]:
    return squared_emd(p, t), cumulative(p, t)


@right(returns="['losses'][1]", classes=(1, 2, 3, 5, 10), reduction="mean")
def named_losses(p: Array, t: Array) -> dict[str, list[Array]]:
    return {"losses": [-1.0, squared_emd(p, t).mean()]}


@right(returns=".loss", classes=(1, 2, 3, 5, 10))
def output(p: Array, t: Array) -> Output:
    return Output(logits=p, loss=squared_emd(p, t))


@right(array="list", classes=(1, 2, 3, 5, 10))
def pure_python(p: list[list[float]], t: list[list[float]]) -> tuple[float, ...]:
    def energies() -> Iterator[float]:
        for row, wanted in zip(p, t, strict=True):
            D = E = 0.0
            for a, b in zip(row, wanted, strict=True):
                D += a - b
                E += D * D
            yield E

    return tuple(energies())


@right(ground="positions", target="labels", call="p, x[k], x")
def at_the_place_of_the_label(p: Array, y: Array, x: Array) -> Array:
    """Return ∫ (F - H)², where H is the step at the position of each label."""
    step = x >= y[:, None]
    with np.errstate(over="ignore"):
        return (np.square(np.cumsum(p, -1) - step)[:, :-1] * np.diff(x)).sum(-1)
