"""The declaration as options of the command line."""

from __future__ import annotations

import argparse
from typing import Any

from emd_conformance._declaration.declaration import CHOICES, Declaration


def add_declaration(command: argparse.ArgumentParser) -> None:
    for option, choices in CHOICES.items():
        shown = " | ".join(str(choice) for choice in choices if choice is not None)
        command.add_argument(f"--{option.replace('_', '-')}", type=type(choices[-1]), help=shown)
    command.add_argument("--computes", help='an expression in E, W1, XE, R, C, such as "sqrt(E/C)"')
    command.add_argument("--grad", help='"autograd", or the name of an attribute of the target')
    command.add_argument("--call", help='the arguments, such as "t, p, onehot=True", of p t k x G C and literals')
    command.add_argument("--unbatched", dest="batched", action="store_false", default=None, help="one sample a call")


def declared_options(arguments: argparse.Namespace) -> dict[str, Any]:
    names = [*CHOICES, "computes", "grad", "call", "classes", "batched", "validates", "capabilities"]
    given: dict[str, Any] = {name: getattr(arguments, name, None) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    if "capabilities" in given:
        given["capabilities"] = tuple(given["capabilities"])
    Declaration(**given)
    return given
