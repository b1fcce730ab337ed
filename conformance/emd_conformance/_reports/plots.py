"""The two plots of a report, as points in drawing coordinates; the HTML template draws them in its colours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isnan, log10

from emd_conformance._judging.result import Result
from emd_conformance._reports.record import Record

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 440, 330, 72, 16, 14, 52
DECADES = 10  # of the answers: with more of them, most points would coincide; smaller answers lie on the edge
LEAST = -6  # the smallest decade of error over bound; smaller errors lie on the edge


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from 10^low to 10^high, drawn from `start` to `end`."""

    low: int
    high: int
    start: float
    end: float

    def place(self, x: float) -> float:
        """Return where x is drawn: on the nearest edge if it is off the axis, and on the upper edge if it is NaN."""
        exponent = self.high if isnan(x) else self.low if x <= 0 else log10(min(x, 1e300))
        part = (min(max(exponent, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """The places and labels of the ticks, at most nine."""
        step = max(1, ceil((self.high - self.low) / 8))
        exponents = range(self.low, self.high + 1, step)
        return [(self.place(10.0**n), f"1e{n}" if not 0 <= n <= 3 else str(10**n)) for n in exponents]


@dataclass(frozen=True)
class Point:
    """The result of one check, in drawing coordinates."""

    x: float
    y: float
    wrong: bool
    title: str


@dataclass(frozen=True)
class Plot:
    """What the template draws: the points, the two axes, and a reference line."""

    id: str
    title: str
    description: str
    x_label: str
    y_label: str
    label: str
    label_at: tuple[float, float]
    line: tuple[float, float, float, float]
    x: Axis
    y: Axis
    points: tuple[Point, ...]


def plots(report: Record) -> list[Plot]:
    """Return the plots of the results that have numbers."""
    numbered = [result for result in report.examined if result.numbers is not None]
    values = [result for result in numbered if result.quantity == "value"]
    return [draw(results) for draw, results in ((_answers, values), (_errors, numbered)) if results]


def _answers(results: Sequence[Result]) -> Plot:
    pairs = [(result, *result.numbers) for result in results if result.numbers is not None]
    low, high = _range([expected for _, expected, _ in pairs])
    high = max(high, min(_range([received for _, _, received in pairs])[1], high + 4))
    low = max(low, high - DECADES)
    x, y = _axes((low, high), (low, high))
    points = _points((result, x.place(expected), y.place(received)) for result, expected, received in pairs)
    description = f"{_counted(results)}. Right answers lie on the diagonal; 0 and values off the scale lie on an edge."
    line = (x.start, y.start, x.end, y.end)
    label_at = (x.start + (x.end - x.start) / 4 + 12, y.start + (y.end - y.start) / 4 + 10)
    return Plot("answers", "Answers", description, "exact", "received", "right", label_at, line, x, y, points)


def _errors(results: Sequence[Result]) -> Plot:
    ratios = [result.ratio for result in results]
    low, high = _range([1.0, *ratios])
    x, y = _axes(_range([float(result.classes) for result in results]), (max(low, LEAST), high))
    points = _points((result, x.place(result.classes), y.place(result.ratio)) for result in results)
    description = f"{_counted(results)}. Answers on or below the line are right; an error of 0 lies on the lower edge."
    line = (x.start, y.place(1.0), x.end, y.place(1.0))
    label_at = (x.start + 8, y.place(1.0) + (16 if high < 2 else -7))
    labels = ("number of classes C", "error / bound", "the bound")
    return Plot("errors", "Error over bound", description, *labels, label_at, line, x, y, points)


def _points(placed: Iterable[tuple[Result, float, float]]) -> tuple[Point, ...]:
    """Return the points, with the wrong ones last, so that they are drawn on top."""
    text = "{0.id}: expected {0.expected}, received {0.received}, error {0.ratio:.2g} times the bound"
    points = [Point(x, y, result.failed, text.format(result)) for result, x, y in placed]
    return tuple(sorted(points, key=lambda point: point.wrong))


def _counted(results: Sequence[Result]) -> str:
    wrong = sum(result.failed for result in results)
    return f"{len(results)} checks, {wrong} of them wrong"


def _axes(x: tuple[int, int], y: tuple[int, int]) -> tuple[Axis, Axis]:
    return Axis(*x, LEFT, WIDTH - RIGHT), Axis(*y, HEIGHT - BOTTOM, TOP)


def _range(values: Iterable[float]) -> tuple[int, int]:
    """Return the decades that contain the finite positive values, at least one decade."""
    exponents = [log10(x) for x in values if 0 < x < 1e300] or [0.0]
    low = floor(min(exponents))
    return low, max(ceil(max(exponents)), low + 1)
