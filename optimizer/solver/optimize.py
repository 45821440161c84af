"""From a request to proved answers, one parent after the other."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import numpy as np

from catalogs import Catalog
from constraints.check import check
from optimizer.design import Design, DesignSpace, Incomplete, build_space
from optimizer.design.cost_estimate import cost_estimate
from optimizer.design.sustained import sustained_clock
from optimizer.design.unit_cost import CostUnknown
from optimizer.projection import Prepared, prepare
from optimizer.silicon import floorplan
from optimizer.silicon.defaults import missing_power
from optimizer.solver.binding import binding_of
from optimizer.solver.candidates import Field
from optimizer.solver.checked import facts_of, tdp_of
from optimizer.solver.conflicts import smallest_conflict
from optimizer.solver.costs import COST
from optimizer.solver.diverse import diverse_best
from optimizer.solver.limits import broken_limits
from optimizer.solver.objective import Objective, floored, power_of, requested
from optimizer.solver.outcome import (
    Certificate,
    Feasible,
    Infeasible,
    LeftOut,
    Optimal,
    Outcome,
    ParentOutcome,
    SolvedDesign,
    Undecided,
    Unserved,
)
from optimizer.solver.proof import Claim, ProofRefusedError, prove
from optimizer.solver.rated import sustaining
from optimizer.solver.request import (
    THROUGHPUT,
    THROUGHPUT_PER_DOLLAR,
    THROUGHPUT_PER_WAFER,
    THROUGHPUT_PER_WATT,
    Request,
)
from optimizer.solver.requirements import Requirements, requirements
from optimizer.solver.runs import lawful
from optimizer.solver.salvage import SALVAGE, salvage_of
from optimizer.solver.search import Found
from optimizer.solver.staircase import TOLERANCE, axis_levels, staircase
from optimizer.solver.tables import RESOURCES, Table, build_tables, with_columns
from optimizer.solver.ties import EQUAL_SHARE, equal_best, nth_value

NOT_CONTROLLED = "not_controlled"
POWER_MODEL = "power model"
# Quantities that an objective reads.
NEEDED = {
    THROUGHPUT_PER_WATT: frozenset({"power_w"}),
    THROUGHPUT_PER_DOLLAR: frozenset({COST}),
    THROUGHPUT_PER_WAFER: frozenset({SALVAGE, COST}),
}
UNSTATED = "a rule asks for it, no design states it, and with it counted as met nothing is left"
UNPROVED = "the proof was left out"


def optimize(request: Request, catalog: Catalog) -> Outcome:
    """Best derived SKU of every parent asked for.

    Parameters
    ----------
    request : Request
    catalog : Catalog

    Returns
    -------
    Outcome
        One answer per parent: proved, infeasible with its conflict, unserved, or left out.
    """
    prepared = prepare(request.workload, catalog, stack=request.stack)
    parents = request.parents or tuple(sorted(catalog.dies))
    seconds: dict[str, float] = {}
    answers: list[ParentOutcome] = []
    for name in parents:
        start = time.perf_counter()
        answers.append(solve_parent(request, catalog, prepared, catalog.die(name).id))
        seconds[name] = time.perf_counter() - start
    return Outcome(tuple(answers), seconds)


def solve_parent(
    request: Request, catalog: Catalog, prepared: Prepared, parent: str
) -> ParentOutcome:
    """Answer a request on one die."""
    space = space_of(request, catalog, parent)
    if isinstance(space, LeftOut):
        return space
    lacking = unknown_quantities(request, space)
    if lacking:
        why = missing_power(parent) if POWER_MODEL in lacking else ""
        return LeftOut(parent, lacking, "what was asked for is not known of this die", why)
    return solve_space(request, space, prepared)


def space_of(
    request: Request, catalog: Catalog, parent: str, on: date | None = None
) -> DesignSpace | LeftOut:
    """Design space of one die on the day of the rule set, or on another day."""
    day = on or request.ruleset.on
    space = build_space(catalog, parent, day, request.datacenter, request.figures)
    if isinstance(space, Incomplete):
        return LeftOut(parent, space.missing, space.reason)
    space = replace(space, stated=request.facts)
    return sustaining(request, space) if request.sustained else space


def unknown_quantities(request: Request, space: DesignSpace) -> tuple[str, ...]:
    """Models that the objective or a limit needs and the die does not have."""
    asked = {limit.name for limit in request.limits} | {fix.name for fix in request.fixes}
    asked |= NEEDED.get(request.objective, frozenset())
    found: list[str] = []
    if space.power is None and asked & {"power_w", "tdp_w"}:
        found.append(POWER_MODEL)
    if request.sustained and space.sustained_power is None and POWER_MODEL not in found:
        found.append(POWER_MODEL)
    if floorplan(space.parent, space.figures) is None and SALVAGE in asked:
        found.append("floorplan")
    if isinstance(space.cost, CostUnknown) and COST in asked:
        found += [name for name in space.cost.missing if name not in found]
    if space.area_mm2 is None and asked & {"performance_density", "applicable_die_area_mm2"}:
        found.append("applicable_die_area_mm2")
    return tuple(found)


def solve_space(
    request: Request,
    space: DesignSpace,
    prepared: Prepared,
    tables: tuple[Table, ...] | None = None,
) -> ParentOutcome:
    """Search, settle ties, prove, and recompute every number of the answer.

    Parameters
    ----------
    tables : tuple of Table, optional
        Tables of the space where they are made already: no rule set moves them.
    """
    return solve_needs(request, space, prepared, requirements(request, space), tables)


def solve_needs(
    request: Request,
    space: DesignSpace,
    prepared: Prepared,
    needs: Requirements,
    tables: tuple[Table, ...] | None = None,
) -> ParentOutcome:
    """The same with requirements that are made already, more than the request's own perhaps."""
    objective = requested(request, space, prepared)
    tables = with_columns(tables or build_tables(space), needs.board_columns)
    levels = axis_levels(tables, objective.extra, objective.grid)
    whole = np.array([[x[-1] for x in levels]])
    if float(objective.throughput(whole)[0]) <= 0.0:
        return Unserved(space.parent, unserved_reason(prepared, objective, whole), space)
    field = Field(lawful(tables, needs.expr), needs.expr, objective, levels)
    found = field.searched()
    if found is None:
        if needs.unknown:
            return LeftOut(space.parent, needs.unknown, UNSTATED)
        return Infeasible(space.parent, smallest_conflict(space, needs, objective, levels), space)
    if found.value <= 0.0 and not objective.floor:
        return Unserved(space.parent, "no design that meets the requirements serves it", space)
    level = needs.floor if request.objective == THROUGHPUT else None
    if found.value <= 0.0 or (level is not None and found.value < level):
        return Infeasible(space.parent, smallest_conflict(space, needs, objective, levels), space)
    if level is not None:
        field = replace(field, objective=floored(objective, level))
    ranked = _ranked(request, field, found)
    designs = tuple(recompute(request, needs, objective, d) for d in ranked)
    if not request.prove:
        return Feasible(space.parent, designs, UNPROVED, space, needs.unknown)
    return _proved(request, needs, objective, designs, found.corners, levels)


