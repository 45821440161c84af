"""The proof is attacked: a wrong search, lowering or corner must each be refused."""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import pytest
from enumeration import thinned

from constraints.expressions import conjunction, parse
from optimizer.solver import Optimal, lowering
from optimizer.solver.lowering import Linear, LoweringError, Row, rows
from optimizer.solver.objective import objective_of
from optimizer.solver.optimize import solve_space, with_columns
from optimizer.solver.problem import Problem
from optimizer.solver.proof import Claim, ProofRefusedError, prove
from optimizer.solver.requirements import requirements
from optimizer.solver.search import Search
from optimizer.solver.staircase import TOLERANCE, axis_levels, staircase
from optimizer.solver.tables import build_tables, design_at


class Case:
    """One solved parent, with the pieces of its proof laid open."""

    def __init__(self, ask, ready, space_of, parent: str = "gh100", rank: int = 1) -> None:
        self.request = ask("us-2025")
        self.space = thinned(space_of(parent, self.request.ruleset.on), 10, 8, 4, 6)
        self.needs = requirements(self.request, self.space)
        self.objective = objective_of(self.space, ready(), self.request.objective)
        self.tables = with_columns(build_tables(self.space), self.needs.board_columns)
        self.levels = axis_levels(self.tables)
        self.problem = Problem.compile(self.tables, self.needs.expr)
        search = Search(self.problem, self.objective)
        # Boxes of other sizes round the last digit otherwise.
        cutoff = search.best(rank).value * (1 - TOLERANCE)
        found = search.collect(cutoff, 1000)
        values = self.values(found)
        pick = int(np.argsort(-values, kind="stable")[rank - 1])
        self.value = float(values[pick])
        self.design = design_at(self.space, self.problem.tables, found[pick])
        corners = Search(self.problem.undominated(), self.objective).best().corners
        self.corners = staircase(
            corners[self.objective(corners) <= self.value], self.objective, self.value, self.levels
        )

    def values(self, found) -> np.ndarray:
        designs = [design_at(self.space, self.problem.tables, r) for r in found]
        return self.objective(np.array([self.objective.vector(d) for d in designs]))

    def claim(self, **changes) -> Claim:
        fields = {
            "space": self.space,
            "requirements": self.needs.by_label(),
            "design": self.design,
            "value": self.value,
            "objective": self.objective,
            "vector": self.objective.vector,
            "board_columns": self.needs.board_columns,
        }
        return Claim(**{**fields, **changes})


def test_the_true_optimum_is_proved(ask, ready, space_of) -> None:
    case = Case(ask, ready, space_of)
    proved = prove(case.claim(), case.corners, case.levels)
    assert (case.objective(proved) <= case.value * (1 + 1e-9)).all()


def test_a_search_that_returns_the_second_best_is_refused(ask, ready, space_of) -> None:
    case = Case(ask, ready, space_of)
    second = Case(ask, ready, space_of, rank=60)
    assert second.value < case.value * (1 - 1e-9)
    with pytest.raises(ProofRefusedError, match="better than"):
        prove(second.claim(), second.corners, second.levels)


def test_a_corner_one_step_too_high_is_refused(ask, ready, space_of) -> None:
    case = Case(ask, ready, space_of)
    raised = 0
    for axis, steps in enumerate(case.levels):
        for i, corner in enumerate(case.corners):
            above = steps[steps > corner[axis]]
            if not len(above):
                continue
            wrong = case.corners.copy()
            wrong[i, axis] = above[0]
            if case.objective(wrong[i : i + 1])[0] <= case.value * (1 + 1e-9):
                continue
            raised += 1
            with pytest.raises(ProofRefusedError, match="a corner is worth"):
                prove(case.claim(), wrong, case.levels)
    assert raised > 0


@pytest.mark.parametrize("parent", ["gh100", "gb202", "mi300x_package"])
def test_a_lowering_one_step_too_tight_is_refused(
    parent, ask, ready, space_of, monkeypatch
) -> None:
    case = Case(ask, ready, space_of, parent)
    tpp = Fraction(case.design.tpp)
    true_rows = rows

    def tight(atom, names):
        if "tpp" in str(atom.left) + str(atom.right) and atom.op == "<":
            form = lowering.linear(atom.left, names).plus(lowering.linear(atom.right, names), -1)
            if form.terms and -form.constant > tpp * Fraction(99, 100):
                found = true_rows(atom, names)
                # The line moves to just below the optimum: one attainable step too far.
                return tuple(Row(r.terms, _beyond(r, case)) for r in found)
        return true_rows(atom, names)

    monkeypatch.setattr(lowering, "rows", tight)
    with pytest.raises(ProofRefusedError, match="forbids the design that the search found"):
        prove(case.claim(), case.corners, case.levels)


def _beyond(row: Row, case: Case) -> int:
    """Smallest bound of a row in tpp that the optimum just fails."""
    ((name, coefficient),) = row.terms
    assert name == "tpp"
    factors = [case.space.tpp_per_core_mhz(u) for u in case.space.rate_units]
    common = int(np.gcd.reduce(factors))
    units = case.design.cores * case.design.clock_mhz
    units *= case.space.tpp_per_core_mhz(case.design.rate_units) // common
    return coefficient * units + 1


def test_a_search_whose_law_is_too_tight_is_refused(ask, ready, space_of, monkeypatch) -> None:
    request = ask("us-2025")
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    honest = solve_space(request, space, ready())
    assert isinstance(honest, Optimal)
    line = float(honest.designs[0].design.tpp)

    class TooTight:
        @staticmethod
        def compile(tables, expr, extra=(), grid=None):
            return Problem.compile(
                tables, conjunction(expr, parse(f"tpp < {line:.6f}")), extra, grid
            )

    monkeypatch.setattr(sys.modules["optimizer.solver.optimize"], "Problem", TooTight)
    answer = solve_space(request, space, ready())
    assert not isinstance(answer, Optimal)
    assert "better than" in answer.why


def test_rows_round_only_the_right_side_and_toward_the_line() -> None:
    names = {"x": Linear({"x": Fraction(1, 1000)})}
    assert rows(parse("x >= 1.2345"), names) == (Row((("x", 1),), 1235),)
    assert rows(parse("x > 1.234"), names) == (Row((("x", 1),), 1235),)
    assert rows(parse("x < 1.234"), names) == (Row((("x", -1),), -1233),)
    assert rows(parse("x <= 1.2345"), names) == (Row((("x", -1),), -1234),)


def test_a_condition_that_is_not_linear_is_refused() -> None:
    names = {"x": Linear({"x": Fraction(1)}), "y": Linear({"y": Fraction(1)})}
    with pytest.raises(LoweringError, match="not linear"):
        rows(parse("x * y >= 3"), names)
