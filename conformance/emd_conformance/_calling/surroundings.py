"""What surrounds a call and must stay as it is (7.5): generators, defaults of libraries, warnings, the environment.

A part that cannot be read or put back is left alone: whatever fails here is no fault of the implementation.
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from emd_conformance._calling import process_wide

State: TypeAlias = Mapping[str, object]
TORCH = {  # what is read, and how it is put back
    "default dtype": ("get_default_dtype", "set_default_dtype"),
    "default device": ("get_default_device", "set_default_device"),
    "gradient mode": ("is_grad_enabled", "set_grad_enabled"),
    "deterministic algorithms": ("are_deterministic_algorithms_enabled", "use_deterministic_algorithms"),
    "number of threads": ("get_num_threads", "set_num_threads"),
    "anomaly detection": ("is_anomaly_enabled", "set_anomaly_enabled"),
    "precision of products": ("get_float32_matmul_precision", "set_float32_matmul_precision"),
}
NAMED = ("changes-defaults", "changes-environment")  # what has changed is said
JAX = ("jax_enable_x64", "jax_default_matmul_precision", "jax_default_device", "jax_debug_nans", "jax_disable_jit")


@dataclass(frozen=True)
class Part:
    """A part of the surroundings: the finding about it, its module, how it is read, and how it is put back, if it is.

    What an `import` may change is not looked at in a call that imports a module.
    """

    id: str
    module: str
    read: Callable[[Any], State]
    restore: Callable[[Any, State], None] = lambda module, state: None
    by_import: bool = False


def _comparable(state: Any) -> Any:
    """Return a state with its arrays as bytes, as `==` of arrays is an array."""
    if isinstance(state, dict):
        return {name: _comparable(part) for name, part in state.items()}
    return state.tobytes() if hasattr(state, "tobytes") else state


def _restore_torch(torch: Any, state: State) -> None:
    for name, (read, write) in TORCH.items():
        if name in state and getattr(torch, read)() != state[name]:
            getattr(torch, write)(state[name])


def _restore_jax(jax: Any, state: State) -> None:
    for name, value in state.items():
        if getattr(jax.config, name) != value:
            jax.config.update(name, value)


def _from(part: process_wide.Part) -> tuple[Callable[[Any], State], Callable[[Any, State], None]]:
    read, restore = part
    return lambda module: read(), lambda module, state: restore(state)


def _restore_warnings(warnings: Any, state: State) -> None:
    warnings.filters[:] = state["filters"]


# Defaults are put back, so that every case that changes them shows, and the suite goes on as it began. Generators are
# not: they go on by one number. So a loss that seeds them shows at every call, and one that draws looks random.
PARTS = (
    Part("changes-numpy-state", "numpy", lambda numpy: numpy.geterr(), lambda numpy, state: numpy.seterr(**state)),
    Part(
        "changes-defaults",
        "numpy",
        lambda numpy: {"print options": numpy.get_printoptions()},
        lambda numpy, state: numpy.set_printoptions(**cast(dict[str, Any], state["print options"])),
    ),
    # The global generator need not be a Mersenne Twister, so its state is a dictionary.
    Part(
        "changes-random-state",
        "numpy.random",
        lambda random: _comparable(random.get_state(legacy=False)),
        lambda random, state: random.random(),
    ),
    Part(
        "changes-random-state",
        "random",
        lambda random: {"state": random.getstate()},
        lambda random, state: random.random(),
    ),
    Part(
        "changes-random-state",
        "torch",
        lambda torch: {"state": bytes(torch.get_rng_state().numpy())},
        lambda torch, state: torch.rand((), device="cpu"),
    ),
    Part(
        "changes-defaults",
        "torch",
        lambda torch: {name: getattr(torch, read)() for name, (read, _) in TORCH.items() if hasattr(torch, read)},
        _restore_torch,
    ),
    Part("changes-defaults", "jax", lambda jax: {name: getattr(jax.config, name) for name in JAX}, _restore_jax),
    Part(
        "changes-warnings",
        "warnings",
        lambda warnings: {"filters": [*warnings.filters]},
        _restore_warnings,
        by_import=True,
    ),
    *(Part("changes-environment", "os", *_from(part), by_import=True) for part in process_wide.PARTS),
)


@dataclass(frozen=True)
class Surroundings:
    """The surroundings as they were: a state for each part that could be read, and how many modules there were."""

    states: dict[Part, State]
    modules: int

    def changes(self) -> dict[str, str]:
        """Put back what has changed; return the ids of the findings about it, with details."""
        imported, found = len(sys.modules) != self.modules, dict[str, str]()
        for part, before in self.states.items():
            after = _read(part)
            if after is None or not (changed := _differing(before, after)) or (imported and part.by_import):
                continue
            found.setdefault(part.id, ", ".join(sorted(changed)) if part.id in NAMED else "")
            with contextlib.suppress(Exception):
                part.restore(sys.modules[part.module], before)
        return found


def surroundings() -> Surroundings:
    """Return the surroundings as they are."""
    states = {part: state for part in PARTS if (state := _read(part)) is not None}
    return Surroundings(states, len(sys.modules))


def _read(part: Part) -> State | None:
    with contextlib.suppress(Exception):
        return part.read(sys.modules[part.module]) if part.module in sys.modules else None
    return None


def _differing(before: State, after: State) -> list[str]:
    with contextlib.suppress(Exception):
        return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    return []
