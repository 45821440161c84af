"""What each line of an answer is worth: exact moves, and what a limit costs as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from constraints.expressions import NEGATED, Expr, Literal, conjunction, names
from optimizer.design import Design, DesignSpace
from optimizer.design.unit_cost import CENTS
from optimizer.projection import Prepared
from optimizer.solver.aspects import LESS, MORE, unknown_of
from optimizer.solver.breakpoints import Line, Move, Site, best_of, law_moves, moves_of
from optimizer.solver.column_reader import LIVE_GPCS, TDP, attribute_of
from optimizer.solver.costs import COST, cost_bound, dearest, priced
from optimizer.solver.limits import printed
from optimizer.solver.lines import lines
from optimizer.solver.objective import requested
from optimizer.solver.outcome import Feasible, Optimal
from optimizer.solver.possible import Meter, any_design
from optimizer.solver.problem import Problem
from optimizer.solver.request import (
    THROUGHPUT,
    THROUGHPUT_NAME,
    THROUGHPUT_PER_WATT,
    Fix,
    Limit,
    Request,
)
from optimizer.solver.requirements import requirements
from optimizer.solver.salvage import SALVAGE, STEPS, Bound, salvage_bound, share_table
from optimizer.solver.staircase import TOLERANCE
from optimizer.solver.tables import build_tables, with_columns
from optimizer.solver.ties import EQUAL_SHARE

# Quantities that hang on several knobs at once, their better direction, and the comparisons that
# bound them on the worse side, not strict and strict.
JOINT = {SALVAGE: MORE, COST: LESS}
OUTWARD = {SALVAGE: (">=", ">"), COST: ("<=", "<")}


@dataclass(frozen=True, slots=True)
class Freed:
    """What one limit or fix of the user costs as a whole.

    Attributes
    ----------
    label : str
        As the user typed it.
    before, after : float
        Best value of the objective with it and without it.
    design : Design or None
        Best design without it.
    """

    label: str
    before: float
    after: float
    design: Design | None


@dataclass(frozen=True, slots=True)
class Worth:
    """Everything that is asked of a feasible answer.

    Attributes
    ----------
    moves : tuple of Move
    freed : tuple of Freed
    not_had : tuple of str
        Lines whose moves are not worked out, each with the reason, in words.
    """

    moves: tuple[Move, ...]
    freed: tuple[Freed, ...]
    not_had: tuple[str, ...] = ()


def site_of(space: DesignSpace, prepared: Prepared) -> Site:
    """What every question on one space shares."""
    return Site(space, prepared, build_tables(space))


def worth(request: Request, answer: Optimal | Feasible, prepared: Prepared) -> Worth:
    """Exact moves of thresholds and of every limit, and what each limit costs."""
    site = site_of(answer.space, prepared)
    moves: list[Move] = []
    if request.objective != THROUGHPUT_PER_WATT:
        moves += law_moves(request, answer, site)
        for limit in request.limits:
            for line in limit_lines(answer.space, limit):
                moves += moves_of(request, answer, site, line)
    for limit in request.limits:
        if limit.name == TDP:
            moves += _class_moves(request, answer, site, limit)
        elif limit.name in JOINT:
            moves += _joint_moves(request, answer, site, limit)
    freed = tuple(_freed(request, answer, site))
    return Worth(tuple(moves), freed, tuple(_not_had(request)))


def _not_had(request: Request) -> Iterator[str]:
    """Lines whose moves are not worked out, and why."""
    if request.objective == THROUGHPUT_PER_WATT:
        yield (
            "moves of thresholds and of limits on sums: a search weighs one sum over the knobs, "
            "and with throughput per watt that is power itself"
        )
    for limit in request.limits:
        if limit.op == "==":
            yield f"moves of --limit {limit}: it has no single side"
        elif limit.name == THROUGHPUT_NAME and request.objective != THROUGHPUT:
            yield f"moves of --limit {limit}: it is a level of the projection, not of a knob"
    read = {each.path: names(each.attribute)
            for each in lines(request.ruleset, request.destination)}  # fmt: skip
    for path, found in read.items():
        for name in sorted(found & {TDP, LIVE_GPCS}):
            yield f"moves of {path}: {name} is no sum over the knobs"
    for name in sorted(JOINT.keys() & frozenset().union(*read.values())):
        yield (
            f"moves of the rule on {name}: it hangs on several knobs at once; as a "
            f"--limit {name} its moves are had"
        )


def limit_lines(space: DesignSpace, limit: Limit) -> Iterator[Line]:
    """The line of a user's limit; none of what is no linear quantity or has no single side."""
    if limit.name in (THROUGHPUT_NAME, TDP, *JOINT) or limit.op == "==":
        return
    path = f"--limit {limit}"
    yield Line(path, limit.value, attribute_of(space, limit.name), NEGATED[limit.op], limit)


def _freed(request: Request, answer: Optimal | Feasible, site: Site) -> Iterator[Freed]:
    before = answer.designs[0].value
    bounds: tuple[Limit | Fix, ...] = (*request.limits, *request.fixes)
    for each in bounds:
        floor = isinstance(each, Limit) and each.name == THROUGHPUT_NAME
        if floor and request.objective == THROUGHPUT:
            continue
        value, design = best_of(without(request, each), site)
        if value > before * (1 + TOLERANCE):
            yield Freed(label_of(each), before, value, design)


def without(request: Request, each: Limit | Fix) -> Request:
    """The request without one limit or fix."""
    limits = tuple(x for x in request.limits if x is not each)
    fixes = tuple(x for x in request.fixes if x is not each)
    return replace(request, limits=limits, fixes=fixes)


