"""The commands that write files for other languages: export and harnesses."""

import argparse
from pathlib import Path
from typing import Any

from emd_conformance._cli.cases import known_group
from emd_conformance._export import harnesses
from emd_conformance._export.files import export
from emd_conformance._reports import terminal
from emd_conformance._reports.text import Line


def add_export(commands: Any) -> None:
    exporting = commands.add_parser("export", help="write the cases as doubles, for programs without exact arithmetic")
    exporting.add_argument("folder", metavar="FOLDER", type=Path)
    exporting.add_argument("--format", choices=["json", "csv"], default="json", help="json is the default")
    exporting.add_argument("--group", help="only the cases of this group")
    exporting.set_defaults(action=_export)
    copying = commands.add_parser("harnesses", help="copy the harnesses of other languages, to start from")
    copying.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", default=Path("harnesses"))
    copying.set_defaults(action=_harnesses)


def _export(arguments: argparse.Namespace) -> int:
    group = None if arguments.group is None else known_group(arguments.group)
    terminal.show(Line(f"wrote {path}") for path in export(arguments.folder, arguments.format, group))
    return 0


def _harnesses(arguments: argparse.Namespace) -> int:
    terminal.show(Line(f"copied {path}") for path in harnesses.copy(arguments.folder))
    return 0
