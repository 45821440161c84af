"""Unit cost against public estimates, wafers against public counts, and the laws of both."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.errors import InputError
from optimizer.silicon import floorplan, product, unit_cost
from optimizer.silicon.cost import DieLot, Package, Product, die_cost_usd
from optimizer.silicon.defaults import process_of
from optimizer.silicon.prices import (
    die_lot,
    interposers_per_wafer,
    memory_price,
    package_kind,
    salvaged_share,
    unmapped_share,
)
from optimizer.silicon.uncertainty import Draws, Range, Spread, drawn, spread
from optimizer.silicon.wafer import (
    gross_dies,
    murphy_yield,
    negative_binomial_yield,
    packed,
    poisson_yield,
    seeds_yield,
)
from tests.silicon_parts import (
    GB100_MM2,
    GB202_MM2,
    GH100_MM2,
    IOD_MM2,
    b200,
    h20,
    h100,
    h200,
    mi300x,
    rtx_6000d,
    unit_usd,
)


def spread_usd(made: Product, draws: Draws | None = None) -> Spread:
    return spread(lambda read: unit_cost(made, read).unit_usd, draws)


def test_an_h100_costs_within_five_percent_of_the_3320_of_raymond_james() -> None:
    """Raymond James, by Tae Kim (August 2023), in TechSpot 99839."""
    assert unit_usd(h100()) == pytest.approx(3320, rel=0.05)


def test_a_b200_costs_within_the_range_of_epoch_ai() -> None:
    """Epoch AI on the parts of a B200, 5,700 to 7,300 USD (fourweekmba.com)."""
    assert 5700 < unit_usd(b200()) < 7300


def test_an_mi300x_costs_within_fifteen_percent_of_the_5300_of_silicon_analysts() -> None:
    """Silicon Analysts, cost bridge (2026)."""
    assert unit_usd(mi300x()) == pytest.approx(5300, rel=0.15)


def test_an_h200_costs_within_fifteen_percent_of_the_4800_of_silicon_analysts() -> None:
    """Silicon Analysts, cost bridge (2026)."""
    assert unit_usd(h200()) == pytest.approx(4800, rel=0.15)


@pytest.mark.parametrize(
    ("made", "logic", "memory", "package", "unit"),
    [
        (h100(), 303, 1320, 722, 3268),
        (h200(), 382, 2160, 722, 4236),
        (h20(), 343, 1440, 722, 3438),
        (rtx_6000d(4), 313, 336, 40, 1060),
        (rtx_6000d(8), 313, 672, 40, 1401),
        (rtx_6000d(12), 313, 1008, 40, 1742),
    ],
    ids=["h100", "h200", "h20", "6000d-4", "6000d-8", "6000d-12"],
)
def test_the_parts_add_up_to_the_earlier_estimate(
    made: Product, logic: float, memory: float, package: float, unit: float
) -> None:
    """It took the 29 packages a wafer that are reported; counting squares gives 30.4."""
    found = unit_cost(made)
    assert float(found.logic_usd[0]) == pytest.approx(logic, rel=0.01)
    assert float(found.memory_usd[0]) == pytest.approx(memory)
    assert float(found.package_usd[0]) == pytest.approx(package, rel=0.04)
    assert float(found.unit_usd[0]) == pytest.approx(unit, rel=0.01)


def test_the_parts_of_a_b200_are_those_of_epoch_ai_within_two_percent() -> None:
    """Epoch AI: logic 720 to 1,200, HBM 2,800 to 3,100, packaging 1,000 to 1,200, loss to 1,100."""
    found = unit_cost(b200())
    parts = (found.logic_usd, found.memory_usd, found.package_usd, found.package_loss_usd)
    ranges = ((720, 1200), (2800, 3100), (1000, 1200), (1000, 1100))
    for part, (low, high) in zip(parts, ranges, strict=True):
        assert low * 0.98 < float(part[0]) < high * 1.02
    assert unit_usd(b200()) == pytest.approx(6426, rel=0.01)


def test_the_parts_of_an_mi300x_add_up_to_the_earlier_estimate() -> None:
    """Die areas of the XCD and IOD: SemiAnalysis and ISSCC figures, 115 and 370 mm2."""
    found = unit_cost(mi300x())
    assert float(found.logic_usd[0]) == pytest.approx(536, rel=0.01)
    assert float(found.memory_usd[0]) == pytest.approx(2880)
    assert float(found.package_usd[0]) == pytest.approx(1285, rel=0.03)
    assert float(found.package_loss_usd[0]) == pytest.approx(409, rel=0.01)
    assert unit_usd(mi300x()) == pytest.approx(5711, rel=0.01)


def test_packages_are_lost_with_what_is_in_them() -> None:
    found = unit_cost(h20())
    content = found.logic_usd + found.memory_usd + found.package_usd
    assert float((content / 0.95 - content - found.package_loss_usd)[0]) == pytest.approx(0)
    assert float(found.package_loss_usd[0]) == pytest.approx(132, rel=0.02)


def test_a_wafer_holds_63_to_67_gh100() -> None:
    """Industry arithmetic takes 65 gross (okx.com, redplanx.com); GH100 is 814 mm2 (NVIDIA)."""
    assert 63 <= float(gross_dies(GH100_MM2, 300)) <= 65
    assert packed(26.0, 31.3, diameter_mm=294) == 67


def test_twice_as_many_grid_offsets_find_no_die_more(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = [39.9, 51.8, 50.5, 59.5]
    coarse = [packed.__wrapped__(side, side, 294) for side in sides]
    monkeypatch.setattr("optimizer.silicon.wafer.GRID_OFFSETS", 48)
    assert [packed.__wrapped__(side, side, 294) for side in sides] == coarse


def test_interposer_wafers_hold_what_is_reported() -> None:
    """Industry arithmetic: 28 to 29 H100 and 16 B200 a wafer (okx.com, redplanx.com)."""
    made = interposers_per_wafer([GH100_MM2, 2 * GB100_MM2, 4 * IOD_MM2], [6, 8, 8])
    found = made.read(Range.middle)
    assert found == pytest.approx([29, 16, 17], rel=0.06)


@pytest.mark.parametrize(
    ("d0", "poisson", "murphy", "three", "two", "seeds"),
    [
        (0.05, 0.666, 0.675, 0.683, 0.690, 0.711),
        (0.07, 0.566, 0.581, 0.594, 0.606, 0.637),
        (0.10, 0.443, 0.468, 0.487, 0.505, 0.551),
    ],
)
def test_yield_models_of_gh100(
    d0: float, poisson: float, murphy: float, three: float, two: float, seeds: float
) -> None:
    """Textbook formulas at 814 mm2; alpha 2 is that of CATCH, 10 that of Chiplet Actuary."""
    found = [
        poisson_yield(GH100_MM2, d0), murphy_yield(GH100_MM2, d0),
        negative_binomial_yield(GH100_MM2, d0, 3), negative_binomial_yield(GH100_MM2, d0, 2),
        seeds_yield(GH100_MM2, d0),
    ]  # fmt: skip
    assert [float(y) for y in found] == pytest.approx(
        [poisson, murphy, three, two, seeds], abs=6e-4
    )


@settings(max_examples=60)
@given(area=st.floats(1, 858), d0=st.floats(0, 0.5))
def test_the_more_clustered_the_model_the_higher_the_yield(area: float, d0: float) -> None:
    chain = [
        poisson_yield(area, d0), negative_binomial_yield(area, d0, 10),
        negative_binomial_yield(area, d0, 3), seeds_yield(area, d0),
    ]  # fmt: skip
    assert all(a <= b + 1e-12 for a, b in pairwise(chain))
    assert (
        poisson_yield(area, d0) <= murphy_yield(area, d0) + 1e-12 <= seeds_yield(area, d0) + 2e-12
    )


@settings(max_examples=40)
@given(
    capacities=st.lists(st.integers(1, 300), min_size=2, max_size=12).map(sorted),
    kind=st.sampled_from(["cowos_s", "flip_chip", "cowos_s_3d"]),
)
def test_cost_never_falls_with_capacity(capacities: list[int], kind: str) -> None:
    dies = [die_lot(GH100_MM2, "n4", unmapped_share(GH100_MM2, "n4"))]
    made = product(dies, "HBM3E", capacities, package=kind, stacks=6, base_mm2=GH100_MM2)
    assert np.all(np.diff(unit_cost(made).unit_usd) >= 0)
    assert np.all(np.diff(unit_cost(made, drawn(Draws(50))).unit_usd, axis=1) >= 0)


def test_designs_may_differ_in_package_and_interposer() -> None:
    share = salvaged_share(floorplan("gb202"), [156, 170, 170], 14, 0)
    dies = [die_lot(GB202_MM2, "n4", share)]
    made = product(
        dies, "HBM3", [80, 80, 96], package=["flip_chip", "cowos_s", "cowos_s"],
        stacks=[0, 5, 6], base_mm2=GB202_MM2, year=2024,
    )  # fmt: skip
    flat, five, six = unit_cost(made).package_usd
    assert flat == pytest.approx(40)
    assert flat < five < six
    assert unit_cost(made).logic_usd[0] < unit_cost(made).logic_usd[1]


def test_the_interval_repeats_and_holds_the_public_estimate() -> None:
    first, again = spread_usd(h100()), spread_usd(h100())
    assert first == again
    assert first.low < 3320 < first.high
    assert first.low < first.median < first.high
    other = spread_usd(h100(), Draws(seed=1))
    assert other.median == pytest.approx(first.median, rel=0.01)


def test_known_prices_leave_no_interval() -> None:
    one = Range.exactly(1.0)
    package = Package(one, one, one, one, one, one)
    lot = DieLot(1, Range.exactly(60), Range.exactly(6000), one)
    made = Product((lot,), Range.exactly(1), 8, (package,))
    found = spread_usd(made, Draws(50))
    assert found.low == found.high == unit_usd(made)
    assert found.movers == ()


def test_a_triangular_range_has_its_textbook_mean() -> None:
    draws = Range(1, 2, 6).quantile(np.linspace(0, 1, 20001))
    assert float(draws.mean()) == pytest.approx(3.0, abs=1e-3)


@pytest.mark.parametrize(
    ("node", "process"),
    [
        ("TSMC N7", "n7_n6"), ("TSMC 4N", "n4"), ("TSMC 4NP", "n4"), ("TSMC N7+", "n7_n6"),
        ("TSMC N5", "n5"), ("TSMC N6", "n7_n6"), ("n5", "n5"), ("Samsung 8N", None),
        ("SMIC 7 nm class", None), ("TSMC N5 (XCD) + N6 (IOD)", None),
    ],
)  # fmt: skip
def test_process_names_map_or_stay_unknown(node: str, process: str | None) -> None:
    assert process_of(node) == process


def test_where_no_die_can_be_used_its_cost_has_no_end() -> None:
    assert die_cost_usd(17_000, 60, [0.5, 0.0])[1] == np.inf


def test_missing_prices_are_errors_that_name_them() -> None:
    with pytest.raises(InputError, match="wafer price for the process 'n4' as early as 2019"):
        die_lot(GH100_MM2, "n4", Range.exactly(1), year=2019)
    with pytest.raises(InputError, match="memory of kind 'LPDDR5' is published"):
        memory_price("LPDDR5")
    with pytest.raises(InputError, match="Did you mean 'flip_chip'"):
        package_kind("flipchip")
    with pytest.raises(InputError, match="defect density for the process 'n2'"):
        unmapped_share(100, "n2")
    with pytest.raises(InputError, match="dies on the interposer is missing"):
        product([], "HBM3", 80, package="cowos_s", stacks=6)
    with pytest.raises(InputError, match="does not fit"):
        unit_cost(product([], "HBM3", 80, package="cowos_s", stacks=6, base_mm2=60_000))
    with pytest.raises(InputError, match="a die area must be above 0"):
        gross_dies(0, 300)