def _ranked(request: Request, field: Field, found: Found) -> list[Design]:
    """The designs of the ranking: the next best ones, or those that differ most."""
    best = found.value
    if request.diverse is None and request.top == 1:
        return equal_best(field.at_best(found), field.objective, best, 1)
    problem = field.problem
    if request.diverse is not None:
        return diverse_best(problem, field.objective, best, request.diverse, request.top)
    best = nth_value(problem, field.objective, best, request.top)
    return equal_best(problem, field.objective, best, request.top)


def _proved(
    request: Request,
    needs: Requirements,
    objective: Objective,
    designs: tuple[SolvedDesign, ...],
    corners: np.ndarray,
    levels: tuple[np.ndarray, ...],
) -> ParentOutcome:
    space, best = objective.space, designs[0]
    claim = Claim(
        space=space,
        requirements=needs.by_label(),
        design=best.design,
        value=best.value,
        objective=objective,
        vector=objective.vector,
        board_columns=needs.board_columns,
        axes=objective.axes,
    )
    steps = staircase(corners, objective, best.value, levels)
    try:
        proved = prove(claim, steps, levels)
    except ProofRefusedError as refusal:
        return Undecided(space.parent, refusal.why)
    except TimeoutError as stop:
        return Feasible(space.parent, designs, str(stop), space, needs.unknown)
    certificate = Certificate(objective.axes, proved, best.value, TOLERANCE)
    return Optimal(space.parent, designs, certificate, space, len(corners), needs.unknown)


def recompute(
    request: Request, needs: Requirements, objective: Objective, design: Design
) -> SolvedDesign:
    """Every number of a design, by the checker and the projection that serve users.

    Raises
    ------
    ProofRefusedError
        The checker finds the design controlled or cannot tell, or a limit is not met.
    """
    assessment = check(facts_of(design, request.ruleset), request.ruleset, request.destination)
    if assessment.verdict != NOT_CONTROLLED:
        raise ProofRefusedError(
            f"the checker calls the design {assessment.verdict}: {assessment.paragraphs}", design
        )
    broken = broken_limits(request, design)
    if broken:
        raise ProofRefusedError(f"the design does not meet {', '.join(broken)}", design)
    return SolvedDesign(
        design=design,
        value=float(objective(objective.vector(design)[None, :])[0]),
        projection=objective.prepared.project(design.resources()),
        assessment=assessment,
        power=power_of(design),
        tdp_w=tdp_of(design),
        salvage_share=salvage_of(design),
        unit_cost=cost_estimate(design),
        sustained=sustained_clock(design),
        binding=binding_of(design, needs, objective),
    )


def unserved_reason(prepared: Prepared, objective: Objective, whole: np.ndarray) -> str:
    from optimizer.design.design import resources_of

    columns = dict(zip(RESOURCES, whole[:, : len(RESOURCES)].T, strict=True))
    table = prepared.project(resources_of(objective.space, **columns))
    return table.reason[0] or "no layout serves the workload"


__all__ = ["EQUAL_SHARE", "optimize", "solve_needs", "solve_parent", "solve_space", "space_of"]
