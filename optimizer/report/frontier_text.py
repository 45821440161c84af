"""The frontier as a page to read, as Markdown and as a table of its points."""

import re
from collections.abc import Sequence

from optimizer.report.aim import unit_of
from optimizer.report.design_text import flag_blocks
from optimizer.report.estimates import drawn_words, ends_text, error_words, estimated
from optimizer.report.frontier_document import SPEED, Frontier, FrontierPoint
from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.numbers import significant, text_number
from optimizer.report.table import law_columns, rows_as_csv
from optimizer.report.words import (
    NOT_ADVICE,
    UNITS,
    interval,
    label,
    quantity_text,
    scope_words,
)
from optimizer.solver.aspects import BEHIND
from optimizer.solver.request import THROUGHPUT

# First columns of the CSV.
_FIRST = (
    "parent", SPEED, "low", "high", "within_interval", "ratio_band", "tokens_per_s_per_watt",
    "verdict",
)  # fmt: skip
# Rows of the table in text; every point is in JSON and CSV.
SHOWN = 24
# Numbers of a flag.
_FIGURES = re.compile(r"[0-9][0-9.,]*")
# Decimals at which a column ends, whatever differs further on.
MOST_DIGITS = 12


def as_frontier_text(found: Frontier) -> str:
    """The frontier as plain text of at most 80 columns."""
    return as_text(blocks(found))


def as_frontier_markdown(found: Frontier) -> str:
    """The frontier as Markdown."""
    return as_markdown(blocks(found))


def blocks(found: Frontier) -> list[Block]:
    """The parts of the page, in reading order."""
    rules = found.inputs["rules"]
    scope = scope_words(rules)
    count = len(found.points)
    head = f"PARETO SET of {count:,} {'design' if count == 1 else 'designs'} {scope}"
    if not count:
        head = f"{'NOT DECIDED' if found.status == 'undecided' else 'NO FEASIBLE DESIGN'} {scope}"
    checked = rules.get("last_checked")
    law = (f"law as last checked on {checked}",) if checked else ()
    parts: list[Block] = [Heading(head, 1), Lines((*_goals(found), *law, NOT_ADVICE))]
    parts += [Heading("ASSUMES"), Lines(found.assumptions, bullet=True)]
    if found.warnings:
        parts += [Heading("WARNINGS"), Lines(found.warnings, bullet=True)]
    parts += [*_table(found), *_estimates(found), *_flags(found), *_parents(found)]
    return [*parts, Heading("PROOF"), Lines((found.claim,))]


def _goals(found: Frontier) -> tuple[str, ...]:
    lines = []
    for goal in found.objectives:
        step = "" if goal.step is None else f", in steps of {text_number(goal.step)} {goal.unit}"
        kind = " (projected)" if goal.name == THROUGHPUT else ""
        kind = " (estimated)" if estimated([goal.name]) else kind
        lines.append(f"{goal.better} {label(goal.name)}{kind}{step}")
    return ("better is: " + "; ".join(lines),)


def _table(found: Frontier) -> list[Block]:
    if not found.points:
        return []
    picks = picked(len(found.points))
    names = [g.name for g in found.objectives if g.name != THROUGHPUT]
    several = len({p.parent for p in found.points}) > 1
    units = tuple(_titled(n) for n in names)
    parent = ("parent",) if several else ()
    header = ("tokens/s", "80 % interval", *units, *parent, "design")
    shown = [found.points[i] for i in picks]
    texts = [_column(name, shown) for name in names]
    rows = tuple(_row(point, values, several) for point, *values in zip(shown, *texts, strict=True))
    numbers = frozenset(range(len(names) + 2))
    left = len(found.points) - len(picks)
    more = f"{left:,} more points lie between these; -o FILE.csv or FILE.json holds every one"
    head = "POINTS, fastest first"
    said = (*_near(found), *((more,) if left else ()))
    return [Heading(head), Table(header, rows, numbers), Lines(said)]


def _estimates(found: Frontier) -> list[Block]:
    """Where the estimates lie that the objectives are made of, for the points shown."""
    goals = [goal.name for goal in found.objectives]
    names = estimated(BEHIND.get(name, name) for name in goals)
    if not found.points or not names:
        return []
    shown = [found.points[i] for i in picked(len(found.points))]
    rows = tuple(
        (significant(p.tokens_per_s_per_chip), *(_estimate(p, n, n in goals) for n in names))
        for p in shown
    )
    header = ("tokens/s", *map(_titled, names))
    figures = found.inputs["economics"]
    errors = {p.parent: p.errors for p in found.parents if p.listed}
    said = (
        f"{drawn_words(figures['draws'], figures['seed'])}; the set is exact at the middle of all",
        f"error out of sample beside that: {error_words(errors, names)}",
    )
    head = "ESTIMATES behind the same points"
    return [Heading(head), Table(header, rows, frozenset(range(len(header)))), Lines(said)]


