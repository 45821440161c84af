"""Ranks below the first keep every limit, and end where no design keeps them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from optimizer.report.layout import WIDTH
from optimizer.report.solve import solve
from optimizer.report.text import as_report
from optimizer.solver import Limit
from optimizer.solver.optimize import solve_space


@pytest.mark.parametrize("objective", ["throughput", "throughput_per_watt"])
@pytest.mark.parametrize("diverse", [None, Fraction(30, 100)])
def test_a_ranking_ends_at_the_floor_on_throughput(reduced, objective, diverse) -> None:
    rates = np.sort(reduced.worth)[::-1]
    least = float(next(rate for rate in rates[4:] if rate < rates[3] * (1 - 1e-9)))
    count = int((rates >= least).sum())
    assert 4 < count < 60
    floor = Limit("tokens_per_s_per_chip", ">=", Fraction(least))
    asked = {"limits": (floor,), "top": count + 3, "objective": objective, "diverse": diverse}
    answer = solve_space(replace(reduced.request, **asked), reduced.space, reduced.ready)
    found = sorted(float(d.projection.tokens_per_s_per_chip[0]) for d in answer.designs)
    assert found == pytest.approx(sorted(rates[:count]), rel=1e-12)
    assert found[0] >= least


def test_the_levels_of_goals_in_order_hold_for_every_rank() -> None:
    result = solve("us-2025", parents=["gh100"], top=4, then=["power_w"])
    best = result.designs[0].projection.tokens_per_s_per_chip
    assert len(result.designs) == 2
    assert all(d.projection.tokens_per_s_per_chip == best for d in result.designs)
    page = as_report(result)
    assert max(map(len, page.splitlines())) <= WIDTH
    words = " ".join(page.split())
    assert "asked for 4 designs: no more than 2 of the ranked dies meet every" in words
    assert "order is not certain: rank 2 " in words
