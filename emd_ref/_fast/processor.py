"""What the processor decides: which of two ways to the same numbers is the faster one."""

import numpy as np


def has_avx512() -> bool:
    """Whether NumPy computes eight float64 at once: then its powers, and products of few columns, are fast."""
    found = np.lib.introspect.opt_func_info("^exp$", "float64").get("exp", {})  # nothing on some processors
    return any(kind["current"] in ("AVX512_SKX", "X86_V4") for kind in found.values())  # two names of the same


AVX512 = has_avx512()
