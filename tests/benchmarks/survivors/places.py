"""What may be changed in a source, and the changes."""

import ast
import difflib
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.survivors.statements import header, statement, users
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[3]


class Place(NamedTuple):
    """What may be changed, and the ways to change it: an operator of Cosmic Ray, and which occurrence of it."""

    module: str
    line: int
    ways: list[tuple[str, int]]


class Change(NamedTuple):
    """One change of a module."""

    module: str
    lines: range  # of the statement
    users: set[int]  # lines that use what the statement defines
    before: str
    after: str
    source: str  # of the whole module, changed

    @property
    def key(self) -> tuple[str, str, str]:
        """What `equivalent.json` knows it by."""
        return self.module, self.before, self.after


def places(module: str) -> Iterator[Place]:
    """All places of a module, in order."""
    code = (ROOT / module).read_text()
    annotations, nodes = [*_annotations(code)], [*ast_nodes(get_ast(code))]
    found: defaultdict[Any, list[tuple[str, int]]] = defaultdict(list)
    for name in operator_names():
        operator = get_operator(name)
        if not operator.arguments():
            positions = (place for node in nodes for place in operator().mutation_positions(node))
            for occurrence, place in enumerate(positions):
                if not any(first <= place[0] < last for first, last in annotations):
                    found[place].append((name, occurrence))
    for (start, _), ways in sorted(found.items()):
        yield Place(module, start[0], ways)


def change(place: Place, rng: random.Random) -> Change | None:
    """The place changed in one of its ways; None if Python understands the same as before, or nothing."""
    name, occurrence = rng.choice(place.ways)
    code = (ROOT / place.module).read_text()
    try:
        changed = mutate_code(code, get_operator(name)(), occurrence)
    except AttributeError:  # Cosmic Ray cannot replace an exception whose name has a dot
        return None
    if changed is None or _dumped(changed) in (None, _dumped(code)):
        return None
    found = statement(code, place.line)
    return Change(place.module, header(found), users(code, found), *_lines(code, changed), changed)


def _dumped(code: str) -> str | None:
    try:
        return ast.dump(ast.parse(code))
    except SyntaxError:
        return None


def _annotations(code: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations and aliases of types begin and end: nothing that runs depends on them."""
    for node in ast.walk(ast.parse(code)):
        found = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            found = node
        if found is not None:
            yield (found.lineno, found.col_offset), (found.end_lineno, found.end_col_offset)


def _lines(before: str, after: str) -> tuple[str, str]:
    removed, added = list[str](), list[str]()
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0):
        if line.startswith("-") and not line.startswith("---"):
            removed.append(line[1:].strip())
        elif line.startswith("+") and not line.startswith("+++"):
            added.append(line[1:].strip())
    return " ".join(filter(None, removed)), " ".join(filter(None, added))
