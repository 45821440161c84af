"""Where the names of a chart stand: beside their points, on no other name and on no point.

Places are found in pixels, at the widest and at a narrow width of the picture, and are kept as
values of the two axes, so that every renderer puts them there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import cos, exp, inf, log, radians, sin

from optimizer.report.safe import safe_text
from optimizer.report.sheet.model import Label, Point, Region
from optimizer.report.words import short

HEIGHT = 340
"""Height of the plot. [px]"""

WIDTHS = (300, 660, 940)
"""Widths of the plot at which no name may lie on another: a phone, where parts have no name, a
small window, and a wide one. [px]"""

# Room around the outermost point or line, as a factor on a logarithmic axis.
_ROOM = 1.5
# Mean advance of a sans-serif letter over the font size, cautious; height of a line. [1]
_ADVANCE, _LINE = 0.58, 1.25
_FONT, _BOLD_FONT = 11, 12
# Half the size of a circle, of the square and of the diamond. [px]
_HALF = {"part": 4, "parent": 8, "design": 9}
# Ways from a point to its name: distance [px] and direction [degrees], nearest first.
_DISTANCES = (13, 22, 34, 48, 66, 88, 112)
_DIRECTIONS = (0, 180, -90, 90, *(side * turn for turn in range(15, 180, 15) for side in (-1, 1)))
_NEAR = 13
_LONGEST = 40
_CENTERED = 0.3
_INSET = 5
_LINE_STEPS = 12
# What a collision counts at each width but the smallest, where it counts once. [1]
_WEIGHTS = (100, 100)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Both logarithmic axes: lowest and highest value of each."""

    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float, width: float) -> tuple[float, float]:
        """Pixel of a value, from the upper left corner."""
        return (
            width * log(x / self.x[0]) / log(self.x[1] / self.x[0]),
            HEIGHT * (1 - log(y / self.y[0]) / log(self.y[1] / self.y[0])),
        )

    def value(self, left: float, top: float, width: float) -> tuple[float, float]:
        """Value at a pixel."""
        return (
            self.x[0] * exp(left / width * log(self.x[1] / self.x[0])),
            self.y[0] * exp((1 - top / HEIGHT) * log(self.y[1] / self.y[0])),
        )


def frame_of(points: Sequence[Point], regions: Sequence[Region]) -> Frame:
    """Axes that hold every point and line, with room around them."""
    return Frame(
        _domain([p.x for p in points], _ends(regions, "x")),
        _domain([p.y for p in points], _ends(regions, "y")),
    )


def _ends(regions: Sequence[Region], axis: str) -> list[float]:
    ends = [getattr(region, f"{axis}_{side}") for region in regions for side in ("low", "high")]
    return [end for end in ends if end]


def _domain(values: Sequence[float], lines: Sequence[float]) -> tuple[float, float]:
    """Both ends of an axis; rounded, so that the text is short."""
    whole = [*values, *lines] or [1.0]
    return (float(f"{min(whole) / _ROOM:.2g}"), float(f"{max(whole) * _ROOM:.2g}"))


def labels_of(
    points: Sequence[Point], regions: Sequence[Region], wanted: Sequence[str], most: int
) -> tuple[Label, ...]:
    """Names of the regions, of the design and its parent, and of parts as far as there is room.

    Parameters
    ----------
    points, regions : sequence
        What is drawn.
    wanted : sequence of str
        Ids of parts, the one to name first in front.
    most : int
        Parts that are named at most.
    """
    frame = frame_of(points, regions)
    dots = [[_dot(p, frame, width) for p in points] for width in WIDTHS]
    taken: list[list[Box]] = [[] for _ in WIDTHS]
    found = []
    for name in dict.fromkeys(region.paragraph for region in regions):
        drawn = [region for region in regions if region.paragraph == name]
        found.append(_chosen(_corners(name, drawn, frame), frame, dots, taken, must=True))
    known = {p.id: p for p in points}
    own = [p.id for p in points if p.role != "part"]
    count = 0
    for key in dict.fromkeys((*own, *(key for key in wanted if key in known))):
        must = key in own
        if must or count < most:
            label = _chosen(_beside(known[key], frame), frame, dots, taken, must, known[key])
            count += label is not None and not must
            found.append(label)
    return tuple(label for label in found if label is not None)


def _dot(point: Point, frame: Frame, width: float) -> Box:
    left, top = frame.at(point.x, point.y, width)
    half = _HALF[point.role]
    return (left - half, top - half, left + half, top + half)


