"""Sentences of docs/silicon.md that state figures, with the figures as the models give them now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from catalogs.economics import economics
from catalogs.load import load_catalog
from optimizer import solve
from optimizer.report.new_die import Wish, new_die
from optimizer.report.settings import Settings
from optimizer.report.solve import load_case
from optimizer.silicon import floorplan, gddr_area, power_model
from optimizer.silicon.defaults import as_range, losses
from optimizer.silicon.prices import memory_price
from optimizer.silicon.salvage import Bin, exclusive_share
from optimizer.silicon.uncertainty import Range
from tests.silicon.test_sustained_clock import SEEN, sustained
from tests.silicon_parts import (
    DIES,
    FULL,
    GH100_MM2,
    bin_lot,
    board,
    h100,
    h200,
    left_out_area_errors,
    left_out_power_errors,
    mi300x,
    unit_usd,
)

MILLION = 10**6


def claims() -> Iterator[str]:
    """Every sentence, or the part of one, that has to stand on the page."""
    yield from _cost()
    yield from _salvage()
    yield from _power()
    yield from _new_die()


def _cost() -> Iterator[str]:
    own = economics().cost
    low, error, high = (round(100 * float(v)) for v in _ends(own.relative_error))
    off = {name: 100 * (unit_usd(made) / usd - 1) for name, made, usd in (
        ("h100", h100(), 3320), ("mi300x", mi300x(), 5300), ("h200", h200(), 4800),
    )}  # fmt: skip
    yield f"H200 (model {-off['h200']:.0f} % low) and MI300X ({off['mi300x']:.0f} % high)"
    yield f"Expect {error} % (range {low} to {high} %). H100 comes out {-off['h100']:.0f} % low"
    price = memory_price("GDDR7", 2025)
    yield f"the price of GDDR7 ({price.value:.0f} USD/GB, {price.low:.0f} to {price.high:.0f})"
    gb, kept = 96, float(own.packages["flip_chip"].package_yield)
    swing = float(np.ptp(price.quantile([0.1, 0.9]))) * gb / kept
    yield f"it alone moves a GB202 part by some {round(swing, -2):.0f} USD from its p10 to its p90"
    spot, rare = memory_price("GDDR6"), memory_price("GDDR6X")
    yield f"GDDR6 is a spot price of 2023 ({spot.value:.1f} USD/GB;"
    yield f"{rare.value:.1f} USD/GB is GDDR6 and half of that premium"
    yield f"the range ({rare.low:.1f} to {rare.high:.1f})"


def _salvage() -> Iterator[str]:
    lost, plan = losses("n4"), floorplan("gh100")
    assert plan is not None
    alone = exclusive_share(
        plan, Bin(78, 6, 18), Bin(132, 6, 18), lost.d0_per_cm2.value, lost.alpha.value
    )
    yield f"Fewer than {0.1 if alone < 0.001 else 100 * alone:.2g} % of GH100 dies can be an H20"
    good = float(bin_lot("gh100", GH100_MM2, 132, 5, 18, 2023).good_share.read(Range.middle)[0])
    more = 100 * (good / (55 / 65) - 1)
    yield f"The model says {100 * good:.1f} % of the H100 bin after speed and leakage, {more:.1f} %"


def _power() -> Iterator[str]:
    left = [100 * error for error in left_out_power_errors()]
    yield (
        f"the error is {np.mean(left):.1f} % on average, {max(left):.1f} % at worst "
        f"({len(left)} of its {len(FULL)} boards"
    )
    anchored = [100 * power_model(die).relative_error for die in ("gb100", "mi300x_package")]
    yield f"anchored only and far less sure ({anchored[0]:.0f} and {anchored[1]:.0f} %)"
    low, error, high = (
        100 * float(v) for v in _ends(economics().power.board.sustained_clock_error)
    )
    yield f"Expect {error:.0f} % ({low:.0f} to {high:.0f} %)."
    catalog = load_catalog(ambient=False)
    pcie, nvl = (sustained(catalog, name, "prefill")[0] for name in SEEN)
    seen = [f"{clock:,}" for clock in SEEN.values()]
    yield f"H100 PCIe holds {seen[0]} MHz, the model says {pcie:,.0f}"
    yield f"H200 NVL holds {seen[1]}, the model says {nvl:,.0f}"
    h20, h200_sxm = (f / p for f, p in (sustained(catalog, n, None) for n in ("h20", "h200_sxm")))
    yield f"the model would put H20 and H200 at {h20:.2f} and {h200_sxm:.2f} of the clock"
    model = power_model("ad102")
    free = float(model.board_w(model.terms(board("L40S"))))
    yield f"An L40S wants some {round(free, -1):.0f} W at boost"
    best = solve("us-2022", parents=["gh100"]).designs[0]
    said = next(text for text in best.flags if "modeled at full activity" in text)
    full, prefill = re.findall(r"(\d+) W (?:modeled|at)", said)
    yield f"(gh100 under us-2022: {full} and {prefill} W on a {best.quantities['tdp_w']} W board)"


def _new_die() -> Iterator[str]:
    worst, unseen = {}, {}
    for family, dies in DIES.items():
        fit = gddr_area(family)
        worst[family] = 100 * max(
            abs(float(fit.area_mm2(c, n)) / a - 1) for c, n, a in dies.values()
        )
        unseen[family] = 100 * float(np.mean(left_out_area_errors(family)))
    ada, black = DIES
    yield (
        f"Ada within {worst[ada]:.1f} %, consumer Blackwell within {worst[black]:.1f} %; on a die "
        f"left out of the fit {unseen[ada]:.1f} and {unseen[black]:.1f} %"
    )
    once = as_range(economics().cost.nre_usd["n5"])
    fused = as_range(economics().cost.nre_usd["fused_derivative"])
    yield (
        f"({once.value / MILLION:.0f} million USD for N5 class, {once.low / MILLION:.0f} to "
        f"{once.high / MILLION:.0f}, S03; a fused part {fused.value / MILLION:.0f} million, F3)"
    )
    case = load_case(Settings(rules="us-2025"), ambient=False)
    found = new_die(case, Wish(black, Fraction(1599)))["fused"]
    saving, units = found["saving_usd"], found["break_even_units"]
    yield (
        f"saves {saving['value']:.0f} USD a unit ({saving['low']:.0f} to {saving['high']:.0f}) and "
        f"pays from {units['value'] / MILLION:.1f} million units ({units['low'] / MILLION:.1f} to "
        f"{units['high'] / MILLION:.1f})"
    )


def _ends(figure: object) -> tuple[object, object, object]:
    return figure.low, figure.value, figure.high  # type: ignore[attr-defined]
