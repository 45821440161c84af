"""Power by lines that its table never crosses: looser between clocks, exact where it matters."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enumeration import thinned

from constraints.syntax import parse
from optimizer.solver import Limit, Optimal, attributes, envelopes
from optimizer.solver.envelopes import below
from optimizer.solver.model import Model
from optimizer.solver.objective import power_of
from optimizer.solver.optimize import solve_space
from optimizer.solver.tables import POWER_STEPS, build_tables, design_at


@pytest.fixture
def one_line(monkeypatch):
    """Lines as loose as they come."""
    monkeypatch.setattr(envelopes, "LINES", 1)
    below.cache_clear()
    yield
    below.cache_clear()


def test_no_cell_of_a_table_lies_under_its_lines() -> None:
    draw = np.random.default_rng(5)
    for count in (1, 2, 3, 40, 200):
        places = tuple(np.cumsum(draw.integers(1, 9, count)).tolist())
        values = tuple(draw.integers(-1000, 1000, count).tolist())
        lines = below(places, values)
        assert len(lines) <= envelopes.LINES
        gaps = [
            line.run * (y - line.value) - line.rise * (x - line.at)
            for line in lines
            for x, y in zip(places, values, strict=True)
        ]
        assert min(gaps) == 0


def test_a_bulging_table_is_met_at_every_cell_by_few_lines() -> None:
    places = tuple(range(20))
    values = tuple(x * x for x in places)
    lines = below(places, values)
    for x, y in zip(places, values, strict=True):
        highest = max(Fraction(n.rise * (x - n.at), n.run) + n.value for n in lines)
        assert highest == y


@pytest.mark.parametrize("op", ["<=", ">="])
def test_a_design_that_the_model_finds_has_the_power_that_was_asked_for(
    op, one_line, ask, space_of
) -> None:
    space = thinned(space_of("gh100", ask("us-2025").ruleset.on), 6, 20, 2, 3)
    compute, memory, wiring = build_tables(space)
    for row in (0, 57, len(compute) - 1):
        design = design_at(space, (compute, memory, wiring), (row, 1, 0))
        line = Fraction(power_of(design), POWER_STEPS)
        total = "compute_power_w + memory_power_w + wiring_power_w"
        asked = parse(f"{total} {op} {line.numerator} / {line.denominator}")
        fixed = parse(f"core_clock_mhz == {design.clock_mhz}")
        model = Model(space, {"power": asked, "clock": fixed})
        found = model.solve()
        assert found is not None
        assert (power_of(found) - power_of(design)) * (1 if op == ">=" else -1) >= 0
        assert model.admits(design)


def test_loose_lines_prove_the_same_optimum(ask, ready, space_of, monkeypatch) -> None:
    request = ask("us-2025", limits=(Limit.parse("power_w<=330"),))
    space = thinned(space_of("gh100", request.ruleset.on), 8, 30, 3, 6)
    tight = solve_space(request, space, ready())
    monkeypatch.setattr(envelopes, "LINES", 1)
    below.cache_clear()
    pinned = []
    honest = attributes.Attributes.pin

    def pin(self, clock, units):
        pinned.append((clock, units))
        return honest(self, clock, units)

    monkeypatch.setattr(attributes.Attributes, "pin", pin)
    loose = solve_space(request, space, ready())
    below.cache_clear()
    assert isinstance(tight, Optimal)
    assert isinstance(loose, Optimal)
    assert loose.designs[0].design == tight.designs[0].design
    assert pinned