def label_of(each: Limit | Fix) -> str:
    """A limit or fix as its requirement is labeled."""
    return f"--limit {each}" if isinstance(each, Limit) else f"--fix {each}"


def _class_moves(
    request: Request, answer: Optimal | Feasible, site: Site, limit: Limit
) -> Iterator[Move]:
    """Moves of a bound on the power class, which takes few values: one after the other."""
    if limit.op not in ("<=", "<"):
        return
    best = answer.designs[0]
    classes = sorted({Fraction(c) for b in site.space.boards for c in b.tdp_classes_w})
    inside = [c for c in classes if c < limit.value or (c == limit.value and limit.op == "<=")]
    path = f"--limit {limit}"
    for value in classes[len(inside) :]:
        found, design = best_of(at_most(request, limit, value), site)
        if found > best.value * (1 + TOLERANCE):
            at = limit.op == "<="
            yield Move(path, limit.value, True, value, at, best.value, found, design)
            break
    for value, below in zip(inside[::-1], [*inside[-2::-1], None], strict=True):
        found, design = (
            (0.0, None) if below is None else best_of(at_most(request, limit, below), site)
        )
        if found < best.value * (1 - EQUAL_SHARE):
            at = limit.op == "<"
            yield Move(path, limit.value, False, value, at, best.value, found, design)
            break


def at_most(request: Request, limit: Limit, value: Fraction) -> Request:
    new = replace(limit, op="<=", value=value)
    return replace(request, limits=tuple(new if x is limit else x for x in request.limits))


def _joint_moves(
    request: Request, answer: Optimal | Feasible, site: Site, limit: Limit
) -> Iterator[Move]:
    """Moves of a bound on salvage share or unit cost: the best value at the level decides."""
    if limit.op not in OUTWARD[limit.name]:
        return
    best, path = answer.designs[0].value, f"--limit {limit}"
    for relaxes in (True, False):
        level = best * (1 + TOLERANCE) if relaxes else best * (1 - EQUAL_SHARE)
        asked = without(request, limit) if relaxes else request
        found = best_aspect(asked, site, limit.name, level, least=JOINT[limit.name] == LESS)
        if found is None:
            continue
        loose, strict = OUTWARD[limit.name]
        past = replace(limit, op=loose if relaxes else strict, value=found[1])
        moved = tuple(past if x is limit else x for x in request.limits)
        after, design = best_of(replace(request, limits=moved), site)
        if (after > best * (1 + TOLERANCE)) if relaxes else (after < best * (1 - EQUAL_SHARE)):
            at = (limit.op == loose) == relaxes
            yield Move(path, limit.value, relaxes, found[1], at, best, after, design)


def best_aspect(
    request: Request,
    site: Site,
    name: str,
    level: float,
    meter: Meter | None = None,
    *,
    least: bool,
) -> tuple[Design, Fraction] | None:
    """The design at or above a level with the least, or the most, salvage or unit cost, exact.

    Raises
    ------
    OpenError
        The boxes of a question did not settle it.
    """
    space = site.space
    if unknown_of(space, (name,)):
        return None
    needs = requirements(request, space)
    objective = requested(request, space, site.prepared)
    tables = with_columns(site.tables, needs.board_columns)
    meter = meter or Meter()

    def any_at(value: Fraction | None) -> Design | None:
        """A design whose salvage or cost is at a value or past it, in the direction asked for."""
        bound = _joint_bound(space, name, value, "<=" if least else ">=")
        problem = Problem.compile(
            tables, conjunction(needs.expr, bound), objective.extra, objective.grid
        )
        return any_design(problem, objective, level, meter)

    found = any_at(None)
    if found is None:
        return None
    ladder = _ladder(space, name, least=least)
    low, high = -1, ladder.place(found)
    while high - low > 1:
        middle = (low + high) // 2
        there = any_at(ladder.at(middle))
        if there is None:
            low = middle
        else:
            found, high = there, min(middle, ladder.place(there))
    value = printed(found)[name]
    return None if value is None else (found, value)


def _joint_bound(space: DesignSpace, name: str, value: Fraction | None, op: str) -> Expr:
    """That salvage or cost is known, and on one side of a value."""
    if value is None:
        return priced(space) if name == COST else Literal(True)
    return (cost_bound if name == COST else salvage_bound)(space, Bound(op, value))


@dataclass(frozen=True, slots=True)
class _Ladder:
    """Values that a joint quantity may have: shares by a list, costs by the cent from `start`."""

    name: str
    least: bool
    shares: tuple[Fraction, ...] = ()
    start: int = 0

    def at(self, place: int) -> Fraction:
        return self.shares[place] if self.shares else Fraction(abs(self.start - place), CENTS)

    def place(self, design: Design) -> int:
        """The best place that the value of a design reaches."""
        value = printed(design)[self.name] or Fraction(0)
        if not self.shares:
            return abs(self.start - int(value * CENTS))
        better = sum(share < value if self.least else share > value for share in self.shares)
        return min(better, len(self.shares) - 1)


def _ladder(space: DesignSpace, name: str, *, least: bool) -> _Ladder:
    table = share_table(space) if name == SALVAGE else None
    if table is None:
        return _Ladder(name, least, start=0 if least else dearest(space))
    shares = [Fraction(v, STEPS) for v in np.unique(table).tolist()]
    return _Ladder(name, least, tuple(shares if least else shares[::-1]))


__all__ = ["Freed", "Worth", "worth"]
