"""Exact Pareto sets: every lawful design is matched or beaten by a listed one, and it is proved.

The search keeps boxes of designs that the points found so far do not dominate, and opens them
until none is left. The proof is one statement per slice of the frontier: CP-SAT, given law and
limits exactly, finds no design outside the staircase of corners, each of which the listed points
dominate (see `optimizer.solver.proof`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from catalogs.errors import InputError
from optimizer.design import Design, DesignSpace
from optimizer.design.unit_cost import NEVER, UNIT_COST
from optimizer.projection import Prepared
from optimizer.solver.aspects import SCALES, TRADED, aspect, traded_name, unknown_of
from optimizer.solver.conflicts import smallest_conflict
from optimizer.solver.costs import COST, grid_of, priced
from optimizer.solver.frontier_proof import Cover, coarser, prove_cover
from optimizer.solver.frontier_search import Candidates, candidates
from optimizer.solver.objective import objective_of
from optimizer.solver.optimize import UNPROVED, unserved_reason
from optimizer.solver.outcome import Infeasible, LeftOut, Undecided, Unserved
from optimizer.solver.problem import Problem
from optimizer.solver.proof import ProofRefusedError
from optimizer.solver.request import THROUGHPUT, Request
from optimizer.solver.requirements import (
    PRICE_RULE,
    STRUCTURE,
    Requirement,
    Requirements,
    requirements,
)
from optimizer.solver.staircase import axis_levels
from optimizer.solver.tables import RESOURCES, Table, build_tables, design_at, with_columns
from optimizer.solver.ties import tie_key
from optimizer.solver.trade import Trade

# Frontiers of up to so many points are proved point by point, longer ones at stated bounds.
PROVED_POINTS = 250
# Stated bounds of the proof of a longer frontier.
PROVED_BOUNDS = 50
# With three objectives or more, steps are chosen so that each has about so many stated bounds.
STATED_BOUNDS = 20


@dataclass(frozen=True, slots=True)
class Point:
    """One design of a frontier.

    Attributes
    ----------
    design : Design
    speed : float
        Projected throughput. [token/s per chip]
    """

    design: Design
    speed: float


@dataclass(frozen=True, slots=True)
class ParentFrontier:
    """The Pareto set of one parent.

    Attributes
    ----------
    points : tuple of Point
        Slowest first.
    steps : mapping of str to Fraction
        Resolution of objectives that are not exact, in their unit.
    proved : bool
        Whether CP-SAT has proved that every lawful design is matched or beaten by a point, at the
        resolution of `proved_at`.
    unstated : tuple of str
        Facts that a rule asks for and no design states.
    proved_at : mapping of str to Fraction
        Objectives of which the proof speaks only at multiples of a step; empty if of every point.
    slices, corners, boxes : int
        Statements proved, corners in them, boxes opened by the search.
    """

    parent: str
    space: DesignSpace
    trade: Trade
    points: tuple[Point, ...]
    steps: Mapping[str, Fraction]
    proved: bool
    why: str
    slices: int
    corners: int
    boxes: int
    proved_at: Mapping[str, Fraction] = field(default_factory=dict)
    unstated: tuple[str, ...] = ()


ParentAnswer = ParentFrontier | Infeasible | Undecided | Unserved | LeftOut


def read_objectives(text: str) -> tuple[str, ...]:
    """Objectives of a frontier: throughput, and what it is traded against.

    Examples
    --------
    >>> read_objectives("throughput, tpp")
    ('tpp',)
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    if THROUGHPUT not in names or len(set(names)) < 2 or len(set(names)) < len(names):
        raise InputError(
            f"'{text}' are not two or more objectives with throughput among them",
            "--objectives",
            "For example: --objectives throughput,tpp",
        )
    others = tuple(traded_name(n) for n in names if n != THROUGHPUT)
    if {"tpp", "performance_density"} <= set(others):
        raise InputError(
            "tpp and performance_density are one objective on one die", "--objectives", "Give one"
        )
    return others


def parent_frontier(
    request: Request,
    space: DesignSpace,
    prepared: Prepared,
    others: tuple[str, ...],
    steps: Mapping[str, Fraction] | None = None,
    *,
    exact: bool = False,
) -> ParentAnswer:
    """Pareto set of throughput and other objectives on one parent.

    Parameters
    ----------
    request : Request
        Law, limits and fixes; its objective is not read.
    others : tuple of str
        Names in `TRADED`.
    steps : mapping, optional
        Resolution by name: values within one step count as equal.
    exact : bool
        With three objectives or more, choose no steps.
    """
    lacking = unknown_of(space, others)
    if lacking:
        return LeftOut(space.parent, lacking, "an objective is not known of this die")
    needs = requirements(replace(request, objective=THROUGHPUT), space)
    if COST in others:
        rule = Requirement(PRICE_RULE, STRUCTURE, priced(space))
        needs = replace(needs, items=(*needs.items, rule))
    objective = objective_of(space, prepared, THROUGHPUT)
    tables = with_columns(build_tables(space), needs.board_columns)
    whole = np.array([[x[-1] for x in axis_levels(tables)]])
    if float(objective(whole)[0]) <= 0.0:
        return Unserved(space.parent, unserved_reason(prepared, objective, whole), space)
    chosen = dict(steps or {})
    trade = Trade(objective, tuple(aspect(space, n, TRADED[n], chosen.get(n)) for n in others))
    problem = Problem.compile(trade.extended(tables), needs.expr, trade.extra, trade.grid)
    if problem.empty:
        return _infeasible(space, needs, trade, tables)
    if len(others) > 1 and not exact:
        chosen = {**_coarse(problem, trade, STATED_BOUNDS), **chosen}
        trade = Trade(objective, tuple(aspect(space, n, TRADED[n], chosen.get(n)) for n in others))
    found = candidates(problem, trade)
    points = _points(found, problem, trade)
    if not _floored(points, needs.floor):
        return _infeasible(space, needs, trade, tables)
    rough = _coarse(problem, trade, PROVED_BOUNDS) if len(points) > PROVED_POINTS else {}
    return _proved(request, needs, trade, points, found, tables, chosen, rough)


