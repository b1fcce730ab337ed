"""The commands `run`, `render` and `infer`, and the exit codes."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from emd_conformance._declaration.declaration import Options
from emd_conformance._declaration.errors import CannotExamineError, DeclarationError
from emd_conformance._declaration.options import add_flags, flags, read_flags
from emd_conformance._properties.drawn_cases import obstacle_to_drawing
from emd_conformance._reports import files as report_files
from emd_conformance._reports import terminal
from emd_conformance._reports import text as text_report
from emd_conformance._reports.read import read
from emd_conformance._reports.report import Report
from emd_conformance._run.infer import infer
from emd_conformance._run.run import run
from emd_conformance._run.unfinished import Interrupted, SuiteError

CONFORMS, DOES_NOT, USAGE, BUG, BROKEN, UNWRITTEN, INTERRUPTED = 0, 1, 2, 3, 4, 6, 130
EPILOG = (
    "exit codes: 0 conforms, 1 does not, 2 usage, 3 bug of the suite, 4 cannot be loaded or called, 5 nothing ran, "
    "6 a report could not be written"
)
FORMS = {
    "json": "the report as JSON, which `render` reads,",
    "junit": "the report as JUnit XML",
    "html": "the report as one HTML file",
    "markdown": "a short report as Markdown, such as the summary of a step in GitHub,",
    "badge": "a badge as SVG, with the verdict, the function, the versions and the date,",
}


def add_run(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "loss",
        metavar="TARGET",
        help='"package.module:attribute", "package.module:Class(num_classes=C)", "./file.py:attribute" or "cmd:..."',
    )
    add_flags(command)
    command.add_argument("--require", choices=["gradient"], help="fail if this was not examined")
    command.add_argument(
        "--deviations", type=Path, metavar="FILE", help="checks known to fail, with the reasons (JSON)"
    )
    command.add_argument(
        "--isolate", action=argparse.BooleanOptionalAction, default=True, help="run TARGET in a process of its own"
    )
    command.add_argument("--timeout", type=float, help="seconds for a call (10; with --no-isolate, 60)")
    command.add_argument("--properties", action="store_true", help="also try properties on cases that Hypothesis draws")
    command.add_argument("--explore", type=float, default=0, metavar="SECONDS", help="examine fresh cases, too")
    command.add_argument("--seed", type=int, metavar="N", help="the first fresh case, as a report states it")
    _add_report(command, [*FORMS])
    command.set_defaults(action=_run)


def add_render(command: argparse.ArgumentParser) -> None:
    command.add_argument("report", type=Path, metavar="REPORT.json")
    _add_report(command, [form for form in FORMS if form != "json"])
    command.set_defaults(action=_render)


def add_infer(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "loss", metavar="TARGET", help='"package.module:attribute", "package.module:Class(C)" or "./file.py:attribute"'
    )
    add_flags(command)
    command.set_defaults(action=_infer)


def _add_report(command: argparse.ArgumentParser, forms: Sequence[str]) -> None:
    for form in forms:
        command.add_argument(f"--{form}", type=Path, metavar="FILE", help=f"write {FORMS[form]} too")
    amount = command.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help="print the verdict only")
    amount.add_argument("-v", "--verbose", action="store_true", help="print every check")


def _run(arguments: argparse.Namespace) -> int:
    sys.path.insert(0, "")  # as with python -m, modules in the current folder are found
    options, files = read_flags(arguments), _files(arguments)
    if arguments.properties and (reason := obstacle_to_drawing()):
        raise DeclarationError(f"--properties: {reason}")
    report_files.prepare(files)
    try:
        report = _examined(arguments, options)
    except (Interrupted, SuiteError) as stop:
        report = stop.report
    _show(report, files, arguments)
    return max(report.exit_code, 0 if report.broken else _required(report, arguments.require))


def _examined(arguments: argparse.Namespace, options: Options) -> Report:
    """Return the report of a run as the command line asks for it."""
    return run(
        arguments.loss,
        deviations=arguments.deviations,
        track=terminal.track,
        isolate=arguments.isolate,
        timeout=arguments.timeout,
        properties=arguments.properties,
        explore=arguments.explore,
        seed=arguments.seed,
        **options,
    )


def _required(report: Report, quantity: str | None) -> int:
    """Return 1, after a message, if the user requires a quantity that was not examined."""
    if quantity is None or quantity in {result.quantity for result in report.examined}:
        return CONFORMS
    print(f"\n  required, and not examined: {quantity}. Declare it with --grad")
    return DOES_NOT


def _render(arguments: argparse.Namespace) -> int:
    try:
        report = read(arguments.report.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DeclarationError(f"{arguments.report} is no report: {error}") from None
    files = _files(arguments)
    report_files.prepare(files)
    _show(report, files, arguments)
    return report.exit_code


def _show(report: Report, files: dict[str, Path], arguments: argparse.Namespace) -> None:
    """Write the report, and print it even if it cannot be written."""
    try:
        report_files.write(report, files)
    finally:
        try:
            terminal.show(
                text_report.verdict(report) if arguments.quiet else text_report.lines(report, arguments.verbose)
            )
        except BrokenPipeError:  # the exit code is that of the report, whoever reads it
            terminal.nobody_reads()


def _files(arguments: argparse.Namespace) -> dict[str, Path]:
    files = {form: getattr(arguments, form, None) for form in report_files.FORMS}
    return {form: file for form, file in files.items() if file is not None}


def _infer(arguments: argparse.Namespace) -> int:
    """Print the command lines of what fits; 0 if there is one, 1 if none or several, 4 if it cannot be loaded."""
    target = arguments.loss
    sys.path.insert(0, "")  # as with python -m, modules in the current folder are found
    try:
        proposals = infer(target, **read_flags(arguments))
    except CannotExamineError as error:
        print(error)
        return BROKEN
    if not proposals:
        print(f"no declaration fits: {target} computes something else, or is called in another way.")
        print(getattr(proposals, "tried", ""))
        hints = " ".join(map(quote, ["emd-conformance", "run", target, *flags(read_flags(arguments))]))
        print(f"Examine it as it should be, and read the findings: {hints}")
        return DOES_NOT
    print("one declaration fits:" if len(proposals) == 1 else f"{len(proposals)} declarations fit; which one is meant?")
    for proposal in proposals:
        print(f"  {proposal.command(target)}\n    {proposal.why}")
    return CONFORMS if len(proposals) == 1 else DOES_NOT
