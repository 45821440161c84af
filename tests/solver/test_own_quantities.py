"""Quantities of rules of one's own, read alike by checker, tables, boxes and CP-SAT."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from enumeration import thinned
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.errors import InputError
from constraints.check import check
from constraints.expressions import And, BinOp, Compare, Expr, Name, Number, Or, atoms, evaluate
from optimizer import solve
from optimizer.cli import main
from optimizer.design import DesignSpace
from optimizer.report.settings import Settings
from optimizer.report.solve import ruleset_of
from optimizer.solver.binding import columns_of
from optimizer.solver.checked import facts_of
from optimizer.solver.column_reader import ColumnReader
from optimizer.solver.limits import printed
from optimizer.solver.model import Model
from optimizer.solver.problem import Problem
from optimizer.solver.reading import interval_truth
from optimizer.solver.request import NUMBERS, THROUGHPUT_NAME
from optimizer.solver.tables import POWER_STEPS, build_tables, design_at, with_columns

# Whole steps of each quantity, in its own unit, so that lines can be hit exactly.
NAMES = tuple(sorted({*NUMBERS} - {THROUGHPUT_NAME, "performance_density"}))
OPS = ["<", "<=", ">", ">=", "==", "!="]
SUMMED = ("power_w", "memory_capacity_gb", "enabled_cores", "dram_bandwidth_gb_s")


@pytest.fixture(scope="module")
def small(space_of, rules) -> DesignSpace:
    return thinned(space_of("gh100", rules("us-2025").on), 6, 5, 4, 4)


@pytest.fixture(scope="module")
def tables(small):
    return build_tables(small)


def picked(tables, seed: int, count: int) -> list[tuple[int, int, int]]:
    rng = np.random.default_rng(seed)
    return [tuple(int(rng.integers(len(t))) for t in tables) for _ in range(count)]


@st.composite
def questions(draw) -> tuple[int, tuple]:
    """A seed for designs, and a shape of a condition whose lines are values that designs have."""
    leaf = st.tuples(
        st.sampled_from(NAMES), st.sampled_from(OPS), st.integers(0, 7), st.integers(-1, 1)
    )
    pair = st.tuples(
        st.sampled_from(SUMMED),
        st.sampled_from(SUMMED),
        st.sampled_from(OPS),
        st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(3)]),
    )
    shape = st.recursive(
        st.one_of(leaf, pair),
        lambda inner: st.tuples(
            st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)
        ),
        max_leaves=4,
    )
    return draw(st.integers(0, 10**6)), draw(shape)


def condition(shape, values) -> Expr:
    match shape:
        case ("and" | "or" as word, list(parts)):
            inner = tuple(condition(part, values) for part in parts)
            return And(inner) if word == "and" else Or(inner)
        case (str(name), str(op), int(place), int(nudge)):
            line = values[place][name] + Fraction(nudge, 10**5)
            return Compare(op, Name(name), Number(Fraction(line)))
        case (str(one), str(other), str(op), Fraction() as weight):
            return Compare(op, Name(one), BinOp("*", Number(weight), Name(other)))
    raise TypeError(shape)


@settings(max_examples=40)
@given(asked=questions())
def test_a_rule_over_any_quantity_reads_alike_four_ways(asked, small, tables) -> None:
    seed, shape = asked
    rows = picked(tables, seed, 8)
    designs = [design_at(small, tables, each) for each in rows]
    values = [printed(design) for design in designs]
    rule = condition(shape, values)
    reader = ColumnReader(small)
    outside = reader.forbid(rule)
    assert not reader.unknown
    whole = with_columns(tables, reader.board_columns)
    problem = Problem.compile(whole, outside)
    model = Model(small, {"rule": outside}, board_columns=reader.board_columns)
    boxes = [atom for atom in atoms(outside) if isinstance(atom, Compare)]
    columns = {name: None for table in whole for name in table.columns}
    for row, design, own in zip(rows, designs, values, strict=True):
        caught = bool(evaluate(rule, own))
        facts = columns_of(design) | {
            name: Fraction(
                v[[b.form_factor for b in small.boards].index(design.board)], POWER_STEPS
            )
            for name, v in reader.board_columns.items()
        }
        assert bool(evaluate(outside, facts)) is not caught
        assert _allows(problem, tables, row) is not caught
        assert model.admits(design) is not caught
        for atom in boxes:
            point = {n: (np.asarray(float(facts[n])),) * 2 for n in columns if n in facts}
            must, may = interval_truth(atom, point)
            exact = evaluate(atom, facts)
            assert not (must and not exact)
            assert not (exact and not may)


def _allows(problem: Problem, tables, rows) -> bool:
    kept = [
        np.flatnonzero((t.knobs == whole.knobs[row]).all(axis=1))
        for t, whole, row in zip(problem.tables, tables, rows, strict=True)
    ]
    return all(len(k) for k in kept) and problem.allows(tuple(int(k[0]) for k in kept))


PACK = """
id = "mine/lines"
title = "Lines of our own"
kind = "{kind}"
items = ["ic"]

