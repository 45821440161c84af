"""Goals in order: throughput, then another quantity, each level held to plain enumeration."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
from enumeration import columns, lawful, listing, thinned, throughput

from catalogs.errors import InputError
from optimizer.solver import Limit, Optimal, goals
from optimizer.solver.goals import goal_name, in_order
from optimizer.solver.limits import printed
from optimizer.solver.optimize import solve_space

# About how many values of cores, clocks, sites and rates are kept.
SIZES = {"gb202": (20, 14, 6, 8)}
OTHER_SIZES = (10, 8, 4, 6)


@pytest.fixture
def reduced(monkeypatch, space_of):
    """Every solve takes the reduced space of its parent."""

    def small(request, catalog, parent, on=None):
        return thinned(space_of(parent, request.ruleset.on), *SIZES.get(parent, OTHER_SIZES))

    monkeypatch.setattr(import_module("optimizer.solver.optimize"), "space_of", small)
    return small


def enumerated(space, request, prepared):
    """Throughput of the lawful designs, and the listing that they stand in."""
    found = listing(space)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    return found, np.where(allowed, throughput(space, found, prepared), -np.inf)


@pytest.mark.parametrize(
    ("parent", "name", "percent"),
    [
        ("gh100", "power_w", 0),
        ("gh100", "power_w", 2),
        ("gb202", "tpp", 5),
        ("gb202", "memory_capacity_gb", 1),
    ],
)
def test_each_goal_is_at_the_level_that_enumeration_finds(
    parent, name, percent, ask, ready, catalog, reduced
) -> None:
    request = ask("us-2025", parents=(parent,))
    space = reduced(request, catalog, parent)
    found, worth = enumerated(space, request, ready())
    assert len(found) >= 100_000
    asked, stages = in_order(request, [name], Fraction(percent, 100), catalog)
    floor = worth.max() * (1 - percent / 100)
    near = np.flatnonzero(worth >= floor * (1 - 1e-11))
    levels = columns(space, found)
    sign = -1 if name == "memory_capacity_gb" else 1
    if name == "memory_capacity_gb":
        sizes = np.array([o.gb_per_site for o in space.memory])
        values = found.sites * sizes[found.option]
    else:
        values = levels[name]
    best = near[np.argmin(sign * values[near])]
    assert [stage.proved for stage in stages] == [True, True]
    assert stages[1].best == printed(found.design(int(best)))[name]
    answer = solve_space(asked, space, ready())
    assert isinstance(answer, Optimal)
    kept = near[values[near] == values[best]]
    assert answer.designs[0].value == pytest.approx(worth[kept].max(), rel=1e-12)


def test_a_third_goal_keeps_the_levels_of_the_first_two(ask, ready, catalog, reduced) -> None:
    request = ask("us-2025", parents=("gh100",))
    space = reduced(request, catalog, "gh100")
    found, worth = enumerated(space, request, ready())
    _, stages = in_order(request, ["unit_cost_usd", "power_w"], Fraction(2, 100), catalog)
    near = np.flatnonzero(worth >= worth.max() * 0.98 * (1 - 1e-11))
    known = [printed(found.design(int(i))) for i in near]
    least = min((v["unit_cost_usd"], v["power_w"]) for v in known)
    assert (stages[1].best, stages[2].best) == least
    assert all(stage.proved for stage in stages)


def test_a_part_of_unknown_power_takes_no_part_and_is_named(ask, catalog, reduced) -> None:
    """The single die has no anchor of its power; near the whole package in throughput."""
    request = ask("us-2025", parents=("b30a_die",))
    with pytest.raises(InputError, match="power_w is not known of b30a_die"):
        in_order(request, ["power_w"], Fraction(0), catalog)
    request = ask("us-2025", parents=("gb300", "b30a_die"))
    _, stages = in_order(request, ["power_w"], Fraction(1, 4), catalog)
    assert stages[1].unknown == ("b30a_die",)
    assert stages[1].proved


def test_nothing_feasible_leaves_the_request_as_it_is(ask, catalog) -> None:
    request = ask("us-2025", parents=("gb202",), limits=(Limit.parse("tpp<1"),))
    assert in_order(request, ["power_w"], Fraction(0), catalog) == (request, ())


def test_what_is_no_goal_is_an_input_error(ask, catalog) -> None:
    with pytest.raises(InputError, match="Did you mean 'power_w'"):
        goal_name("power")
    with pytest.raises(InputError, match="no further goal"):
        goal_name("performance_density")
    other = replace(ask("us-2025"), objective="throughput_per_watt")
    with pytest.raises(InputError, match="start with throughput"):
        in_order(other, ["power_w"], Fraction(0), catalog)


def test_a_level_that_is_not_proved_says_so(ask, catalog, reduced, monkeypatch) -> None:
    monkeypatch.setattr(goals._Descent, "none_reaches", lambda *_: False)
    request = ask("us-2025", parents=("gb202",))
    _, stages = in_order(request, ["tpp"], Fraction(0), catalog)
    assert goals.stage_words(stages)[1].endswith("(not proved)")
