"""The command line: `emd-conformance COMMAND`, with the commands of the modules beside this one."""

import argparse
import sys
from collections.abc import Sequence

from emd_conformance._calling.versions import suite_version
from emd_conformance._cases.load import SUITE_VERSION
from emd_conformance._cli.cases import add_cases
from emd_conformance._cli.defects import add_defects
from emd_conformance._cli.export import add_export
from emd_conformance._cli.run import (
    BUG,
    CONFORMS,
    EPILOG,
    INTERRUPTED,
    UNWRITTEN,
    USAGE,
    add_infer,
    add_render,
    add_run,
)
from emd_conformance._declaration.errors import DeclarationError, ReportError
from emd_conformance._reports import terminal

VERSION = "emd-conformance {}, vectors v{}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.action(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:  # only foreign code ends the program here; exit code 0 says that a report was made
        print(f"emd-conformance: the implementation ended the program: SystemExit: {end}", file=sys.stderr)
        return BUG
    except BrokenPipeError:
        terminal.nobody_reads()
        return CONFORMS
    except ReportError as error:
        print(f"emd-conformance: the report could not be written: {error}", file=sys.stderr)
        return UNWRITTEN
    except DeclarationError as error:
        print(f"emd-conformance: {error}", file=sys.stderr)
        return USAGE
    except Exception as error:  # errors of an implementation are results, so this one is the suite's
        print(f"emd-conformance: a bug of the suite, please report it: {error!r}", file=sys.stderr)
        return BUG


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser("emd-conformance", description="Certify an implementation of the squared EMD loss.")
    top.add_argument("--version", action="version", version=VERSION.format(suite_version(), SUITE_VERSION))
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    add_run(commands.add_parser("run", help="examine an implementation", epilog=EPILOG))
    add_render(commands.add_parser("render", help="print a JSON report, or write other forms of it", epilog=EPILOG))
    add_cases(commands)
    add_export(commands)
    add_infer(commands.add_parser("infer", help="propose the declaration of a loss"))
    add_defects(commands.add_parser("defects", help="examine the suite itself with wrong and right losses"), main)
    return top
