"""Tables by runs: what holds along a run, and that cutting by runs loses no row that matters."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from enumeration import thinned

from optimizer.solver import Limit, candidates
from optimizer.solver.candidates import Field, reaching
from optimizer.solver.objective import objective_of
from optimizer.solver.problem import Problem
from optimizer.solver.requirements import requirements
from optimizer.solver.runs import lawful, turn
from optimizer.solver.search import Search
from optimizer.solver.staircase import axis_levels
from optimizer.solver.tables import build_tables, with_columns
from optimizer.solver.ties import EQUAL_SHARE
from optimizer.solver.tree import Tree

PARENTS = ["gh100", "gb202", "ga100", "mi300x_package"]


@pytest.fixture
def problem_of(ask, ready, space_of):
    def get(parent: str, *limits: str, rules: str = "us-2025"):
        request = ask(rules, limits=tuple(Limit.parse(text) for text in limits))
        space = thinned(space_of(parent, request.ruleset.on), 7, 9, 4, 6)
        needs = requirements(request, space)
        tables = with_columns(build_tables(space), needs.board_columns)
        return tables, needs.expr, objective_of(space, ready(), "throughput")

    return get


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.parametrize("sustained", [False, True])
def test_nothing_falls_along_a_run(parent, sustained, ask, space_of) -> None:
    space = space_of(parent, ask("us-2025").ruleset.on)
    for table in build_tables(replace(space, sustained=sustained)):
        ends = np.append(table.runs[1:], len(table))
        assert table.runs[0] == 0
        inside = np.ones(len(table), dtype=bool)
        inside[table.runs] = False
        rows = np.flatnonzero(inside)
        for column in (*table.columns.values(), *table.resources.T, table.power, *table.cost.T):
            assert (column[rows] >= column[rows - 1]).all()
        assert all(a < b for a, b in pairwise([*table.runs.tolist(), int(ends[-1])]))


def test_a_turn_is_the_first_row_above_a_line() -> None:
    draw = np.random.default_rng(3)
    column = np.concatenate([np.sort(draw.integers(0, 9, 12)), np.sort(draw.integers(0, 9, 7))])
    first, stop = np.array([0, 12]), np.array([12, 19])
    for line in range(-1, 10):
        expected = [
            next((i for i in range(a, b) if column[i] > line), b)
            for a, b in zip(first, stop, strict=True)
        ]
        assert turn(first, stop, column, line).tolist() == expected


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.parametrize("limits", [(), ("power_w<=300", "memory_capacity_gb>=40")])
def test_lawful_pieces_are_the_rows_that_reading_every_row_leaves(
    parent, limits, problem_of
) -> None:
    tables, expr, _ = problem_of(parent, *limits)
    whole = Problem.read(tables, expr)
    for piece, mask in zip(lawful(tables, expr), whole.possible(), strict=True):
        assert piece.rows().tolist() == np.flatnonzero(mask).tolist()


def test_rows_below_a_level_lie_under_the_corners_that_they_leave(problem_of) -> None:
    tables, expr, objective = problem_of("gh100")
    levels, pieces = axis_levels(tables), lawful(tables, expr)
    best = Field(pieces, expr, objective, levels).searched()
    assert best is not None
    kept, corners = reaching(pieces, objective, best.value, levels)
    assert (objective(corners) < best.value).all()
    top = np.concatenate([p.table.resources[p.last].max(axis=0) for p in pieces])
    axis = 0
    for before, after in zip(pieces, kept, strict=True):
        cut = np.setdiff1d(before.rows(), after.rows())
        width = before.table.resources.shape[1]
        for row in before.table.resources[cut]:
            vector = top.copy()
            vector[axis : axis + width] = row
            assert (vector <= corners).all(axis=1).any()
        axis += width


@pytest.mark.parametrize("limits", [(), ("power_w<=280",)])
def test_a_first_level_changes_no_optimum(limits, problem_of, monkeypatch) -> None:
    tables, expr, objective = problem_of("gb202", *limits)
    levels, pieces = axis_levels(tables), lawful(tables, expr)
    plain = Search(Problem.compile(tables, expr), objective).best()
    monkeypatch.setattr(candidates, "WIDE", 1)
    for thin in (1, 5, 40):
        monkeypatch.setattr(candidates, "THIN", thin)
        found = Field(pieces, expr, objective, levels).searched()
        assert found is not None
        assert found.value == pytest.approx(plain.value, rel=EQUAL_SHARE)


@pytest.mark.parametrize("limits", [(), ("power_w<=400",)])
@pytest.mark.parametrize("ratio", ["throughput_per_watt", "throughput_per_dollar"])
def test_ever_fewer_rows_lose_no_optimum_and_leave_corners_over_the_rest(
    limits, ratio, problem_of, monkeypatch
) -> None:
    tables, expr, plain = problem_of("gb202", *limits)
    objective = replace(plain, name=ratio)
    problem = Problem.compile(tables, expr, objective.extra, objective.grid)
    monkeypatch.setattr("optimizer.solver.problem.OUTRIGHT", 1)
    whole = Search(problem, objective).best()
    rows = np.random.default_rng(7).integers(0, [len(t) for t in problem.tables], (5000, 3))
    designs = problem.vectors(rows[problem.allowed(rows)])
    assert len(designs) > 100
    sign = np.array([1.0] * 5 + [-1.0])
    for thin in (1, 5, 40):
        monkeypatch.setattr(candidates, "THIN", thin)
        found = candidates.narrowed(problem, objective, -np.inf)
        assert found.value == pytest.approx(whole.value, rel=1e-12)
        assert (objective(found.corners) <= found.worth * (1 + 1e-12)).all()
        assert found.worth.max() <= found.value * (1 + 1e-12)
        over = (designs[:, None] * sign <= found.corners[None] * sign).all(axis=2).any(axis=1)
        assert over.all()


def test_rows_that_share_a_large_resource_are_arranged_by_the_others(problem_of) -> None:
    (table, *_), _, _ = problem_of("gh100")
    table = table.take(np.arange(4))
    resources = table.resources.copy()
    resources[:, :2] = [[1e12, 3.0], [1e12, 1.0], [1e12, 2.0], [1e12, 0.0]]
    resources[:, 2:] = 0.0
    grown = Tree.grow(replace(table, resources=resources), np.zeros((4, 0), dtype=bool))
    assert grown.order.tolist() == [3, 1, 2, 0]
