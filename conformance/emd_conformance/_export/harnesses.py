"""The examples of Protocol 1, to be copied: a harness in each language."""

from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree


def copy(folder: Path) -> list[Path]:
    """Copy the harnesses into a folder, and return the folders of their languages."""
    with as_file(files("emd_conformance") / "harnesses") as packed:
        here = packed if packed.is_dir() else Path(__file__).parents[2] / "harnesses"  # beside the package in a clone
        copytree(here, folder, dirs_exist_ok=True)
    return sorted(path for path in folder.iterdir() if path.is_dir())
