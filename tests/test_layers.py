"""The rooms of each package and the order in which they may import each other.

A module may import its own room and the rooms before it. Imports inside functions and under TYPE_CHECKING count.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"emd_ref": ROOT / "emd_ref", "emd_conformance": ROOT / "conformance" / "emd_conformance"}

EMD_CONFORMANCE_ROOMS = (
    "_exact",
    "_bounds",
    "_cases",
    "_declaration",
    "_calling",
    "_judging",
    "_right",
    "_code",
    "_reports",
    "_properties",
    "_exploration",
    "_export",
    "_diagnosis",
    "defects",  # below `_run`, which examines the suite with them
    "_mutation",
    "_run",
    "_cli",
    "exact",
    "__init__",
    "__main__",
)
EMD_REF_ROOMS = (
    "_quiet",
    "_immutable",
    "_scalars",
    "_libraries",
    "_operations",
    "_grounds",
    "_programme",
    "_formulas",
    "_arguments",
    "_lazy",
    "_fast",
    "_evaluate",
    "_squared_emd",
    "_emd",
    "_xemd",
    "_gradients",
    "_centroids",
    "lp",
    "kernels",
    "_losses",
    "metrics",
    "torch",
    "jax",
    "keras",
    "__init__",
)
ROOMS = {"emd_conformance": EMD_CONFORMANCE_ROOMS, "emd_ref": EMD_REF_ROOMS}
ORDERED = [name for name, rooms in ROOMS.items() if rooms is not None]

Sources = dict[str, str]
Edge = tuple[str, str]


def sources_of(package: str) -> Sources:
    """Return the source of every module of a package by its full name."""
    folder = FOLDERS[package]
    files = {file.relative_to(folder).with_suffix("").parts: file for file in folder.rglob("*.py")}
    return {full_name(package, parts): file.read_text("utf-8") for parts, file in files.items()}


def full_name(package: str, parts: tuple[str, ...]) -> str:
    return ".".join((package, *(parts[:-1] if parts[-1] == "__init__" else parts)))


def imported(source: str, modules: set[str]) -> Iterator[str]:
    """Yield the modules that a source imports, as those of `modules` where they are in it.

    `from package import name` imports package.name where that is a module, and the package otherwise.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else str(node.module) for name in names)


def edges_of(sources: Sources) -> set[Edge]:
    """Return the imports between the modules of one package."""
    return {(module, other) for module, text in sources.items() for other in imported(text, {*sources})}


def room(module: str) -> str:
    """Return the room of a module: the second part of its name; what lies in no room is one itself."""
    return module.split(".")[1] if "." in module else "__init__"


def upward(sources: Sources, rooms: tuple[str, ...]) -> set[Edge]:
    """Return the imports that do not run downwards."""
    floor = {name: i for i, name in enumerate(rooms)}
    inside = {(a, b) for a, b in edges_of(sources) if b in sources}
    return {(a, b) for a, b in inside if floor[room(a)] < floor[room(b)]}


def circles(sources: Sources) -> set[str]:
    """Return the modules that import themselves in the end: what is left when all others are taken away."""
    edges = {(a, b) for a, b in edges_of(sources) if b in sources}
    left = {*sources}
    while leaves := {a for a in left if not any(x == a and b in left for x, b in edges)}:
        left -= leaves
    return left


@pytest.mark.parametrize("package", ORDERED)
def test_every_module_is_in_a_room_of_the_list(package: str) -> None:
    assert {room(module) for module in sources_of(package)} == {*ROOMS[package]}


@pytest.mark.parametrize("package", ORDERED)
def test_imports_run_downwards_only(package: str) -> None:
    assert not upward(sources_of(package), ROOMS[package])


@pytest.mark.parametrize("package", ORDERED)
def test_no_circle_among_modules(package: str) -> None:
    assert not circles(sources_of(package))


@pytest.mark.parametrize(("package", "other"), [("emd_ref", "emd_conformance"), ("emd_conformance", "emd_ref")])
def test_neither_package_imports_the_other(package: str, other: str) -> None:
    assert not {(a, b) for a, b in edges_of(sources_of(package)) if b.split(".")[0] == other}


@pytest.mark.parametrize("package", ORDERED)
def test_no_module_is_hidden_by_a_name_of_its_package(package: str) -> None:
    """`import package.name as m` gives the module only if the package gives `name` to nothing else."""
    for name in sources_of(package):
        if name.endswith(".__main__") or "torch" in name:  # the one ends the program, the other may not be installed
            continue
        parent, _, last = name.rpartition(".")
        module = importlib.import_module(name)
        assert not parent or getattr(importlib.import_module(parent), last) is module, name


@pytest.mark.parametrize("package", ORDERED)
def test_no_module_beside_the_public_names_has_one_of_them(package: str) -> None:
    module = importlib.import_module(package)
    public = {name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)}
    assert not public & {name.split(".")[1] for name in sources_of(package) if name.count(".") == 1}


@pytest.mark.parametrize(
    "planted",
    [
        "from emd_conformance._cli.main import main",
        "from emd_conformance._cli import main",
        "import emd_conformance._cli.main",
        "def later():\n    from emd_conformance._cli.main import main",
        "if TYPE_CHECKING:\n    from emd_conformance._cli.main import main",
    ],
)
def test_a_planted_upward_import_is_found(planted: str) -> None:
    sources = sources_of("emd_conformance")
    sources["emd_conformance._exact.grounds"] += f"\n{planted}\n"
    edge = ("emd_conformance._exact.grounds", "emd_conformance._cli.main")
    assert upward(sources, EMD_CONFORMANCE_ROOMS) == {edge}
    assert {*edge} <= circles(sources)


@pytest.mark.parametrize("package", ORDERED)
def test_the_map_for_contributors_shows_every_room_and_module_in_order(package: str) -> None:
    page = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    table = page.partition(f"<!-- map: {package} -->")[2].partition("<!-- end -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", table, flags=re.MULTILINE)
    assert [name for name, _ in rows] == [name for name in ROOMS[package] if not name.startswith("__")]
    for name, modules in rows:
        folder = FOLDERS[package] / name
        files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.suffix in (".py", ".cu")}
        written = {name if name.endswith(".cu") else f"{name}.py" for name in modules.split(", ")}
        assert written == ({file for file in files if not file.endswith("__init__.py")} or {"one file.py"}), name