[[versions]]
id = "draft"
status = "hypothetical"
confidence = "D"
citation = {{ text = "internal policy" }}
{paragraphs}
[versions.scope]
worldwide = true
"""
PARAGRAPH = """
[[versions.paragraphs]]
id = "{id}"
condition = "{condition}"
cite = "internal policy"
"""


def own_pack(folder, *conditions: str, kind: str = "control") -> str:
    told = (PARAGRAPH.format(id=i, condition=c) for i, c in enumerate(conditions, start=1))
    path = folder / "own.toml"
    path.write_text(PACK.format(kind=kind, paragraphs="".join(told)), encoding="utf-8")
    return str(path)


def test_the_checker_is_told_of_a_design_whatever_a_rule_reads(tmp_path, small, tables) -> None:
    pack = own_pack(tmp_path, *(f"{name} > 1000000" for name in NAMES))
    rules = ruleset_of(Settings(rules="us-2025", packs=(pack,)))
    design = design_at(small, tables, (3, 5, 1))
    said = check(facts_of(design, rules), rules)
    own = [each for each in said.findings if each.rule == "mine/lines"]
    assert [each.verdict for each in own] == ["not_controlled"] * len(NAMES)
    values = printed(design)
    assert all(test.value == values[test.quantity] for each in own for test in each.tests)


def test_lines_on_power_cost_memory_and_cores_are_solved_and_explained(tmp_path, capsys) -> None:
    lines = {"power_w": 220, "unit_cost_usd": 2390, "memory_capacity_gb": 64, "enabled_cores": 78}
    pack = own_pack(tmp_path, *(f"{name} > {line}" for name, line in lines.items()))
    result = solve("us-2025", parents=["ga100"], packs=[pack])
    assert result.status == "optimal"
    best = result.designs[0]
    values = {**best.quantities, **best.knobs}
    assert all(values[name] <= line for name, line in lines.items())
    (clock,) = (held for held in best.binding if held.knob == "core_clock_mhz")
    assert [line.quantity for line in clock.by] == ["power_w"]  # not the nearest line of the rule
    by_limit = solve(
        "us-2025", parents=["ga100"], limits=[f"{name}<={line}" for name, line in lines.items()]
    )
    assert by_limit.designs[0].knobs == best.knobs
    assert main(["explain", "--rules", "us-2025", "-p", "ga100", "--pack", pack]) == 0
    capsys.readouterr()


def test_what_no_data_sheet_gives_is_undetermined_of_a_finished_part(tmp_path, capsys) -> None:
    pack = own_pack(tmp_path, "unit_cost_usd > 2300", "memory_capacity_gb > 90")
    assert main(["check", "l20", "--rules", "us-2023", "--pack", pack, "-f", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["needs"]) == ("undetermined", ["unit_cost_usd"])
    assert main(["check", "h20", "--rules", "us-2023", "--pack", pack, "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["paragraphs"] == ["mine/lines.2"]


def test_a_die_without_the_model_that_a_rule_reads_is_not_decided(tmp_path) -> None:
    pack = own_pack(tmp_path, "unit_cost_usd > 2300", "salvage_share < 0.1")
    (row,) = solve("us-2025", parents=["ga102"], packs=[pack]).parents
    assert (row.status, {*row.missing}) == ("left_out", {"unit_cost_usd", "salvage_share"})


def test_an_engineering_line_that_cannot_be_evaluated_forbids_nothing(tmp_path) -> None:
    pack = own_pack(tmp_path, "unit_cost_usd > 2300", kind="engineering")
    free, held = (solve("us-2025", parents=["ga102"], packs=p).parents[0] for p in ([], [pack]))
    assert (free.status, free.tokens_per_s_per_chip) == (held.status, held.tokens_per_s_per_chip)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("unit_cost_usd + power_w > 9", "salvage_share, unit_cost_usd, live_gpcs against a number"),
        ("power_w * links > 9", "with --limit"),
        ("tpp > 3.000001 * power_w", "the exact solver cannot hold it"),
    ],
)
def test_what_the_solver_cannot_read_exactly_names_what_it_can(
    condition, message, tmp_path
) -> None:
    with pytest.raises(InputError) as refused:
        solve("us-2025", parents=["gh100"], packs=[own_pack(tmp_path, condition)])
    assert message in str(refused.value)
