"""Protocol 1: an implementation in any language, called by lines of JSON (PROTOCOL.md)."""

import shlex
import struct
from dataclasses import dataclass, fields, replace
from math import inf
from typing import Any, ClassVar

from emd_conformance._calling.answers import Want
from emd_conformance._calling.arrays import Nested
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.isolated import RemoteCaller, Session
from emd_conformance._calling.load import elsewhere
from emd_conformance._calling.messages import exchange, numbers, quoted, read_numbers
from emd_conformance._calling.process import Limits, Process
from emd_conformance._calling.watch import Lost, NotAskedError
from emd_conformance._cases.case import Case
from emd_conformance._cases.load import SUITE_VERSION
from emd_conformance._declaration.declaration import CAPABILITIES, Declaration, Options
from emd_conformance._declaration.errors import DeclarationError, HarnessError, LoadError

VERSION = 1
FAREWELL = b'{"type": "stop"}\n'
WORDS: dict[Want, str] = {"value": "loss", "gradient": "grad"}
UNDECLARABLE = {
    "label_shape",
    "order",
    "axis",
    "array",
    "grad",
    "call",
    "returns",
    "capabilities",
}  # the messages settle these
DECLARABLE = tuple(field.name for field in fields(Declaration) if field.name not in UNDECLARABLE)
PARTS = {"p": "predicted", "t": "target", "x": "positions", "G": "ground_distance"}
PARTS |= {name: name for name in ("parents", "lengths", "exponent", "bias", "weight")}
# Numbers whose decimal form is easily read or written wrongly: subnormal numbers, the smallest normal and the largest
# finite one, ties of the conversion, integers beyond 2^53, integers that print without a point, NaN and infinities.
ECHO = (
    *(5e-324, 1.5e-323, 2.2250738585072009e-308, 2.2250738585072014e-308, 1.7976931348623157e308, -4.35e-310),
    *(0.1, 0.2, 0.30000000000000004, 1 / 3, -2 / 3, 3.141592653589793, 1e23, 9007199254740993.0, 1.8014398509481985e16),
    *(1 - 2**-53, 1 + 2**-52, 2.0**-1022, 2.0**-25, 9.5367431640625e-07, 1e-7, 1e21, 123456789012345680.0, 0.0, 1.0),
    *(float("nan"), inf, -inf),
)
SHAPES: dict[type, str] = {str: "a string", list: "an array", dict: "an object"}


class RejectedError(ValueError):
    """The implementation rejects its input."""


class FailedError(Exception):
    """The implementation failed, and did not reject its input."""


REFUSALS: dict[str, type[Exception]]
REFUSALS = {"rejected": RejectedError, "unsupported": NotAskedError, "error": FailedError}


def connect(command: str, options: Options, timeout: float) -> tuple[Caller, str]:
    """Start a harness; return its caller and its name. The options of the user replace what the harness declares."""
    limits = Limits(timeout)
    process, hello = greet(command, limits)
    session = Session(process, farewell=FAREWELL, versions={hello["name"]: hello["version"]})
    try:
        declared = declaration(hello, options)
    except (HarnessError, DeclarationError):
        session.close()
        raise
    name = f"Protocol {VERSION}, {hello['name']} {hello['version']}"
    return HarnessCaller(elsewhere, declared, limits=limits, session=session, command=command), name


def greet(command: str, limits: Limits) -> tuple[Process, dict[str, Any]]:
    """Start a harness and return its reply to `start`, after its echo has shown that it keeps every bit of a number."""
    try:
        words = shlex.split(command)
        process = Process(words or [""])
    except (OSError, ValueError) as error:
        raise LoadError(f"{command!r} cannot be started: {error}") from error
    try:
        hello = exchange(process, {"type": "start", "protocol": VERSION, "suite": SUITE_VERSION}, limits.start)
        _check_hello(hello)
        echo = exchange(process, {"type": "echo", "values": numbers(ECHO)}, limits.start)
        _check_echo(echo)
    except (HarnessError, Lost) as error:
        message = f"{command!r} is no harness: {error}" + ("" if isinstance(error, Lost) else process.last_words())
        process.close()
        raise HarnessError(message) from error
    return process, hello


