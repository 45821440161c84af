"""Random rules, limits and physics on small spaces: the solver against plain enumeration.

Lines stand exactly on values that designs have, so that every comparison is met at its edge.
``OPTIMIZE_FUZZ=5000`` runs more instances than the 120 of the suite.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from enumeration import Listing, columns, lawful, listing, powers, thinned, throughput, undominated

from constraints.clause_by_clause import by_clause
from constraints.rules import load_law
from constraints.rulesets import Ruleset
from constraints.syntax import decimal_text
from optimizer.design import DesignSpace
from optimizer.solver import Infeasible, Limit, Optimal, Request, Unserved, candidates
from optimizer.solver.breakpoints import next_moves
from optimizer.solver.explain import label_of
from optimizer.solver.frontier import ParentFrontier, parent_frontier
from optimizer.solver.optimize import solve_space
from optimizer.solver.relaxation import why_infeasible
from optimizer.solver.search import Search
from optimizer.solver.tables import build_tables
from optimizer.solver.ties import EQUAL_SHARE, tie_key

INSTANCES = int(os.environ.get("OPTIMIZE_FUZZ", "120"))
CHUNKS = 10
SEED = 20251231
PACK = """
id = "fuzz/{name}"
title = "A random rule"
kind = "control"
items = ["ic"]

[[versions]]
id = "1"
status = "hypothetical"
confidence = "D"
citation = {{ text = "random" }}

[versions.thresholds]
{thresholds}

[[versions.paragraphs]]
id = "1"
condition = "{condition}"

