"""Lines over time as SVG, made on the server: no script, and a table says the same beneath it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from automations.selectors.campaigns import Point

# The margins hold four digits, and half a date, in the large letters of a narrow screen.
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 820, 254, 62, 32, 12, 40
LABELS = {"open_first": _("Opened"), "click_first": _("Clicked"), "unsubscribe": _("Unsubscribed")}
NICE = (1, 2, 5)
MAX_MARKS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """`points`: an SVG polyline's; `dots` (x, y) where a single point would be no line."""

    name: str
    label: Any
    points: str
    dots: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    lines: list[Line]
    #: (y, value) of the horizontal rules; (x, moment) of the marks below.
    rules: list[tuple[float, int]]
    marks: list[tuple[float, Any]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def draw(points: Sequence[Point], labels: Mapping[str, Any] = LABELS) -> Chart | None:
    """A line for each metric in `labels`; None where there is nothing to draw."""
    highest = max((amount for point in points for amount in point.counts.values()), default=0)
    if not points or highest <= 0:
        return None
    step = _nice(highest / 4)
    top = step * -(-highest // step)
    room, tall = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM - TOP

    def x(place: int) -> float:
        return round(LEFT + (room / 2 if len(points) == 1 else room * place / (len(points) - 1)), 1)

    def y(amount: int) -> float:
        return round(HEIGHT - BOTTOM - tall * max(amount, 0) / top, 1)

    lines = []
    for name, label in labels.items():
        places = [(x(number), y(point.counts.get(name, 0))) for number, point in enumerate(points)]
        text = " ".join(f"{across},{down}" for across, down in places)
        lines.append(Line(name, label, text, places if len(places) <= 31 else []))
    every = max(-(-len(points) // MAX_MARKS), 1)
    marks = [(x(number), point.at) for number, point in enumerate(points) if number % every == 0]
    return Chart(lines, [(y(value), value) for value in range(0, top + 1, step)], marks)


def _nice(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … that is not less."""
    size = 1
    while True:
        for factor in NICE:
            if factor * size >= least:
                return factor * size
        size *= 10
