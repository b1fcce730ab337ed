"""The report as a badge: one line of SVG that states the verdict, the function, what was examined, and when.

Its title, which a reader sees on pointing at it, also states what was declared. The colours repeat the verdict.
White text has a contrast of 4.5 to 1 on each colour.
"""

from dataclasses import dataclass
from unicodedata import east_asian_width

from emd_conformance._calling.connect import COMMAND
from emd_conformance._calling.modules import split_target
from emd_conformance._calling.versions import LIBRARIES
from emd_conformance._reports.concerns import computed
from emd_conformance._reports.record import Record, Verdict
from emd_conformance._reports.templates import template
from emd_conformance._reports.text import headline, made, printable

LABEL = "emd-conformance"
NAME, GREY, GREEN, AMBER, RED = "#484f58", "#5f6771", "#1a7f37", "#8a5a00", "#c0222c"
UNKNOWN = ("not examined", GREY)
VERDICTS: dict[Verdict, tuple[str, str]] = {
    "conforms": ("conforms as {function}", GREEN),
    "conforms-with-declared-deviations": ("conforms as {function}, with declared deviations", AMBER),
    "conforms-partially": ("conforms in part as {function}", AMBER),
    "does-not-conform": ("does not conform as {function}", RED),
    "interrupted": ("interrupted, no verdict", GREY),
    "suite-failed": ("the suite failed, no verdict", GREY),
}
FUNCTIONS = {"E": "squared EMD", "W1": "EMD"}
PLACES = {"line": "", "positions": " with positions", "circle": " on a circle", "tree": " on a tree"}
OTHERWISE = " with a matrix of ground distances"
OWN = ("emd-conformance", "vectors", "python")  # versions in each report
LONGEST = 32  # characters of a name
PADDING = 6
WIDTHS = {"'ijlI|J ,./:;\\·": 3.6, '-f()[]!rt"*_`': 4.6, "mMWw%@#+<=>^~…—": 10.2, "ABCDGHKNOQRUVX&": 8.0}  # in 11 px


@dataclass(frozen=True)
class Part:
    """A text in a box: where the box begins, how wide it is, and its colour."""

    text: str
    colour: str
    start: float
    width: float

    @property
    def at(self) -> float:
        """Where the text begins."""
        return self.start + PADDING

    @property
    def length(self) -> float:
        """How long the text is drawn, whatever the font."""
        return self.width - 2 * PADDING


def render(report: Record) -> str:
    """Return the badge as an SVG document."""
    about, colour = VERDICTS.get(report.verdict, UNKNOWN)
    facts = [about.format(function=_function(report)), _examined(report)]
    facts += [f"suite v{report.versions.get('vectors', '?')}", str(report.date)[:10]]
    left = _part(LABEL, NAME, 0)
    right = _part(" · ".join(filter(None, facts)), colour, left.width)
    declared = report.declaration or "the conventions of the specification"
    title = f"{headline(report)}. Target: {report.target}. Declared: {declared}. Made {made(report)}"
    shown = template("badge.svg").render(left=left, right=right, width=left.width + right.width, title=title)
    return f"{shown}\n"


def _function(report: Record) -> str:
    """Return the declared function in a few words."""
    computes = computed(report) or "declared"
    place = PLACES.get(str(report.declared.get("ground", "line")), OTHERWISE)
    return FUNCTIONS.get(computes.strip(), _short(computes)) + place


def _examined(report: Record) -> str:
    """Return the name of the implementation, and its package with its version where both are known."""
    if report.target.startswith(COMMAND):
        top, name = "", ""  # a harness states its name as it states a version
    else:
        module, attribute = split_target(report.target)
        top, name = module.partition(".")[0], (attribute or module).partition("(")[0]
    others = (key for key in report.versions if key not in OWN and (key not in LIBRARIES or key == top))
    if not (package := next(others, "")):
        return _short(name)
    version = f"{_short(package.removesuffix(' (sha256)'))} {_short(str(report.versions[package]))}"
    return f"{_short(name)} of {version}" if name else version


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _part(text: str, colour: str, start: float) -> Part:
    return Part(text, colour, start, round(sum(map(_width, text)) + 2 * PADDING))


def _width(character: str) -> float:
    """Return about how wide a character is in the fonts of the badge; `length` makes the text fit exactly."""
    if east_asian_width(character) in "WF":
        return 11.0
    return next((width for characters, width in WIDTHS.items() if character in characters), 6.9)
