"""Explanations against enumeration: moves of limits, cures of conflicts, named designs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumeration import lawful

from catalogs.errors import InputError
from constraints.clause_by_clause import by_clause
from optimizer.solver import Fix, Limit, Optimal, relaxation
from optimizer.solver.conflict_sets import MOST_SETS, conflict_sets
from optimizer.solver.conflicts import in_clauses
from optimizer.solver.explain import worth
from optimizer.solver.objective import objective_of
from optimizer.solver.optimize import solve_space
from optimizer.solver.possible import Meter
from optimizer.solver.relaxation import SERVES, why_infeasible
from optimizer.solver.requirements import requirements
from optimizer.solver.why_not import named_design, why_not

STEP = Fraction(1, 10**9)
LIMITS = [
    "power_w<=180",
    "power_w<180",
    "dram_bandwidth_gb_s<=1200",
    "memory_capacity_gb<=64",
    "links<=4",
    "salvage_share>=0.9",
    "salvage_share>0.9",
    "unit_cost_usd<=2400",
    "unit_cost_usd<2400",
    "tdp_w<=400",
    "total_bandwidth_gb_s<1300",
    "enabled_cores<=40",
]


@pytest.mark.parametrize("text", LIMITS)
def test_a_limit_moves_where_enumeration_says(text, reduced) -> None:
    limit = Limit.parse(text)
    request = replace(reduced.request, limits=(limit,))
    answer = solve_space(request, reduced.space, reduced.ready)
    assert answer.designs[0].value == pytest.approx(reduced.best(limit), rel=1e-12)
    found = [m for m in worth(request, answer, reduced.ready).moves if m.path.startswith("--limit")]
    for move in found:
        up = move.relaxes == (limit.op in ("<=", "<"))
        past = move.beyond if move.inclusive else move.beyond + (STEP if up else -STEP)
        short = move.beyond - (STEP if up else -STEP) if move.inclusive else move.beyond
        at = replace(limit, value=past)
        assert reduced.best(at) == pytest.approx(move.after, rel=1e-12), move
        before = replace(limit, value=short)
        assert reduced.best(before) == pytest.approx(move.before, rel=1e-9), move
    if reduced.best() > reduced.best(limit) * (1 + 1e-9):
        assert any(m.relaxes for m in found)
    assert sum(not m.relaxes for m in found) == 1


def test_what_a_limit_costs_is_the_optimum_without_it(reduced) -> None:
    limits = (Limit.parse("power_w<=220"), Limit.parse("memory_capacity_gb<=64"))
    fix = Fix.parse("links=0")
    request = replace(reduced.request, limits=limits, fixes=(fix,))
    held = Limit("links", "==", Fraction(0))
    answer = solve_space(request, reduced.space, reduced.ready)
    freed = {f.label: f.after for f in worth(request, answer, reduced.ready).freed}
    expected = {
        f"--limit {limits[0]}": reduced.best(limits[1], held),
        f"--limit {limits[1]}": reduced.best(limits[0], held),
        f"--fix {fix}": reduced.best(*limits),
    }
    here = reduced.best(*limits, held)
    assert freed == {
        k: pytest.approx(v, rel=1e-12) for k, v in expected.items() if v > here * (1 + 1e-9)
    }


LATTICE = [
    ("power_w<=100", "dram_bandwidth_gb_s>=1300"),
    ("tokens_per_s_per_chip>=300", "power_w<=150"),
    ("dram_bandwidth_gb_s>=1500", "tpp>=2300", "memory_capacity_gb>=80"),
    ("dram_bandwidth_gb_s>=1300", "io_bandwidth_gb_s>=500", "tpp>=5000", "power_w<=170"),
    ("memory_capacity_gb>=1000",),
]


@pytest.mark.parametrize("texts", LATTICE)
def test_conflicts_and_corrections_are_those_of_the_whole_lattice(texts, reduced) -> None:
    limits = tuple(Limit.parse(t) for t in texts)
    request = replace(reduced.request, limits=limits)
    held = {f"--limit {x}": reduced.holds(x) for x in limits}
    for clause, controlled in by_clause(request.ruleset).conditions().items():
        held[clause] = lawful(reduced.space, reduced.found, controlled)
    names = list(held)
    bits = sum(held[n].astype(np.int64) << i for i, n in enumerate(names))
    served = np.unique(bits[reduced.rate > 0])
    possible = [bool(((served & mask) == mask).any()) for mask in range(1 << len(names))]
    whole = len(possible) - 1
    smaller = [[m & ~(1 << i) for i in range(len(names)) if m >> i & 1] for m in range(whole + 1)]

    def named(mask: int) -> frozenset[str]:
        return frozenset(n for i, n in enumerate(names) if mask >> i & 1)

    conflicts = {
        named(m)
        for m in range(whole + 1)
        if not possible[m] and all(possible[s] for s in smaller[m])
    }
    corrections = {
        named(m)
        for m in range(whole + 1)
        if possible[whole & ~m] and not any(possible[whole & ~s] for s in smaller[m])
    }
    answer = solve_space(request, reduced.space, reduced.ready)
    found = why_infeasible(request, answer, reduced.ready).sets
    assert found.complete
    assert {frozenset(c) - {SERVES} for c in found.conflicts} == conflicts
    assert conflicts
    assert {frozenset(c) for c in found.corrections} == corrections


def test_a_question_past_its_boxes_is_open_and_said_to_be(reduced, monkeypatch) -> None:
    limits = tuple(Limit.parse(t) for t in LATTICE[1])
    request = replace(reduced.request, limits=limits)
    answer = solve_space(request, reduced.space, reduced.ready)
    monkeypatch.setattr(relaxation, "Meter", lambda: Meter(most=1))
    found = why_infeasible(request, answer, reduced.ready)
    assert not found.sets.complete
    assert found.sets.open
    assert any(not c.settled for c in found.relaxations)


def test_the_conflict_of_an_answer_names_the_clause_of_a_rule(reduced) -> None:
    request = replace(reduced.request, limits=(Limit.parse("dram_bandwidth_gb_s>=1500"),))
    answer = solve_space(request, reduced.space, reduced.ready)
    assert answer.conflict == ("us_letters/april_2025", f"--limit {request.limits[0]}")
    objective = objective_of(reduced.space, reduced.ready, "throughput")
    told = in_clauses(request, reduced.space, objective, answer.conflict)
    assert told == ("us_letters/april_2025.dram", f"--limit {request.limits[0]}")


def test_every_minimal_conflict_and_correction_of_a_hidden_family() -> None:
    draw = np.random.default_rng(7)
    for _ in range(60):
        names = [f"r{i}" for i in range(int(draw.integers(1, 8)))]
        family = [
            frozenset(draw.choice(names, int(draw.integers(1, len(names) + 1)), replace=False))
            for _ in range(int(draw.integers(0, 5)))
        ]
        minimal = {c for c in family if not any(o < c for o in family)}
        found = conflict_sets(
            names, lambda kept, family=family: not any(c <= set(kept) for c in family)
        )
        assert {frozenset(c) for c in found.conflicts} == minimal
        for correction in found.corrections:
            assert all(set(correction) & c for c in minimal)
            for name in correction:
                rest = set(correction) - {name}
                assert any(not rest & c for c in minimal)


def test_a_listing_that_is_too_long_says_that_it_is_not_complete() -> None:
    names = [f"r{i}" for i in range(16)]
    found = conflict_sets(names, lambda kept: len(kept) < 3)
    assert not found.complete
    assert 0 < len(found.conflicts) <= MOST_SETS
    assert all(len(c) == 3 for c in found.conflicts)
    few = conflict_sets(names, lambda kept: len(kept) < 3, most_asked=20)
    assert not few.complete
    assert few.asked == 20


def test_a_named_design_is_forbidden_or_slower_and_why(ask, ready, space_of) -> None:
    request = ask("us-2025", limits=(Limit.parse("power_w<=300"),))
    space = space_of("gh100", request.ruleset.on)
    answer = solve_space(request, space, ready())
    assert isinstance(answer, Optimal)
    needs, objective = requirements(request, space), objective_of(space, ready(), "throughput")
    best = answer.designs[0].design

    def ask_why(*words: str):
        return why_not(request, needs, objective, best, named_design(best, words))

    said = ask_why("enabled_cores=132,tensor_rate_fraction=1", "core_clock_mhz=1980")
    assert {"us_ear/3A090.a", "--limit power_w<=300"} <= set(said.broken)
    assert said.assessment.verdict == "controlled"
    slower = ask_why("links=0")
    assert not slower.broken
    assert slower.value < slower.optimum
    assert [loss.resource for loss in slower.losses] == ["link"]
    assert slower.losses[0].alone == pytest.approx(slower.value / slower.optimum - 1)
    same = ask_why(f"links={best.links}")
    assert same.tie == "the same design"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("enabled_cores=131", "Nearest: 130 and 132"),
        ("tpp=2400", "no knob"),
        ("links=2 links=4", "twice"),
        ("memory_part=gddr7", "no such memory"),
        ("memory_data_rate_gbps=9", "steps of 0.01"),
        ("board_class=nowhere", "no board_class"),
        ("cores", "--why-not"),
        (" , ", "no knob is named"),
    ],
)
def test_a_design_that_the_die_cannot_be_is_refused(words, message, ask, ready, space_of) -> None:
    space = space_of("gh100", ask("us-2025").ruleset.on)
    answer = solve_space(ask("us-2025", prove=False), space, ready())
    with pytest.raises(InputError, match=message):
        named_design(answer.designs[0].design, [words])
