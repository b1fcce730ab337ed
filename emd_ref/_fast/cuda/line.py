"""What is asked of ordered classes, as an operator of PyTorch takes it, and as options of a function."""

import sys
from typing import Any, NamedTuple, Self

from emd_ref._arguments.options import Options
from emd_ref._grounds import Ordered

LARGEST = sys.float_info.max


class Line(NamedTuple):
    """What is asked of ordered classes, in the types that an operator takes."""

    absolute: bool  # whether it is the EMD
    positions: list[float] | None
    from_logits: bool
    axis: int
    check: bool
    mass_tolerance: float | None
    predicted_name: str
    target_name: str
    has_mass_tolerance: bool
    ignore_index: int | None

    @classmethod
    def of(cls, absolute: bool, options: Options, axis: int, check: bool, ignore_index: int | None) -> Self:
        """The options of a function, whose ground distance is `Ordered`, with another axis and check."""
        ground: Any = options.ground
        tolerance = options.mass_tolerance
        return cls(
            absolute,
            None if ground.positions is None else list(ground.positions),
            options.from_logits,
            axis,
            check,
            None if tolerance is None else float(min(tolerance, LARGEST)),
            options.predicted_name,
            options.target_name,
            options.has_mass_tolerance,
            ignore_index,
        )

    @property
    def options(self) -> Options:
        """The same as the options of a function."""
        return Options(
            Ordered(self.positions),
            self.from_logits,
            self.axis,
            self.check,
            self.mass_tolerance,
            target_name=self.target_name,
            predicted_name=self.predicted_name,
            has_mass_tolerance=self.has_mass_tolerance,
        )


def unchecked(line: Line) -> Line:
    """The same without value checks. PyTorch 2.6 can trace neither a method nor `_replace`."""
    return Line(
        line.absolute,
        line.positions,
        line.from_logits,
        line.axis,
        False,
        line.mass_tolerance,
        line.predicted_name,
        line.target_name,
        line.has_mass_tolerance,
        line.ignore_index,
    )


LINE = (
    "bool absolute, float[]? positions, bool from_logits, int axis, bool check, float? mass_tolerance, "
    "str predicted_name, str target_name, bool has_mass_tolerance, int? ignore_index"
)
