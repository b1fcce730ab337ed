"""A declaration as options of the command line."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import Any

from emd_conformance._declaration.declaration import Declaration


def flags(options: dict[str, Any]) -> list[str]:
    """Return a declaration as options of the command line."""
    return [flag for name, value in options.items() for flag in _flag(name, value)]


def _flag(name: str, value: Any) -> list[str]:
    match name, value:
        case "batched", _:
            return [] if value else ["--unbatched"]
        case "validates", _:
            return ["--validates"] if value else []
        case "classes", _:
            return ["--classes", ",".join(map(str, value))]
        case "capabilities", _:
            return [part for capability in value for part in ("--capability", capability)]
        case _:
            return [f"--{name.replace('_', '-')}={value}"]


def command_line(declared: Declaration) -> str:
    """Return the declaration as options of the command line."""
    plain = [f.name for f in fields(declared) if f.name not in ("batched", "validates", "classes", "capabilities")]
    given = {name: getattr(declared, name) for name in plain if getattr(declared, name) != getattr(Declaration(), name)}
    text = [
        f" --{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in given.items() if not callable(value)
    ]
    return "".join(text) + ("" if declared.batched else " --unbatched")
