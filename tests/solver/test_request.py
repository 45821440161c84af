"""Limits and fixes: what is read, and what is refused with one clear error."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.errors import InputError
from optimizer.solver import Fix, LeftOut, Limit
from optimizer.solver.optimize import solve_parent
from optimizer.solver.request import contradiction, show


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("dram_bandwidth_gb_s<=1.2TB/s", 1200),
        ("core_clock_mhz<1.5GHz", 1500),
        ("power_w <= 0.4 kW", 400),
        ("tpp<2_400", 2400),
        ("memory_capacity_gb>=96", 96),
    ],
)
def test_units_are_read_exactly(text, value) -> None:
    assert Limit.parse(text).value == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tpp", "cannot read"),
        ("tpp=<3", "cannot read"),
        ("tpp<=abc", "cannot read"),
        ("tpp<=-1", "negative"),
        ("tpp<=3GB", "not accepted"),
        ("dram_bandwith_gb_s<=3", "dram_bandwidth_gb_s"),
        ("memory_part<=3", "is no number"),
    ],
)
def test_a_malformed_limit_is_one_clear_error(text, says) -> None:
    with pytest.raises(InputError, match=says):
        Limit.parse(text)


@pytest.mark.parametrize("text", ["links", "links=", "links=eight", "colour=red"])
def test_a_malformed_fix_is_one_clear_error(text) -> None:
    with pytest.raises(InputError):
        Fix.parse(text)


OPS = st.sampled_from(["<", "<=", ">", ">=", "=="])


@given(st.lists(st.tuples(OPS, st.integers(0, 8)), max_size=4))
def test_bounds_contradict_exactly_when_no_number_meets_them(pairs) -> None:
    bounds = [Limit("tpp", op, Fraction(value)) for op, value in pairs]
    holds = {
        "<": lambda x, y: x < y,
        "<=": lambda x, y: x <= y,
        ">": lambda x, y: x > y,
        ">=": lambda x, y: x >= y,
        "==": lambda x, y: x == y,
    }
    # Whole and half numbers decide, because all lines are whole.
    candidates = [Fraction(n, 2) for n in range(-2, 20)]
    met = any(all(holds[b.op](x, b.value) for b in bounds) for x in candidates)
    assert (contradiction(bounds) is None) == met


def test_contradicting_limits_are_refused_before_anything_is_solved(ask) -> None:
    with pytest.raises(InputError, match="contradict"):
        ask("us-2025", limits=(Limit.parse("tpp<=100"), Limit.parse("tpp>=200")))


def test_a_limit_on_a_quantity_that_is_unknown_leaves_the_parent_out(ask, ready, catalog) -> None:
    request = ask("us-2025", limits=(Limit.parse("power_w<=300"),))
    answer = solve_parent(request, catalog, ready(), "ga102")
    assert isinstance(answer, LeftOut)
    assert answer.missing == ("power model",)


@given(st.fractions(min_value=0, max_value=10**6))
def test_shown_numbers_read_back_exactly(value) -> None:
    assert Fraction(show(value)) == value
