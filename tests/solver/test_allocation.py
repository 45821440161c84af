"""Sharing bins between a flagship and its derivatives: the worked example, duality, laws.

The worked example is an estimate of 2026-11-20 for 1,000 wafers of GH100 at assumed prices of
27,000 (H200), 22,000 (H100) and 11,000 USD less 15 % (H20), with the unit costs of the cost model
(`tests/silicon/test_cost.py`); it is arithmetic on public prices, not a vendor's figure.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.silicon import floorplan, salvage_share
from optimizer.silicon.classes import Part, die_classes
from optimizer.silicon.defaults import cluster_alpha, defect_density_per_cm2, losses
from optimizer.silicon.salvage import Bin, exclusive_share
from optimizer.silicon.wafer import gross_dies
from optimizer.solver.allocation import allocate, cheapest_die, slots_usd

H200, H100, H20 = Bin(132, 6, 18), Bin(132, 5, 18), Bin(78, 6, 18)
EXAMPLE = Path(__file__).parents[2] / "examples" / "allocation_gh100.toml"
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


def test_the_command_says_what_limits_the_example(capsys) -> None:
    assert main(["allocate", str(EXAMPLE), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["limited_by"] == ["wafers", "demand for h200", "demand for h100"]
    made = {s["name"]: s["made"] for s in found["skus"]}
    assert made["h20"]["low"] < made["h20"]["value"] < made["h20"]["high"]
    assert made["h20"]["value"] == pytest.approx(21_200, rel=0.01)
    used = sum(c["used"] for c in found["classes"])
    assert used == pytest.approx(sum(m["value"] for m in made.values()))


def test_the_page_is_at_most_80_columns_and_the_same_twice(capsys) -> None:
    pages = []
    for _ in range(2):
        assert main(["allocate", str(EXAMPLE)]) == 0
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]
    assert max(map(len, pages[0].splitlines())) <= 80
    assert "limited by" in pages[0]


def test_a_part_without_a_margin_is_refused_and_one_from_the_model_is_not(tmp_path, capsys) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    bare = tmp_path / "bare.toml"
    bare.write_text(text.replace("unit_cost_usd = 3438\n", ""), encoding="utf-8")
    assert main(["allocate", str(bare)]) == 2
    assert "h20 has no margin" in capsys.readouterr().err
    memory = 'memory_kind = "HBM3"\nmemory_gb = 96\n'
    modeled = tmp_path / "modeled.toml"
    modeled.write_text(text.replace("unit_cost_usd = 3438\n", memory), encoding="utf-8")
    assert main(["allocate", str(modeled), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    cash = found["skus"][2]["cash_cost_usd"]
    assert cash["value"] == pytest.approx(3_300, rel=0.1)
    assert cash["low"] < cash["value"] < cash["high"]
    assert np.isfinite(found["skus"][2]["effective_cost_usd"]["value"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wafers = 1000", "wafers = 0", "greater than 0"),
        ('die = "gh100"', 'die = "gb100"', "cannot be binned"),
        ("demand = 5000", "demand = -1", "greater than or equal to 0"),
        ("cores = 78", "coers = 78", "Did you mean 'cores'?"),
        ("cores = 78", "cores = 145", "skus.h20: 145 cores, gh100 has 144"),
        ("sites = 5", "sites = 7", "skus.h100: 7 sites, gh100 has 6"),
        ("links = 18\nprice_usd = 11000", "links = 19\nprice_usd = 11000", "gh100 has 18"),
        ("cores = 78", "cores = 0", "greater than or equal to 1"),
        ("cores = 78", 'cores = "78"', "a valid integer"),
        ("wafers = 1000", "wafers = true", "must be an exact number"),
        ("unit_cost_usd = 3438", "unit_cost_usd = 3438\nmemory_gb = 96", "would not be read"),
        ("fee_share = 0.15", "margin_usd = 5000", "so price_usd would not be read"),
    ],
)
def test_a_wrong_file_is_a_usage_error(old, new, said, tmp_path, capsys) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(EXAMPLE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert main(["allocate", str(wrong)]) == 2
    assert said in capsys.readouterr().err


def test_a_part_that_no_die_can_serve_says_why(capsys) -> None:
    own = ("--set-economics", "yield.processes.n4.defect_density_per_cm2=100", "--draws", "20")
    found = told(capsys, str(EXAMPLE), *own)
    why = {sku["name"]: sku["none_because"] for sku in found["skus"]}
    assert why["h20"] is None
    assert why["h200"].startswith("fewer than one gh100 in a billion has 132 cores, 6 sites")
    assert main(["allocate", str(EXAMPLE), *own]) == 0
    assert "WARNINGS\n  - h200: fewer than one gh100" in capsys.readouterr().out


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


def told(capsys, *words: str):
    assert main(["allocate", *words, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("change", "regime", "limits"),
    [
        ({}, "wafer- and demand-limited", {"wafers", "demand for h200", "demand for h100"}),
        ({"cowos_slots = 100000": "cowos_slots = 30000", "demand = 30000": "demand = 26200"},
         "packaging- and demand-limited", {"cowos_slots", "demand for h200"}),
        ({"demand = 30000\n": "", "demand = 5000\n": ""}, "wafer-limited", {"wafers"}),
    ],
)  # fmt: skip
def test_each_regime_is_named_with_what_one_more_is_worth(
    change, regime, limits, tmp_path, capsys
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in change.items():
        text = text.replace(old, new)
    own = tmp_path / "plan.toml"
    own.write_text(text, encoding="utf-8")
    found = told(capsys, str(own), "--draws", "40")
    assert set(found["limited_by"]) == limits
    assert sum(each["share_of_draws"] for each in found["regimes"]) == pytest.approx(1)
    first = found["regimes"][0]
    assert (first["regime"], set(first["limited_by"])) == (regime, limits)
    assert first["share_of_draws"] > 0.9
    assert main(["allocate", str(own), "--draws", "40"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert f": {regime} (" in page
    assert "DUALS: what one more is worth" in page


def test_draws_and_seed_are_those_asked_for_and_a_fixed_figure_is_not_drawn(capsys) -> None:
    plain = told(capsys, str(EXAMPLE), "--draws", "40", "--seed", "3")
    assert (plain["draws"], plain["seed"]) == (40, 3)
    made = next(s["made"] for s in plain["skus"] if s["name"] == "h20")
    assert made["moved_by"][0]["name"] == "yield.parametric_yield"
    fixed = told(
        capsys, str(EXAMPLE), "--draws", "40", "--seed", "3",
        "--set-economics", "yield.parametric_yield=0.97",
    )  # fmt: skip
    held = next(s["made"] for s in fixed["skus"] if s["name"] == "h20")
    assert held["value"] == made["value"]
    assert held["high"] - held["low"] < made["high"] - made["low"]
    assert "yield.parametric_yield" not in {m["name"] for m in held["moved_by"]}


def test_a_table_has_the_ends_of_every_interval_and_blanks_where_a_cost_is_unknown(
    tmp_path, capsys
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    own = tmp_path / "plan.toml"
    bare = "price_usd = 27000\nunit_cost_usd = 4236\n"
    own.write_text(text.replace(bare, "margin_usd = 20000\n"), encoding="utf-8")
    assert main(["allocate", str(own), "--draws", "20", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["cash_cost_usd"] == rows[0]["cash_cost_usd_low"] == ""
    assert float(rows[2]["made_low"]) < float(rows[2]["made"]) < float(rows[2]["made_high"])
    assert float(rows[1]["cash_cost_usd_high"]) == 3268


def test_a_confidential_figure_is_named_and_nothing_more(tmp_path, capsys) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "[yield]\nparametric_yield = { low = 0.5, value = 0.9, high = 1, confidential = true }\n"
    )
    found = told(capsys, str(EXAMPLE), "--draws", "40", "--set-economics", str(own))
    (mover,) = (m for m in found["value_usd"]["moved_by"] if m["name"] == "yield.parametric_yield")
    assert (mover["low"], mover["high"]) == (None, None)
    assert main(["allocate", str(EXAMPLE), "--draws", "40", "--set-economics", str(own)]) == 0
    assert "yield.parametric_yield (confidential)" in " ".join(capsys.readouterr().out.split())
