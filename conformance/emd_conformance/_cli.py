"""The command line: emd-conformance run | render | infer | list | show | explain | copy | defects."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emd_conformance import (
    _cli_cases,
    _deviations,
    _infer,
    _report_files,
    _report_json,
    _report_terminal,
    _report_text,
    _self_test,
)
from emd_conformance._conventions import CAPABILITIES, CHOICES, Declaration, DeclarationError
from emd_conformance._model import Report
from emd_conformance._open import TIMEOUT
from emd_conformance._runner import run
from emd_conformance._vectors import SUITE_VERSION

CONFORMS, DOES_NOT, USAGE, BUG, BROKEN, NOTHING, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
EXIT_CODES = "exit codes: 0 conforms, 1 does not, 2 usage, 3 a bug of the suite, 4 not loadable, 5 nothing ran"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.action(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CONFORMS
    except DeclarationError as error:
        print(f"emd-conformance: {error}", file=sys.stderr)
        return USAGE
    except Exception as error:  # what is not the implementation's fault is the suite's
        print(f"emd-conformance: a bug of the suite, please report it: {error!r}", file=sys.stderr)
        return BUG


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser("emd-conformance", description="Certify an implementation of the squared EMD loss.")
    top.add_argument("--version", action="version", version=f"emd-conformance vectors v{SUITE_VERSION}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="examine an implementation", epilog=EXIT_CODES))
    rendering = commands.add_parser("render", help="show a JSON report again, or in other forms", epilog=EXIT_CODES)
    rendering.add_argument("report", type=Path, metavar="REPORT.json")
    _add_report(rendering, forms=("junit", "html"))
    rendering.set_defaults(action=_render)
    copying = _cli_cases.add_commands(commands)
    _add_declaration(copying)
    copying.set_defaults(action=lambda arguments: _cli_cases.copy(arguments, _options(arguments)))
    _infer.add(commands.add_parser("infer", help="propose the declaration of a loss that has none"))
    _self_test.add(commands.add_parser("defects", help="examine the suite itself: its defects and right variants"))
    return top


def _add_run(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "loss",
        metavar="TARGET",
        help='"package.module:attribute", "package.module:Class(num_classes=C)" or "cmd:program args"',
    )
    _add_declaration(command)
    command.add_argument("--classes", type=_integers, help="only these numbers of classes, such as 5,10")
    command.add_argument("--validates", action="store_true", default=None, help="it claims to reject invalid input")
    command.add_argument("--capability", dest="capabilities", action="append", help=" | ".join(CAPABILITIES))
    command.add_argument("--require", choices=["gradient"], help="fail if this was not examined")
    command.add_argument(
        "--deviations", type=Path, metavar="FILE", help="checks known to fail, with the reasons (JSON)"
    )
    command.add_argument(
        "--isolate", action=argparse.BooleanOptionalAction, default=True, help="run TARGET in a process of its own"
    )
    command.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds for a call in another process")
    command.add_argument("--properties", action="store_true", help="also try properties on cases that are drawn")
    _add_report(command, forms=("json", "junit", "html"))
    command.set_defaults(action=_run)


def _add_declaration(command: argparse.ArgumentParser) -> None:
    for option, choices in CHOICES.items():
        shown = " | ".join(str(choice) for choice in choices if choice is not None)
        command.add_argument(f"--{option.replace('_', '-')}", type=type(choices[-1]), help=shown)
    command.add_argument("--computes", help='an expression in E, W1, XE, R, C, such as "sqrt(E/C)"')
    command.add_argument("--grad", help='"autograd", or the name of an attribute of the target')
    command.add_argument("--call", help='the arguments, such as "t, p, onehot=True", of p t k x G C and literals')
    command.add_argument("--unbatched", dest="batched", action="store_false", default=None, help="one sample a call")


def _add_report(command: argparse.ArgumentParser, forms: Sequence[str]) -> None:
    for form in forms:
        command.add_argument(f"--{form}", type=Path, metavar="FILE", help=f"write the report as {form.upper()} too")
    amount = command.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help="print the verdict only")
    amount.add_argument("-v", "--verbose", action="store_true", help="print every check")


def _integers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _run(arguments: argparse.Namespace) -> int:
    sys.path.insert(0, "")  # as with python -m, modules beside the user are found
    options, files = _options(arguments), _files(arguments)
    _report_files.prepare(files)
    known = _deviations.read(arguments.deviations) if arguments.deviations else None
    report = run(
        arguments.loss,
        deviations=known,
        track=_report_terminal.track,
        isolate=arguments.isolate,
        timeout=arguments.timeout,
        properties=arguments.properties,
        **options,
    )
    _report_files.write(report, files)  # first: a reader like `head` may close standard output early
    _print(report, arguments)
    if arguments.require and "gradient" not in {result.quantity for result in report.examined}:
        print("\n  required, and not examined: gradient. Declare it with --grad")
        return max(report.exit_code, DOES_NOT)
    return report.exit_code


def _render(arguments: argparse.Namespace) -> int:
    try:
        report = _report_json.read(arguments.report.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DeclarationError(f"{arguments.report} is no report: {error}") from None
    _report_files.prepare(_files(arguments))
    _report_files.write(report, _files(arguments))
    _print(report, arguments)
    return report.exit_code


def _print(report: Report, arguments: argparse.Namespace) -> None:
    quiet = [_report_text.verdict(report)]
    _report_terminal.show(quiet if arguments.quiet else _report_text.lines(report, arguments.verbose))


def _files(arguments: argparse.Namespace) -> dict[str, Path]:
    files = {form: getattr(arguments, form, None) for form in _report_files.FORMS}
    return {form: file for form, file in files.items() if file is not None}


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    names = [*CHOICES, "computes", "grad", "call", "classes", "batched", "validates", "capabilities"]
    given: dict[str, Any] = {name: getattr(arguments, name, None) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    if "capabilities" in given:
        given["capabilities"] = tuple(given["capabilities"])
    Declaration(**given)
    return given
