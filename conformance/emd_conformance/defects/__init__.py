"""Wrong losses that the suite must catch, and right losses that must conform.

Each loss is a few lines, with a decorator that states its declaration and the finding that the suite must report. A
defect or a right variant may be added; its names are stable. This room imports nothing from `_run` or above, which
examines the suite with these losses (`emd-conformance defects`). The losses of the modules `independent_*` are by an
author who had read the specification, and neither the suite nor its other defects.
"""

from importlib import import_module

from emd_conformance.defects._register import REGISTER, Defect, Entry, Variant

__all__ = ["MODULES", "Defect", "Entry", "Variant", "load"]

MODULES = {
    "numpy": (
        *(
            "values",
            "numbers",
            "readings",
            "batches",
            "grounds",
            "precision",
            "gradients",
            "behaviour",
            "validation",
            "isolated",
        ),
        *(
            "right_algorithms",
            "right_conventions",
            "right_forms",
            "right_grounds",
            "right_outputs",
            "right_weights",
            "weights",
        ),
        *(
            f"independent_{name}"
            for name in ("formulas", "readings", "batches", "numerics", "grounds", "mixtures", "memory")
        ),
        *("independent_right", "independent_right_grounds"),
    ),
    "torch": (
        *("torch_values", "torch_gradients", "torch_backward", "right_torch", "right_ordinal", "ordinal"),
        *("right_expressions", "expressions"),
        *(
            f"independent_{name}"
            for name in ("torch_backward", "torch_gradients", "torch_memory", "torch_values", "right_torch", "training")
        ),
    ),
}


def load() -> tuple[list[Entry], list[str]]:
    """Return every entry, and the array libraries that are not installed, whose entries are missing."""
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
