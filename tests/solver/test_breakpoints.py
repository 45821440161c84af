"""Next moves of thresholds against enumeration: nothing changes before them, this much at them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput

from catalogs.errors import InputError
from optimizer.design.unit_cost import unit_cost_cents
from optimizer.solver.breakpoints import OUT_OF_REACH, RELAXED_BY_RAISING, lines, next_moves
from optimizer.solver.optimize import solve_space

STEP = Fraction(1, 10**7)
# A line that is not listed is tried so many times farther out.
FARTHER = Fraction(5, 4)


@pytest.mark.parametrize(
    ("parent", "objective"),
    [("gb202", "throughput"), ("gh100", "throughput"), ("gh100", "throughput_per_dollar")],
)
def test_every_breakpoint_equals_the_one_of_enumeration(
    parent, objective, ask, ready, space_of
) -> None:
    request = ask("us-2025", prove=False, objective=objective)
    sizes = (16, 12, 6, 8) if parent == "gb202" else (8, 8, 4, 4)
    space = thinned(space_of(parent, request.ruleset.on), *sizes)
    found = listing(space)
    rate = throughput(space, found, ready())
    if objective == "throughput_per_dollar":
        cost = [unit_cost_cents(found.design(i)) for i in range(len(found))]
        rate = rate * 100 / np.array(cost, dtype=float)

    def best(path: str, value: Fraction) -> float:
        law = request.ruleset.override(path, value).controlled("CN")
        return float(np.where(lawful(space, found, law), rate, -np.inf).max())

    answer = solve_space(request, space, ready())
    moves = next_moves(request, answer, ready())
    assert {m.relaxes for m in moves} == {True, False}
    for move in moves:
        outward = move.beyond > move.value or (move.beyond == move.value and move.relaxes)
        step = STEP if outward else -STEP
        at = move.beyond if move.inclusive else move.beyond + step
        short = move.beyond - step if move.inclusive else move.beyond
        assert best(move.path, at) == pytest.approx(move.after, rel=1e-12)
        assert best(move.path, short) == pytest.approx(move.before, rel=1e-12)
        assert (move.after > move.before) == move.relaxes
    freed = {m.path for m in moves if m.relaxes}
    for line in lines(request.ruleset, "CN"):
        if line.path not in freed:
            outward = line.op in RELAXED_BY_RAISING
            at = line.value * FARTHER if outward else line.value / FARTHER
            assert best(line.path, at) <= answer.designs[0].value * (1 + 1e-9), line.path


@pytest.mark.parametrize("parent", ["gh100", "gb300", "b30a_die"])
def test_a_threshold_that_no_next_step_crosses_is_listed_where_it_lets_more_through(
    parent, ask, ready, space_of
) -> None:
    request = ask("us-2025", prove=False)
    space = space_of(parent, request.ruleset.on)
    answer = solve_space(request, space, ready())
    moves = {m.path: m for m in next_moves(request, answer, ready()) if m.relaxes}
    for path in ("us_ear/3A090.b.density_floor_large", "us_ear/3A090.b.tpp_middle"):
        freed = moves[path]
        moved = request.ruleset.override(path, freed.beyond + STEP)
        after = solve_space(replace(request, ruleset=moved), space, ready()).designs[0]
        assert after.value == freed.after > answer.designs[0].value


def test_moves_for_throughput_per_watt_are_refused_not_guessed(ask, ready, space_of) -> None:
    request = ask("us-2025", prove=False, objective="throughput_per_watt")
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    with pytest.raises(InputError, match="not known for throughput per watt"):
        next_moves(request, solve_space(request, space, ready()), ready())


def test_a_line_out_of_reach_has_no_further_move(ask, ready, space_of) -> None:
    request = ask("us-2025", prove=False)
    path = "us_letters/april_2025.dram_ceiling"
    request = replace(request, ruleset=request.ruleset.override(path, OUT_OF_REACH))
    space = thinned(space_of("gb202", request.ruleset.on), 12, 10, 6, 8)
    answer = solve_space(request, space, ready())
    assert path not in {m.path for m in next_moves(request, answer, ready())}


def test_an_override_leaves_the_rule_set_equal_to_itself(rules) -> None:
    base = rules("us-2025")
    digest = base.digest
    moved = base.override("us_letters/april_2025.dram_ceiling", Fraction(2800, 3))
    assert moved.digest != digest
    assert base.digest == digest
    assert moved.override("us_letters/april_2025.dram_ceiling", 1400) == base
