"""The messages of Protocol 1: one JSON object a line, and words for the numbers that JSON does not have."""

import json
from math import isfinite
from typing import Any, NoReturn

from emd_conformance._calling.arrays import Nested
from emd_conformance._calling.process import Process
from emd_conformance._declaration.errors import HarnessError

QUOTED = 200
WRITTEN = {"NaN": '"nan"', "Infinity": '"inf"', "-Infinity": '"-inf"'}


def exchange(process: Process, message: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Send a message and return the reply, or raise HarnessError with the line that is not one JSON object."""
    line = process.ask(json.dumps(message, allow_nan=False).encode() + b"\n", timeout)
    try:
        reply = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise HarnessError(
            f"it answers {message['type']} with {quoted(line)}: {error}{process.last_words()}"
        ) from error
    if not isinstance(reply, dict) or process.has_more:
        trouble = "more than one line" if isinstance(reply, dict) else "no JSON object"
        raise HarnessError(f"it answers {message['type']} with {trouble}: {quoted(line)}{process.last_words()}")
    return reply


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON, write {WRITTEN.get(constant)}")


def numbers(value: Any) -> Any:
    """Return nested lists for JSON, with "nan", "inf" and "-inf" in place of the numbers that it does not have."""
    if isinstance(value, (list, tuple)):
        return [numbers(part) for part in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def read_numbers(value: Any) -> Nested:
    """Return nested lists of numbers, or raise HarnessError with the value that is no number."""
    if isinstance(value, list):
        return [read_numbers(part) for part in value]
    if value in ("nan", "inf", "-inf") or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        try:
            return float(value)
        except OverflowError:
            pass  # an integer beyond all floating-point numbers
    raise HarnessError(f'it writes {quoted(value)} for a number, wanted a number of float64, "nan", "inf" or "-inf"')


def quoted(thing: object) -> str:
    """Return the beginning of a line or a value, to be shown in a message."""
    text = thing.decode(errors="replace").rstrip("\n") if isinstance(thing, bytes) else json.dumps(thing)
    return text if len(text) <= QUOTED else text[:QUOTED] + " …"
