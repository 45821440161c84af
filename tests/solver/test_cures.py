"""Cures of what nothing meets, against enumeration: how far one line alone has to move."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.report.settings import Settings
from optimizer.report.solve import ruleset_of
from optimizer.solver import Fix, Infeasible, Limit, Unserved, relaxation
from optimizer.solver.optimize import solve_space
from optimizer.solver.relaxation import why_infeasible
from tests.own_rule import own_rule

INFEASIBLE = [
    ("power_w<=100", "dram_bandwidth_gb_s>=1300"),
    ("tokens_per_s_per_chip>=300", "power_w<=150"),
    ("unit_cost_usd<=1900", "memory_capacity_gb>=80"),
    ("salvage_share>=0.99", "tokens_per_s_per_chip>=200"),
    ("dram_bandwidth_gb_s>=1500",),
    ("tdp_w<=350", "power_w>=360"),
    ("salvage_share<=0.4",),
    ("tdp_w>=900",),
    ("unit_cost_usd>=9000",),
]


@pytest.mark.parametrize("texts", INFEASIBLE)
def test_the_least_cure_is_that_of_enumeration(texts, reduced) -> None:
    limits = tuple(Limit.parse(t) for t in texts)
    request = replace(reduced.request, limits=limits)
    answer = solve_space(request, reduced.space, reduced.ready)
    assert isinstance(answer, Infeasible | Unserved)
    found = why_infeasible(request, answer, reduced.ready)
    assert found.sets.complete
    assert found.sets.conflicts
    for limit in limits:
        cure = next(c for c in found.relaxations if c.label == f"--limit {limit}")
        others = [x for x in limits if x is not limit]
        floors = [x for x in others if x.name.startswith("tokens")]
        kept = [x for x in others if x not in floors]
        least = max((float(x.value) for x in floors), default=0.0)
        good = [
            i
            for i in reduced.order
            if reduced.worth[i] >= least and all(reduced.meets(i, x) for x in kept)
        ]
        if not good:
            assert cure.needed is None
            continue
        if limit.name.startswith("tokens"):
            assert float(cure.needed) == pytest.approx(reduced.worth[good].max(), rel=1e-12)
            continue
        values = [reduced.values[i][limit.name] for i in good]
        assert cure.needed == (min(values) if limit.op in ("<=", "<") else max(values))


def test_a_cure_above_a_floor_is_the_same_whatever_is_maximized(reduced) -> None:
    floor = Limit.parse(f"tokens_per_s_per_chip>={int(0.9 * reduced.worth.max())}")
    fast = [i for i in reduced.order if reduced.worth[i] >= float(floor.value)]
    least = min(reduced.values[i]["unit_cost_usd"] for i in fast)
    cost = Limit("unit_cost_usd", "<", least)
    request = replace(reduced.request, limits=(floor, cost), objective="throughput_per_dollar")
    answer = solve_space(request, reduced.space, reduced.ready)
    found = why_infeasible(request, answer, reduced.ready).relaxations
    (cure,) = (each for each in found if each.label == f"--limit {cost}")
    assert (cure.needed, cure.inclusive) == (least, False)


def test_a_class_that_a_limit_and_a_fix_both_hold_is_not_freed_by_moving_one(reduced) -> None:
    limits, fixes = (Limit.parse("tdp_w<=100"),), (Fix.parse("tdp_w=100"),)
    request = replace(reduced.request, limits=limits, fixes=fixes)
    answer = solve_space(request, reduced.space, reduced.ready)
    found = why_infeasible(request, answer, reduced.ready).relaxations
    moved = {each.label: (each.settled, each.needed) for each in found}
    assert moved == {"--limit tdp_w<=100": (True, None), "--fix tdp_w=100": (True, None)}


def moved_line(reduced, folder, condition: str, line: int) -> relaxation.Relaxation:
    """How far the line of a rule of one's own, which forbids every design, has to move."""
    path = folder / "own.toml"
    path.write_text(own_rule(condition, line), encoding="utf-8")
    law = ruleset_of(Settings(rules="us-2025", packs=(str(path),)))
    request = replace(reduced.request, ruleset=law)
    answer = solve_space(request, reduced.space, reduced.ready)
    assert isinstance(answer, Infeasible)
    found = why_infeasible(request, answer, reduced.ready)
    return next(each for each in found.relaxations if each.label == "mine/own.line")


@pytest.mark.parametrize(
    ("condition", "line", "end"),
    [("unit_cost_usd > line", 1, min), ("salvage_share < line", 2, max)],
)
def test_a_rule_on_cost_or_salvage_moves_as_far_as_enumeration_says(
    condition, line, end, reduced, tmp_path
) -> None:
    moved = moved_line(reduced, tmp_path, condition, line)
    name = condition.split()[0]
    assert moved.needed == end(values[name] for values in reduced.values.values())
    assert moved.inclusive


def test_a_rule_on_a_multiple_of_the_cost_is_left_out_with_the_reason(reduced, tmp_path) -> None:
    moved = moved_line(reduced, tmp_path, "2 * unit_cost_usd > line", 1)
    assert (moved.settled, moved.needed) == (False, None)
    assert moved.why == "unit_cost_usd of a design hangs on several knobs at once"
