"""Small charts as SVG text, in colours for a light and a dark page."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 440, 300, 52, 34, 14, 46
FONT = 'font-family="system-ui, sans-serif" font-size="13"'


class Palette(NamedTuple):
    """The colours of a page."""

    ink: str
    faint: str
    one: str
    other: str


PALETTES = {
    "light": Palette(ink="#222832", faint="#c9d0d8", one="#1f5fa8", other="#b4500a"),
    "dark": Palette(ink="#ced6dd", faint="#48566b", one="#7fb5f0", other="#f2a661"),
}


class Chart:
    """Axes with lines, areas and words in the units of the data."""

    def __init__(self, palette: Palette, across: tuple[float, float], up: tuple[float, float], title: str) -> None:
        self.palette, self.across, self.up, self.parts = palette, across, up, [f"<title>{title}</title>"]

    def x(self, value: float) -> float:
        """Return the place of a value across the picture."""
        low, high = self.across
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return the place of a value, from the top."""
        low, high = self.up
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def _points(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)

    def line(self, points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> None:
        """Draw a line through points."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{self._points(points)}" fill="none" stroke="{colour}" stroke-width="2.5"{dashed}/>'
        )

    def area(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """Shade the area inside points."""
        self.parts.append(f'<polygon points="{self._points(points)}" fill="{colour}" fill-opacity="0.28"/>')

    def dot(self, x: float, y: float, colour: str) -> None:
        """Draw a dot."""
        self.parts.append(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="4.5" fill="{colour}"/>')

    def words(self, x: float, y: float, text: str, colour: str = "", anchor: str = "middle") -> None:
        """Write words at a place in the units of the data."""
        self._text(self.x(x), self.y(y), text, colour or self.palette.ink, anchor)

    def _text(self, x: float, y: float, text: str, colour: str, anchor: str = "middle") -> None:
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" {FONT}>{text}</text>')

    def axes(self, ticks: Sequence[float], across: str, marks: Sequence[float], up: str) -> None:
        """Draw both axes: where to write numbers across and up, and what they are."""
        ink, bottom = self.palette.ink, HEIGHT - BOTTOM
        for mark in marks:
            y = self.y(mark)
            self.parts.append(
                f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{self.palette.faint}"/>'
            )
            self._text(LEFT - 8, y + 4, f"{mark:g}", ink, "end")
        for tick in ticks:
            self._text(self.x(tick), bottom + 18, f"{tick:g}", ink)
        self._text((LEFT + WIDTH - RIGHT) / 2, bottom + 38, across, ink)
        self._text(LEFT - 40, TOP - 14, up, ink, "start")

    def text(self) -> str:
        """Return the picture."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        return "\n".join([head, *self.parts, "</svg>"]) + "\n"
