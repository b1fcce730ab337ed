"""The command line: emd-conformance run | render | infer | list | show | explain | copy | defects."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from emd_conformance._cases.load import SUITE_VERSION
from emd_conformance._cli import cases, defects, infer
from emd_conformance._cli.exit_codes import BUG, CONFORMS, EXIT_CODES, INTERRUPTED, USAGE
from emd_conformance._cli.run import add_report, add_run, render
from emd_conformance._declaration.errors import DeclarationError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.action(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output, such as `head`, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CONFORMS
    except DeclarationError as error:
        print(f"emd-conformance: {error}", file=sys.stderr)
        return USAGE
    except Exception as error:  # errors of an implementation are results, so this one is the suite's
        print(f"emd-conformance: a bug of the suite, please report it: {error!r}", file=sys.stderr)
        return BUG


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser("emd-conformance", description="Certify an implementation of the squared EMD loss.")
    top.add_argument("--version", action="version", version=f"emd-conformance vectors v{SUITE_VERSION}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    add_run(commands.add_parser("run", help="examine an implementation", epilog=EXIT_CODES))
    rendering = commands.add_parser("render", help="print a JSON report, or write other forms of it", epilog=EXIT_CODES)
    rendering.add_argument("report", type=Path, metavar="REPORT.json")
    add_report(rendering, forms=("junit", "html"))
    rendering.set_defaults(action=render)
    cases.add_commands(commands)
    infer.add(commands.add_parser("infer", help="propose the declaration of a loss"))
    defects.add(commands.add_parser("defects", help="examine the suite itself with wrong and right losses"), main)
    return top
