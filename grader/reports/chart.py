"""Where the lines of a plot go: geometry only, drawn by the HTML template as inline SVG.

The first curve is taken for the student's and drawn last, over the others. Positions are percent
of the plotting area, so that the SVG stretches to any width while its text keeps its size.
"""

import math
from dataclasses import dataclass
from typing import Literal

from grader.domain.detail import Plot, Series

MAX_POINTS = 1_500
"""Points drawn per curve; of longer ones every n-th."""
_EXTREME = 1e150  # differences of clamped values stay finite
_MARGIN = 0.06


@dataclass(frozen=True)
class Tick:
    """A grid line: percent from the left or the top, and its number."""

    at: float
    text: str


@dataclass(frozen=True)
class Mark:
    """A point, in percent from the left and the top."""

    x: float
    y: float


@dataclass(frozen=True)
class Curve:
    """One series.

    Attributes:
        paths: SVG path data without gaps (style line), in a 100 × 100 view box.
        marks: the points to mark; none on long lines.
    """

    label: str
    style: Literal["line", "stem", "points"]
    number: int
    paths: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Chart:
    """A plot, ready to draw.

    Attributes:
        curves: in the order in which they are drawn: the first series last.
        baseline: percent from the top where y is zero, or the bottom where zero is out of sight.
    """

    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    baseline: float
    curves: tuple[Curve, ...]
    missing: int
    """Values that are no finite number and left a gap."""


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    def share(self, value: float) -> float:
        """Percent of the way from low to high."""
        return 100 * (value - self.low) / (self.high - self.low)


def chart(plot: Plot) -> Chart | None:
    """Geometry of a plot; None where it holds no finite point."""
    known = [_finite(series) for series in plot.series]
    points = [point for series in known for point in series if point is not None]
    if not points:
        return None
    stems = any(series.style == "stem" for series in plot.series)
    across = _axis([x for x, _ in points])
    up = _axis([y for _, y in points] + [0.0] * stems)
    curves = [
        _curve(number, series, _thin(values), across, up)
        for number, (series, values) in enumerate(zip(plot.series, known, strict=True), start=1)
    ]
    return Chart(
        title=plot.title,
        x_label=plot.x_label,
        y_label=plot.y_label,
        x_ticks=tuple(Tick(round(across.share(t), 2), s) for t, s in _ticks(across)),
        y_ticks=tuple(Tick(round(100 - up.share(t), 2), s) for t, s in _ticks(up)),
        baseline=round(100 - min(100.0, max(0.0, up.share(0))), 2),
        curves=tuple(reversed(curves)),
        missing=sum(point is None for series in known for point in series),
    )


def _finite(series: Series) -> list[tuple[float, float] | None]:
    return [
        None if y is None or not (math.isfinite(x) and math.isfinite(y)) else (_clamp(x), _clamp(y))
        for x, y in zip(series.x, series.y, strict=False)
    ]


def _clamp(value: float) -> float:
    if abs(value) < 1 / _EXTREME:
        return 0.0
    return max(-_EXTREME, min(_EXTREME, value))


def _thin(points: list[tuple[float, float] | None]) -> list[tuple[float, float] | None]:
    return points[:: math.ceil(len(points) / MAX_POINTS) or 1]


def _axis(values: list[float]) -> _Axis:
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = 0.1 * abs(low) or 1.0
    else:
        room = _MARGIN * (high - low)
    return _Axis(low - room, high + room)


def _ticks(axis: _Axis) -> list[tuple[float, str]]:
    """Two to seven round numbers: steps of 1, 2 or 5 times a power of ten."""
    rough = (axis.high - axis.low) / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.99)
    first, last = math.ceil(axis.low / step), math.floor(axis.high / step)
    return [(n * step, _number(n * step, step)) for n in range(first, last + 1)]


def _number(value: float, step: float) -> str:
    if not 1e-4 <= step < 1e6:
        return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def _curve(
    number: int,
    series: Series,
    points: list[tuple[float, float] | None],
    across: _Axis,
    up: _Axis,
) -> Curve:
    placed = [
        point and Mark(round(across.share(point[0]), 2), round(100 - up.share(point[1]), 2))
        for point in points
    ]
    marks = tuple(mark for mark in placed if mark is not None)
    isolated = series.style == "line" and len(marks) > 40
    return Curve(
        label=series.label,
        style=series.style,
        number=number,
        paths=_paths(placed) if series.style == "line" else (),
        marks=() if isolated else marks,
    )


def _paths(marks: list[Mark | None]) -> tuple[str, ...]:
    """One path for each stretch without a gap."""
    paths: list[list[str]] = [[]]
    for mark in marks:
        if mark is None:
            paths.append([])
        else:
            paths[-1].append(f"{mark.x:g} {mark.y:g}")
    return tuple(f"M{' L'.join(path)}" for path in paths if path)
