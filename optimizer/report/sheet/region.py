"""Where the paragraphs of a rule set lie in their own plane, read from the rule records.

A paragraph is a condition on two quantities; between its lines nothing changes, so the plane falls
into cells, and the condition itself says of each whether it catches the design there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from constraints.expressions import Compare, Expr, Name, Not, Number, atoms, compiled, conjunction
from constraints.rulesets import CONTROL, Paragraph, Rule, Ruleset
from constraints.terms import names
from optimizer.report.sheet.model import Region

PLANES = (("tpp", "performance_density"), ("bit_length_x_tops", "io_transfer_rate_gb_s"))
"""Quantities that the 3A090 paragraphs of 2023 and of 2022 speak of, across and up."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The two quantities, and the rules that speak of them."""

    x: str
    y: str
    rules: tuple[Rule, ...]


def plane_of(rules: Ruleset, destination: str) -> Plane | None:
    """The first plane in which every limb of a 3A090 rule in reach can be drawn."""
    reached = tuple(
        rule
        for rule in rules.rules
        if rule.kind == CONTROL and rule.pack.tier and rule.reaches(destination, None, rules.on)
    )
    for x, y in PLANES:
        drawn = tuple(rule for rule in reached if _speaks_of(rule, x, y))
        if drawn:
            return Plane(x, y, drawn)
    return None


def _speaks_of(rule: Rule, x: str, y: str) -> bool:
    return any(names(p.expr) & {x, y} for p in rule.paragraphs) and all(
        _is_line(atom, x, y)
        for p in (*rule.paragraphs, *rule.exclusions)
        for atom in atoms(p.expr)
        if names(atom) & {x, y}
    )


def _is_line(atom: Expr, x: str, y: str) -> bool:
    """Whether an atom compares one axis with a number."""
    return isinstance(atom, Compare) and any(
        isinstance(a, Name) and isinstance(b, Number)
        for a, b in ((atom.left, atom.right), (atom.right, atom.left))
    )


def regions(plane: Plane, rules: Ruleset, facts: Mapping[str, Any]) -> tuple[Region, ...]:
    """Rectangles in which each paragraph catches an item with these other facts.

    Parameters
    ----------
    plane : Plane
        The axes and the rules to draw.
    rules : Ruleset
        The law of the day.
    facts : mapping
        What is known of the item beside the two axes: kind, market.
    """
    found: list[Region] = []
    for rule in plane.rules:
        for paragraph in rule.paragraphs:
            expr = _catches(rule, paragraph, rules)
            found += _rectangles(plane, paragraph.id, expr, facts)
    return tuple(found)


def _catches(rule: Rule, paragraph: Paragraph, rules: Ruleset) -> Expr:
    """The paragraph holds, no exclusion does, and no rule that is read before catches the item."""
    earlier = [found for each in rule.pack.after if (found := rules.rule(each)) is not None]
    silenced = [*(e.expr for e in rule.exclusions), *(e.meets for e in earlier)]
    return conjunction(rule.guard, paragraph.expr, *(Not(expr) for expr in silenced))


def _rectangles(plane: Plane, name: str, expr: Expr, facts: Mapping[str, Any]) -> Iterator[Region]:
    xs, ys = _edges(expr, plane.x), _edges(expr, plane.y)
    holds = compiled(expr)
    columns = []
    for x_low, x_high in xs:
        caught = [
            (y_low, y_high)
            for y_low, y_high in ys
            if holds({**facts, plane.x: _inside(x_low, x_high), plane.y: _inside(y_low, y_high)})
        ]
        columns.append((x_low, x_high, tuple(_joined(caught))))
    for x_low, x_high, spans in _merged(columns):
        for y_low, y_high in spans:
            yield Region(
                paragraph=name,
                x_low=_float(x_low),
                x_high=_float(x_high),
                y_low=_float(y_low),
                y_high=_float(y_high),
            )


Span = tuple[Fraction | None, Fraction | None]


def _edges(expr: Expr, axis: str) -> list[Span]:
    """Intervals between the lines of an axis; an open end is None."""
    lines = sorted(set(_lines(expr, axis)))
    ends: list[Fraction | None] = [None, *lines, None]
    return list(pairwise(ends))


def _lines(expr: Expr, axis: str) -> Iterator[Fraction]:
    for atom in atoms(expr):
        if isinstance(atom, Compare):
            for a, b in ((atom.left, atom.right), (atom.right, atom.left)):
                if a == Name(axis) and isinstance(b, Number):
                    yield b.value


def _inside(low: Fraction | None, high: Fraction | None) -> Fraction:
    """A value strictly between two lines."""
    if low is None:
        return Fraction(1) if high is None else high / 2
    return low + 1 if high is None else (low + high) / 2


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Touching intervals as one."""
    kept: list[Span] = []
    for low, high in spans:
        if kept and kept[-1][1] == low:
            kept[-1] = (kept[-1][0], high)
        else:
            kept.append((low, high))
    yield from kept


Column = tuple[Fraction | None, Fraction | None, tuple[Span, ...]]


def _merged(columns: Sequence[Column]) -> Iterator[Column]:
    """Neighboring columns with the same spans as one."""
    kept: list[Column] = []
    for low, high, spans in columns:
        if kept and kept[-1][1] == low and kept[-1][2] == spans:
            kept[-1] = (kept[-1][0], high, spans)
        else:
            kept.append((low, high, spans))
    yield from kept


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
