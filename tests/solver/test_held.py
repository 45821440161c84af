"""The optimum held to what a shipped part needs, against enumeration; rows that go together."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from enumeration import cents, lawful, listing, powers, salvage, thinned, throughput

from constraints import load_law
from optimizer.design.unit_cost import CENTS
from optimizer.solver import Limit, Optimal, Request
from optimizer.solver.objective import objective_of, power_of
from optimizer.solver.optimize import solve_space
from optimizer.solver.problem import Problem
from optimizer.solver.requirements import requirements
from optimizer.solver.tables import POWER_STEPS, build_tables, with_columns
from optimizer.solver.ties import EQUAL_SHARE, at_least
from optimizer.study.held import holds_of
from optimizer.study.history import Optima, law_of, market_of
from optimizer.study.sides import shipped_side

# Axes of the reduced spaces, and the held quantities each of which alone lowers their optimum.
ROWS = {
    "h800": ((10, 12, 4, 8), {"salvage_share", "power_w"}),
    "rtx_5090_d_v2": ((20, 14, 6, 8), {"unit_cost_usd"}),
}
# Levels as shares of the optimum at which rows are dropped.
LEVELS = (1.0, 0.9)
# Designs that may be left at the level of the optimum, of some 1e5.
FEW = 100


@pytest.fixture(scope="module")
def held_row(catalog):
    """Request without limits, full space, and what the shipped part of a row is held to."""
    solver = Optima(catalog, None, False)
    known = {each.derived_sku: each for each in catalog.derivations.values()}

    @cache
    def get(part: str):
        each = known[part]
        rules = law_of(each, load_law())
        answer, workload, _ = solver.best(each.base_die, rules, market_of(each))
        design = answer.designs[0].design
        shipped = shipped_side(catalog.sku(part), rules, "CN", solver.prepared(workload), design)
        request = Request(rules, workload, (each.base_die,), "CN", market_of(each))
        return request, design.space, solver.prepared(workload), holds_of(shipped, design)

    return get


def met(limit: Limit, space, found) -> np.ndarray:
    """A limit on every listed design, in whole steps."""
    match limit.name:
        case "salvage_share":
            return salvage(space, found) >= float(limit.value)
        case "power_w":
            return powers(space, found) <= limit.value * POWER_STEPS
    return cents(space, found) <= limit.value * CENTS


@pytest.fixture(scope="module")
def reduced(held_row):
    """Request with limits, reduced space, its listing, values of all that the law allows."""

    @cache
    def get(part: str):
        request, whole, prepared, holds = held_row(part)
        limits = tuple(hold.limit for hold in holds if hold.limit is not None)
        space = thinned(whole, *ROWS[part][0])
        found = listing(space)
        allowed = lawful(space, found, request.ruleset.controlled("CN"))
        worth = np.where(allowed, throughput(space, found, prepared), -np.inf)
        fits = {limit.name: met(limit, space, found) for limit in limits}
        return replace(request, limits=limits), space, prepared, found, worth, fits

    return get


@pytest.mark.parametrize("part", ROWS)
def test_the_held_optimum_is_the_best_of_enumeration(part: str, reduced) -> None:
    request, space, prepared, found, worth, fits = reduced(part)
    assert len(found) >= 100_000
    within = np.logical_and.reduce(list(fits.values()))
    best = worth[within].max()
    answer = solve_space(request, space, prepared)
    assert isinstance(answer, Optimal)
    assert answer.designs[0].value == pytest.approx(best, rel=1e-12)
    equal = within & (worth >= best * (1 - EQUAL_SHARE))
    assert power_of(answer.designs[0].design) == powers(space, found)[equal].min()
    alone = {n for n, f in fits.items() if worth[f].max() < worth.max() * (1 - 1e-9)}
    assert alone == ROWS[part][1]


def test_every_held_quantity_binds_in_a_reduced_space() -> None:
    bound = set().union(*(binding for _, binding in ROWS.values()))
    assert bound == {"salvage_share", "power_w", "unit_cost_usd"}


@pytest.mark.parametrize("share", LEVELS)
@pytest.mark.parametrize("part", ROWS)
def test_no_row_of_a_design_that_reaches_a_level_is_dropped(part: str, share, reduced) -> None:
    request, space, prepared, found, worth, fits = reduced(part)
    within = np.logical_and.reduce(list(fits.values()))
    level = worth[within].max() * share * (1 - EQUAL_SHARE)
    objective = objective_of(space, prepared, request.objective)
    needs = requirements(request, space)
    tables = with_columns(build_tables(space), needs.board_columns)
    kept = at_least(Problem.compile(tables, needs.expr), objective, level)
    reaching = np.flatnonzero(within & (worth >= level))
    sides = (
        (found.cores, found.clock, found.units),
        (found.option, found.sites, found.rate),
        (found.board, found.links),
    )
    for table, side in zip(kept.tables, sides, strict=True):
        knobs = np.unique(np.stack(side, axis=1)[reaching], axis=0)
        assert set(map(tuple, knobs.tolist())) <= set(map(tuple, table.knobs.tolist()))
    if share == 1:
        assert np.prod([len(t) for t in kept.tables]) <= FEW


@pytest.mark.parametrize("count", [2, 5])
def test_the_next_best_value_is_that_of_enumeration(count: int, reduced) -> None:
    request, space, prepared, _, worth, fits = reduced("rtx_5090_d_v2")
    within = np.logical_and.reduce(list(fits.values()))
    answer = solve_space(replace(request, top=count, prove=False), space, prepared)
    values = [design.value for design in answer.designs]
    assert values == pytest.approx(np.sort(worth[within])[::-1][:count], rel=1e-11)
