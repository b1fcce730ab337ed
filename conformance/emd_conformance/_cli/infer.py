"""The command `infer`."""

from __future__ import annotations

import argparse
import sys
from shlex import quote

from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._run.infer import infer


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the command `infer`."""
    parser.add_argument("loss", metavar="TARGET", help='"package.module:attribute" or "package.module:Class(C)"')
    parser.set_defaults(action=lambda arguments: command(arguments.loss))


def command(target: str) -> int:
    """Print the command lines of what fits; 0 if there is one, 1 if none or several, 4 if it cannot be loaded."""
    sys.path.insert(0, "")
    try:
        proposals = infer(target)
    except CannotExamineError as error:
        print(error)
        return 4
    if not proposals:
        print(f"no declaration fits: {target} computes something else, or is called in another way.")
        print(f"Examine it as it should be, and read the findings: emd-conformance run {quote(target)}")
        return 1
    print("one declaration fits:" if len(proposals) == 1 else f"{len(proposals)} declarations fit; which one is meant?")
    print("\n".join(f"  {proposal.command(target)}" for proposal in proposals))
    return int(len(proposals) > 1)
