"""The module that a target names: by its dotted name, or by the path of its file."""

import importlib
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

SUFFIX = ".py"


def split_target(target: str) -> tuple[str, str]:
    """Return the module and the attribute of "package.module:attribute" or "./folder/file.py:attribute"."""
    path, end, attribute = target.partition(SUFFIX + ":")
    if end and is_file(path + SUFFIX):
        return path + SUFFIX, attribute
    module, _, attribute = target.partition(":")
    return module, attribute


def is_file(module: str) -> bool:
    """Tell whether a module is given by the path of its file."""
    return module.endswith(SUFFIX) and (Path(module).name != module or Path(module).is_file())


def import_module(module: str) -> ModuleType:
    """Import a module; one that is given by its path finds the modules beside it, as a script does."""
    if not is_file(module):
        return importlib.import_module(module)
    file = Path(module).resolve()
    known = sys.modules.get(file.stem)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known
    if not file.is_file():
        raise ImportError(f"there is no file {file}")
    if known is not None:
        raise ImportError(f"a module called {file.stem} is already imported: rename the file")
    sys.path.insert(0, str(file.parent))
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None  # as the name ends in .py
    assert spec.loader is not None
    made = sys.modules[file.stem] = module_from_spec(spec)
    try:
        spec.loader.exec_module(made)
    except BaseException:
        del sys.modules[file.stem]
        raise
    return made
