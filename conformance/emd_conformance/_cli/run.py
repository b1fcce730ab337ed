"""The commands `run` and `render`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from emd_conformance._calling.connect import TIMEOUT
from emd_conformance._cli.exit_codes import CONFORMS, DOES_NOT
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._declaration.options import add_flags, read_flags
from emd_conformance._properties.drawn_cases import obstacle_to_drawing
from emd_conformance._reports import files as report_files
from emd_conformance._reports import json as json_report
from emd_conformance._reports import terminal
from emd_conformance._reports import text as text_report
from emd_conformance._reports.text import Report
from emd_conformance._run.deviations import read_deviations
from emd_conformance._run.run import run


def add_run(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "loss",
        metavar="TARGET",
        help='"package.module:attribute", "package.module:Class(num_classes=C)" or "cmd:program args"',
    )
    add_flags(command)
    command.add_argument("--require", choices=["gradient"], help="fail if this was not examined")
    command.add_argument(
        "--deviations", type=Path, metavar="FILE", help="checks known to fail, with the reasons (JSON)"
    )
    command.add_argument(
        "--isolate", action=argparse.BooleanOptionalAction, default=True, help="run TARGET in a process of its own"
    )
    command.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds for a call in another process")
    command.add_argument("--properties", action="store_true", help="also try properties on cases that Hypothesis draws")
    add_report(command, forms=("json", "junit", "html"))
    command.set_defaults(action=_run)


def add_report(command: argparse.ArgumentParser, forms: Sequence[str]) -> None:
    for form in forms:
        command.add_argument(f"--{form}", type=Path, metavar="FILE", help=f"write the report as {form.upper()} too")
    amount = command.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help="print the verdict only")
    amount.add_argument("-v", "--verbose", action="store_true", help="print every check")


def _run(arguments: argparse.Namespace) -> int:
    sys.path.insert(0, "")  # as with python -m, modules in the current folder are found
    options, files = read_flags(arguments), _files(arguments)
    if arguments.properties and (reason := obstacle_to_drawing()):
        raise DeclarationError(f"--properties: {reason}")
    report_files.prepare(files)
    known = read_deviations(arguments.deviations) if arguments.deviations else None
    report = run(
        arguments.loss,
        deviations=known,
        track=terminal.track,
        isolate=arguments.isolate,
        timeout=arguments.timeout,
        properties=arguments.properties,
        **options,
    )
    report_files.write(report, files)  # before printing, as a reader like `head` may close standard output
    _print(report, arguments)
    return max(report.exit_code, _required(report, arguments.require))


def _required(report: Report, quantity: str | None) -> int:
    """Return 1, after a message, if the user requires a quantity that was not examined."""
    if quantity is None or quantity in {result.quantity for result in report.examined}:
        return CONFORMS
    print(f"\n  required, and not examined: {quantity}. Declare it with --grad")
    return DOES_NOT


def render(arguments: argparse.Namespace) -> int:
    try:
        report = json_report.read(arguments.report.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DeclarationError(f"{arguments.report} is no report: {error}") from None
    report_files.prepare(_files(arguments))
    report_files.write(report, _files(arguments))
    _print(report, arguments)
    return report.exit_code


def _print(report: Report, arguments: argparse.Namespace) -> None:
    quiet = [text_report.verdict(report)]
    terminal.show(quiet if arguments.quiet else text_report.lines(report, arguments.verbose))


def _files(arguments: argparse.Namespace) -> dict[str, Path]:
    files = {form: getattr(arguments, form, None) for form in report_files.FORMS}
    return {form: file for form, file in files.items() if file is not None}