[versions.scope]
countries = ["CN"]
"""
CONDITIONS = [
    "tpp >= t1",
    "tpp > t1 or (tpp >= t2 and performance_density >= d1)",
    "tpp >= t2 and tpp < t1",
    "(tpp >= t2 and tpp <= t1 and performance_density > d1) or tpp > t1",
    "dram_bandwidth_gb_s >= b1",
    "dram_bandwidth_gb_s > b1 or io_bandwidth_gb_s > i1",
    "dram_bandwidth_gb_s + io_bandwidth_gb_s >= s1",
    "tpp / 4 + dram_bandwidth_gb_s >= m1",
    "tpp >= t2 and dram_bandwidth_gb_s + io_bandwidth_gb_s > s1",
    "tpp >= t2 and dram_bandwidth_gb_s > b1",
]


@dataclass(frozen=True)
class Physics:
    """A random monotone throughput; stands in for a prepared workload."""

    compute: float
    memory: float
    wire: float
    least_gb: float
    full_gb: float
    workload: object = None

    def tokens_per_s_per_chip(self, r) -> np.ndarray:
        stream = np.minimum(r.dram_bytes_per_s, r.core_draw_bytes_per_s) / 1e12
        wire = (r.link_bytes_per_s_per_dir + r.pcie_bytes_per_s_per_dir) / 1e11
        gb = r.memory_bytes / 2**30
        fill = np.clip(gb / self.full_gb, 0.0, 1.0) * (gb >= self.least_gb)
        seconds = self.compute / (r.bf16_flops / 1e14) + self.memory / stream + self.wire / wire
        return fill / seconds

    def project(self, resources) -> None:
        return None


@dataclass(frozen=True)
class Instance:
    request: Request
    space: DesignSpace
    physics: Physics
    found: Listing


def numbers(space: DesignSpace, found: Listing, draw: np.random.Generator) -> dict[str, Fraction]:
    """Thresholds on the values of random designs."""

    def pick() -> dict:
        return found.design(int(draw.integers(len(found)))).quantities()

    t = sorted((pick()["tpp"], pick()["tpp"]))
    area = Fraction(space.area_mm2)
    one = pick()
    return {
        "t1": t[1],
        "t2": t[0],
        "d1": Fraction(round(t[0] / area, 4)),
        "b1": one["dram_bandwidth_gb_s"],
        "i1": one["io_bandwidth_gb_s"],
        "s1": one["total_bandwidth_gb_s"],
        "m1": one["tpp"] / 4 + one["dram_bandwidth_gb_s"],
    }


def rule(name: str, space, found, draw: np.random.Generator, folder: Path) -> str:
    condition = CONDITIONS[draw.integers(len(CONDITIONS))]
    values = numbers(space, found, draw)
    used = {n: v for n, v in values.items() if n in condition}
    text = "\n".join(f"{n} = {{ value = {decimal_text(v)} }}" for n, v in used.items())
    path = folder / f"{name}.toml"
    path.write_text(PACK.format(name=name, thresholds=text, condition=condition))
    return str(path)


def limits(space, found, draw: np.random.Generator) -> tuple[Limit, ...]:
    """Up to three limits on the values of random designs."""
    chosen = []
    for _ in range(int(draw.integers(0, 4))):
        i = int(draw.integers(len(found)))
        values = found.design(i).quantities()
        values["power_w"] = Fraction(int(powers(space, found)[i]), 10**4)
        name = ["power_w", "dram_bandwidth_gb_s", "memory_capacity_gb", "tpp", "io_bandwidth_gb_s"][
            draw.integers(5)
        ]
        op = ["<=", "<", ">=", ">"][draw.integers(4)]
        if name not in {x.name for x in chosen}:
            chosen.append(Limit(name, op, Fraction(values[name])))
    return tuple(chosen)


def instance(index: int, catalog, space_of, folder: Path) -> Instance:
    draw = np.random.default_rng([SEED, index])
    parent = ["gh100", "gb202", "ga100", "mi300x_package"][index % 4]
    base = load_law().ruleset("us-2025")
    space = thinned(space_of(parent, base.on), 5, 4, 3, 3, 2)
    found = listing(space)
    first = rule(f"first{index}", space, found, draw, folder)
    second = rule(f"second{index}", space, found, draw, folder)
    law: Ruleset = load_law().ruleset(first, with_=[second], without=["engineering"])
    gb = sorted({s * m.gb_per_site for s in space.sites for m in space.memory})
    physics = Physics(
        *(float(10 ** draw.uniform(-1, 1)) for _ in range(3)),
        least_gb=float(gb[draw.integers(len(gb) // 2 + 1)]),
        full_gb=float(gb[-1 - draw.integers(len(gb) // 2 + 1)]),
    )
    request = Request(law, catalog.workload("chat-8b"), limits=limits(space, found, draw))
    return Instance(request, space, physics, found)


HOLDS = {"<=": np.less_equal, "<": np.less, ">=": np.greater_equal, ">": np.greater}
UNITS = {"power_w": (10**4, 1), "dram_bandwidth_gb_s": (10**6, 1), "tpp": (10**6, 1),
         "memory_capacity_gb": (1, -1)}  # fmt: skip


def masks(case: Instance) -> dict[str, np.ndarray]:
    """Which designs meet each requirement, by its label; rules clause by clause."""
    space, found = case.space, case.found
    law = by_clause(case.request.ruleset, case.request.destination)
    kept = {
        name: lawful(space, found, expr)
        for name, expr in law.conditions(case.request.destination).items()
    }
    table = columns(space, found)
    table["io_bandwidth_gb_s"] = table["io_bandwidth_gb_s"] + space.pcie_mb_s
    for limit in case.request.limits:
        scale, sign = UNITS.get(limit.name, (1000, 1))
        line = limit.value * scale
        assert line.denominator == 1
        kept[label_of(limit)] = HOLDS[limit.op](table[limit.name] * sign, int(line))
    return kept


@pytest.fixture
def instances(catalog, space_of, tmp_path):
    def get(chunk: int):
        for index in range(chunk, INSTANCES, CHUNKS):
            try:
                yield index, instance(index, catalog, space_of, tmp_path)
            except AssertionError as error:
                raise AssertionError(f"instance {index}") from error

    return get


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_instances_agree_with_enumeration(chunk, instances, monkeypatch) -> None:
    if chunk % 2:
        # The spaces are small: read them as the largest ones are.
        monkeypatch.setattr(candidates, "WIDE", 4)
        monkeypatch.setattr(candidates, "THIN", 12)
    for index, case in instances(chunk):
        met = masks(case)
        rate = throughput(case.space, case.found, case.physics)
        worth = np.where(np.logical_and.reduce([*met.values(), rate > 0]), rate, -np.inf)
        answer = solve_space(case.request, case.space, case.physics)
        where = f"instance {index}: {case.request.limits}"
        if worth.max() == -np.inf:
            assert isinstance(answer, Infeasible | Unserved), where
            if rate.max() > 0:
                same_conflicts(case, answer, met, rate, where)
            continue
        assert isinstance(answer, Optimal), f"{where}: {answer}"
        same_optimum(case, answer, worth, where)
        if index % 3 == 0:
            same_frontier(case, worth, index, where)
        if index % 4 == 1:
            same_moves(case, answer, rate, met, where)


def same_optimum(case: Instance, answer: Optimal, worth: np.ndarray, where: str) -> None:
    best = float(worth.max())
    assert answer.designs[0].value == pytest.approx(best, rel=1e-12), where
    equal = np.flatnonzero(worth >= best * (1 - EQUAL_SHARE))
    least = powers(case.space, case.found)[equal]
    equal = equal[least == least.min()]
    designs = [case.found.design(int(i)) for i in equal]
    assert answer.designs[0].design == min(designs, key=lambda d: tie_key(0.0, d)), where


def same_frontier(case: Instance, worth: np.ndarray, index: int, where: str) -> None:
    from optimizer.solver.trade import rounded

    names = ["tpp", "dram_bandwidth_gb_s", "power_w", "memory_capacity_gb", "io_bandwidth_gb_s"]
    others = (names[index % 5], *((names[(index + 1) % 5],) if index % 2 else ()))
    answer = parent_frontier(case.request, case.space, case.physics, others, exact=True)
    assert isinstance(answer, ParentFrontier), where
    assert answer.proved, where
    live = np.flatnonzero(worth > 0)
    table = columns(case.space, case.found)
    expected = undominated(rounded(worth[live]), [table[n][live].astype(float) for n in others])
    vectors = np.array([answer.trade.vector(p.design) for p in answer.points])
    got = answer.trade.speed(vectors)
    assert len(got) == len(expected), where
    assert sorted(-got) == sorted(row[0] for row in expected), where


def same_moves(case: Instance, answer: Optimal, rate, met, where: str) -> None:
    """Before a breakpoint nothing changes, at it this much does."""
    own = np.logical_and.reduce([m for n, m in met.items() if n.startswith("--")] + [rate > 0])

    def best(path: str, value: Fraction) -> float:
        law = case.request.ruleset.override(path, value).controlled("CN")
        kept = own & lawful(case.space, case.found, law)
        return float(np.where(kept, rate, 0.0).max())

    for move in next_moves(case.request, answer, case.physics)[:2]:
        outward = move.beyond > move.value or (move.beyond == move.value and move.relaxes)
        step = Fraction(1, 10**7) if outward else -Fraction(1, 10**7)
        at = move.beyond if move.inclusive else move.beyond + step
        short = move.beyond - step if move.inclusive else move.beyond
        assert best(move.path, at) == pytest.approx(move.after, rel=1e-12), (where, move)
        assert best(move.path, short) == pytest.approx(move.before, rel=1e-12), (where, move)


def same_conflicts(case: Instance, answer, met, rate, where: str) -> None:
    """All minimal conflicts, and the throughput at every cheapest relaxation."""
    found = why_infeasible(case.request, answer, case.physics)
    labels = list(met)
    minimal: set[frozenset[str]] = set()
    for size in range(len(labels) + 1):
        for chosen in combinations(labels, size):
            mask = np.logical_and.reduce([rate > 0, *(met[n] for n in chosen)])
            if not mask.any() and not any(c <= set(chosen) for c in minimal):
                minimal.add(frozenset(chosen))
    got = {frozenset(c) - {"the workload is served"} for c in found.sets.conflicts}
    assert got == minimal, where
    for cure in found.relaxations:
        if cure.label not in met:
            continue
        mask = np.logical_and.reduce([rate > 0, *(m for n, m in met.items() if n != cure.label)])
        assert (cure.needed is not None) == bool(mask.any()), (where, cure)


def test_swapped_units_are_refused(catalog, space_of, ask, ready, monkeypatch) -> None:
    module = sys.modules["optimizer.solver.optimize"]
    request = ask("us-2025")
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    honest = solve_space(request, space, ready())

    def swapped(space):
        compute, memory, wiring = build_tables(space)
        # Bandwidth in GB/s where MB/s are meant.
        mixed = memory.resources * np.array([1e-3, 1.0])
        return compute, replace(memory, resources=mixed), wiring

    monkeypatch.setattr(module, "build_tables", swapped)
    answer = solve_space(request, space, ready())
    assert not isinstance(answer, Optimal)
    assert isinstance(honest, Optimal)


def test_a_search_on_another_projection_is_refused(space_of, ask, ready, monkeypatch) -> None:
    module = sys.modules["optimizer.solver.candidates"]
    request = ask("us-2025")
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)

    class Mutated(Search):
        def __init__(self, problem, value) -> None:
            # Links are worth nothing to it.
            super().__init__(problem, lambda v: value(v * np.array([1, 1, 1, 1, 0.0])))

    monkeypatch.setattr(module, "Search", Mutated)
    answer = solve_space(request, space, ready())
    assert not isinstance(answer, Optimal)