def _corners(name: str, regions: Sequence[Region], frame: Frame) -> Iterator[Label]:
    """Places inside the corners of a paragraph's rectangles."""
    for region in regions:
        xs = (region.x_low or frame.x[0], region.x_high or frame.x[1])
        ys = (region.y_low or frame.y[0], region.y_high or frame.y[1])
        for y, down in ((ys[1], 1), (ys[0], -1)):
            for x, side in ((xs[0], 1), (xs[1], -1)):
                for row in range(4):
                    left, top = frame.at(x, y, WIDTHS[-1])
                    step = _INSET + _BOLD_FONT * (0.5 + _LINE * row)
                    x_text, y_text = frame.value(
                        left + side * _INSET, top + down * step, WIDTHS[-1]
                    )
                    yield Label(
                        of=name, text=safe_text(short(name)), x=x_text, y=y_text, region=True,
                        align="left" if side > 0 else "right",
                    )  # fmt: skip


def _beside(point: Point, frame: Frame) -> Iterator[Label]:
    """Places around a point, nearest first."""
    text = safe_text(point.short)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    left, top = frame.at(point.x, point.y, WIDTHS[-1])
    for distance in _DISTANCES:
        for direction in _DIRECTIONS:
            across, down = cos(radians(direction)), sin(radians(direction))
            x, y = frame.value(left + distance * across, top + distance * down, WIDTHS[-1])
            align = "center" if abs(across) < _CENTERED else "left" if across > 0 else "right"
            line = distance > _NEAR
            yield Label(of=point.id, text=text, x=x, y=y, align=align, line=line)


def _chosen(
    places: Iterator[Label],
    frame: Frame,
    dots: Sequence[Sequence[Box]],
    taken: list[list[Box]],
    must: bool,
    point: Point | None = None,
) -> Label | None:
    """The first free place; what has to be named takes the one with the fewest collisions."""
    best: tuple[int, Label, list[list[Box]]] | None = None
    for label in places:
        boxes = [_box(label, frame, width) for width in WIDTHS]
        lines = [_line(label, point, frame, width) for width in WIDTHS]
        hits, enough = 0, best[0] if best is not None and must else inf if must else 1
        weights = (_on_phone(label, point), *_WEIGHTS)
        for i, (box, weight) in enumerate(zip(boxes, weights, strict=True)):
            if weight and hits < enough:
                hits += weight * _collisions(box, lines[i], dots[i], taken[i], WIDTHS[i], enough)
        if best is None or hits < best[0]:
            best = (hits, label, [[*line, box] for line, box in zip(lines, boxes, strict=True)])
        if hits == 0:
            break
    if best is None or (best[0] and not must):
        return None
    for i, (kept, boxes) in enumerate(zip(taken, best[2], strict=True)):
        kept += boxes if i or _on_phone(best[1], point) else []
    return best[1]


def _collisions(
    box: Box,
    line: Sequence[Box],
    dots: Sequence[Box],
    taken: Sequence[Box],
    width: float,
    enough: float,
) -> int:
    """Collisions of a name and its line in one picture; counting ends where they are enough."""
    hits = int(_outside(box, width))
    pairs = chain(((box, o) for o in dots), ((b, o) for b in (box, *line) for o in taken))
    for one, other in pairs:
        if hits >= enough:
            break
        hits += _meet(one, other)
    return hits


def _on_phone(label: Label, point: Point | None) -> bool:
    """Whether a name is shown in the smallest picture; style.css leaves the others out."""
    return label.region or (point is not None and point.role == "design")


def _line(label: Label, point: Point | None, frame: Frame, width: float) -> list[Box]:
    """Steps of the line from a point to its name."""
    if point is None or not label.line:
        return []
    (x1, y1), (x2, y2) = frame.at(point.x, point.y, width), frame.at(label.x, label.y, width)
    shares = [step / _LINE_STEPS for step in range(1, _LINE_STEPS)]
    places = [(x1 + (x2 - x1) * s, y1 + (y2 - y1) * s) for s in shares]
    return [(x - 1, y - 1, x + 1, y + 1) for x, y in places]


def _box(label: Label, frame: Frame, width: float) -> Box:
    """Room that a name takes."""
    size = _BOLD_FONT if label.region else _FONT
    left, top = frame.at(label.x, label.y, width)
    length = len(label.text) * size * _ADVANCE
    start = {"left": left, "center": left - length / 2, "right": left - length}[label.align]
    half = size * _LINE / 2
    return (start, top - half, start + length, top + half)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _outside(box: Box, width: float) -> bool:
    return box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > HEIGHT


def overlaps(
    labels: Sequence[Label], points: Sequence[Point], regions: Sequence[Region]
) -> Mapping[str, int]:
    """Names that lie on a point or on another name, with how often; empty where all are clear."""
    frame = frame_of(points, regions)
    found: dict[str, int] = {}
    for width in WIDTHS[1:]:
        boxes = [_box(label, frame, width) for label in labels]
        dots = [_dot(point, frame, width) for point in points]
        for i, box in enumerate(boxes):
            others = (*dots, *boxes[:i], *boxes[i + 1 :])
            hits = sum(_meet(box, other) for other in others)
            if hits:
                found[labels[i].text] = found.get(labels[i].text, 0) + hits
    return found
