"""Whether a document follows a schema that is shipped (schemas/), as far as these use JSON Schema."""

import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

Schema = dict[str, Any]
TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda x: x is None,
    "string": lambda x: isinstance(x, str),
    "object": lambda x: isinstance(x, dict),
    "array": lambda x: isinstance(x, list),
    "number": lambda x: isinstance(x, int | float) and not isinstance(x, bool),
    "integer": lambda x: isinstance(x, int) and not isinstance(x, bool),
}


def check(document: Any, name: str) -> None:
    """Raise ValueError, with the place, if a document does not follow the schema of this name."""
    schema: Schema = json.loads((files("emd_conformance") / "schemas" / f"{name}.json").read_text("utf-8"))
    for place, trouble in _faults(document, schema, schema.get("$defs", {}), "it"):
        raise ValueError(f"{place} {trouble}")


def _faults(x: Any, schema: Schema, known: Schema, place: str) -> Iterator[tuple[str, str]]:
    """Yield what does not follow the schema: the place, and the trouble there."""
    if "$ref" in schema:
        yield from _faults(x, known[schema["$ref"].removeprefix("#/$defs/")], known, place)
    if "oneOf" in schema and all(any(_faults(x, one, known, place)) for one in schema["oneOf"]):
        yield place, f"is {_shown(x)}, which the format does not have there"
    if "type" in schema and not TYPES[schema["type"]](x):
        yield place, f"is {_shown(x)}: it must be of the type {schema['type']}"
        return
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None and not any(type(x) is type(one) and x == one for one in allowed):
        yield place, f"is {_shown(x)}: it must be {' or '.join(map(json.dumps, allowed))}"
    if isinstance(x, str) and (len(x) < schema.get("minLength", 0) or not re.search(schema.get("pattern", ""), x)):
        yield place, f"is {_shown(x)}, which the format does not have there"
    if TYPES["number"](x) and x < schema.get("minimum", x):
        yield place, f"is {_shown(x)}: it must be at least {schema['minimum']}"
    if isinstance(x, dict):
        yield from _of_object(x, schema, known, place)
    if isinstance(x, list):
        yield from _of_array(x, schema, known, place)


def _of_object(x: dict[str, Any], schema: Schema, known: Schema, place: str) -> Iterator[tuple[str, str]]:
    yield from ((place, f"has no {name!r}") for name in schema.get("required", ()) if name not in x)
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, value in x.items():
        if name in properties:
            yield from _faults(value, properties[name], known, f"{place}.{name}")
        elif others is False:
            yield place, f"has {_shown(name)}, which the format does not have"
        elif others is not True:
            yield from _faults(value, others, known, f"{place}.{name}")


def _of_array(x: list[Any], schema: Schema, known: Schema, place: str) -> Iterator[tuple[str, str]]:
    first: list[Schema] = schema.get("prefixItems", [])
    others: Any = schema.get("items", True)
    if len(x) < schema.get("minItems", 0) or (others is False and len(x) > len(first)):
        yield place, f"has {len(x)} entries"
        return
    for i, value in enumerate(x):
        if i < len(first):
            yield from _faults(value, first[i], known, f"{place}[{i}]")
        elif isinstance(others, dict):
            yield from _faults(value, others, known, f"{place}[{i}]")


def _shown(x: Any) -> str:
    text = json.dumps(x)
    return text if len(text) <= 60 else f"{text[:60]} …"
