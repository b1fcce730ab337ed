"""The versions of what ran, read in the process that ran it."""

import functools
import importlib
import inspect
import sys
from hashlib import sha256
from pathlib import Path
from platform import python_version

from emd_conformance._calling.modules import is_file, split_target

LIBRARIES = ("numpy", "torch", "jax", "cupy")
INSTALLED = {"site-packages", "dist-packages"}
DISTRIBUTION = "emd-ref"  # which holds this package


def suite_version() -> str:
    """Return the version of this package, or "not installed" if it runs from its source."""
    return _version(DISTRIBUTION) or "not installed"


def versions_here(implementation: object) -> dict[str, str]:
    """Return the versions of Python, of the package of an implementation, and of the array libraries in this process.

    Parameters
    ----------
    implementation
        A callable, or a name such as "package.module:attribute".

    Returns
    -------
    dict[str, str]
        For a module that belongs to no package, the beginning of a digest of its file stands for the version.
    """
    loaded = {name: getattr(sys.modules.get(name), "__version__", None) for name in LIBRARIES}
    libraries = {name: str(version) for name, version in loaded.items() if version is not None}
    return {"python": python_version()} | _package(_module_of(implementation)) | libraries


def _module_of(implementation: object) -> str:
    if isinstance(implementation, str):
        return split_target(implementation)[0]
    while isinstance(implementation, functools.partial):
        implementation = implementation.func
    if callable(implementation):
        implementation = inspect.unwrap(implementation)
    return str(getattr(implementation, "__module__", None) or type(implementation).__module__)


def _package(module: str) -> dict[str, str]:
    """Return the name and version of the distribution that has a module, or a digest of the module's file."""
    if is_file(module):
        return _digest(Path(module).stem, Path(module))
    top = module.partition(".")[0]
    if top in {*sys.stdlib_module_names, __name__.partition(".")[0]}:  # the version of the suite is in each report
        return {}
    if version := _version(top):
        return {top: version}
    found = sys.modules.get(module)
    file = Path(getattr(found, "__file__", None) or "")
    if INSTALLED & set(file.parts):  # under a name that differs from the module's, which takes a search of 0.3 s
        metadata = importlib.import_module("importlib.metadata")
        return {name: str(metadata.version(name)) for name in metadata.packages_distributions().get(top, [])[:1]}
    if stated := getattr(sys.modules.get(top), "__version__", None):
        return {top: str(stated)}
    return _digest(module, file) if file.is_file() else {}


def _digest(module: str, file: Path) -> dict[str, str]:
    return {f"{module} (sha256)": sha256(file.read_bytes()).hexdigest()[:12]}


def _version(distribution: str) -> str:
    metadata = importlib.import_module("importlib.metadata")  # when it is used, as its import takes 50 ms
    try:
        return str(metadata.version(distribution))
    except (metadata.PackageNotFoundError, ValueError):
        return ""
