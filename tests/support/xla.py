"""How XLA compiles for JAX in the tests: in a hurry, in half the time, since what is compiled here runs once.

With these flags, JAX's operations one at a time give the same bits as without. What a test compiles as a whole is
compiled as for a user. `XLA_FLAGS= pytest -k jax` leaves JAX as users have it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.metadata import version
from typing import Any

IN_A_HURRY = {"xla_backend_optimization_level": "0", "xla_cpu_use_fusion_emitters": "false"}
AS_FOR_USERS = {"xla_backend_optimization_level": 3, "xla_cpu_use_fusion_emitters": True}


def set_flags(cache: Any | None) -> None:
    """Set XLA_FLAGS for this process and those that it starts, unless it is set.

    `cache` is that of pytest: it keeps the flags that the installed XLA knows.
    """
    if "XLA_FLAGS" not in os.environ:
        key = f"emd_ref/xla flags/{version('jaxlib')}"
        flags = cache.get(key, None) if cache is not None else None
        if flags is None:
            flags = [flag for flag in (f"--{name}={value}" for name, value in IN_A_HURRY.items()) if is_known(flag)]
            if cache is not None:
                cache.set(key, flags)
        os.environ["XLA_FLAGS"] = " ".join(flags)


def is_known(flag: str) -> bool:
    """Whether XLA knows a flag. An unknown one aborts the process that asks for a device."""
    command = [sys.executable, "-P", "-c", "import jax; jax.devices()"]
    environment = {**os.environ, "XLA_FLAGS": flag, "JAX_PLATFORMS": "cpu"}
    return subprocess.run(command, capture_output=True, env=environment).returncode == 0


@cache
def compiler_options() -> dict[str, Any]:
    """The options of `jax.jit` that undo the flags, if this XLA knows them as options, too."""
    import jax

    options = {name: value for name, value in AS_FOR_USERS.items() if name in os.environ.get("XLA_FLAGS", "")}
    try:
        jax.jit(lambda x: x + 1, compiler_options=options)(0.0)
    except Exception:  # its type depends on the version
        return {}
    return options


def enable_x64(enabled: bool) -> AbstractContextManager[None]:
    """JAX in 64-bit mode, or not in it."""
    import jax

    return jax.enable_x64(enabled) if hasattr(jax, "enable_x64") else _globally_x64(enabled)


@contextmanager
def _globally_x64(enabled: bool) -> Iterator[None]:
    """The same for old versions, in which the threads of callbacks do not see a context."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", enabled)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)