def _check_hello(hello: dict[str, Any]) -> None:
    if hello.get("protocol") != VERSION:
        raise HarnessError(f"it answers start with {quoted(hello)}, wanted protocol {VERSION}")
    shape: dict[str, type] = {"name": str, "version": str, "capabilities": list, "declaration": dict}
    for key, kind in shape.items():
        if not isinstance(hello.get(key, kind()), kind) or (kind is str and key not in hello):
            raise HarnessError(f"it answers start with {quoted(hello)}, wanted {key!r} as {SHAPES[kind]}")


def _check_echo(reply: dict[str, Any]) -> None:
    values = reply.get("values")
    if not isinstance(values, list) or len(values) != len(ECHO):
        raise HarnessError(f"it answers echo with {quoted(reply)}, wanted {len(ECHO)} values")
    for sent, received in zip(ECHO, read_numbers(values), strict=True):
        if not isinstance(received, float) or struct.pack("d", sent) != struct.pack("d", received):
            raise HarnessError(f"its echo of {sent!r} is {received!r}: read and write numbers with 17 digits")


def declaration(hello: dict[str, Any], options: Options) -> Declaration:
    """Return what a harness declares, with the options of the user in place of its own."""
    stated, capabilities = hello.get("declaration", {}), hello.get("capabilities", [])
    unknown = [name for name in stated if name not in DECLARABLE]
    unknown += [name for name in capabilities if name not in ("gradient", *CAPABILITIES)]
    if unknown:
        raise HarnessError(f"the harness declares {unknown[0]!r}, which Protocol {VERSION} does not know")
    if refused := sorted(options.keys() - {*DECLARABLE, "capabilities"}):
        raise DeclarationError(f"{refused[0]} cannot be declared for a harness: its messages name their parts")
    plain: dict[str, Any] = dict(stated)
    if isinstance(plain.get("classes"), list):
        plain["classes"] = tuple(plain["classes"])
    plain["capabilities"] = tuple(name for name in capabilities if name != "gradient")
    plain["grad"] = "gradient" if "gradient" in capabilities else None
    plain.update(options)
    try:
        declared = Declaration(**plain, array="list")
    except (DeclarationError, TypeError) as error:
        raise HarnessError(f"the declaration of the harness is not understood: {error}") from error
    parameters = bool({"R", "XE"} & declared.expression.names)
    return replace(declared, call="p, t, exponent, bias, weight") if parameters else declared


@dataclass(frozen=True)
class HarnessCaller(RemoteCaller):
    command: str = ""

    takes_arrays: ClassVar[bool] = False

    def start(self) -> Process:
        return greet(self.command, self.limits)[0]

    def ask(self, case: Case, want: Want) -> Nested:
        process = self.running()
        reply = exchange(process, self.message(case, want), self.limits.timeout)
        if WORDS[want] in reply:
            return read_numbers(reply[WORDS[want]])
        for key, error in REFUSALS.items():
            if key in reply:
                raise error(f"it answers {key}: {reply[key]}" if error is NotAskedError else str(reply[key]))
        wanted = ", ".join([WORDS[want], *REFUSALS])
        raise HarnessError(f"it answers run with {quoted(reply)}, wanted one of {wanted}" + process.last_words())

    def message(self, case: Case, want: Want) -> dict[str, Any]:
        """Return the message of a case: the arguments that the loss needs, by their full names."""
        names = self.named(case)
        parts = {word: names[name] for name, word in PARTS.items() if names.get(name) is not None}
        if self.declared.call is None:
            parts = {word: value for word, value in parts.items() if word not in ("exponent", "bias", "weight")}
        head = {"type": "run", "case": case.id, "want": WORDS[want], "dtype": self.declared.dtype}
        return head | {"classes": case.classes} | {word: numbers(value) for word, value in parts.items()}
