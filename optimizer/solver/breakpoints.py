"""The next move of a threshold: where exactly the answer changes, and what that is worth.

Throughput is a step function of every threshold, so a derivative misleads. For each legal number
two moves are exact: relaxed to the first value at which something better becomes lawful, and
tightened to the first value at which nothing as good is lawful any more. Both are found by one
search each: the least attribute among designs above (or at) the present optimum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from catalogs.errors import InputError
from constraints.expressions import names, substitute
from optimizer.design import Design, DesignSpace
from optimizer.projection import Prepared
from optimizer.solver.binding import columns_of, next_steps
from optimizer.solver.column_reader import constants
from optimizer.solver.lines import (
    RELAXED_BY_RAISING,
    STRICT,
    Line,
    attribute_at,
    lines,
)
from optimizer.solver.lowering import Linear, linear
from optimizer.solver.objective import Objective, requested
from optimizer.solver.outcome import Feasible, Optimal
from optimizer.solver.problem import Problem
from optimizer.solver.request import THROUGHPUT_PER_WATT, Request
from optimizer.solver.requirements import requirements
from optimizer.solver.search import Search
from optimizer.solver.staircase import TOLERANCE
from optimizer.solver.tables import Table, build_tables, design_at, with_columns
from optimizer.solver.ties import EQUAL_SHARE, at_least

# A threshold moved here excludes nothing that silicon can reach.
OUT_OF_REACH = 10**9


@dataclass(frozen=True, slots=True)
class Move:
    """One exact move of a threshold.

    Attributes
    ----------
    path : str
        Threshold, as `--set` takes it.
    value : Fraction
        Its present value.
    relaxes : bool
        Whether the move lets more designs through.
    beyond : Fraction
        Attribute of the design that decides: the answer changes once the line has passed it.
    inclusive : bool
        Whether the line may stand exactly at `beyond` for the answer to change.
    before, after : float
        Best throughput before and after the move; after is 0 where nothing is left.
    design : Design or None
        Best design after the move.
    """

    path: str
    value: Fraction
    relaxes: bool
    beyond: Fraction
    inclusive: bool
    before: float
    after: float
    design: Design | None


def next_moves(
    request: Request, answer: Optimal | Feasible, prepared: Prepared
) -> tuple[Move, ...]:
    """Moves of the thresholds that change the answer on one parent.

    Of every threshold the one that relaxes it, of those that bind also the one that tightens it.

    Parameters
    ----------
    request : Request
        The question that `answer` answers.
    answer : Optimal or Feasible
        Its best design stands for the present optimum.
    prepared : Prepared
        The workload.

    Raises
    ------
    InputError
        The objective is throughput per watt.
    """
    if request.objective == THROUGHPUT_PER_WATT:
        # The axis that carries the attribute of a line is the one that power would need.
        raise InputError(
            "the next move of a threshold is not known for throughput per watt",
            "--objective",
            "Ask for throughput, or throughput per dollar or wafer.",
        )
    site = Site(answer.space, prepared, build_tables(answer.space))
    return law_moves(request, answer, site)


def law_moves(request: Request, answer: Optimal | Feasible, site: Site) -> tuple[Move, ...]:
    """The same on tables that are made already."""
    binding = binding_lines(request, answer)
    return tuple(
        move
        for line in lines(request.ruleset, request.destination)
        if is_sum(line, site)
        for move in moves_of(request, answer, site, line, tightens=line in binding)
    )


def moves_of(
    request: Request, answer: Optimal | Feasible, site: Site, line: Line, *, tightens: bool = True
) -> tuple[Move, ...]:
    """The move that relaxes a line and the one that tightens it, where they change the answer."""
    senses = (True, False) if tightens else (True,)
    found = [_move(request, answer, site, line, relaxes) for relaxes in senses]
    return tuple(move for move in found if move is not None)


@dataclass(frozen=True, slots=True)
class Site:
    """What every question on one space shares."""

    space: DesignSpace
    prepared: Prepared
    tables: tuple[Table, ...]


def is_sum(line: Line, site: Site) -> bool:
    """Whether the attribute of a line adds up over the tables, so that a search can weigh it."""
    read = names(substitute(line.attribute, constants(site.space)))
    return read <= {name for table in site.tables for name in table.columns}


def binding_lines(request: Request, answer: Optimal | Feasible) -> tuple[Line, ...]:
    """Thresholds that stand between the best design and the next step of one of its knobs."""
    design = answer.designs[0].design
    here = columns_of(design)
    steps = [columns_of(step) for _, step in next_steps(design) if step is not None]
    found = []
    for line in lines(request.ruleset, request.destination):
        reach = [attribute_at(line, answer.space, facts) for facts in (here, *steps)]
        holds = [line.holds(value) for value in reach if value is not None]
        if len(holds) == len(reach) and any(h != holds[0] for h in holds[1:]):
            found.append(line)
    return tuple(found)


def _move(
    request: Request, answer: Optimal | Feasible, site: Site, line: Line, relaxes: bool
) -> Move | None:
    best = answer.designs[0]
    upward = (line.op in RELAXED_BY_RAISING) == relaxes
    level = best.value * (1 + TOLERANCE) if relaxes else best.value * (1 - EQUAL_SHARE)
    limit = OUT_OF_REACH if upward else 0
    asked = line.moved(request, Fraction(limit)) if relaxes else request
    deciding = extreme(asked, site, line, level, least=upward == relaxes)
    if deciding is None:
        return None
    design, attribute = deciding
    inclusive = (line.op in STRICT) == relaxes
    after = line.moved(request, _past(line, attribute, upward, inclusive))
    value, winner = best_of(after, site)
    if (relaxes and value <= level) or (not relaxes and value >= level):
        return None
    return Move(
        line.path, line.value, relaxes, attribute, inclusive, best.value, value, winner or design
    )


def _past(line: Line, attribute: Fraction, upward: bool, inclusive: bool) -> Fraction:
    """A value of the threshold that has just passed an attribute; no attribute lies between."""
    step = Fraction(0) if inclusive else Fraction(1, 10**9)
    return attribute + step if upward else attribute - step


def best_of(request: Request, site: Site) -> tuple[float, Design | None]:
    """Best value and its design on one space, searched and not proved; 0 where there is none."""
    problem, objective = _problem(request, site)
    if problem.empty:
        return 0.0, None
    small = problem.undominated()
    found = Search(small, objective).best()
    if found.rows is None or found.value <= 0:
        return 0.0, None
    a, b, c = found.rows
    return found.value, design_at(site.space, small.tables, (a, b, c))


def _problem(request: Request, site: Site, line: Line | None = None) -> tuple[Problem, Objective]:
    needs = requirements(request, site.space)
    objective = requested(request, site.space, site.prepared)
    tables = with_columns(site.tables, needs.board_columns)
    if line is not None:
        tables = weighed(site.space, tables, line)
    return Problem.compile(tables, needs.expr, objective.extra, objective.grid), objective


def weighed(space: DesignSpace, tables: tuple[Table, ...], line: Line) -> tuple[Table, ...]:
    """Tables whose additive axis carries the attribute instead of power."""
    own = {name: Linear({name: Fraction(1)}) for t in tables for name in t.columns}
    form = linear(substitute(line.attribute, constants(space)), own)
    return tuple(
        replace(
            t,
            power=sum(
                (float(c) * t.columns[n] for n, c in form.terms.items() if n in t.columns),
                np.zeros(len(t)),
            ),
        )
        for t in tables
    )


def extreme(
    request: Request, site: Site, line: Line, level: float, *, least: bool
) -> tuple[Design, Fraction] | None:
    """The design at or above a level whose attribute is least (or greatest)."""
    problem, objective = _problem(request, site, line)
    if problem.empty:
        return None
    kept = at_least(problem, objective, level)
    if kept.empty:
        return None
    if not least:
        kept = replace(kept, tables=tuple(replace(t, power=-t.power) for t in kept.tables))

    def saving(vectors: np.ndarray) -> np.ndarray:
        return np.asarray(np.where(objective(vectors) >= level, -vectors[:, -1], -np.inf))

    found = Search(kept.reading_power(), saving).best()
    if found.rows is None:
        return None
    a, b, c = found.rows
    design = design_at(site.space, kept.tables, (a, b, c))
    attribute = attribute_at(line, site.space, columns_of(design))
    return None if attribute is None else (design, attribute)


__all__ = [
    "OUT_OF_REACH",
    "RELAXED_BY_RAISING",
    "STRICT",
    "Line",
    "Move",
    "Site",
    "attribute_at",
    "best_of",
    "binding_lines",
    "extreme",
    "is_sum",
    "law_moves",
    "lines",
    "moves_of",
    "next_moves",
]
