"""The options of a public function, as one object."""

from typing import Literal, NamedTuple, TypeAlias

from emd_ref._grounds import Ground, Ordered

Want: TypeAlias = Literal["value", "gradient", "both"]


class Options(NamedTuple):
    """What the keywords of a public function say, and what the function knows of its own."""

    ground: Ground = Ordered()
    from_logits: bool = False
    axis: int = -1
    check: bool = True
    mass_tolerance: float | None = None
    wide: bool = False  # whether results stay in wide precision, for a loss that goes on computing
    target_name: str = "target"  # what the public function calls its target
    labels_only: bool = False  # whether it takes no distributions for targets
    predicted_name: str = "predicted"  # what the public function calls its prediction
    has_mass_tolerance: bool = True  # whether the public function takes a mass tolerance, as a remedy
    has_from_logits: bool = True  # whether its prediction may be logits
