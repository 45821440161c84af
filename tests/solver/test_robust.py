"""Robust designs against brute force over reduced spaces."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput

from catalogs.errors import InputError
from optimizer.solver.robust import MOST, Scenario, robust

CASES = {
    "ladder": [("us-2022", {}, 1), ("us-2023", {}, 2), ("us-2025", {}, 1)],
    "thresholds": [
        ("us-2025", {"us_letters/april_2025.dram_ceiling": 4000}, 1),
        ("us-2025", {"us_letters/april_2025.dram_ceiling": 900}, 1),
        ("us-2025", {"us_ear/3A090.a.tpp_ceiling": 2400, "us_ear/3A090.a.tpp_floor": 400}, 2),
        ("us-2025", {"us_letters/april_2025.sum_ceiling": 1200}, 1),
    ],
    "one loose": [
        ("us-2022", {"us_ear/3A090.a.tpp_ceiling": 10**6}, 1),
        ("us-2023", {}, 5),
        ("us-2025", {}, 4),
    ],
}


def scenarios(case: str, ask) -> tuple[Scenario, ...]:
    rows = CASES[case]
    total = sum(weight for _, _, weight in rows)
    found = []
    for i, (name, moves, weight) in enumerate(rows):
        request = ask(name)
        law = request.ruleset
        for path, value in moves.items():
            if path in law.atoms():
                law = law.override(path, value)
        found.append(
            Scenario(f"s{i}", Fraction(weight, total), request.__class__(law, request.workload))
        )
    return tuple(found)


@pytest.mark.parametrize("parent", ["gh100", "ga100"])
@pytest.mark.parametrize("case", list(CASES))
def test_robust_designs_equal_brute_force(case, parent, ask, ready, space_of) -> None:
    those = scenarios(case, ask)
    space = thinned(space_of(parent, those[0].request.ruleset.on), 10, 8, 4, 6)
    found = listing(space)
    rate = throughput(space, found, ready())
    allowed = np.array(
        [lawful(space, found, s.request.ruleset.controlled("CN")) for s in those]
    ) & (rate > 0)
    pay = np.where(allowed, rate, 0.0)
    best = pay.max(axis=1)
    answer = robust(those, [space], ready())
    assert answer.proved
    for own, value in zip(answer.optima, best, strict=True):
        assert (0.0 if own is None else own.value) == pytest.approx(value, rel=1e-12)
    regrets = (best[:, None] - pay).max(axis=0)
    assert answer.least_regret.regret == pytest.approx(regrets.min(), rel=1e-9, abs=1e-9)
    weights = np.array([float(s.weight) for s in those])
    assert answer.best_expected.expected == pytest.approx((weights @ pay).max(), rel=1e-12)
    safe = np.where(allowed.all(axis=0), rate, 0.0).max()
    assert (answer.safe.value if answer.safe else 0.0) == pytest.approx(safe, rel=1e-12)
    assert answer.solves <= 2 ** len(those)


def test_a_permissive_scenario_leads_regret_and_this_is_said(ask, ready, space_of) -> None:
    those = scenarios("one loose", ask)
    space = thinned(space_of("gh100", those[0].request.ruleset.on), 10, 8, 4, 6)
    answer = robust(those, [space], ready())
    choice = answer.least_regret
    lost = [s.name for s, ok in zip(those, choice.lawful, strict=True) if not ok]
    said = " ".join(answer.remarks)
    assert all(f"'{name}'" in said for name in lost)
    assert choice.regret <= answer.safe.regret


def test_the_number_of_scenarios_is_bounded(ask, ready, space_of) -> None:
    one = scenarios("ladder", ask)[0]
    with pytest.raises(InputError, match="scenarios"):
        robust([one] * (MOST + 1), [], ready())
