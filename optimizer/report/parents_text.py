"""The part of the page that shows the other parents, and those without a design."""

from collections.abc import Iterable, Sequence

from optimizer.report.aim import columns_of, near_words, objective_of
from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import significant, text_number
from optimizer.report.result import ParentRow, Result
from optimizer.report.words import short

DENSITY = "performance_density"
_COLUMNS = {"tpp": "TPP", DENSITY: "TPP/mm2", "dram_bandwidth_gb_s": "GB/s", "tdp_w": "TDP W"}


def other_parents(result: Result) -> list[Block]:
    """The best design of every parent but the winner's, and which ranks are not certain."""
    first = {design.parent for design in result.designs[:1]}
    others = [p for p in result.parents if p.parent not in first and _has_best(p)]
    if not others:
        return []
    objective = objective_of(result)
    aim = columns_of(objective)
    # The objective's own column takes the room of the density.
    names = tuple(name for name in _COLUMNS if not (aim and name == DENSITY))
    header = ("parent", "tokens/s", *aim, *(_COLUMNS[name] for name in names), "bound by")
    rows = tuple(_parent_row(p, names, bool(aim)) for p in others)
    near = ", ".join(p.parent for p in others if p.within_interval)
    return [
        Heading("OTHER PARENTS, best of each"),
        Table(header, rows, frozenset(range(1, len(header) - 1))),
        Lines(near_words(objective, near)),
    ]


def _has_best(parent: ParentRow) -> bool:
    return parent.tokens_per_s_per_chip is not None


def _parent_row(parent: ParentRow, names: Sequence[str], aim: bool) -> tuple[str, ...]:
    q = parent.quantities
    lines: dict[str, list[int | float]] = {}
    for line in (line for b in parent.binding for line in b.by):
        if line.quantity and line.line is not None:
            lines.setdefault(line.quantity, []).append(line.line)
    speeds = (parent.tokens_per_s_per_chip, *((parent.objective_value,) if aim else ()))
    numbers = (
        text_number(q.get(name), lines.get(name, ()), digits=2 if name == DENSITY else 1)
        for name in names
    )
    mark = "" if parent.status == "optimal" else " (not proved)"
    bound = _joined(short(line.name) for b in parent.binding for line in b.by) + mark
    return (parent.parent, *map(significant, speeds), *numbers, bound)


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
