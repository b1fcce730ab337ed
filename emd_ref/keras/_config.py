"""Ground distances in the configuration of a loss, which is saved with a model."""

from typing import Any, TypeAlias

import numpy as np

from emd_ref._grounds import Circular, Ground, GroundDistance, Ordered, Tree
from emd_ref._libraries.host import to_numpy

Config: TypeAlias = dict[str, Any]

KINDS = {kind.__name__: kind for kind in (Ordered, Circular, Tree)}


def on_host(ground: Ground) -> Ground:
    """The ground distance; its matrix, if it has one, as a NumPy array of float64."""
    if not isinstance(ground, GroundDistance):
        return ground
    return GroundDistance(to_numpy(ground.distances).astype(np.float64))


def config_of(ground: Ground) -> Config:
    """The ground distance as numbers and words."""
    if isinstance(ground, GroundDistance):
        return {"kind": "GroundDistance", "distances": ground.distances.tolist()}
    parameters = {name: list(x) if isinstance(x, tuple) else x for name, x in vars(ground).items()}
    return {"kind": type(ground).__name__, **parameters}


def ground_of(config: Config) -> Ground:
    """The ground distance of which `config_of` returned this."""
    parameters = {name: x for name, x in config.items() if name != "kind"}
    if config["kind"] == "GroundDistance":
        return GroundDistance(np.asarray(parameters["distances"], dtype=np.float64))
    ground: Ground = KINDS[config["kind"]](**parameters)
    return ground
