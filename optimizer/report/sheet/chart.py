"""The region chart as a Vega-Lite dictionary: plain data, no charting package."""

from collections.abc import Sequence
from typing import Any

from optimizer.report.safe import safe_text
from optimizer.report.sheet.labels import HEIGHT, Frame, frame_of
from optimizer.report.sheet.model import Chart, Label, Point, Region
from optimizer.report.words import short

# Ink follows the page, so that one picture serves dark, light and print.
_INK = "currentColor"
# Okabe and Ito, "Color Universal Design", 2008: told apart by color-blind readers.
_SHADES = ("#d55e00", "#e69f00", "#0072b2", "#cc79a7", "#009e73", "#56b4e9")
COLORS = {"design": "#009e73", "parent": "#0072b2", "part": "#888888"}
SHADE = 0.28
"""Opacity of a shaded region."""


def as_vega_lite(chart: Chart) -> dict[str, Any]:
    """The chart for Vega-Lite 6; regions first, the design on top."""
    frame = frame_of(chart.points, chart.regions)
    x, y = _axis(chart.x_title, frame.x), _axis(chart.y_title, frame.y)
    boxes = [_box(region, frame) for region in chart.regions]
    own = {p.id for p in chart.points if p.role == "design"}
    return {
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": None,
        "config": _config(),
        "layer": [
            _shaded(boxes, x, y),
            _dots([p for p in chart.points if p.role == "part"], x, y),
            _marks(
                [p for p in chart.points if p.role == "parent"], x, y, "square", COLORS["parent"]
            ),
            _marks(
                [p for p in chart.points if p.role == "design"], x, y, "diamond", COLORS["design"]
            ),
            _leaders(chart, x, y),
            *_names([n for n in chart.labels if n.region], x, y, "region_names"),
            *_names([n for n in chart.labels if n.of in own], x, y, "design_name"),
            *_names(_of_parts(chart, own), x, y, "part_names"),
        ],
    }


def _config() -> dict[str, Any]:
    axis = {
        "labelColor": _INK, "titleColor": _INK, "domainColor": _INK, "tickColor": _INK,
        "gridColor": _INK, "gridOpacity": 0.12, "labelFontSize": 11, "titleFontSize": 12,
        "titleFontWeight": "normal",
    }  # fmt: skip
    return {"font": "inherit", "axis": axis, "view": {"stroke": None}}


def _axis(title: str, domain: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "quantitative",
        "scale": {"type": "log", "domain": list(domain), "nice": False},
        "axis": {
            "title": title,
            "format": ",~r",
            "tickCount": 8,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
        },
    }


def _of_parts(chart: Chart, own: set[str]) -> list[Label]:
    return [n for n in chart.labels if not n.region and n.of not in own]


def _box(region: Region, frame: Frame) -> dict[str, str | float]:
    return {
        "paragraph": safe_text(short(region.paragraph)),
        "x": region.x_low or frame.x[0],
        "x2": region.x_high or frame.x[1],
        "y": region.y_low or frame.y[0],
        "y2": region.y_high or frame.y[1],
    }


def shades(chart: Chart) -> dict[str, str]:
    """Color of every paragraph that is drawn."""
    names = dict.fromkeys(safe_text(short(region.paragraph)) for region in chart.regions)
    return {name: _SHADES[i % len(_SHADES)] for i, name in enumerate(names)}


def _shaded(
    boxes: list[dict[str, str | float]], x: dict[str, Any], y: dict[str, Any]
) -> dict[str, Any]:
    names = list(dict.fromkeys(str(box["paragraph"]) for box in boxes))
    color = {
        "field": "paragraph",
        "type": "nominal",
        "scale": {"domain": names, "range": [_SHADES[i % len(_SHADES)] for i in range(len(names))]},
        "legend": None,
    }
    place = {"x": {**x, "field": "x"}, "x2": {"field": "x2"}}
    place |= {"y": {**y, "field": "y"}, "y2": {"field": "y2"}}
    tooltip = [{"field": "paragraph", "type": "nominal", "title": "caught by"}]
    return {
        "data": {"values": boxes},
        "mark": {"type": "rect", "opacity": SHADE, "clip": True},
        "encoding": {**place, "color": color, "tooltip": tooltip},
    }


def _value(point: Point) -> dict[str, str | float]:
    return {
        "name": safe_text(point.name),
        "x": point.x,
        "y": point.y,
        "x_text": point.x_text,
        "y_text": point.y_text,
        "verdict": point.verdict,
    }


def _points(
    points: Sequence[Point], x: dict[str, Any], y: dict[str, Any], mark: dict[str, Any]
) -> dict[str, Any]:
    tooltip = [
        {"field": "name", "type": "nominal", "title": "part"},
        {"field": "x_text", "type": "nominal", "title": x["axis"]["title"]},
        {"field": "y_text", "type": "nominal", "title": y["axis"]["title"]},
        {"field": "verdict", "type": "nominal", "title": "verdict"},
    ]
    return {
        "data": {"values": [_value(p) for p in points]},
        "mark": mark,
        "encoding": {
            "x": {**x, "field": "x"},
            "y": {**y, "field": "y"},
            "tooltip": tooltip,
        },
    }


def _dots(points: Sequence[Point], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    mark = {"type": "point", "shape": "circle", "size": 28, "color": COLORS["part"], "opacity": 0.9}
    return _points(points, x, y, mark)


def _marks(
    points: Sequence[Point], x: dict[str, Any], y: dict[str, Any], shape: str, color: str
) -> dict[str, Any]:
    mark = {
        "type": "point", "shape": shape, "size": 130, "filled": True, "color": color,
        "opacity": 1, "stroke": _INK, "strokeWidth": 1,
    }  # fmt: skip
    return _points(points, x, y, mark)


def _leaders(chart: Chart, x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """Lines from points to names that found no room beside them; style.css knows the name."""
    known = {p.id: p for p in chart.points}
    ends = [
        {"x": known[n.of].x, "y": known[n.of].y, "x2": n.x, "y2": n.y}
        for n in chart.labels
        if n.line
    ]
    place = {"x": {**x, "field": "x"}, "x2": {"field": "x2"}}
    place |= {"y": {**y, "field": "y"}, "y2": {"field": "y2"}}
    mark = {"type": "rule", "color": _INK, "opacity": 0.55, "strokeWidth": 0.7}
    return {"name": "part_names_lines", "data": {"values": ends}, "mark": mark, "encoding": place}


def _names(
    labels: Sequence[Label], x: dict[str, Any], y: dict[str, Any], name: str
) -> list[dict[str, Any]]:
    """Names where they found room, a layer for each alignment; style.css knows `name`."""
    layers = []
    for align in ("left", "center", "right"):
        kept = [{"name": n.text, "x": n.x, "y": n.y} for n in labels if n.align == align]
        if not kept:
            continue
        mark: dict[str, Any] = {
            "type": "text", "fontSize": 11, "color": _INK, "align": align, "baseline": "middle",
        }  # fmt: skip
        if name == "region_names":
            mark |= {"fontSize": 12, "fontWeight": "bold"}
        encoding = {
            "x": {**x, "field": "x"},
            "y": {**y, "field": "y"},
            "text": {"field": "name", "type": "nominal"},
        }
        layer = {"name": f"{name}_{align}", "data": {"values": kept}}
        layers.append({**layer, "mark": mark, "encoding": encoding})
    return layers
