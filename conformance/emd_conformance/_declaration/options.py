"""The options of a declaration as text of a report and as flags of the command line."""

import argparse
import ast
from collections.abc import Mapping
from dataclasses import fields
from shlex import quote
from typing import Any, cast

from emd_conformance._declaration.declaration import CAPABILITIES, CHOICES, Declaration, Options

OF_A_RUN = ("classes", "validates", "capabilities")  # `copy` takes these from the case


def given(declared: Declaration) -> Options:
    """Return the fields that differ from their defaults."""
    values = {field.name: getattr(declared, field.name) for field in fields(declared)}
    return cast(Options, {name: x for name, x in values.items() if x != getattr(Declaration(), name)})


def as_text(declared: Declaration) -> str:
    """Return the fields that differ from their defaults as keyword arguments."""
    return as_keywords(given(declared))


def as_keywords(options: Mapping[str, Any]) -> str:
    """Return options as keyword arguments, a callable by its name."""
    return ", ".join(f"{name}={getattr(x, '__name__', repr(x))}" for name, x in options.items())


def as_object(declared: Declaration) -> dict[str, Any]:
    """Return every field as values that JSON has: a callable by its name, and a sequence as a list."""
    values = {field.name: getattr(declared, field.name) for field in fields(declared)}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if callable(value):
        return str(getattr(value, "__name__", type(value).__name__))
    return value if isinstance(value, str | int | float | None) else list(value)


def flags(options: Options) -> list[str]:
    return [flag for name, value in options.items() for flag in _flags(name, value)]


def as_flags(keywords: str) -> str:
    """Return keyword arguments, such as "axis=0, array='torch'", as flags, or an empty string for other text."""
    try:
        node = ast.parse(f"f({keywords})", mode="eval").body
        values = {word.arg: ast.literal_eval(word.value) for word in cast(ast.Call, node).keywords}
    except (SyntaxError, ValueError):
        return ""
    return " ".join(map(quote, flags(cast(Options, values)))) if set(values) <= set(Options.__annotations__) else ""


def _flags(name: str, value: Any) -> list[str]:
    match name:
        case "batched":
            return [] if value else ["--unbatched"]
        case "validates":
            return ["--validates"] if value else []
        case "classes":
            return [f"--classes={','.join(map(str, value))}"]
        case "capabilities":
            return [f"--capability={capability}" for capability in value]
        case _:
            return [f"--{name.replace('_', '-')}={value}"]


def copy_arguments(declared: Declaration) -> str:
    """Return the flags of `emd-conformance copy`, as a shell takes them; a function has no flag."""
    options = {name: x for name, x in given(declared).items() if name not in OF_A_RUN and not callable(x)}
    return " ".join(quote(word) for flag in flags(cast(Options, options)) for word in flag.split("=", 1))


def add_flags(command: argparse.ArgumentParser, *, of_a_run: bool = True) -> None:
    for name, choices in CHOICES.items():
        shown = " | ".join(str(choice) for choice in choices if choice is not None)
        command.add_argument(f"--{name.replace('_', '-')}", type=type(choices[-1]), help=shown)
    command.add_argument("--computes", help='an expression in E, W1, XE, R, C, weight and range, such as "sqrt(E/C)"')
    command.add_argument("--grad", help='"autograd", or the name of an attribute of TARGET')
    command.add_argument(
        "--call", help='the arguments, such as "t, p, onehot=True": literals, and names p t k x G C ...'
    )
    command.add_argument("--returns", help="where the answer is in a tuple, a dictionary or an object: [0], .loss")
    command.add_argument("--ignore-index", type=int, help="the label of samples that do not count, such as -100")
    command.add_argument("--unbatched", dest="batched", action="store_false", default=None, help="one sample a call")
    if of_a_run:
        command.add_argument("--classes", type=_integers, help="only these numbers of classes, such as 5,10")
        command.add_argument("--validates", action="store_true", default=None, help="it claims to reject invalid input")
        command.add_argument("--capability", dest="capabilities", action="append", help=" | ".join(CAPABILITIES))


def _integers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def read_flags(arguments: argparse.Namespace) -> Options:
    """Return the options that flags give, or raise DeclarationError."""
    names = [field.name for field in fields(Declaration)]
    values: dict[str, Any] = {name: x for name in names if (x := getattr(arguments, name, None)) is not None}
    if "capabilities" in values:
        values["capabilities"] = tuple(values["capabilities"])
    Declaration(**values)
    return cast(Options, values)
