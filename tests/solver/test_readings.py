"""One condition, four readings: exact checker, vectorized rows, boxes, and CP-SAT rows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enumeration import thinned
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.expressions import (
    And,
    BinOp,
    Compare,
    Expr,
    Name,
    Number,
    Or,
    evaluate,
    names,
)
from optimizer.solver.binding import columns_of
from optimizer.solver.model import Model
from optimizer.solver.problem import Problem
from optimizer.solver.reading import interval_truth, point_truths
from optimizer.solver.search import Search
from optimizer.solver.tables import build_tables, design_at

# Lines that designs of the reduced space meet, miss and hit exactly.
LINES = {
    "tpp": [800, 1600, Fraction(239861760, 10**5), 2400, 4800, 9000],
    "dram_bandwidth_gb_s": [600, Fraction(136704, 100), 1400, 4016],
    "io_bandwidth_gb_s": [128, 328, 528, 1028],
    "enabled_cores": [2, 66, 132],
    "memory_capacity_gb": [16, 64, 96, 144],
    "links": [0, 4, 18],
}
OPS = ["<", "<=", ">", ">=", "==", "!="]


def numbers(name: str) -> st.SearchStrategy[Expr]:
    return st.sampled_from(LINES[name]).map(lambda v: Number(Fraction(v)))


def simple(name: str) -> st.SearchStrategy[Expr]:
    return st.builds(Compare, st.sampled_from(OPS), st.just(Name(name)), numbers(name))


SUM = BinOp("+", Name("dram_bandwidth_gb_s"), Name("io_bandwidth_gb_s"))
sums = st.builds(
    Compare,
    st.sampled_from(OPS),
    st.just(SUM),
    st.sampled_from([1000, 1700, Fraction(169504, 100), 3000]).map(lambda v: Number(Fraction(v))),
)
atoms = st.one_of(*(simple(name) for name in LINES), sums)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda a: And(tuple(a))),
        st.lists(inner, min_size=2, max_size=3).map(lambda a: Or(tuple(a))),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def small(space_of, rules):
    return thinned(space_of("gh100", rules("us-2025").on), 6, 5, 4, 4)


@pytest.fixture(scope="module")
def tables(small):
    return build_tables(small)


def some_rows(tables, seed: int) -> list[tuple[int, int, int]]:
    rng = np.random.default_rng(seed)
    return [tuple(int(rng.integers(len(t))) for t in tables) for _ in range(12)]


def same_clamshell(design) -> bool:
    return not design.option.clamshell


@settings(max_examples=60)
@given(condition=conditions, seed=st.integers(0, 10**6))
def test_the_exact_reading_equals_the_one_over_tables(condition, seed, small, tables) -> None:
    problem = Problem.compile(tables, condition)
    whole = {n: Name(n) for n in names(condition)}
    assert whole
    for rows in some_rows(tables, seed):
        design = design_at(small, tables, rows)
        exact = bool(evaluate(condition, columns_of(design)))
        kept = [
            np.flatnonzero((t.knobs == tables[i].knobs[rows[i]]).all(axis=1))
            for i, t in enumerate(problem.tables)
        ]
        inside = all(len(k) for k in kept)
        assert (inside and problem.allows(tuple(int(k[0]) for k in kept))) == exact


@settings(max_examples=60)
@given(atom=atoms, seed=st.integers(0, 10**6))
def test_a_reading_over_boxes_is_never_wrong_about_a_point_in_it(atom, seed, tables) -> None:
    rng = np.random.default_rng(seed)
    env, points = {}, {}
    for table in tables:
        picks = rng.integers(len(table), size=5)
        for name in names(atom) & set(table.columns):
            column = table.columns[name][picks]
            env[name] = (np.asarray(column.min()), np.asarray(column.max()))
            points[name] = column
    must, may = interval_truth(atom, env)
    for i in range(5):
        exact = evaluate(atom, {n: Fraction(round(c[i] * 10**8), 10**8) for n, c in points.items()})
        assert not (must and not exact)
        assert not (exact and not may)


@settings(max_examples=40)
@given(condition=conditions, seed=st.integers(0, 10**6))
def test_cp_sat_admits_exactly_the_designs_that_the_checker_does(
    condition, seed, small, tables
) -> None:
    model = Model(small, {"condition": condition})
    for rows in some_rows(tables, seed)[:4]:
        design = design_at(small, tables, rows)
        assert model.admits(design) == bool(evaluate(condition, columns_of(design)))


@settings(max_examples=25)
@given(condition=conditions)
def test_search_and_model_agree_on_whether_anything_is_left(condition, small, tables) -> None:
    problem = Problem.compile(tables, condition)
    found = None
    if not problem.empty:
        found = Search(problem, lambda v: v.sum(axis=1)).best().rows
    left = Model(small, {"condition": condition}).solve()
    assert (found is None) == (left is None)
    if left is not None:
        assert evaluate(condition, columns_of(left))


def test_a_value_on_the_line_is_settled_exactly(tables) -> None:
    from optimizer.solver.reading import Atom

    column = tables[0].columns["tpp"]
    line = Fraction(round(float(column[7]) * 10**8), 10**8)
    for op, expected in ((">=", True), (">", False), ("<=", True), ("<", False), ("==", True)):
        atom = Compare(op, Name("tpp"), Number(line))
        assert point_truths(Atom(atom, (0,)), tables[0])[7] == expected
