"""Declared deviations: checks that are known to fail, each with the reason."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from emd_conformance._declaration.errors import DeclarationError

Deviations: TypeAlias = Mapping[str, str] | Path | str


def check_deviations(deviations: Collection[str], ids: Collection[str]) -> None:
    """Raise DeclarationError if a deviation names no check of this run."""
    if unknown := sorted(set(deviations) - set(ids)):
        raise DeclarationError(f"deviations name no check of this run: {', '.join(unknown)}")


def read_deviations(given: Deviations | None) -> Mapping[str, str]:
    """Return the deviations; a JSON file holds them as {"deviations": {id: reason}}."""
    if not isinstance(given, Path | str):
        return given or {}
    file = given
    try:
        document = json.loads(Path(file).read_text("utf-8"), object_pairs_hook=_distinct)
    except RecursionError:
        raise DeclarationError(f"deviations cannot be read from {file}: it is nested too deeply") from None
    except (OSError, ValueError) as error:
        raise DeclarationError(f"deviations cannot be read from {file}: {error}") from None
    entries = document.get("deviations") if isinstance(document, dict) else None
    if not isinstance(entries, dict):
        raise DeclarationError(f'{file} holds no {{"deviations": {{"line/one-class:value": "the reason"}}}}')
    for check, reason in entries.items():
        if not isinstance(reason, str) or not reason.strip():
            raise DeclarationError(f"{file} gives no reason for the deviation {check}")
    return entries


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, or raise ValueError if a name is given twice, as one of the reasons would be lost."""
    names = [name for name, _ in pairs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{', '.join(sorted(twice))} is given twice")
    return dict(pairs)
