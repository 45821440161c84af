"""The proof is attacked: a wrong search, lowering or corner must each be refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumeration import thinned

from constraints.expressions import conjunction, parse
from optimizer.design.space import RATE_UNITS
from optimizer.solver import Limit, Optimal, lowering
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
    """Smallest bound of a row in tpp, or what it is in proportion to, that the optimum fails."""
    ((name, coefficient),) = row.terms
    assert name in ("tpp", "tensor")
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

    monkeypatch.setattr(sys.modules["optimizer.solver.candidates"], "Problem", TooTight)
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


def test_a_projection_that_changed_after_the_search_is_refused(ask, ready, space_of) -> None:
    case = Case(ask, ready, space_of)
    for factor in (0.999, 1.001):
        with pytest.raises(ProofRefusedError):
            prove(
                case.claim(objective=lambda v, f=factor: case.objective(v) * f),
                case.corners,
                case.levels,
            )


def test_a_projection_that_falls_where_a_resource_grows_is_refused(ask, ready, space_of) -> None:
    case = Case(ask, ready, space_of)
    own = case.objective.vector(case.design)

    for axis in range(len(own)):
        limit = float(own[axis])

        def falling(vectors, axis=axis, limit=limit):
            # Below the optimum on one axis, all others as good, is suddenly worth more.
            worth = case.objective(vectors)
            return np.where(vectors[:, axis] < limit, worth * 3, worth)

        with pytest.raises(ProofRefusedError):
            prove(case.claim(objective=falling), case.corners, case.levels)


# Table, and a factor for each of its resources: a unit mistaken for another.
SWAPPED = {
    "GHz for MHz": (0, (1e-3, 1e-3)),
    "MHz for GHz": (0, (1e3, 1e3)),
    "bits for bytes": (1, (8.0, 1.0)),
    "bytes for bits": (1, (0.125, 1.0)),
    "GiB for GB": (1, (1.0, 1.073741824)),
    "both directions for one": (2, (2.0,)),
    "one direction for both": (2, (0.5,)),
}


@pytest.mark.parametrize("mistake", SWAPPED)
def test_swapped_units_in_a_table_are_refused(mistake, ask, ready, space_of, monkeypatch) -> None:
    module = sys.modules["optimizer.solver.optimize"]
    request = ask("us-2025")
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    honest = solve_space(request, space, ready())
    which, factors = SWAPPED[mistake]

    def swapped(space):
        tables = list(build_tables(space))
        table = tables[which]
        tables[which] = replace(table, resources=table.resources * np.array(factors))
        return tuple(tables)

    monkeypatch.setattr(module, "build_tables", swapped)
    answer = solve_space(request, space, ready())
    assert isinstance(honest, Optimal)
    if isinstance(answer, Optimal):
        # A mistake that does not change the answer may stand; a wrong answer may not.
        assert answer.designs[0].design == honest.designs[0].design


class Planted:
    """A random monotone value of the resources; stands in for a prepared workload."""

    workload = None

    def __init__(self, draw: np.random.Generator) -> None:
        self.weights = 10 ** draw.uniform(-1, 1, 4)

    def tokens_per_s_per_chip(self, r) -> np.ndarray:
        stream = np.minimum(r.dram_bytes_per_s, r.core_draw_bytes_per_s) / 1e12
        parts = (r.bf16_flops / 1e14, stream, r.memory_bytes / 1e11,
                 (r.link_bytes_per_s_per_dir + 1e9) / 1e11)  # fmt: skip
        return 1 / sum(w / part for w, part in zip(self.weights, parts, strict=True))

    def project(self, resources) -> None:
        return None


@pytest.mark.parametrize("parent", ["gh100", "gb202"])
def test_a_planted_optimum_is_found_and_proved(parent, ask, space_of) -> None:
    plain = ask("us-2025", choices={"without": ("us_ear", "us_letters")})
    space = thinned(space_of(parent, plain.ruleset.on), 8, 8, 4, 4)
    tables = build_tables(space)
    draw = np.random.default_rng(20251231)
    for _ in range(12):
        rows = [int(draw.integers(len(t))) for t in tables]
        design = design_at(space, tables, rows)
        # Every resource of the planted design is the most that these limits leave.
        most = {
            "enabled_cores": design.cores,
            "core_clock_mhz": design.clock_mhz,
            "tensor_rate_fraction": Fraction(design.rate_units, RATE_UNITS),
            "dram_bandwidth_gb_s": Fraction(design.dram_mb_s, 1000),
            "memory_capacity_gb": design.sites * design.option.gb_per_site,
            "links": design.links,
        }
        limits = tuple(Limit(name, "<=", Fraction(value)) for name, value in most.items())
        value = objective_of(space, Planted(draw), "throughput")
        answer = solve_space(replace(plain, limits=limits), space, value.prepared)
        assert isinstance(answer, Optimal), (limits, answer)
        planted = float(value(value.vector(design)[None, :])[0])
        assert answer.designs[0].value == pytest.approx(planted, rel=1e-12)
