"""Wrong losses that the suite must catch, and right ones that it must not blame.

Each is a few lines written fresh from the description of a defect or of an algorithm, registered with what it declares
and what must come out. `emd-conformance defects` examines them all: the suite's own test.
"""

from __future__ import annotations

from importlib import import_module

from emd_conformance.defects._register import REGISTER, Defect, Entry, Variant

__all__ = ["MODULES", "Defect", "Entry", "Variant", "load"]

MODULES = {
    "numpy": (
        *("values", "readings", "batches", "grounds", "precision", "gradients", "behaviour", "validation", "isolated"),
        *("right_algorithms", "right_conventions", "right_grounds"),
    ),
    "torch": ("torch_values", "torch_gradients", "right_torch"),
}


def load() -> tuple[list[Entry], list[str]]:
    """Return every entry, and the array libraries whose entries are missing because they are not installed."""
    missing: list[str] = []
    for library, names in MODULES.items():
        try:
            import_module(library)
        except ImportError:
            missing.append(library)
            continue
        for name in names:
            import_module(f"{__name__}.{name}")
    return [*REGISTER], missing
