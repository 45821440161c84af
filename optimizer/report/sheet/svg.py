"""The region chart as an inline picture: what a page shows where no script runs."""

from collections.abc import Iterator
from math import ceil, floor, log10

from optimizer.report.safe import safe_text
from optimizer.report.sheet.chart import COLORS, SHADE, shades
from optimizer.report.sheet.labels import HEIGHT, WIDTHS, Frame, frame_of
from optimizer.report.sheet.markup import tag, text
from optimizer.report.sheet.model import Chart, Label, Point, Region
from optimizer.report.words import short

# Room for the axes, and the plot between. [px]
_LEFT, _TOP, _BOTTOM, _RIGHT = 52, 8, 44, 12
_WIDTH = WIDTHS[-1]
_STEPS = (1, 2, 5)
_TICK = 5
_ANCHOR = {"left": "start", "center": "middle", "right": "end"}
_RADIUS, _SQUARE, _DIAMOND = 3, 6, 8


def as_svg(chart: Chart) -> str:
    """The chart as SVG: regions, grid, points, names; every color follows the page.

    Parameters
    ----------
    chart : Chart
        The same data of which the interactive picture is made.
    """
    frame = frame_of(chart.points, chart.regions)
    colors = shades(chart)
    drawn = [
        *(_region(region, frame, colors) for region in chart.regions),
        *_axis(frame, chart.x_title, upright=False),
        *_axis(frame, chart.y_title, upright=True),
        *(_leader(label, chart, frame) for label in chart.labels if label.line),
        *(_mark(p, frame) for p in sorted(chart.points, key=lambda p: p.role != "part")),
        *(_name(label, frame) for label in chart.labels),
    ]
    box = f"0 0 {_LEFT + _WIDTH + _RIGHT} {_TOP + HEIGHT + _BOTTOM}"
    return tag(
        "svg", "".join(drawn), viewBox=box, fill="currentColor", stroke="none", font_size="11"
    )


def _at(frame: Frame, x: float, y: float) -> tuple[str, str]:
    left, top = frame.at(x, y, _WIDTH)
    return _px(left + _LEFT), _px(top + _TOP)


def _px(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def _region(region: Region, frame: Frame, colors: dict[str, str]) -> str:
    name = safe_text(short(region.paragraph))
    left, top = frame.at(region.x_low or frame.x[0], region.y_high or frame.y[1], _WIDTH)
    right, low = frame.at(region.x_high or frame.x[1], region.y_low or frame.y[0], _WIDTH)
    return tag(
        "rect", tag("title", text(f"caught by {name}")),
        x=_px(left + _LEFT), y=_px(top + _TOP), width=_px(right - left), height=_px(low - top),
        fill=colors[name], fill_opacity=str(SHADE),
    )  # fmt: skip


def _ticks(low: float, high: float) -> Iterator[float]:
    for power in range(floor(log10(low)), ceil(log10(high)) + 1):
        yield from (v for step in _STEPS if low <= (v := step * 10.0**power) <= high)


def _axis(frame: Frame, title: str, *, upright: bool) -> Iterator[str]:
    """Grid, numbers and title of one axis."""
    low, high = frame.y if upright else frame.x
    right, bottom = str(_LEFT + _WIDTH), str(_TOP + HEIGHT)
    for value in _ticks(low, high):
        x, y = _at(frame, frame.x[0] if upright else value, value if upright else frame.y[0])
        ends = {"x1": x, "y1": y, "x2": right if upright else x, "y2": y if upright else str(_TOP)}
        yield tag("line", "", **ends, stroke="currentColor", stroke_opacity="0.15")
        shown = f"{value:,g}" if value < 1 else f"{value:,.0f}"
        place = (_px(_LEFT - _TICK), y) if upright else (x, _px(_TOP + HEIGHT + 3 * _TICK))
        yield _text(shown, *place, "end" if upright else "middle")
    yield tag(
        "line", "", x1=str(_LEFT), y1=bottom, x2=str(_LEFT) if upright else right,
        y2=str(_TOP) if upright else bottom, stroke="currentColor",
    )  # fmt: skip
    middle = _px(_TOP + HEIGHT / 2) if upright else _px(_LEFT + _WIDTH / 2)
    if upright:
        turn = f"rotate(-90 12 {middle})"
        yield _text(title, "12", middle, "middle", transform=turn)
    else:
        yield _text(title, middle, _px(_TOP + HEIGHT + _BOTTOM - 2 * _TICK), "middle")


def _text(words: str, x: str, y: str, anchor: str, **more: str) -> str:
    return tag(
        "text", text(words), x=x, y=y, text_anchor=anchor, dominant_baseline="middle", **more
    )


def _leader(label: Label, chart: Chart, frame: Frame) -> str:
    point = next(p for p in chart.points if p.id == label.of)
    (x1, y1), (x2, y2) = _at(frame, point.x, point.y), _at(frame, label.x, label.y)
    return tag("line", "", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_opacity="0.55")


def _mark(point: Point, frame: Frame) -> str:
    """A circle, a square for the parent, a diamond for the design; the title tells its numbers."""
    x, y = _at(frame, point.x, point.y)
    told = tag("title", text(f"{point.name}: {point.x_text}, {point.y_text}, {point.verdict}"))
    color = COLORS[point.role]
    if point.role == "part":
        size = str(_RADIUS)
        return tag("circle", told, cx=x, cy=y, r=size, fill="none", stroke=color, stroke_width="2")
    half, left, top = (_SQUARE if point.role == "parent" else _DIAMOND), float(x), float(y)
    ways = ((-1, -1), (1, -1), (1, 1), (-1, 1)) if point.role == "parent" else (
        (0, -1), (1, 0), (0, 1), (-1, 0)
    )  # fmt: skip
    corners = " ".join(f"{_px(left + a * half)},{_px(top + b * half)}" for a, b in ways)
    return tag("polygon", told, points=corners, fill=color, stroke="currentColor")


def _name(label: Label, frame: Frame) -> str:
    more = {"font_size": "12", "font_weight": "bold"} if label.region else {}
    return _text(label.text, *_at(frame, label.x, label.y), _ANCHOR[label.align], **more)
