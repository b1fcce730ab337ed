"""Try everything that is known to go wrong around a run of the suite, and write the outcomes as a table.

Run as `python tests/benchmarks/faults.py docs/faults.md`. Each fault is a command in a process of its own. The wanted
exit code and words follow from the README of the suite: 0 only after a report that conforms, 1 for a wrong loss,
2 for usage, 4 for what cannot be loaded, 6 for a report that cannot be written.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
QUICK = ("--classes", "3", "--timeout", "2")
SECONDS = 180.0
EMPTY_REPORT = '{"verdict": "conforms"}'
MODULES = {  # files beside the losses
    "exits_at_import.py": "import sys\nsys.exit(0)\n",
    "leaves_at_import.py": "import os\nos._exit(0)\n",
    "hangs_at_import.py": "while True:\n    pass\n",
    "broken_syntax.py": "def loss(p, t:\n",
    "deviations.json": "[not json",
    "nested.json": "[" * 100_000,
    "unknown.json": '{"deviations": {"no/such-case:value": "reason"}}',
    "report.json": EMPTY_REPORT,
}


@dataclass(frozen=True)
class Fault:
    """A command in which something goes wrong, the exit code that it must have, and words that it must say."""

    text: str
    arguments: tuple[str, ...]
    code: int | tuple[int, ...]
    words: str
    signal: int | None = None

    @property
    def codes(self) -> tuple[int, ...]:
        return self.code if isinstance(self.code, tuple) else (self.code,)


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code, what it said, and what it left behind."""

    code: int
    said: str
    seconds: float
    left: tuple[str, ...]

    def as_wanted(self, fault: Fault) -> bool:
        return self.code in fault.codes and fault.words in " ".join(self.said.split()) and not self.left


def run(name: str, *options: str) -> tuple[str, ...]:
    return ("run", f"faulty_losses:{name}", *QUICK, *options)


def told(text: str, code: int, words: str, *options: str) -> Fault:
    """A right loss with options that are wrong."""
    return Fault(f"`{' '.join(options)}`{text}", run("right", *options), code, words)


INSIDE = "--no-isolate"
LOSSES = [
    Fault("exits with 0 in a call", run("exits_with_0"), 1, "SystemExit: 0"),
    Fault("exits with 0 in a call in the suite's process", run("exits_with_0", INSIDE), 1, "SystemExit: 0"),
    Fault("exits with 0 when it is made", run("ExitsWhenMade()"), (1, 4), "SystemExit: 0"),
    Fault("exits with 0 at import", ("run", "exits_at_import:loss"), 4, "SystemExit: 0"),
    Fault("leaves by os._exit(0) in a call", run("leaves_with_0"), 1, "os._exit(0)"),
    Fault("leaves by os._exit(0) at import", ("run", "leaves_at_import:loss"), 4, "os._exit(0)"),
    Fault("hangs at import", ("run", "hangs_at_import:loss", "--timeout", "2"), 4, "cannot be loaded"),
    Fault("is no Python", ("run", "broken_syntax:loss"), 4, "was never closed"),
    Fault("does not exist", ("run", "faulty_losses:missing"), 4, "cannot be loaded"),
    Fault("raises KeyboardInterrupt", run("interrupts"), 1, "KeyboardInterrupt"),
    Fault("raises an exception that cannot be shown", run("raises_what_cannot_be_shown"), 1, "Silent"),
    Fault("raises an exception of 50 MB", run("raises_a_long_message"), 1, "ValueError"),
    Fault("interrupts the suite", run("signals_its_parent"), (0, 1, 130), ""),
    Fault("reads address 0", run("crashes"), 1, "SIGSEGV"),
    Fault("loops for ever", run("hangs"), 1, "no answer within 2 s"),
    Fault("loops for ever in the suite's process", run("hangs", INSIDE), 1, "no answer within 2 s"),
    Fault("catches all exceptions in a loop", run("catches_the_interruption", INSIDE), 1, "no answer within 2 s"),
    Fault("asks for 512 GB", run("needs_all_memory"), 1, "emory"),
    Fault("answers with 20 million numbers", run("answers_with_millions_of_numbers"), 1, "numbers"),
    Fault("answers with a list that contains itself", run("contains_itself", INSIDE), 1, "itself"),
    Fault("prints 200 MB on one line", run("prints_an_endless_line", "--timeout=20"), 0, "the call prints"),
    Fault("starts a process that stays", run("starts_a_child"), 0, "CONFORMS"),
    Fault("clears sys.modules", run("forgets_all_modules"), 1, "DOES NOT CONFORM"),
    Fault("closes every file", run("closes_every_file"), 1, "DOES NOT CONFORM"),
    Fault("replaces sys.stdout", run("replaces_stdout"), (0, 1), "CONFORM"),
    Fault("patches the json module", run("patches_json"), (0, 1), "CONFORM"),
]
COMMANDS = [
    *(told("", 2, "is not understood", f"--timeout={x}") for x in ("inf", "nan", "-1", "0", "1e300")),
    told("", 2, "argument --timeout", "--timeout=soon"),
    told("", 2, "computes", "--computes=E*1e999"),
    told("", 2, "computes", "--computes=E+" + "E+" * 5 + "import os"),
    Fault("`--computes` of 50 000 terms", run("right", "--computes=" + "E+" * 50_000 + "E"), 2, "computes"),
    told("", 2, "argument --classes", "--classes=abc"),
    told("", 2, "is no number of classes", "--classes=0"),
    told("", 2, "call", "--call=p, t, **{'a': 1}"),
    told("", 4, "cannot be called as it is declared", "--call=__import__('os').system('true')"),
    told("", 2, "target", "--target=lables"),
    told("", 2, "unrecognized arguments", "--inputt=logits"),
    told(" (two formats, one file)", 2, "one.txt", "--json=one.txt", "--html=one.txt"),
    told(", no JSON", 2, "deviations.json", "--deviations=deviations.json"),
    told(", 100 000 brackets", 2, "nested.json", "--deviations=nested.json"),
    told(", of an unknown case", 2, "no/such-case:value", "--deviations=unknown.json"),
    Fault("`render` of no report", ("render", "report.json"), 2, "report.json"),
    Fault("`render` of 100 000 brackets", ("render", "nested.json"), 2, "nested.json"),
    Fault("`show` of an unknown case", ("show", "no/such-case"), 2, "no/such-case"),
    Fault("`explain` of an unknown finding", ("explain", "no-such-finding"), 2, "no-such-finding"),
]
WORLD = [
    told(" (a full disk)", 6, "CONFORMS", "--json=/dev/full"),
    told(" (no such folder)", 2, "its folder does not exist", "--json=no/such/folder/report.json"),
    told(" (a folder)", 2, "is a folder itself", "--junit=folder"),
    *(
        Fault(f"{name} to the suite, in a call", run("hangs", "--timeout=30"), code, "", getattr(signal, name))
        for name, code in (("SIGINT", 130), ("SIGTERM", (-15, 143)), ("SIGHUP", (-1, 129)), ("SIGKILL", -9))
    ),
]
KINDS = {"A loss that": LOSSES, "A command with": COMMANDS, "In the world": WORLD}


