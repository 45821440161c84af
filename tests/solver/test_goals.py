"""Goals in order: throughput, then another quantity, each level held to plain enumeration."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
from enumeration import cents, columns, lawful, listing, powers, thinned, throughput

from catalogs.economics_overlay import LARGEST, read_overrides, replaced
from catalogs.errors import InputError
from optimizer.solver import Infeasible, LeftOut, Limit, Optimal, goals, optimize
from optimizer.solver.goals import goal_name, in_order
from optimizer.solver.limits import printed
from optimizer.solver.optimize import solve_space
from optimizer.solver.request import THROUGHPUT_NAME

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
        ("gb202", "salvage_share", 3),
        ("gh100", "salvage_share", 10),
        ("gh100", "performance_density", 5),
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
    values = columns(space, found)[name]
    best = near[np.argmin(values[near])]
    assert [stage.proved for stage in stages] == [True, True]
    assert stages[1].best == printed(found.design(int(best)))[name]
    answer = solve_space(asked, space, ready())
    assert isinstance(answer, Optimal)
    kept = near[values[near] == values[best]]
    assert answer.designs[0].value == pytest.approx(worth[kept].max(), rel=1e-12)


@pytest.mark.parametrize(
    ("parent", "name", "percent"),
    [("gh100", "throughput_per_dollar", 40), ("gb202", "throughput_per_watt", 0)],
)
def test_a_ratio_as_the_last_goal_is_the_best_near_the_most_throughput(
    parent, name, percent, ask, ready, catalog, reduced
) -> None:
    request = ask("us-2025", parents=(parent,))
    space = reduced(request, catalog, parent)
    found, worth = enumerated(space, request, ready())
    asked, stages = in_order(request, [name], Fraction(percent, 100), catalog)
    near = worth >= worth.max() * (1 - percent / 100) * (1 - 1e-11)
    steps, of = (100, cents) if name == "throughput_per_dollar" else (10_000, powers)
    ratio = np.where(near, worth * steps / of(space, found), -np.inf)
    assert asked.objective == name
    assert stages[1].level is None
    answer = solve_space(asked, space, ready())
    assert isinstance(answer, Optimal)
    assert answer.designs[0].value == pytest.approx(ratio.max(), rel=1e-12)
    free = np.argmax(np.where(worth > 0, worth * steps / of(space, found), -np.inf))
    assert near[free] == (name == "throughput_per_dollar")  # the floor binds in one of the two
    with pytest.raises(InputError, match="is not the last goal"):
        in_order(request, [name, "power_w"], Fraction(0), catalog)


@pytest.mark.parametrize(
    "objective", ["worst_throughput", "throughput_per_watt", "throughput_per_dollar"]
)
def test_a_floor_on_throughput_is_none_on_another_objective(
    objective, ask, ready, catalog, reduced
) -> None:
    request = ask("us-2025", parents=("gb202",), objective=objective)
    space = reduced(request, catalog, "gb202")
    _, worth = enumerated(space, request, ready())

    def held(share: float):
        floor = Limit(THROUGHPUT_NAME, ">=", Fraction(worth.max() * share))
        return solve_space(replace(request, limits=(floor,)), space, ready())

    free, kept = solve_space(request, space, ready()), held(0.999)
    assert isinstance(kept, Optimal)
    assert kept.designs[0].value <= free.designs[0].value * (1 + 1e-12)
    assert kept.designs[0].projection.tokens_per_s_per_chip[0] >= worth.max() * 0.999
    none = held(1.01)
    assert isinstance(none, Infeasible)
    assert none.conflict[-1].startswith("--limit tokens_per_s_per_chip>=")
    limit = (Limit.parse("tpp<1"),)
    assert isinstance(solve_space(replace(request, limits=limit), space, ready()), Infeasible)


def test_density_is_compared_across_dies_as_it_is(ask, ready, catalog, reduced) -> None:
    """Steps of a die are its own: a millionth TPP of GH100 is less density than one of GB202."""
    parents = ("gh100", "gb202")
    request = ask("us-2025", parents=parents)
    listed = []
    for parent in parents:
        space = reduced(request, catalog, parent)
        found, worth = enumerated(space, request, ready())
        listed.append((worth, columns(space, found)["tpp"], Fraction(space.area_mm2)))
    floor = max(worth.max() for worth, _, _ in listed) * 0.3
    best = min(
        Fraction(int(tpp[worth >= floor].min()), 10**6) / area for worth, tpp, area in listed
    )
    _, stages = in_order(request, ["performance_density"], Fraction(70, 100), catalog)
    assert stages[1].best == best
    assert stages[1].proved


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
    asked, stages = in_order(request, ["power_w"], Fraction(0), catalog)
    assert [stage.name for stage in stages] == ["throughput"]
    (answer,) = optimize(asked, catalog).parents
    assert isinstance(answer, LeftOut)
    assert "power model (its one part, B30A, is reported and not on sale" in answer.words
    request = ask("us-2025", parents=("gb300", "b30a_die"))
    _, stages = in_order(request, ["power_w"], Fraction(1, 4), catalog)
    assert stages[1].unknown == ("b30a_die",)
    assert stages[1].proved


def test_nothing_feasible_leaves_the_request_as_it_is(ask, catalog) -> None:
    request = ask("us-2025", parents=("gb202",), limits=(Limit.parse("tpp<1"),))
    assert in_order(request, ["power_w"], Fraction(0), catalog) == (request, ())


def test_the_dearest_figure_that_may_be_stated_has_a_level(ask, catalog) -> None:
    keys = ("cost.board_test_usd.pcie", "cost.memory_prices.GDDR7.2025")
    figures = replaced(tuple(read_overrides([f"{key}={LARGEST}" for key in keys])))
    request = replace(ask("us-2025", parents=("gb202",)), figures=figures)
    _, (_, stage) = in_order(request, ("unit_cost_usd",), Fraction(0), catalog)
    assert stage.proved
    assert stage.best > LARGEST


def test_what_is_no_goal_is_an_input_error(ask, catalog) -> None:
    with pytest.raises(InputError, match="Did you mean 'power_w'"):
        goal_name("power")
    with pytest.raises(InputError, match="no further goal"):
        goal_name("worst_throughput")
    other = replace(ask("us-2025"), objective="throughput_per_watt")
    with pytest.raises(InputError, match="start with throughput"):
        in_order(other, ["power_w"], Fraction(0), catalog)


def test_a_level_that_is_not_proved_says_so(ask, catalog, reduced, monkeypatch) -> None:
    monkeypatch.setattr(goals._Die, "none_reaches", lambda *_: False)
    request = ask("us-2025", parents=("gb202",))
    _, stages = in_order(request, ["tpp"], Fraction(0), catalog)
    assert goals.stage_words(stages)[1].endswith("(not proved)")
