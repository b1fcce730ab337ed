"""Scores divided by the largest distance between two classes, which brings them into [0, 1] (specification, 2.6)."""

from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.host import beside
from emd_ref._libraries.kinds import Array, Namespace


def normalised(xp: Namespace, scores: Array, ground: Ground, num_classes: int) -> Array:
    """Each score divided by max G_ij, which is C - 1 for classes one apart; scores of 0 if that is 0."""
    if isinstance(ground, Ordered):
        x = ground.positions or (0.0, num_classes - 1.0)
        return scores / ((x[-1] - x[0]) or 1.0)
    largest = xp.max(beside(xp, ground.matrix(num_classes), scores))
    return scores / xp.where(largest > 0, largest, xp.ones_like(largest))
