"""Draws over the ranges of the inputs: one definition of a range, seeded, alike for every model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from catalogs.economics import economics
from catalogs.economics_overlay import read_overrides, replaced
from catalogs.errors import InputError
from catalogs.figures import Figure
from optimizer.silicon import floorplan, power_model, product, salvage_share, unit_cost
from optimizer.silicon.bins import BinShare, UnmappedShare
from optimizer.silicon.defaults import as_range, losses, plan_ranges
from optimizer.silicon.prices import die_lot, salvaged_share, unmapped_share
from optimizer.silicon.salvage import Bin
from optimizer.silicon.uncertainty import (
    Draws,
    Range,
    Spread,
    drawn,
    inputs_of,
    quantiles,
    spread,
    spreads,
)

PRICE, SHARE = Range(4, 8, 15, "price"), Range(0.5, 0.6, 0.7, "share")


def card(figures=None):
    """An RTX 6000D at catalog prices."""
    share = salvaged_share(floorplan("gb202", figures), 156, 14, 0, figures)
    lot = die_lot(750, "n4", share, year=2025, figures=figures)
    return product([lot], "GDDR7", 84, package="flip_chip", year=2025, figures=figures)


def cost(figures=None, draws: Draws | None = None) -> Spread:
    made = card(figures)
    return spread(lambda read: unit_cost(made, read).unit_usd, draws)


def test_a_further_input_changes_no_draw_of_the_others() -> None:
    alone = drawn(Draws(50))(PRICE)
    read = drawn(Draws(50))
    read(SHARE)
    assert np.array_equal(read(PRICE), alone)
    assert not np.array_equal(drawn(Draws(50, seed=1))(PRICE), alone)


def test_every_stratum_of_an_input_is_drawn_once() -> None:
    chances = np.sort(Draws(500, seed=3).chances("any"))
    assert np.array_equal(np.floor(chances * 500), np.arange(500))


def test_the_ends_of_an_interval_hardly_hang_on_the_seed() -> None:
    seeds = [cost(draws=Draws(seed=seed)) for seed in range(4)]
    width = seeds[0].high - seeds[0].low
    for end in ("low", "median", "high"):
        assert np.ptp([getattr(each, end) for each in seeds]) < 0.03 * width


def test_a_range_without_a_name_or_without_a_width_is_never_drawn() -> None:
    for fixed in (Range(4, 8, 15), Range(8, 8, 8, "price")):
        assert not fixed.open
        assert drawn(Draws(9))(fixed).tolist() == [8.0]
    assert inputs_of(lambda read: read(Range(4, 8, 15)) + read(PRICE)) == (PRICE,)


def test_the_input_that_moves_a_number_most_stands_first() -> None:
    found = spreads(lambda read: {"usd": read(PRICE) / read(SHARE), "gb": read(SHARE)})
    assert [m.name for m in found["usd"].movers] == ["price", "share"]
    assert [m.name for m in found["gb"].movers] == ["share"]
    (mover, _) = found["usd"].movers
    ends = [float(PRICE.quantile(p)) / 0.6 for p in (0.1, 0.9)]
    assert [mover.low, mover.high] == pytest.approx(ends)
    assert found["usd"].middle == pytest.approx(8 / 0.6)


def test_a_figure_that_the_user_fixes_has_no_range_any_more() -> None:
    key = "cost.memory_prices.GDDR7.2025"
    fixed = replaced(tuple(read_overrides([f"{key}=8"])))
    free, held = cost(), cost(fixed)
    assert free.movers[0].name == key
    assert key not in {m.name for m in held.movers}
    assert held.high - held.low < 0.6 * (free.high - free.low)
    assert held.middle == free.middle


def test_an_own_range_is_drawn_as_it_is_given() -> None:
    key = "cost.memory_prices.GDDR7.2025"
    wide = replaced(tuple(read_overrides([f"{key}=8..8..40"])))
    assert cost(wide).high > cost().high + 84 * 10


def test_intervals_need_not_be_finite() -> None:
    assert quantiles([1.0, 2.0, np.inf, np.inf, np.nan])[1:] == (2.0, np.inf)


def test_draws_and_seeds_that_mean_nothing_are_refused() -> None:
    for count, seed in ((0, 0), (10**6, 0), (10, -1)):
        with pytest.raises(InputError):
            Draws(count, seed)
    assert Draws.of(None, 4) == Draws(seed=4)


@pytest.mark.parametrize(
    ("die", "wanted"),
    [
        ("gh100", Bin(132, 5, 18)), ("gh100", Bin(144, 6, 18)), ("gb202", Bin(156, 14, 0)),
        ("ga100", Bin(108, 5, 12)), ("ad102", Bin(142, 12, 0)),
    ],
)  # fmt: skip
def test_drawn_shares_are_those_of_the_whole_sum_within_a_thousandth(die, wanted) -> None:
    plan, ranges, lost = floorplan(die), plan_ranges(die), losses(floorplan(die).process)
    read = drawn(Draws(60))
    share = BinShare(plan, ranges, replace(lost, kept=Range.exactly(1)), *wanted).read(read)
    for row in range(60):

        def at(of: Range, row: int = row) -> float:
            return float(np.broadcast_to(read(of), (60, 1))[row, 0])

        figures = {name: at(getattr(ranges, name)) for name in ranges.__slots__}
        whole = {n: v if n.endswith("mm2") else int(np.rint(v)) for n, v in figures.items()}
        own, d0, alpha = replace(plan, **whole), at(lost.d0_per_cm2), at(lost.alpha)
        exact = float(salvage_share(own, *wanted, d0, alpha))
        assert float(share.ravel()[row]) == pytest.approx(exact, abs=1e-3)


def test_at_the_middle_a_share_is_the_one_that_the_proof_reads() -> None:
    share = salvaged_share(floorplan("gh100"), [78, 132], 6, 18)
    exact = salvage_share(floorplan("gh100"), [78, 132], 6, 18, 0.07, 3) * 0.97
    assert np.array_equal(share.read(Range.middle), exact)


def test_a_bin_that_no_die_has_is_never_drawn() -> None:
    share = salvaged_share(floorplan("gh100"), 146, 6, 18)
    assert not share.read(drawn(Draws(20))).any()


def test_a_die_without_a_floorplan_lies_between_sparing_nothing_and_everything() -> None:
    share = unmapped_share(800, "n4")
    assert isinstance(share, UnmappedShare)
    fixed = replace(share.losses, d0_per_cm2=Range.exactly(0.07), alpha=Range.exactly(3))
    rows = replace(share, losses=replace(fixed, kept=Range.exactly(1))).read(drawn(Draws(200)))
    clean = float(UnmappedShare(800, fixed, Range.exactly(0)).read(Range.middle)[0]) / 0.97
    assert clean < rows.min() < clean + 0.05
    assert 0.95 < rows.max() < 1


def test_power_coefficients_are_drawn_as_one_model() -> None:
    model = power_model("hopper", read=drawn(Draws(30)))
    assert model.core_w(132, 1830).shape == (30, 1)
    assert np.all(np.diff(model.voltage_v([1000.0, 1500.0, 1900.0]), axis=1) > 0)
    middle = power_model("hopper", read=Range.middle)
    assert middle.core_w(132, 1830) == pytest.approx(power_model("hopper").core_w(132, 1830))


def figures_of(part: object) -> list[Figure]:
    if isinstance(part, Figure):
        return [part]
    values = part.values() if hasattr(part, "values") else part if isinstance(part, tuple) else [
        getattr(part, name) for name in getattr(type(part), "model_fields", ())
    ]  # fmt: skip
    return [figure for value in values for figure in figures_of(value)]


def test_every_figure_has_a_key_of_its_own_that_the_option_takes() -> None:
    figures = figures_of(economics())
    keys = [each.key for each in figures]
    assert len(keys) == len(set(keys)) > 150
    for each in figures[::5]:
        own = replaced(tuple(read_overrides([f"{each.key}={each.value}"])))
        (held,) = (f for f in figures_of(own) if f.key == each.key)
        assert (held.low, held.high) == (each.value, each.value)
        assert not as_range(held).open
