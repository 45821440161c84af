"""The part of the page that shows the other parents, and those without a design."""

from collections.abc import Iterable

from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import significant, text_number
from optimizer.report.result import ParentRow, Result
from optimizer.report.words import short


def other_parents(result: Result) -> list[Block]:
    """The best design of every parent but the winner's, and which ranks are not certain."""
    first = {design.parent for design in result.designs[:1]}
    others = [p for p in result.parents if p.parent not in first and _has_best(p)]
    if not others:
        return []
    parts: list[Block] = [
        Heading("OTHER PARENTS, best of each"),
        Table(
            ("parent", "tokens/s", "TPP", "TPP/mm2", "GB/s", "TDP W", "bound by"),
            tuple(_parent_row(p) for p in others),
            frozenset({1, 2, 3, 4, 5}),
        ),
    ]
    near = [p.parent for p in others if p.within_interval]
    if near:
        parts.append(
            Lines(
                (
                    "closer to the first than the model can tell, so their order is not certain: "
                    + ", ".join(near),
                )
            )
        )
    return parts


def _has_best(parent: ParentRow) -> bool:
    return parent.tokens_per_s_per_chip is not None


def _parent_row(parent: ParentRow) -> tuple[str, ...]:
    q = parent.quantities
    lines: dict[str, list[int | float]] = {}
    for line in (line for b in parent.binding for line in b.by):
        if line.quantity and line.line is not None:
            lines.setdefault(line.quantity, []).append(line.line)
    names = ("tpp", "performance_density", "dram_bandwidth_gb_s", "tdp_w")
    numbers = (
        text_number(q.get(name), lines.get(name, ()), digits=2 if name.endswith("density") else 1)
        for name in names
    )
    mark = "" if parent.status == "optimal" else " (not proved)"
    bound = _joined(short(line.name) for b in parent.binding for line in b.by) + mark
    return (parent.parent, significant(parent.tokens_per_s_per_chip), *numbers, bound)


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "-"


def left_out(result: Result) -> list[Block]:
    """Parents that have no design, each with the reason and the facts it lacks."""
    rows = tuple((p.parent, p.status, why_none(p)) for p in result.parents if not _has_best(p))
    if not rows:
        return []
    return [Heading("PARENTS WITHOUT A DESIGN"), Table(("parent", "status", "why"), rows)]


def why_none(parent: ParentRow) -> str:
    """Why a parent has no design: the facts it lacks, a reason, or a conflict."""
    if parent.missing:
        return "facts missing: " + ", ".join(parent.missing)
    reasons = [parent.reason] if parent.reason else []
    if parent.conflict:
        reasons.append("conflict: " + " with ".join(parent.conflict))
    return "; ".join(reasons) or "-"