def attempt(fault: Fault, folder: Path) -> Outcome:
    """Run the command of a fault in a folder with the files that it needs."""
    (folder / "folder").mkdir(exist_ok=True)
    for name, text in MODULES.items():
        (folder / name).write_text(text, encoding="utf-8")
    mark = f"fault-{os.getpid()}-{time.monotonic_ns()}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]), "FAULT": mark}
    command = [sys.executable, "-P", "-m", "emd_conformance", *fault.arguments]
    start = time.monotonic()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        if fault.signal is not None:
            time.sleep(6)
            process.send_signal(fault.signal)
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
    return Outcome(process.returncode, said, time.monotonic() - start, left_behind(mark))


def left_behind(mark: str) -> tuple[str, ...]:
    """Return the commands of the processes that still run with the mark in their environment; end them."""
    time.sleep(0.3)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"FAULT={mark}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue
    return tuple(found)


def lines(kinds: dict[str, Sequence[Fault]]) -> Iterator[str]:
    """Yield the table."""
    for kind, faults in kinds.items():
        yield f"| {kind} | exit code | seconds | says |"
        yield "|---|---|---|---|"
        for fault in faults:
            with tempfile.TemporaryDirectory() as folder:
                outcome = attempt(fault, Path(folder))
            wrong = "" if outcome.as_wanted(fault) else f"**wanted {fault.code}, {fault.words!r}** "
            left = f" left behind: {outcome.left}" if outcome.left else ""
            text = shown(outcome.said, fault.words)
            print(f"{wrong or 'ok '} {fault.text}: {outcome.code} {text}{left}", file=sys.stderr)
            yield f"| {fault.text.replace('|', '∣')} | {wrong}{outcome.code} | {outcome.seconds:.0f} | {text}{left} |"
        yield ""


def shown(said: str, words: str) -> str:
    """Return the line that has the wanted words, or the last one."""
    found = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("  target ")]
    line = next((line for line in found if words and words in line), found[-1] if found and not words else "")
    return line[:150].replace("|", "∣").replace("<", "&lt;")


HEAD = """# Faults

Written by `python tests/benchmarks/faults.py docs/faults.md` on {date}. Each row is a command in a process of its own.
A loss that disturbs whoever calls it must not become a certificate, and a fault in the world must not lose a verdict.
No command left a process behind unless its row says so.
"""


def main(arguments: Sequence[str]) -> int:
    """Write the table to a file, or print it; return 1 if an outcome is not as wanted."""
    text = HEAD.format(date=date.today()) + "\n" + "\n".join(lines(KINDS))
    if arguments:
        Path(arguments[0]).write_text(text.rstrip() + "\n", encoding="utf-8")
    else:
        print(text)
    return int("**wanted" in text or "left behind: (" in text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