def _estimate(point: FrontierPoint, name: str, listed: bool) -> str:
    """Ends of an estimate, after its value where the table of points does not have it."""
    ends = ends_text(name, point.intervals.get(name))
    return ends if listed else f"{quantity_text(name, point.quantities[name])} ({ends})"


def _flags(found: Frontier) -> list[Block]:
    """Flags of all points, once each; those that differ in figures alone by the fastest point."""
    alike: dict[tuple[str, str], list[str]] = {}
    for point in reversed(found.points):
        for flag in point.flags:
            alike.setdefault((point.parent, _FIGURES.sub("", flag)), []).append(flag)
    listed = {p.parent: p.listed for p in found.parents}
    own = "; figures of the fastest of them, each has its own in JSON and CSV"
    return flag_blocks(
        [
            f"{parent}, {len(texts):,} of {listed[parent]:,} points: {texts[0]}"
            f"{own if len({*texts}) > 1 else ''}"
            for (parent, _), texts in alike.items()
        ]
    )


def _near(found: Frontier) -> tuple[str, ...]:
    """How many of the fastest points the model cannot tell from the fastest."""
    near = sum(1 for point in found.points if point.within_interval) - 1
    if near < 1:
        return ()
    which = "point is" if near == 1 else f"{near:,} points are"
    return (
        f"the next fastest {which} closer to the fastest than the model can tell, so the order in "
        "throughput is not certain",
    )


def _titled(name: str) -> str:
    """A quantity with its unit, once where the two are one word."""
    if name in BEHIND:
        return unit_of(name)
    words, unit = label(name), UNITS.get(name, "")
    return words if unit in ("", words) else f"{words} {unit}"


def picked(count: int) -> list[int]:
    """Indexes of the shown points, fastest first: all, or evenly spread with both ends.

    Examples
    --------
    >>> picked(3), len(picked(1000)), picked(1000)[0], picked(1000)[-1]
    ([2, 1, 0], 24, 999, 0)
    """
    if count <= SHOWN:
        return list(range(count - 1, -1, -1))
    return [round((count - 1) * (SHOWN - 1 - i) / (SHOWN - 1)) for i in range(SHOWN)]


def _column(name: str, points: Sequence[FrontierPoint]) -> list[str]:
    """Values of one objective, in enough digits that points which differ in it read so."""
    values = [point.quantities[name] for point in points]
    different = len({*values})
    for digits in range(4, MOST_DIGITS):
        texts = [quantity_text(name, value, digits=digits) for value in values]
        if len({*texts}) == different:
            break
    return texts


def _row(point: FrontierPoint, values: Sequence[str], several: bool) -> tuple[str, ...]:
    parent = (point.parent,) if several else ()
    return (
        significant(point.tokens_per_s_per_chip),
        interval(point.low, point.high),
        *values,
        *parent,
        _knobs(point),
    )


def _knobs(point: FrontierPoint) -> str:
    k = point.knobs
    parts = [f"{k['enabled_cores']} x {k['core_clock_mhz']} MHz"]
    if k["tensor_rate_fraction"] != 1:
        parts.append(f"rate {k['tensor_rate_fraction']}")
    double = " clamshell" if k["clamshell"] else ""
    parts.append(
        f"{k['memory_sites']} x {k['memory_part']} {k['memory_gb_per_site']} GB{double} at "
        f"{k['memory_data_rate_gbps']}"
    )
    if k["links"]:
        parts.append(f"{k['links']} links")
    return ", ".join(parts)


def _parents(found: Frontier) -> list[Block]:
    rows = tuple(
        (
            p.parent,
            f"{p.points:,}",
            f"{p.listed:,}",
            f"{p.corners:,}",
            p.proof,
            p.reason or " with ".join(p.conflict) or "-",
        )
        for p in found.parents
        if p.status != "left_out"
    )
    out = [p for p in found.parents if p.status == "left_out"]
    parts: list[Block] = []
    if rows:
        header = ("parent", "points", "listed", "corners", "proved", "why not")
        parts += [Heading("PARENTS"), Table(header, rows, frozenset({1, 2, 3}))]
    if out:
        lines = tuple(f"{p.parent}: {p.reason}" for p in out)
        parts += [Heading("LEFT OUT"), Lines(lines, bullet=True)]
    return parts


def as_frontier_csv(found: Frontier) -> str:
    """One row per point: numbers unrounded, blank where unknown."""
    law = law_columns(found.inputs["rules"])
    rows = [
        {
            **{name: getattr(point, name) for name in _FIRST},
            **{n: v for n, v in point.quantities.items() if n not in point.knobs},
            **{
                f"{n}_{end}": getattr(each, end)
                for n, each in point.intervals.items()
                for end in ("low", "high")
            },
            **point.knobs,
            **law,
            "flags": "; ".join(point.flags),
        }
        for point in found.points
    ]
    return rows_as_csv(rows, (*_FIRST, *law, "flags"))
