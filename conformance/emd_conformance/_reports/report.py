"""The report as an object of Python, which gives each form of itself."""

from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._reports import badge, html, json, markdown, notebook, text
from emd_conformance._reports.record import Record


class Report(Record):
    """The results of a run, the findings and the verdict.

    `print` shows a report as text, and a notebook shows it as HTML. Every form states the verdict, what was declared,
    the date and the versions.

    Examples
    --------
    >>> from emd_conformance import run, vectors
    >>> report = run(lambda p, t: ((p - t).cumsum(-1) ** 2).sum(-1), cases=vectors()[:5])
    >>> report.verdict
    'conforms'
    >>> print(report.to_markdown().splitlines()[0])
    ## CONFORMS as E, the squared EMD of ordered classes
    """

    def __str__(self) -> str:
        return text.render(self)

    def to_json(self) -> str:
        """Return the report as a JSON document, as `--json` writes it; it is complete."""
        return json.render(self)

    def to_html(self) -> str:
        """Return the report as an HTML document, as `--html` writes it; ValueError if Jinja is not installed."""
        return html.render(self)

    def to_markdown(self) -> str:
        """Return the report as GitHub-flavoured Markdown, as `--markdown` writes it: short, without every check."""
        return markdown.render(self)

    def to_badge(self) -> str:
        """Return a badge of the report as SVG, as `--badge` writes it; ValueError if Jinja is not installed."""
        return badge.render(self)

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows, or None, for the text, if Jinja is not installed."""
        try:
            return notebook.render(self)
        except DeclarationError:
            return None
