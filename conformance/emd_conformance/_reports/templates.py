"""The templates of HTML and SVG; text from the implementation is escaped."""

import importlib
from typing import Any

from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._reports.text import printable


def template(name: str) -> Any:
    """Return a template of `templates/`, or raise DeclarationError if Jinja is not installed."""
    try:
        jinja2 = importlib.import_module("jinja2")
    except ImportError as error:
        raise DeclarationError("HTML and badges need jinja2: pip install 'emd-ref[conformance]'") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("emd_conformance"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _printable(value: Any) -> Any:
    """Escape control characters other than newlines, which HTML and XML forbid."""
    return "\n".join(map(printable, value.split("\n"))) if type(value) is str else value
