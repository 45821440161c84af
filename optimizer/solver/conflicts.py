"""Why nothing fits: sets of requirements that no design meets together.

The tables answer every question; the exact solver confirms what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from constraints.clause_by_clause import by_clause
from constraints.expressions import Expr, conjunction
from optimizer.design import DesignSpace
from optimizer.projection import Prepared
from optimizer.solver.conflict_sets import Possible, conflict_sets
from optimizer.solver.model import Model
from optimizer.solver.objective import Objective, objective_of
from optimizer.solver.outcome import Infeasible, Unserved
from optimizer.solver.possible import SERVED, Meter, OpenError, any_design
from optimizer.solver.problem import Problem
from optimizer.solver.request import THROUGHPUT, Request
from optimizer.solver.requirements import STRUCTURE, Requirements, requirements
from optimizer.solver.staircase import axis_levels
from optimizer.solver.tables import Table, build_tables, with_columns

UNSERVED = "no design that meets the requirements serves it"


def smallest_conflict(
    space: DesignSpace, needs: Requirements, objective: Objective, levels: tuple[object, ...]
) -> tuple[str, ...]:
    """Smallest set of requirements that conflict, in the user's words.

    Parameters
    ----------
    space : DesignSpace
    needs : Requirements
        All conditions, the throughput floor included.
    objective : Objective
        Its throughput decides the floor.
    levels : tuple of ndarray
        Not read: which values an axis takes decides no conflict.

    Returns
    -------
    tuple of str
        Labels; empty where the space itself is at odds with its structure, or nothing conflicts.
    """
    floors = needs.floors
    possible = possible_on(build_tables(space), needs, objective, floors, Meter(), unserved=0.0)
    labels = [*open_conditions(needs), *floors]
    found = conflict_sets(labels, possible).conflicts
    confirmed = confirming(space, needs)
    for each in found:
        if set(each) & set(floors) or confirmed(each) is not False:
            return each
    # With a floor that the tables leave open, all that is known is that nothing meets everything.
    return _by_model(labels, confirmed) or (tuple(labels) if floors else ())


def settled_at_once(
    request: Request, space: DesignSpace, prepared: Prepared
) -> Infeasible | Unserved | None:
    """That a die has no design for a request, where a bounded search of any design settles it.

    The search of the best design has no bound, and on a request that nothing meets none is needed.
    None where there is a design, where the question stays open, where a rule asks for a fact that
    no design states, or where even the whole die cannot serve the workload.
    """
    needs = requirements(request, space)
    if needs.unknown:
        return None
    objective = objective_of(space, prepared, THROUGHPUT)
    tables = with_columns(build_tables(space), needs.board_columns)
    whole = np.array([[x[-1] for x in axis_levels(tables)]])
    if float(objective(whole)[0]) <= 0.0:
        return None
    problem = Problem.compile(tables, needs.expr)
    try:
        if any_design(problem, objective, 0.0, Meter()) is None:
            return Infeasible(space.parent, (), space)
        if any_design(problem, objective, SERVED, Meter()) is None:
            return Unserved(space.parent, UNSERVED, space)
        floor = float(needs.floor or 0)
        if any_design(problem, objective, max(floor, SERVED), Meter()) is None:
            return Infeasible(space.parent, (), space)
    except OpenError:
        return None
    return None


def in_clauses(
    request: Request, space: DesignSpace, objective: Objective, conflict: Sequence[str]
) -> tuple[str, ...]:
    """A conflict with the clauses of each rule that conflict, instead of the whole rule.

    Parameters
    ----------
    request : Request
    space : DesignSpace
    objective : Objective
        Of the request, on this space.
    conflict : sequence of str
        Requirements by rule; given back as they are where no clause can be told.
    """
    apart = replace(request, ruleset=by_clause(request.ruleset, request.destination))
    needs = requirements(apart, space)
    rules = set(request.ruleset.conditions(request.destination))
    floors = needs.floors
    possible = possible_on(build_tables(space), needs, objective, floors, Meter(), unserved=0.0)
    labels = (*open_conditions(needs), *floors)
    named = [x for x in labels if x in conflict or _rule(x, rules) & {*conflict}]
    found = conflict_sets(named, possible).conflicts
    return found[0] if found else tuple(conflict)


def _rule(label: str, rules: set[str]) -> set[str]:
    """The rule that a clause belongs to."""
    return {rule for rule in rules if label.startswith(f"{rule}.")}


def open_conditions(needs: Requirements) -> dict[str, Expr]:
    """Conditions that may be given up, by label."""
    return {r.label: r.condition for r in needs.items if r.kind != STRUCTURE}


def possible_on(
    tables: tuple[Table, ...],
    needs: Requirements,
    objective: Objective,
    floors: Mapping[str, float],
    meter: Meter,
    *,
    unserved: float,
) -> Possible:
    """Whether some design meets a set of requirements, asked of the tables.

    Parameters
    ----------
    floors : mapping of str to float
        Throughput floors by label. [token/s per chip]
    meter : Meter
        Bounds what a question costs; past it the answer is open.
    unserved : float
        Least value where no floor is asked: 0 lets a design pass that serves nothing.
    """
    structure = [r.condition for r in needs.items if r.kind == STRUCTURE]
    conditions = open_conditions(needs)
    whole, speed = with_columns(tables, needs.board_columns), objective.throughput

    def possible(kept: Sequence[str]) -> bool | None:
        parts = [conditions[x] for x in kept if x in conditions]
        level = max([floors[x] for x in kept if x in floors], default=unserved)
        problem = Problem.compile(whole, conjunction(*structure, *parts))
        try:
            return any_design(problem, speed, level, meter) is not None
        except OpenError:
            return None

    return possible


def confirming(space: DesignSpace, needs: Requirements) -> Callable[[Sequence[str]], bool | None]:
    """Whether the exact solver finds that no design meets a set; None where it stops before."""
    conditions = needs.by_label()
    structure = {r.label: r.condition for r in needs.items if r.kind == STRUCTURE}

    def confirmed(labels: Sequence[str]) -> bool | None:
        kept = {**structure, **{x: conditions[x] for x in labels if x in conditions}}
        try:
            return Model(space, kept, board_columns=needs.board_columns).solve() is None
        except TimeoutError:
            return None

    return confirmed


def _by_model(
    labels: Sequence[str], confirmed: Callable[[Sequence[str]], bool | None]
) -> tuple[str, ...]:
    """A conflict without a superfluous member by the exact solver alone; empty if there is none."""
    if not confirmed(labels):
        return ()
    kept = list(labels)
    for label in labels:
        rest = [x for x in kept if x != label]
        if confirmed(rest):
            kept = rest
    return tuple(kept)