def _infeasible(
    space: DesignSpace, needs: Requirements, trade: Trade, tables: tuple[Table, ...]
) -> Infeasible | Unserved:
    levels = axis_levels(tables)
    conflict = smallest_conflict(space, needs, trade.objective, levels)
    if not conflict and needs.floor is None:
        return Unserved(space.parent, "no design that meets the requirements serves it", space)
    return Infeasible(space.parent, conflict, space)


def _floored(points: tuple[Point, ...], floor: Fraction | None) -> tuple[Point, ...]:
    """Points at or above a floor on throughput: a floor takes the slow end and nothing else."""
    return points if floor is None else tuple(p for p in points if p.speed >= floor)


def _coarse(problem: Problem, trade: Trade, bounds: int) -> dict[str, Fraction]:
    """Steps of 1, 2 or 5 times a power of ten that leave about so many bounds of each aspect."""
    worst = np.concatenate([t.resources.min(axis=0) for t in problem.tables])
    ends = dict(zip(trade.axes, trade.vectors(worst[None, :])[0, len(RESOURCES) :], strict=True))
    found = {}
    for each in trade.aspects:
        name = each.name
        if each.shares is not None or not each.axes:
            continue
        highest = _dearest(trade) if each.axes[0].joint else float(ends[each.axes[0]])
        highest /= SCALES[name]
        if name == "performance_density":
            highest /= float(trade.objective.space.area_mm2 or 1)
        found[name] = _nice(highest / bounds)
    return found


def _dearest(trade: Trade) -> float:
    """An upper end of unit cost for choosing steps: the dearest die that some wafer yields."""
    table = grid_of(trade.objective.space, UNIT_COST).table
    return float(table[table < NEVER].max(initial=1))


def _nice(least: float) -> Fraction:
    """The least of 1, 2, 5 times a power of ten that is not below a number.

    Examples
    --------
    >>> _nice(119.9), _nice(0.15)
    (Fraction(200, 1), Fraction(1, 5))
    """
    power = Fraction(10) ** int(np.floor(np.log10(max(least, 1e-9))))
    return next(power * f for f in (1, 2, 5, 10) if float(power * f) >= least)


def _points(found: Candidates, problem: Problem, trade: Trade) -> tuple[Point, ...]:
    """One design per point of the front, by the stated order of ties."""
    space = trade.objective.space
    groups: dict[tuple[float, ...], list[Design]] = {}
    for row, speed, others in zip(found.rows, found.speed, found.others, strict=True):
        design = design_at(space, problem.tables, tuple(int(r) for r in row))
        groups.setdefault((float(speed), *others.tolist()), []).append(design)
    best = [min(group, key=lambda d: tie_key(0.0, d)) for _, group in sorted(groups.items())]
    if not best:
        return ()
    speeds = trade.objective(np.array([trade.objective.vector(d) for d in best]))
    return tuple(Point(d, float(s)) for d, s in zip(best, speeds, strict=True))


def _proved(
    request: Request,
    needs: Requirements,
    trade: Trade,
    points: tuple[Point, ...],
    found: Candidates,
    tables: tuple[Table, ...],
    steps: Mapping[str, Fraction],
    rough: Mapping[str, Fraction],
) -> ParentAnswer:
    space = trade.objective.space
    shown = _floored(points, needs.floor)
    answer = ParentFrontier(
        space.parent, space, trade, shown, steps, False, "", 0, 0, found.boxes, {}, needs.unknown
    )
    if not request.prove:
        return replace(answer, why=UNPROVED)
    designs = tuple(p.design for p in points)
    cover = Cover(trade, needs, found.front, designs, found.corners, tables)
    if rough:
        cover = coarser(cover, rough)
    try:
        slices, corners = prove_cover(cover)
    except ProofRefusedError as refusal:
        return Undecided(space.parent, refusal.why)
    except TimeoutError as stop:
        return replace(answer, why=str(stop))
    return replace(answer, proved=True, slices=slices, corners=corners, proved_at=rough)


__all__ = [
    "ParentAnswer",
    "ParentFrontier",
    "Point",
    "parent_frontier",
    "read_objectives",
]
