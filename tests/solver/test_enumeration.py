"""The solver against exhaustive enumeration: same optimum, same tie-break, on every parent."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput

from optimizer.solver import Infeasible, Limit, Optimal
from optimizer.solver.objective import objective_of, power_of
from optimizer.solver.optimize import solve_space
from optimizer.solver.ties import EQUAL_SHARE

# Parent, rule set, workload, and about how many values of cores, clocks, sites and rates are kept.
CASES = [
    ("gb202", "us-2025", "default-mix", (20, 14, 6, 8)),
    ("gb202", "us-2026", "chat-70b", (20, 14, 6, 8)),
    ("gh100", "us-2025", "default-mix", (10, 8, 4, 6)),
    ("gh100", "us-2023", "default-mix", (10, 8, 4, 6)),
    ("ga100", "us-2025", "default-mix", (10, 8, 4, 6)),
    ("ga100", "us-2022", "chat-70b", (12, 8, 4, 8)),
    ("ad102", "us-2025", "default-mix", (20, 14, 6, 8)),
    ("ad104", "us-2025", "chat-8b", (20, 14, 6, 8)),
    ("mi300x_package", "us-2025", "default-mix", (14, 10, 8, 7)),
    ("mi300x_package", "us-2026", "chat-70b", (16, 12, 5, 8)),
]


@pytest.mark.parametrize(("parent", "ruleset", "workload", "sizes"), CASES)
def test_solver_agrees_with_enumeration(
    parent, ruleset, workload, sizes, ask, ready, space_of
) -> None:
    request = ask(ruleset, workload)
    space = thinned(space_of(parent, request.ruleset.on), *sizes)
    found = listing(space)
    assert len(found) >= 100_000
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    worth = np.where(allowed, throughput(space, found, ready(workload)), -np.inf)
    best = worth.max()
    answer = solve_space(request, space, ready(workload))
    assert isinstance(answer, Optimal)
    assert answer.designs[0].value == pytest.approx(best, rel=1e-12)
    ties = np.flatnonzero(worth >= best * (1 - EQUAL_SHARE))
    powers = [power_of(found.design(int(i))) for i in ties]
    assert answer.designs[0].power == min(powers)


def test_every_threshold_line_binds_somewhere(ask, ready, space_of) -> None:
    bound: set[str] = set()
    for parent, ruleset, workload, sizes in CASES:
        request = ask(ruleset, workload, prove=False)
        space = thinned(space_of(parent, request.ruleset.on), *sizes)
        answer = solve_space(request, space, ready(workload))
        bound |= {label for b in answer.designs[0].binding for label in b.by}
    assert {"us_ear/3A090.a", "us_ear/3A090.b", "us_letters/april_2025"} <= bound


@pytest.mark.parametrize("top", [5, 40])
def test_the_best_n_are_those_of_enumeration(top, ask, ready, space_of) -> None:
    request = ask("us-2025", prove=False, top=top)
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    found = listing(space)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    worth = np.where(allowed, throughput(space, found, ready()), -np.inf)
    expected = np.sort(worth)[::-1][:top]
    answer = solve_space(request, space, ready())
    assert [d.value for d in answer.designs] == pytest.approx(expected.tolist(), rel=1e-12)


LIMITS = [
    ("gh100", "dram_bandwidth_gb_s<=1200"),
    ("gh100", "power_w<=150W"),
    ("gh100", "tdp_w<=350"),
    ("gh100", "salvage_share>=0.93"),
    ("gb202", "power_w<=250"),
    ("gb202", "memory_capacity_gb<=64"),
    ("gb202", "salvage_share>=0.9"),
    ("mi300x_package", "total_bandwidth_gb_s<1500"),
    ("gb202", "performance_density<2.5"),
]


@pytest.mark.parametrize(("parent", "limit"), LIMITS)
def test_a_users_limit_gives_the_optimum_of_enumeration(
    parent, limit, ask, ready, space_of
) -> None:
    request = ask("us-2025", limits=(Limit.parse(limit),))
    space = thinned(space_of(parent, request.ruleset.on), 10, 8, 8, 6)
    found = listing(space)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    worth = np.where(allowed, throughput(space, found, ready()), -np.inf)
    answer = solve_space(request, space, ready())
    kept = _first_that_meets(found, worth, request.limits[0])
    if kept is None:
        assert isinstance(answer, Infeasible)
    else:
        assert isinstance(answer, Optimal)
        assert answer.designs[0].value == pytest.approx(kept, rel=1e-12)


def _first_that_meets(found, worth: np.ndarray, limit: Limit) -> float | None:
    from optimizer.solver.column_reader import tdp_class
    from optimizer.solver.salvage import salvage_of

    for i in np.argsort(-worth, kind="stable"):
        if worth[i] == -np.inf:
            return None
        design = found.design(int(i))
        values = dict(design.quantities())
        power = power_of(design)
        values["power_w"] = Fraction(power, 10**4)
        values["tdp_w"] = tdp_class(design.space, design.board, power)
        values["salvage_share"] = salvage_of(design)
        value = Fraction(values[limit.name])
        if {"<=": value <= limit.value, "<": value < limit.value, ">=": value >= limit.value}[
            limit.op
        ]:
            return float(worth[i])
    return None


def test_throughput_per_watt_is_proved_too(ask, ready, space_of) -> None:
    request = ask("us-2025", objective="throughput_per_watt")
    space = thinned(space_of("gb202", request.ruleset.on), 10, 8, 6, 8)
    found = listing(space)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    power = np.array([power_of(found.design(i)) for i in range(0, len(found), 97)]) / 1e4
    rate = throughput(space, found, ready())[::97] / power
    answer = solve_space(request, space, ready())
    assert isinstance(answer, Optimal)
    assert answer.designs[0].value >= np.where(allowed[::97], rate, 0).max() * (1 - 1e-12)
    objective = objective_of(space, ready(), request.objective)
    assert (objective(answer.certificate.corners) <= answer.designs[0].value * (1 + 1e-9)).all()


def test_a_narrower_space_is_never_better(ask, ready, space_of) -> None:
    request = ask("us-2025", prove=False)
    whole = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    part = replace(whole, cores=whole.cores[:6])
    values = [solve_space(request, s, ready()).designs[0].value for s in (whole, part)]
    assert values[1] <= values[0]
