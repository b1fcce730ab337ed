"""Compare emd_ref with another revision of it: two processes, one for each, make the same calls in turns.

A process is asked by lines of JSON: [shape, dtype] to prepare a case, and a name to time the call of that name.
"""

import json
import random
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

CHECKOUT = Path(__file__).parents[3]
SLOWER = 1.1  # the ratio from which on a call counts as slower
ROUNDS = 5, 101  # at least, at most


class Row(NamedTuple):
    """A call and its median times in seconds, and the median of the ratios of neighbouring calls."""

    shape: tuple[int, int]
    dtype: str
    name: str
    before: float
    after: float
    ratio: float


class Side:
    """A process that makes the calls of one revision, whose package lies in a folder."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-P", __file__, str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Side":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, question: Any) -> Any:
        """Its answer: the names of the calls of a case, or the seconds of a call."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        if not (answer := stdout.readline()):
            raise RuntimeError(f"the process of {self._process.args} ended: {question}")
        return json.loads(answer)


def compare(
    revision: str, shapes: Sequence[tuple[int, int]], dtypes: Sequence[str], seconds: float, say: Callable[[str], None]
) -> int:
    """Print what became slower since a revision of git, and return 1 if anything did."""
    with TemporaryDirectory() as folder:
        export(revision, Path(folder))
        with Side(Path(folder)) as before, Side(CHECKOUT) as after:
            found = [row for shape in shapes for dtype in dtypes for row in rows(before, after, shape, dtype, seconds)]
    slower = [row for row in found if row.ratio > SLOWER]
    for row in slower:
        say(f"{row.shape[0]}x{row.shape[1]} {row.dtype} {row.name}: {row.before:.3g} s, now {row.after:.3g} s")
    ratios = [row.ratio for row in found]
    say(
        f"{len(ratios)} calls take {min(ratios):.2f} to {max(ratios):.2f} times as long as at {revision}, "
        f"with a median of {statistics.median(ratios):.2f}; {len(slower)} more than {SLOWER} times"
    )
    return int(bool(slower))


def export(revision: str, folder: Path) -> None:
    """Write emd_ref as it was at a revision into a folder."""
    command = ["git", "archive", "--format=tar", revision, "emd_ref"]
    archive = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


def rows(before: Side, after: Side, shape: tuple[int, int], dtype: str, seconds: float) -> Iterator[Row]:
    """Time all calls of a case that both revisions have."""
    known = after.ask([shape, dtype])
    names = [name for name in before.ask([shape, dtype]) if name in known]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    end, least, most = time.monotonic() + seconds, *ROUNDS
    for turn in range(most):
        if turn >= least and time.monotonic() > end:
            break
        for name in random.sample(names, len(names)):
            if turn % 2:
                b, a = before.ask(name), after.ask(name)
            else:
                a, b = after.ask(name), before.ask(name)
            times[name].append((b, a))
    for name, pairs in times.items():
        of_before, of_after = zip(*pairs, strict=True)
        ratio = statistics.median(a / b for b, a in pairs)
        yield Row(shape, dtype, name, statistics.median(of_before), statistics.median(of_after), ratio)


def answer(folder: str) -> None:
    """Answer the questions on standard input with the revision in a folder."""
    sys.path[:0] = [folder, str(CHECKOUT / "tests")]
    import torch
    from benchmarks.speed import contenders, frameworks
    from benchmarks.speed.cases import Case
    from benchmarks.speed.timing import enough, once

    import emd_ref

    assert Path(emd_ref.__file__).is_relative_to(folder), emd_ref.__file__
    torch.set_num_threads(1)
    sources = (contenders.reference, contenders.fused, frameworks.torch_eager, frameworks.jax_compiled)
    calls: dict[str, tuple[Callable[[], Any], int]] = {}
    for line in sys.stdin:
        match json.loads(line):
            case [[N, C], dtype]:
                calls.clear()
                every = [c for source in sources for c in source(Case((N, C), dtype)) if c.kind == "ours"]
                calls.update({f"{c.quantity}, {c.name}": (c.call, enough(c.call)) for c in every})
                print(json.dumps(list(calls)), flush=True)
            case name:
                print(json.dumps(once(*calls[name])), flush=True)


if __name__ == "__main__":
    answer(sys.argv[1])
