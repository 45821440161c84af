"""Sharing bins between a flagship and its derivatives: the worked example, duality, laws.

The worked example is an estimate of 2026-11-20 for 1,000 wafers of GH100 at assumed prices of
27,000 (H200), 22,000 (H100) and 11,000 USD less 15 % (H20), with the unit costs of the cost model
(`tests/silicon/test_cost.py`); it is arithmetic on public prices, not a vendor's figure.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.errors import InputError
from optimizer.silicon import floorplan, salvage_share
from optimizer.silicon.classes import Part, die_classes
from optimizer.silicon.defaults import cluster_alpha, defect_density_per_cm2, losses
from optimizer.silicon.salvage import Bin, exclusive_share
from optimizer.silicon.wafer import gross_dies
from optimizer.solver.allocation import allocate, cheapest_die, slots_usd

H200, H100, H20 = Bin(132, 6, 18), Bin(132, 5, 18), Bin(78, 6, 18)
GROSS = float(gross_dies(814, 300))
SLOT = "cowos_slots"


def example(h200: float | None, h100: float | None, slots: float):
    """The plan of the worked example in one regime."""
    parts = [
        Part("h200", H200, 27_000 - 4_236, h200, {SLOT: 1}),
        Part("h100", H100, 22_000 - 3_268, h100, {SLOT: 1}),
        Part("h20", H20, 11_000 * 0.85 - 3_438, None, {SLOT: 1}),
    ]
    plan = floorplan("gh100")
    d0 = float(defect_density_per_cm2("n4").middle()[0])
    kept = float(losses("n4").kept.middle()[0])
    classes = die_classes(plan, parts, d0, cluster_alpha(), kept)
    return parts, classes, allocate(parts, classes, GROSS, 1000, {SLOT: slots})


def dual_of_whole_dies(classes, plan) -> float:
    whole = max(range(len(classes)), key=lambda t: len(classes[t].serves))
    return plan.die_usd[whole]


def test_where_flagship_demand_is_met_the_rest_becomes_h20() -> None:
    _, classes, plan = example(30_000, 5_000, 200_000)
    assert plan.made["h20"] == pytest.approx(21_200, rel=0.01)
    assert dual_of_whole_dies(classes, plan) == pytest.approx(5_900, rel=0.01)
    assert plan.resource_usd[SLOT] == 0


def test_where_slots_are_short_no_h20_is_made() -> None:
    """30,000 slots; the last of them goes to an H100, the best that demand leaves."""
    _, classes, plan = example(26_200, 5_000, 30_000)
    assert plan.made["h20"] == pytest.approx(0, abs=1e-6)
    assert dual_of_whole_dies(classes, plan) == 0
    assert plan.resource_usd[SLOT] == pytest.approx(18_700, rel=0.01)


def test_where_wafers_are_short_only_dies_that_nothing_else_can_use_become_h20() -> None:
    _, classes, plan = example(None, None, 200_000)
    assert plan.made["h20"] == pytest.approx(6, abs=1)
    assert dual_of_whole_dies(classes, plan) == pytest.approx(22_800, rel=0.01)
    assert plan.resource_usd[SLOT] == 0


def test_effective_cost_is_cash_and_what_die_and_slot_would_earn() -> None:
    parts, classes, plan = example(26_200, 5_000, 30_000)
    h20 = parts[2]
    assert cheapest_die(h20, classes, plan) + slots_usd(h20, plan) > h20.margin_usd


def test_exclusive_shares_are_those_of_pairs_and_add_up() -> None:
    parts = [Part("h200", H200, 1, None, {}), Part("h20", H20, 1, None, {})]
    plan = floorplan("gh100")
    found = {frozenset(c.serves): c.share for c in die_classes(plan, parts, 0.07, 3.0)}
    alone = exclusive_share(plan, H20, H200, 0.07, 3.0)
    assert found[frozenset({"h20"})] == pytest.approx(alone, abs=1e-9)
    total = float(salvage_share(plan, *H20, 0.07, 3.0))
    assert sum(found.values()) == pytest.approx(total, abs=1e-9)


@settings(max_examples=40)
@given(
    margins=st.lists(st.integers(1, 30_000), min_size=3, max_size=3),
    demand=st.lists(st.integers(0, 60_000), min_size=3, max_size=3),
    slots=st.integers(0, 80_000),
    wafers=st.integers(1, 2_000),
)
def test_duals_price_the_plan_to_the_dollar(margins, demand, slots, wafers) -> None:
    bins = [H200, H100, H20]
    parts = [
        Part(name, bin_, margin, wanted, {SLOT: 1})
        for name, bin_, margin, wanted in zip("abc", bins, margins, demand, strict=True)
    ]
    classes = die_classes(floorplan("gh100"), parts, 0.1, 3.0)
    plan = allocate(parts, classes, GROSS, wafers, {SLOT: slots})
    supply = [c.share * GROSS * wafers for c in classes]
    priced = sum(s * d for s, d in zip(supply, plan.die_usd, strict=True))
    priced += sum(w * plan.demand_usd[n] for n, w in zip("abc", demand, strict=True))
    priced += slots * plan.resource_usd[SLOT]
    assert priced == pytest.approx(plan.value_usd, rel=1e-6, abs=1e-2)
    assert all(d >= 0 for d in (*plan.die_usd, *plan.demand_usd.values(), plan.resource_usd[SLOT]))
    assert sum(plan.made.values()) <= slots + 1e-6
    for part in parts:
        assert plan.made[part.name] <= part.demand + 1e-6
        if any(part.name in c.serves for c in classes):
            cost = cheapest_die(part, classes, plan) + slots_usd(part, plan)
            assert cost + plan.demand_usd[part.name] >= part.margin_usd - 1e-6


@settings(max_examples=25)
@given(wafers=st.integers(100, 2_000), slots=st.integers(1_000, 80_000))
def test_more_of_anything_never_earns_less(wafers, slots) -> None:
    parts = [
        Part("h200", H200, 22_764, 30_000, {SLOT: 1}),
        Part("h20", H20, 5_912, None, {SLOT: 1}),
    ]
    classes = die_classes(floorplan("gh100"), parts, 0.07, 3.0)
    base = allocate(parts, classes, GROSS, wafers, {SLOT: slots}).value_usd
    for more in ((wafers + 100, slots), (wafers, slots + 1_000)):
        assert allocate(parts, classes, GROSS, more[0], {SLOT: more[1]}).value_usd >= base - 1e-6


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="no amount is given"):
        allocate([Part("a", H20, 1, None, {"stacks": 6})], (), GROSS, 1, {})
    with pytest.raises(InputError, match="too many"):
        die_classes(floorplan("gh100"), [Part(str(i), H20, 1, None, {}) for i in range(13)], 0.1, 3)
    with pytest.raises(InputError, match="two parts are named 'a'"):
        allocate([Part("a", H20, 1, None, {}), Part("a", H200, 1, None, {})], (), GROSS, 1, {})


def corners(parts, classes, supply, limits) -> float:
    """The greatest sum of margins over all corners of the program, system by system."""
    keys = [(t, p) for t, kind in enumerate(classes) for p in parts if p.name in kind.serves]
    rows, right = [], []
    for t, kind in enumerate(classes):
        rows.append([float(key[0] == t) for key in keys])
        right.append(supply * kind.share)
    for part in parts:
        if part.demand is not None:
            rows.append([float(key[1] is part) for key in keys])
            right.append(part.demand)
    for name, limit in limits.items():
        rows.append([key[1].uses.get(name, 0.0) for key in keys])
        right.append(limit)
    matrix = np.vstack([np.array(rows), -np.eye(len(keys))])
    bounds = np.concatenate([right, np.zeros(len(keys))])
    margins = np.array([key[1].margin_usd for key in keys])
    best = 0.0
    for chosen in combinations(range(len(bounds)), len(keys)):
        square = matrix[list(chosen)]
        if abs(np.linalg.det(square)) > 1e-9:
            found = np.linalg.solve(square, bounds[list(chosen)])
            if np.all(matrix @ found <= bounds + 1e-6 * (1 + np.abs(bounds))):
                best = max(best, float(margins @ found))
    return best


@settings(max_examples=25, deadline=None)
@given(
    margins=st.lists(st.integers(-2_000, 30_000), min_size=2, max_size=2),
    demand=st.lists(st.one_of(st.none(), st.integers(0, 60_000)), min_size=2, max_size=2),
    slots=st.integers(0, 80_000),
    stacks=st.integers(0, 400_000),
)
def test_the_plan_is_the_best_of_all_corners(margins, demand, slots, stacks) -> None:
    bins, uses = [H100, Bin(78, 6, 12)], [{SLOT: 1, "stacks": 5}, {SLOT: 1, "stacks": 6}]
    parts = [
        Part(name, bin_, margin, wanted, used)
        for name, bin_, margin, wanted, used in zip("ab", bins, margins, demand, uses, strict=True)
    ]
    classes = die_classes(floorplan("gh100"), parts, 0.1, 3.0)
    limits = {SLOT: slots, "stacks": stacks}
    plan = allocate(parts, classes, GROSS, 1000, limits)
    best = corners(parts, classes, GROSS * 1000, limits)
    assert plan.value_usd == pytest.approx(best, rel=1e-6, abs=1e-2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"margin_usd": float("nan")}, "the margin of 'a' is no number"),
        ({"margin_usd": float("inf")}, "the margin of 'a' is no number"),
        ({"demand": -1.0}, "demand for 'a': -1.0 is no amount"),
        ({"uses": {SLOT: -1.0}}, f"{SLOT} of 'a': -1.0 is no amount"),
    ],
)
def test_a_plan_that_is_infeasible_or_unbounded_is_one_clear_error(change, said) -> None:
    part = replace(Part("a", H20, 1, None, {SLOT: 1}), **change)
    classes = die_classes(floorplan("gh100"), [part], 0.1, 3.0)
    with pytest.raises(InputError, match=said):
        allocate([part], classes, GROSS, 1000, {SLOT: 10})


@pytest.mark.parametrize("limit", [-1.0, float("inf"), float("nan")])
def test_a_resource_or_a_wafer_run_that_is_no_amount_is_refused(limit) -> None:
    part = Part("a", H20, 1, None, {SLOT: 1})
    classes = die_classes(floorplan("gh100"), [part], 0.1, 3.0)
    with pytest.raises(InputError, match="is no amount"):
        allocate([part], classes, GROSS, 1000, {SLOT: limit})
    with pytest.raises(InputError, match=r"dies: .* is no amount"):
        allocate([part], classes, GROSS, limit, {SLOT: 10})
