"""The region chart as a Vega-Lite dictionary: plain data, no charting package."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from optimizer.report.safe import safe_text
from optimizer.report.sheet.model import Chart, Point, Region
from optimizer.report.words import short

# Room around the outermost point or line, as a factor on a logarithmic axis.
_ROOM = 1.5
_HEIGHT = 340
# Ink follows the page, so that one picture serves dark, light and print.
_INK = "currentColor"
# Okabe and Ito, "Color Universal Design", 2008: told apart by color-blind readers.
_SHADES = ("#d55e00", "#e69f00", "#0072b2", "#cc79a7", "#009e73", "#56b4e9")
_DESIGN_COLOR, _PARENT_COLOR, _PART_COLOR = "#009e73", "#0072b2", "#888888"
_NAME_PX = 170


def as_vega_lite(chart: Chart) -> dict[str, Any]:
    """The chart for Vega-Lite 6; regions first, the design on top."""
    x_domain = _domain([p.x for p in chart.points], _ends(chart.regions, "x"))
    y_domain = _domain([p.y for p in chart.points], _ends(chart.regions, "y"))
    x, y = _axis(chart.x_title, x_domain), _axis(chart.y_title, y_domain)
    boxes = [_box(region, x_domain, y_domain) for region in chart.regions]
    return {
        "width": "container",
        "height": _HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": None,
        "config": _config(),
        "layer": [
            *_shaded(boxes, x, y),
            _dots([p for p in chart.points if p.role == "part"], x, y),
            _marks([p for p in chart.points if p.role == "parent"], x, y, "square", _PARENT_COLOR),
            _marks([p for p in chart.points if p.role == "design"], x, y, "diamond", _DESIGN_COLOR),
            _names([p for p in chart.points if p.role != "part"], x, y, x_domain, "own_names"),
            _names([p for p in chart.points if p.role == "part"], x, y, x_domain, "part_names"),
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


def _ends(regions: Sequence[Region], axis: str) -> list[float]:
    ends = [getattr(region, f"{axis}_{side}") for region in regions for side in ("low", "high")]
    return [end for end in ends if end]


def _domain(values: Sequence[float], lines: Sequence[float]) -> tuple[float, float]:
    """Both ends of an axis, with room; rounded, so that the text is short."""
    whole = [*values, *lines] or [1.0]
    return (_rounded(min(whole) / _ROOM), _rounded(max(whole) * _ROOM))


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _box(region: Region, x: tuple[float, float], y: tuple[float, float]) -> dict[str, str | float]:
    return {
        "paragraph": safe_text(short(region.paragraph)),
        "x": region.x_low or x[0],
        "x2": region.x_high or x[1],
        "y": region.y_low or y[0],
        "y2": region.y_high or y[1],
    }


def _shaded(
    boxes: list[dict[str, str | float]], x: dict[str, Any], y: dict[str, Any]
) -> list[dict[str, Any]]:
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
    labels = [_label_of(name, boxes) for name in names]
    return [
        {
            "data": {"values": boxes},
            "mark": {"type": "rect", "opacity": 0.28, "clip": True},
            "encoding": {**place, "color": color, "tooltip": tooltip},
        },
        {
            "data": {"values": labels},
            "mark": {
                "type": "text", "fontSize": 12, "fontWeight": "bold", "color": _INK,
                "align": "left", "baseline": "top", "dx": 5, "dy": 5,
            },
            "encoding": {
                "x": {**x, "field": "x"}, "y": {**y, "field": "y"},
                "text": {"field": "paragraph", "type": "nominal"},
            },
        },
    ]  # fmt: skip


def _label_of(name: str, boxes: list[dict[str, str | float]]) -> dict[str, str | float]:
    """Upper left corner of the area that a paragraph shares with the fewest others."""
    xs, ys = (sorted({float(b[e]) for b in boxes for e in (a, a + "2")}) for a in ("x", "y"))
    cells = [
        (x_low, x_high, y_low, y_high)
        for x_low, x_high in pairwise(xs)
        for y_low, y_high in pairwise(ys)
        if name in _covering(boxes, x_low, y_low)
    ]
    best = min(cells, key=lambda c: (len(_covering(boxes, c[0], c[2])), -c[3], c[0]))
    return {"paragraph": name, "x": best[0], "y": best[3]}


def _covering(boxes: list[dict[str, str | float]], x: float, y: float) -> set[str]:
    """Paragraphs whose rectangles cover the cell with this lower left corner."""
    return {
        str(b["paragraph"])
        for b in boxes
        if float(b["x"]) <= x < float(b["x2"]) and float(b["y"]) <= y < float(b["y2"])
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
    mark = {"type": "point", "shape": "circle", "size": 28, "color": _PART_COLOR, "opacity": 0.9}
    return _points(points, x, y, mark)


def _marks(
    points: Sequence[Point], x: dict[str, Any], y: dict[str, Any], shape: str, color: str
) -> dict[str, Any]:
    mark = {
        "type": "point", "shape": shape, "size": 130, "filled": True, "color": color,
        "opacity": 1, "stroke": _INK, "strokeWidth": 1,
    }  # fmt: skip
    return _points(points, x, y, mark)


def _names(
    points: Sequence[Point],
    x: dict[str, Any],
    y: dict[str, Any],
    x_domain: tuple[float, float],
    name: str,
) -> dict[str, Any]:
    """Names beside the points, to the left of those in the right half; style.css knows `name`."""
    middle = (x_domain[0] * x_domain[1]) ** 0.5
    layers = []
    for left in (False, True):
        mark = {
            "type": "text", "fontSize": 11, "color": _INK, "limit": _NAME_PX,
            "align": "right" if left else "left", "dx": -9 if left else 9, "dy": -6,
        }  # fmt: skip
        kept = [p for p in points if p.labeled and (p.x > middle) is left]
        layer = {"name": f"{name}_{'left' if left else 'right'}", **_points(kept, x, y, mark)}
        layer["encoding"]["text"] = {"field": "name", "type": "nominal"}
        layers.append(layer)
    return {"layer": layers}
