"""Board power against rated power, and the laws of the model."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.economics import economics
from catalogs.errors import InputError
from optimizer.silicon import OperatingPoint, power_model, sustained_clock_mhz
from optimizer.silicon.defaults import activity, power_family
from optimizer.silicon.power import PowerModel
from tests.silicon_parts import (
    BOARDS,
    FULL,
    board,
    design_row,
    left_out_power_errors,
    modeled_w,
    point,
)

NVIDIA_STEP_MHZ = 15
BOARDS_IN_FIT = 14


def test_fourteen_full_power_boards_come_out_within_six_percent_on_average() -> None:
    """Rated power: NVIDIA data sheets and TechPowerUp tables, as in power_fit.csv."""
    errors = [abs(modeled_w(row) / float(row["tdp_w"]) - 1) for row in FULL]
    assert len(errors) == BOARDS_IN_FIT
    assert np.mean(errors) < 0.06
    assert max(errors) < 0.11


def test_refitting_the_fourteen_boards_gives_the_stored_coefficients() -> None:
    families = list(dict.fromkeys(row["family"] for row in FULL))
    rows, rest = zip(*(design_row(row, families) for row in FULL), strict=True)
    fitted = np.linalg.lstsq(np.array(rows), np.array(rest), rcond=None)[0]
    stored = [power_model(f).core_w_per_core_ghz_v2 for f in families]
    stored.append(power_model("hopper").tensor_pj_per_flop)
    assert fitted == pytest.approx(stored, abs=0.01)


def test_a_board_left_out_of_the_fit_comes_out_within_thirteen_percent() -> None:
    errors = left_out_power_errors()
    assert np.mean(errors) == pytest.approx(0.071, abs=0.002)
    assert max(errors) == pytest.approx(0.124, abs=0.002)


def test_power_limits_of_an_rtx_4090_are_met_within_four_watts() -> None:
    """QuasarZone, by Hardware Times: 347 W at 2,726 MHz, 305 at 2,602, 268 at 2,443."""
    clocks, watts = np.array([2726, 2602, 2443]), np.array([347, 305, 268])
    volts = np.asarray(power_model("ada").voltage_v(clocks))
    terms = np.column_stack([np.ones(3), clocks * volts**2])
    fitted = np.linalg.lstsq(terms, watts, rcond=None)[0]
    assert np.abs(terms @ fitted - watts).max() < 4


def test_an_rtx_pro_6000d_comes_out_near_the_419_watts_of_a_teardown() -> None:
    """Teardown: 28 packages of GDDR7, about 419 W; 156 SM and 148 TFLOPS ask for 1,853 MHz."""
    model = power_model("gb202")
    rate = 148e6 / (156 * 1853)
    terms = model.terms(OperatingPoint(156, 1853, rate, 1398, "GDDR7", 128, 750))
    assert float(model.board_w(terms)) == pytest.approx(396, rel=0.01)
    assert float(model.board_w(terms)) == pytest.approx(419, rel=0.10)


def test_h20_anchored_to_h100_comes_out_within_ten_percent_of_its_400_watts() -> None:
    """TweakTown on H20: 400 W; NVIDIA's H100 data sheet: 700 W."""
    model = power_model("gh100")
    scale = model.anchored(model.terms(board("H100-SXM")), tdp_w=700)
    assert float(model.board_w(model.terms(board("H20")), scale)) == pytest.approx(400, rel=0.10)


def test_the_4090_d_anchored_to_the_4090_comes_out_within_three_percent_of_its_425_watts() -> None:
    """Tom's Hardware Italy on the RTX 4090 D: 425 W; the RTX 4090 has 450 W."""
    model = power_model("ad102")
    scale = model.anchored(model.terms(board("RTX4090")), tdp_w=450)
    child = model.board_w(model.terms(board("RTX4090D")), scale)
    assert float(child) == pytest.approx(425, rel=0.03)


def test_an_anchored_parent_draws_its_rated_power() -> None:
    model = power_model("cdna3")
    terms = model.terms(OperatingPoint(304, 2100, 2048, 5300, "HBM3", 896, 2400))
    assert float(model.board_w(terms, model.anchored(terms, tdp_w=750))) == pytest.approx(750)


@pytest.mark.parametrize(
    ("name", "phase", "watts"),
    [("H100-SXM", "decode", 325), ("H100-SXM", "prefill", 522), ("H20", "decode", 300)],
)
def test_phases_draw_what_public_runs_suggest(name: str, phase: str, watts: float) -> None:
    """ALICE energy benchmark: H100 runs at 267 to 680 W, H200 at 662 W in either precision."""
    model = power_model("hopper")
    drawn = float(model.board_w(model.terms(board(name), activity(phase))))
    assert drawn == pytest.approx(watts, rel=0.02)


@pytest.mark.parametrize("row", BOARDS, ids=lambda row: str(row["board"]))
def test_sustained_clocks_of_capped_boards(row: dict[str, str]) -> None:
    model = power_model(row["family"])
    found = float(
        sustained_clock_mhz(
            model, point(row), float(row["tdp_w"]), min_mhz=210, step_mhz=NVIDIA_STEP_MHZ
        )
    )
    if row["sustained_mhz"]:
        assert found == pytest.approx(float(row["sustained_mhz"]), abs=2 * NVIDIA_STEP_MHZ)
    else:
        assert np.isnan(found)


