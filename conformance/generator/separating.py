"""Cases that tell apart two mistakes which agree on all other cases."""

from __future__ import annotations

from collections.abc import Iterator

from generator.cases import Entry, case
from generator.grounds import TREES
from generator.inputs import label, simplices


def cases() -> Iterator[Entry]:
    """Yield a tree with one perfect prediction, and a row of logits that is almost certain."""
    p, t = [label(0, 4), *simplices("separating tree", 4, 2)], [label(0, 4), label(3, 4), label(1, 4)]
    comment = "one perfect prediction with entries of 0: clipping, and a mean that leaves it out, show"
    yield case("separating/tree-perfect-row-4", "1.6 4.5", comment, p, t, TREES["binary-4"][1])
    rows = [[64.0, 0.0, -1.0, 2.0], [0.5, 1.0, -2.0, 0.0], [1.0, 1.0, 3.0, -1.0]]
    comment = "one prediction that is all but perfect beside two others"
    yield case("separating/logits-certain-4", "1.6 4.1 5.5", comment, rows, t, input="logits")
