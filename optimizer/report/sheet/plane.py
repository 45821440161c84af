"""The region chart as data: paragraphs as rectangles, parts and the design as points."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log
from typing import Any, Literal

from catalogs import Sku
from catalogs.load import load_catalog
from constraints import Ruleset, screen
from optimizer.report.design_text import lines_of
from optimizer.report.result import Design, Result
from optimizer.report.sheet.cells import quantity_text
from optimizer.report.sheet.labels import labels_of
from optimizer.report.sheet.law import facts_of
from optimizer.report.sheet.model import Chart, Point
from optimizer.report.sheet.region import Plane, plane_of, regions
from optimizer.report.sheet.silicon import Silicon
from optimizer.report.words import UNITS, label, short

Role = Literal["design", "parent", "part"]
LABELS = 14
"""Parts that are named in the picture beside the design and its parent, as far as there is room."""

_MOST_NAME = 60


def chart_of(result: Result, design: Design, rules: Ruleset, silicon: Silicon) -> Chart | None:
    """The plane of the rule set, or nothing where no 3A090 paragraph in force can be drawn."""
    destination = result.inputs["rules"]["destination"]
    plane = plane_of(rules, destination)
    if plane is None:
        return None
    facts = facts_of(result, design, rules)
    given = {name: facts[name] for name in ("item_kind", "datacenter")}
    drawn = regions(plane, rules, given)
    points = _points(plane, design, rules, destination, silicon)
    labels = labels_of(points, drawn, _wanted(points, design), LABELS)
    shown = {label.of for label in labels}
    points = tuple(p.model_copy(update={"labeled": p.id in shown}) for p in points)
    named = ", ".join(sorted({short(r.paragraph) for r in drawn})) or "none"
    return Chart(
        x=plane.x,
        y=plane.y,
        x_title=_title(plane.x),
        y_title=_title(plane.y),
        regions=drawn,
        points=points,
        labels=labels,
        text=_text(plane, design, silicon, named),
        not_shown=_not_shown(plane, rules, destination),
    )


def _title(name: str) -> str:
    unit = UNITS.get(name, "")
    words = label(name)
    return f"{words} [{unit}]" if unit and unit != words else words


def _text(plane: Plane, design: Design, silicon: Silicon, named: str) -> str:
    head = (
        f"{label(plane.x)} across and {label(plane.y)} up, both logarithmic. Shaded is "
        f"where {named} would catch a part of the declared market; parts of the catalog are "
        "circles, the parent is a square."
    )
    hidden = {plane.x, plane.y} & silicon.hidden
    values = [design.quantities.get(_quantity(n)) for n in (plane.x, plane.y)]
    if hidden or None in values:
        return f"{head} The design is not drawn: a value is withheld or unknown."
    shown = " and ".join(
        f"{label(n)} {_shown(design, n, v)}"
        for n, v in zip((plane.x, plane.y), values, strict=True)
        if v is not None
    )
    return f"{head} The design is the diamond at {shown}."


def _quantity(name: str) -> str:
    """A quantity of a design under its name in the result."""
    same = {"bit_length_x_tops": "tpp", "io_transfer_rate_gb_s": "io_bandwidth_gb_s"}
    return same.get(name, name)


def _shown(design: Design, name: str, value: int | float) -> str:
    return quantity_text(_quantity(name), value, _lines(design, name))


def _not_shown(plane: Plane, rules: Ruleset, destination: str) -> str:
    """Rules in force that speak of other quantities."""
    drawn = {rule.id for rule in plane.rules}
    others = [rule.id for rule in rules.controls(destination) if rule.id not in drawn]
    return ", ".join(others)


def _points(
    plane: Plane, design: Design, rules: Ruleset, destination: str, silicon: Silicon
) -> tuple[Point, ...]:
    ready = screen(rules, destination)
    found: list[Point] = []
    lines = {name: _lines(design, name) for name in (plane.x, plane.y)}
    for sku in silicon.parts.values():
        facts = sku.legal_facts()
        place = _place(facts, plane)
        if place is not None:
            verdict = ready.classify(rules.vocabulary.read(facts))[0]
            role: Role = "parent" if sku.id == design.reference else "part"
            found.append(_part(sku, role, plane, place, verdict, lines))
    own = _own(plane, design, silicon)
    return (*((own,) if own else ()), *found)


def _own(plane: Plane, design: Design, silicon: Silicon) -> Point | None:
    values = [design.quantities.get(_quantity(name)) for name in (plane.x, plane.y)]
    if {plane.x, plane.y} & silicon.hidden or not all(values):
        return None
    x, y = (float(v) for v in values if v is not None)
    return Point(
        id="design",
        name="this design",
        short="this design",
        role="design",
        x=x,
        y=y,
        x_text=_shown(design, plane.x, values[0] or 0),
        y_text=_shown(design, plane.y, values[1] or 0),
        verdict=design.verdict,
        labeled=True,
    )


def _place(facts: Mapping[str, Any], plane: Plane) -> tuple[float, float] | None:
    """Where a part lies in the plane, if both quantities are known and not zero."""
    tpp, area = facts.get("tpp"), facts.get("applicable_die_area_mm2")
    density = Fraction(tpp) / Fraction(area) if tpp is not None and area else None
    both = {**facts, "performance_density": density}
    x, y = both.get(plane.x), both.get(plane.y)
    return (float(x), float(y)) if x and y else None


def _part(
    sku: Sku,
    role: Role,
    plane: Plane,
    place: tuple[float, float],
    verdict: str,
    lines: Mapping[str, list[int | float]],
) -> Point:
    x, y = place
    return Point(
        id=sku.id,
        name=_full_name(sku)[:_MOST_NAME],
        short=sku.name[:_MOST_NAME],
        role=role,
        x=x,
        y=y,
        x_text=quantity_text(plane.x, x, lines[plane.x]),
        y_text=quantity_text(plane.y, y, lines[plane.y]),
        verdict=verdict,
    )


def _full_name(sku: Sku) -> str:
    """Vendor and name, the vendor once."""
    return sku.name if sku.name.startswith(str(sku.vendor)) else f"{sku.vendor} {sku.name}"


def _lines(design: Design, name: str) -> list[int | float]:
    """Lines of a quantity, under its name in the law and in the result."""
    return list(dict.fromkeys((*lines_of(design, _quantity(name)), *lines_of(design, name))))


def _wanted(points: Sequence[Point], design: Design) -> list[str]:
    """Parts in the order in which they are named: those cut from the same die for some law first.

    Then every other part that was ever cut for a law, the nearest first, then what it was cut from,
    then any part.
    """
    derivations = load_catalog(ambient=False).derivations.values()
    own = {d.derived_sku for d in derivations if d.base_die == design.parent}
    cut = {d.derived_sku for d in derivations}
    bases = {d.base_sku for d in derivations}
    center = next((p for p in points if p.role == "design"), None) or next(
        (p for p in points if p.role == "parent"), None
    )

    def order(point: Point) -> tuple[int, float, str]:
        groups = (own, cut, bases)
        first = next((i for i, ids in enumerate(groups) if point.id in ids), len(groups))
        return (first, 0.0 if center is None else _distance(point, center), point.id)

    return [point.id for point in sorted(points, key=order) if point.role == "part"]


def _distance(a: Point, b: Point) -> float:
    return abs(log(a.x / b.x)) + abs(log(a.y / b.y))
