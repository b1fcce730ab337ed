"""The command `infer`."""

import argparse
import sys
from shlex import quote

from emd_conformance._cli.exit_codes import BROKEN, CONFORMS, DOES_NOT
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._declaration.options import add_flags, read_flags
from emd_conformance._run.infer import infer


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the command `infer`."""
    parser.add_argument("loss", metavar="TARGET", help='"package.module:attribute" or "package.module:Class(C)"')
    add_flags(parser)
    parser.set_defaults(action=command)


def command(arguments: argparse.Namespace) -> int:
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
        print(f"Examine it as it should be, and read the findings: emd-conformance run {quote(target)}")
        return DOES_NOT
    print("one declaration fits:" if len(proposals) == 1 else f"{len(proposals)} declarations fit; which one is meant?")
    for proposal in proposals:
        print(f"  {proposal.command(target)}\n    {proposal.why}")
    return CONFORMS if len(proposals) == 1 else DOES_NOT
