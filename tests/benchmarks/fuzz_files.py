"""Give emd_conformance spoilt files and messages, and look for anything but a result or an error that it promises.

Run as `python tests/benchmarks/fuzz_files.py [NUMBER] [SEED]`. Reports for `render`, files of deviations, and replies
of a harness (PROTOCOL.md) are valid ones in which a part is replaced, removed, repeated, nested or cut. Each must be
read, or refused with DeclarationError, HarnessError or LoadError, in a second of this thread and in little memory.
"""

import contextlib
import io
import json
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import emd_conformance
import numpy as np
from emd_conformance._calling import harness
from emd_conformance._calling.messages import exchange, numbers
from emd_conformance._calling.watch import Lost, NotAskedError
from emd_conformance._cli.main import main as command_line
from emd_conformance._declaration.errors import DeclarationError, HarnessError, LoadError
from emd_conformance._judging.check import Check
from emd_conformance._run.deviations import read_deviations
from support.fuzzed import Found, own_time

ODD: tuple[Any, ...] = (
    None,
    True,
    "",
    "x" * 1000,
    -1,
    10**400,
    1e308,
    [],
    {},
    [[]],
    [None],
    "nan",
    "inf",
    0.5,
    {"a": []},
)
WORDS = ("1e999", "-0", "NaN", "1" * 5000, "[" * 2000, '"\\ud800"', '"\\u0000"', "", "{", "}", "\x00", "\n", "\\")
PROMISED = (DeclarationError, HarnessError, LoadError, Lost, NotAskedError, harness.FailedError, harness.RejectedError)
MUCH = 256 << 10  # kilobytes that the process may have grown


def spoilt(rng: Random, valid: Any) -> str:
    """A JSON document with one or two parts changed, or with some of its text changed."""
    if rng.random() < 0.7:
        document = json.loads(json.dumps(valid))
        for _ in range(rng.choice((1, 1, 2))):
            document = _changed(rng, document)
        return json.dumps(document)
    text = json.dumps(valid)
    i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    match rng.randrange(3):
        case 0:
            return text[:i]
        case 1:
            return text[:i] + rng.choice(WORDS) + text[rng.choice((i, min(i + 3, j))) :]
        case _:
            return text[:i] + text[j:]


def _changed(rng: Random, document: Any) -> Any:
    """The document with one of its parts changed."""
    if not isinstance(document, (dict, list)) or not document or rng.random() < 0.15:
        return rng.choice(ODD)
    if isinstance(document, dict):
        key = rng.choice(list(document))
        if rng.random() < 0.1:
            return {name: value for name, value in document.items() if name != key}
        if rng.random() < 0.05:
            return document | {rng.choice(("", "extra", key + " ")): rng.choice(ODD)}
        return document | {key: _changed(rng, document[key])}
    i = rng.randrange(len(document))
    if rng.random() < 0.1:
        return document[:i] + document[i + 1 :]
    if rng.random() < 0.1:
        return [*document, document[i]]
    return [*document[:i], _changed(rng, document[i]), *document[i + 1 :]]


class Answering:
    """A process that answers with one line."""

    has_more = False

    def __init__(self, line: str) -> None:
        self.line = line.encode(errors="surrogatepass") + b"\n"

    def ask(self, request: bytes, timeout: float) -> bytes:
        """The line."""
        return self.line

    def last_words(self) -> str:
        """Nothing."""
        return ""


def scan(p: Any, t: Any) -> Any:
    return np.square(np.cumsum(p - t, -1)).sum(-1)


def of_run(loss: Callable[..., Any]) -> dict[str, Any]:
    """The report on a loss, with the same text in every run."""
    found = json.loads(emd_conformance.run(loss, classes=[2], cases=emd_conformance.vectors("hand")).to_json())
    for result in found["results"]:
        result["seconds"] = 0.001
    return found | {"versions": dict.fromkeys(found["versions"], "1")}