def test_the_sustained_clock_is_the_last_step_within_the_budget() -> None:
    model, budgets = power_model("gb202"), np.linspace(100, 700, 25)
    row = next(row for row in BOARDS if row["board"] == "PRO6000WS")
    clocks = sustained_clock_mhz(model, point(row), budgets, min_mhz=210, step_mhz=NVIDIA_STEP_MHZ)
    for budget, clock in zip(budgets, clocks, strict=True):
        steps = np.arange(210, float(row["clock_mhz"]) + 1, NVIDIA_STEP_MHZ)
        here = {f.name: getattr(point(row), f.name) for f in fields(OperatingPoint)}
        watts = model.board_w(model.terms(OperatingPoint(**{**here, "clock_mhz": steps})))
        fits = steps[watts <= budget]
        assert np.isnan(clock) if not len(fits) else clock == fits.max()


def test_measured_voltages_of_an_rtx_5060_ti_lie_within_16_millivolts() -> None:
    """TechPowerUp, review of the Gainward RTX 5060 Ti, page 42."""
    clocks, volts = [430, 1770, 2360, 2700, 2770], [0.70, 0.81, 0.902, 1.017, 1.045]
    found = power_model("blackwell_consumer").voltage_v(clocks)
    assert np.abs(found - volts).max() < 0.017


def test_mi300x_has_a_power_only_against_a_parent_and_says_how_wrong_it_may_be() -> None:
    model = power_model("mi300x_package")
    terms = model.terms(OperatingPoint(304, 2100, 2048, 5300, "HBM3", 896, 2400))
    assert model.basis == "estimated"
    assert model.grade == "C"
    with pytest.raises(InputError, match="only against a parent"):
        model.board_w(terms)
    assert float(terms.total_w()) / model.efficiency == pytest.approx(1010, rel=0.02)
    richer = model.terms(OperatingPoint(304, 2100, 2048, 6000, "HBM3E", 896, 2400))
    mi325x = float(model.board_w(richer, model.anchored(terms, 750)))
    assert abs(1000 / mi325x - 1) < model.relative_error


def test_b200_closes_at_a_thousand_watts_only_below_hopper_energy() -> None:
    point_b200 = OperatingPoint(148, 1856, 8192, 8000, "HBM3E", 2056, 1600)
    stored, hopper = power_model("gb100"), power_model("hopper")
    closed = float(stored.terms(point_b200).total_w()) / stored.efficiency
    assert closed == pytest.approx(1000, rel=0.02)
    assert float(hopper.board_w(hopper.terms(point_b200))) == pytest.approx(1430, rel=0.02)


def test_a_family_without_coefficients_is_an_error_that_names_what_is_missing() -> None:
    assert power_family("gaudi_3_package") is None
    with pytest.raises(InputError, match="no energy per core cycle"):
        power_model("gaudi_3_package")
    with pytest.raises(InputError, match="Did you mean 'hopper'"):
        power_model("hoper")
    with pytest.raises(InputError, match="kind 'LPDDR5'"):
        power_model("hopper").dram_w(100, "LPDDR5")


def test_a_low_profile_board_draws_less_of_its_own() -> None:
    model = power_model("ad104")
    assert model.fixed_w(low_profile=True) < model.fixed_w()


def test_the_top_clock_is_where_the_voltage_reaches_its_limit() -> None:
    for family in economics().power.families:
        model = power_model(family)
        assert float(model.voltage_v(model.top_clock_mhz())) == pytest.approx(model.v_max)


FAMILIES = st.sampled_from(sorted(economics().power.families)).map(power_model)


@settings(max_examples=60)
@given(
    model=FAMILIES,
    cores=st.integers(2, 300),
    clock=st.integers(210, 2700),
    ops=st.sampled_from([256, 512, 1024, 4096]),
    dram=st.floats(100, 8000),
    io=st.floats(0, 2000),
)
def test_power_never_falls_when_any_part_of_a_design_grows(
    model: PowerModel, cores: int, clock: int, ops: int, dram: float, io: float
) -> None:
    base = np.array([cores, clock, ops, dram, io, 800.0])
    grown = base * (1 + 0.1 * np.vstack([np.zeros((1, 6)), np.eye(6)]))
    columns = grown.T
    terms = model.terms(
        OperatingPoint(
            columns[0], columns[1], columns[2], columns[3], "HBM3", columns[4], columns[5]
        )
    )
    watts = model.board_w(terms, 1.0)
    assert np.all(watts[1:] >= watts[0])


@settings(max_examples=40)
@given(model=FAMILIES, cores=st.integers(2, 300), clock=st.integers(210, 2700))
def test_board_power_is_the_sum_of_its_separable_terms(
    model: PowerModel, cores: int, clock: int
) -> None:
    terms = model.terms(OperatingPoint(cores, clock, 1024, 3000, "HBM3", 900, 814))
    separate = (
        model.fixed_w() + model.static_w(814) + model.core_w(cores, clock)
        + model.tensor_w(cores, clock, 1024) + model.dram_w(3000, "hbm3") + model.link_w(900)
    )  # fmt: skip
    assert float(model.board_w(terms, 1.0)) == pytest.approx(float(separate) / model.efficiency)
