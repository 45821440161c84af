"""Frontiers against enumeration of reduced spaces: the same points, no more and no fewer."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumeration import cents, columns, lawful, listing, powers, thinned, throughput, undominated

from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.report.frontier_ratios import ratio_of
from optimizer.report.frontier_ratios import thinned as of_ratios
from optimizer.solver import Infeasible, LeftOut, Limit, Undecided
from optimizer.solver.aspects import behind
from optimizer.solver.frontier import ParentFrontier, parent_frontier, read_objectives
from optimizer.solver.objective import power_of
from optimizer.solver.proof import ProofRefusedError
from optimizer.solver.trade import rounded

SIZES = {"gh100": (10, 8, 4, 6), "gb202": (16, 15, 6, 8)}
CASES = [
    ("gh100", "throughput,tpp"),
    ("gh100", "throughput,dram_bandwidth_gb_s"),
    ("gh100", "throughput,io_bandwidth_gb_s"),
    ("gh100", "throughput,power_w"),
    ("gh100", "throughput,unit_cost_usd"),
    ("gb202", "throughput,tpp"),
    ("gb202", "throughput,performance_density"),
    ("gb202", "throughput,dram_bandwidth_gb_s"),
    ("gb202", "throughput,power_w"),
    ("gb202", "throughput,memory_capacity_gb"),
    ("gb202", "throughput,salvage_share"),
    ("gh100", "throughput,tpp,io_bandwidth_gb_s"),
    ("gb202", "throughput,dram_bandwidth_gb_s,tpp"),
]


@pytest.mark.parametrize(("parent", "objectives"), CASES)
def test_the_frontier_equals_that_of_enumeration(parent, objectives, ask, ready, space_of) -> None:
    request = ask("us-2025")
    space = thinned(space_of(parent, request.ruleset.on), *SIZES[parent])
    found = listing(space)
    assert len(found) >= 100_000
    others = read_objectives(objectives)
    answer = parent_frontier(request, space, ready(), others, exact=True)
    assert isinstance(answer, ParentFrontier)
    assert answer.proved
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    speed = rounded(throughput(space, found, ready()))
    served = np.flatnonzero(allowed & (speed > 0))
    table = columns(space, found)
    expected = undominated(speed[served], [table[n][served].astype(float) for n in others])
    vectors = np.array([answer.trade.vector(p.design) for p in answer.points])
    got = np.column_stack([-answer.trade.speed(vectors), *measured(answer, others)])
    assert {tuple(row) for row in got} == expected
    assert len(got) == len(expected)
    power = powers(space, found)[served]
    key = np.column_stack([-speed[served], *(table[n][served].astype(float) for n in others)])
    for point, row in list(zip(answer.points, got, strict=True))[:: max(1, len(got) // 15)]:
        equal = (key == row).all(axis=1)
        assert power_of(point.design) == power[equal].min()


def measured(answer, others) -> list[list[float]]:
    scale = {"tpp": 10**6, "performance_density": 1, "dram_bandwidth_gb_s": 10**6,
             "memory_capacity_gb": -1, "power_w": 10**4, "salvage_share": -1,
             "unit_cost_usd": 100}  # fmt: skip
    found = []
    for each in answer.trade.aspects:
        name = each.name
        if name == "io_bandwidth_gb_s":
            values = [float(p.design.link_mb_s) for p in answer.points]
        elif name == "performance_density":
            values = [float(p.design.tpp * 10**6) for p in answer.points]
        else:
            values = [float(each.at(p.design) * scale[name]) for p in answer.points]
        found.append(values)
    return found


def wafers(space, found) -> np.ndarray:
    cost = space.cost
    picks = (
        np.searchsorted(np.array(axis), knob)
        for axis, knob in ((cost.cores, found.cores), (cost.sites, found.sites),
                           (cost.links, found.links))
    )  # fmt: skip
    return cost.wafers[tuple(picks)]


@pytest.mark.parametrize(
    ("parent", "name", "steps", "of"),
    [
        ("gh100", "throughput_per_dollar", 100, cents),
        ("gb202", "throughput_per_watt", 10_000, powers),
        ("gb202", "throughput_per_wafer", 10**9, wafers),
    ],
)
def test_a_frontier_with_a_ratio_equals_that_of_enumeration(
    parent, name, steps, of, ask, ready, space_of
) -> None:
    request = ask("us-2025")
    space = thinned(space_of(parent, request.ruleset.on), *SIZES[parent])
    found = listing(space)
    others = read_objectives(f"throughput,{name}")
    answer = parent_frontier(request, space, ready(), behind(others), exact=True)
    assert answer.proved
    listed = of_ratios([answer], others)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    raw = throughput(space, found, ready())
    speed, ratio = rounded(raw), rounded(raw * steps / of(space, found))
    served = np.flatnonzero(allowed & (speed > 0))
    expected = undominated(speed[served], [-ratio[served]])
    designs = [(front.points[i].design, front.points[i].speed) for front, i in listed]
    got = {(-float(rounded(np.array([s]))[0]), -float(rounded(np.array([ratio_of(name, d, s)]))[0]))
           for d, s in designs}  # fmt: skip
    assert got == expected
    assert len(listed) == len(expected)


def test_a_conflict_names_clauses_as_explain_does(capsys, tmp_path) -> None:
    words = ["--rules", "us-2023", "--parent", "gh100", "--limit", "tpp>=3000"]
    assert main(["frontier", *words, "--format", "json"]) == 5
    (said,) = json.loads(capsys.readouterr().out)["parents"]
    assert main([*words, "-o", str(tmp_path / "none.json")]) == 5
    stored = json.loads((tmp_path / "none.json").read_text(encoding="utf-8"))
    assert said["conflict"] == stored["parents"][0]["conflict"]
    assert "us_ear/3A090.b.1" in said["conflict"]


@pytest.mark.parametrize("parent", ["gh100", "gb202"])
def test_at_a_step_every_stated_bound_has_its_best(parent, ask, ready, space_of) -> None:
    request = ask("us-2025")
    space = thinned(space_of(parent, request.ruleset.on), *SIZES[parent])
    found = listing(space)
    answer = parent_frontier(request, space, ready(), ("tpp",), {"tpp": Fraction(150)})
    assert answer.proved
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    speed = np.where(allowed, throughput(space, found, ready()), 0.0)
    tpp = columns(space, found)["tpp"]
    for bound in range(150, 2401, 150):
        best = speed[tpp <= bound * 10**6].max(initial=0.0)
        listed = max((p.speed for p in answer.points if p.design.tpp <= bound), default=0.0)
        assert listed == pytest.approx(best, rel=1e-12)


def test_limits_and_a_floor_cut_the_frontier(ask, ready, space_of) -> None:
    space = thinned(space_of("gh100", ask("us-2025").ruleset.on), *SIZES["gh100"])
    whole = parent_frontier(ask("us-2025"), space, ready(), ("tpp",))
    middle = whole.points[len(whole.points) // 2].speed
    floor = Limit("tokens_per_s_per_chip", ">=", Fraction(middle))
    part = parent_frontier(ask("us-2025", limits=(floor,)), space, ready(), ("tpp",))
    assert part.points == tuple(p for p in whole.points if p.speed >= middle)
    none = replace(ask("us-2025"), limits=(Limit.parse("power_w<=1"),))
    answer = parent_frontier(none, space, ready(), ("tpp",))
    assert isinstance(answer, Infeasible)
    assert answer.conflict == ("--limit power_w<=1",)


def test_an_objective_that_is_not_known_leaves_the_parent_out(ask, ready, space_of) -> None:
    space = replace(space_of("gh100", ask("us-2025").ruleset.on), power=None)
    assert isinstance(parent_frontier(ask("us-2025"), space, ready(), ("power_w",)), LeftOut)


def test_a_frontier_that_lacks_a_point_is_refused(ask, ready, space_of, monkeypatch) -> None:
    import optimizer.solver.frontier as module

    space = thinned(space_of("gh100", ask("us-2025").ruleset.on), *SIZES["gh100"])
    honest = module._proved

    def without_one(request, needs, trade, points, found, tables, steps, rough):
        front = found.front
        drop = np.arange(len(front)) != len(front) // 2
        less = type(front)(front.speed[drop], front.others[drop], front.power[drop])
        vectors = found.corners
        level, _ = less.reached(trade.others(vectors))
        fits = trade.speed(vectors) <= level
        found = replace(found, front=less, corners=vectors[fits])
        return honest(request, needs, trade, points, found, tables, steps, rough)

    monkeypatch.setattr(module, "_proved", without_one)
    answer = parent_frontier(ask("us-2025"), space, ready(), ("dram_bandwidth_gb_s",))
    assert isinstance(answer, Undecided)
    assert "better than" in answer.why
    assert ProofRefusedError is not None


@pytest.mark.parametrize("text", ["tpp", "throughput", "throughput,tpp,tpp", "throughput,speed",
                                  "throughput,tpp,performance_density"])  # fmt: skip
def test_objectives_are_checked(text) -> None:
    with pytest.raises(InputError):
        read_objectives(text)