REPORTS = [of_run(scan), of_run(lambda p, t: 2 * scan(p, t))]
HELLO = {
    "protocol": 1,
    "name": "fuzzed",
    "version": "1",
    "capabilities": ["gradient"],
    "declaration": {"computes": "E", "dtype": "float32", "classes": [2, 3], "reduction": "mean"},
}
CASES = [case for case in emd_conformance.vectors("line") if case.classes == 3][:4]


def report(text: str, folder: Path) -> str:
    """Render a report, as a user does."""
    file = folder / "report.json"
    file.write_bytes(text.encode(errors="surrogatepass"))
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        code = command_line(["render", str(file), "--html", str(folder / "r.html"), "--junit", str(folder / "r.xml")])
    assert code in (0, 1, 2, 4, 5), f"exit code {code}: {output.getvalue()[-300:]}"
    return f"report, exit code {code}"


def deviations(text: str, folder: Path) -> str:
    """Read a file of deviations."""
    file = folder / "deviations.json"
    file.write_bytes(text.encode(errors="surrogatepass"))
    assert all(isinstance(reason, str) for reason in read_deviations(file).values())
    return "deviations, read"


def greeting(text: str, folder: Path) -> str:
    """Read the reply to `start`, and what it declares."""
    hello = exchange(Answering(text), {"type": "start"}, 1.0)  # type: ignore[arg-type]
    harness._check_hello(hello)
    harness.declaration(hello, {})
    return "greeting, read"


def echo(text: str, folder: Path) -> str:
    """Read the reply to `echo`."""
    harness._check_echo(exchange(Answering(text), {"type": "echo"}, 1.0))  # type: ignore[arg-type]
    return "echo, read"


class Fuzzed(harness.HarnessCaller):
    """A harness that answers each message with the same line."""

    line = ""

    def running(self) -> Any:
        """The process."""
        return Answering(self.line)


CALLER = Fuzzed(harness.elsewhere, harness.declaration(HELLO | {"declaration": {}}, {}))


def answer(text: str, folder: Path) -> str:
    """Judge an answer: what is no number, or of a wrong shape, is a result as any other."""
    Fuzzed.line = text
    results = [Check(CALLER, case, quantity).examine() for case in CASES[:2] for quantity in ("value", "gradient")]
    CALLER.endings.lost.clear()
    return f"answer, {max(result.status for result in results)}"


KINDS: list[tuple[Callable[[str, Path], str], list[Any]]] = [
    (report, REPORTS),
    (deviations, [{"deviations": {"line/one-class:value": "the reason", "line/soft-3:gradient": "another"}}]),
    (greeting, [HELLO]),
    (echo, [{"values": numbers(harness.ECHO)}]),
    (answer, [{"loss": [0.5, 0.25, 0.0, 1.0]}, {"grad": [[0.5, 0.25, 0.0]] * 4}, {"rejected": "no"}, {"error": "x"}]),
]


def fuzz(number: int, seed: int = 0) -> Found:
    """Read so many files and messages."""
    rng, found, before = Random(seed), Found(), _memory()
    with tempfile.TemporaryDirectory() as folder, own_time() as clock:
        for i in range(number):
            read, valid = rng.choices(KINDS, (1, 4, 4, 4, 4))[0]  # a report takes the time of ten others
            text = spoilt(rng, rng.choice(valid))
            start = clock()
            try:
                kind = read(text, Path(folder))
            except PROMISED as error:
                kind = f"{read.__name__}, {type(error).__name__}"
            except BaseException as error:
                kind = "unexplained"
                found.unexplained.append(f"{described(i, read, text)}: {type(error).__name__}: {error}"[:600])
            seconds = clock() - start
            found.outcomes[kind] += 1
            found.timed(seconds, described, i, read, text)
    if _memory() - before > MUCH:
        found.unexplained.append(f"the process grew by {(_memory() - before) >> 10} MB")
    return found


def described(number: int, read: Callable[[str, Path], str], text: str) -> str:
    """The file or message, in short."""
    return f"{number}: {read.__name__} {text[:200]!r}"


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(arguments: list[str]) -> int:
    """Fuzz, print, and return 1 if something is not explained."""
    found = fuzz(*map(int, arguments or ["100000"]))
    print(*found.lines(), sep="\n")
    return int(bool(found.unexplained))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
