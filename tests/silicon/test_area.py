"""Area regressions against published die sizes, and the floor that a density asks for."""

from __future__ import annotations

import numpy as np
import pytest

from catalogs.economics import economics
from catalogs.errors import InputError
from optimizer.silicon import gddr_area
from optimizer.silicon.area import density_floor_mm2, dies_needed
from optimizer.silicon.defaults import reticle_mm2
from tests.silicon_parts import DIES, left_out_area_errors


@pytest.mark.parametrize(("family", "within"), [("ada", 0.03), ("blackwell_consumer", 0.05)])
def test_published_dies_come_out(family: str, within: float) -> None:
    """Die sizes of AD102 to AD107 and GB202 to GB207 after TechPowerUp."""
    model = gddr_area(family)
    for cores, channels, area in DIES[family].values():
        assert float(model.area_mm2(cores, channels)) == pytest.approx(area, rel=within)


@pytest.mark.parametrize("family", sorted(DIES))
def test_the_stored_error_is_that_on_dies_left_out_of_the_fit(family: str) -> None:
    errors = left_out_area_errors(family)
    stored = economics().area.families[family].leave_one_out_error
    found = (min(errors), float(np.mean(errors)), max(errors))
    assert found == pytest.approx(
        [float(v) for v in (stored.low, stored.value, stored.high)], abs=6e-4
    )


@pytest.mark.parametrize("family", sorted(DIES))
def test_refitting_the_dies_gives_the_stored_coefficients(family: str) -> None:
    cores, channels, area = np.array(list(DIES[family].values()), dtype=float).T
    fitted = np.linalg.lstsq(
        np.column_stack([np.ones_like(cores), cores, channels]), area, rcond=None
    )[0]
    model = gddr_area(family)
    assert fitted == pytest.approx([model.base_mm2, model.core_mm2, model.channel_mm2], abs=0.06)
    errors = np.abs(model.area_mm2(cores, channels) / area - 1)
    assert errors.max() == pytest.approx(model.worst_error, abs=0.001)


def test_memory_is_two_fifths_of_ad102_and_about_half_of_gb202() -> None:
    """Same table of die sizes after TechPowerUp."""
    assert gddr_area("ada").channel_mm2 * 12 / 608.5 == pytest.approx(0.40, abs=0.01)
    assert gddr_area("blackwell_consumer").channel_mm2 * 16 / 750 == pytest.approx(0.49, abs=0.01)


def test_an_h20_needs_740_square_millimeters_to_stay_under_a_density_of_3_2() -> None:
    """ECCN 3A090.b: density lines 1.6 and 3.2; H20 at TPP 2,368 (NVIDIA)."""
    assert float(density_floor_mm2(2368, 3.2)) == pytest.approx(740)
    assert float(density_floor_mm2(2400, 1.6)) == pytest.approx(1500)
    with pytest.raises(InputError, match="above 0"):
        density_floor_mm2(2400, 0)


def test_a_reticle_holds_858_square_millimeters() -> None:
    """26 x 33 mm field of a scanner (mooreslawisdead.com on chiplets)."""
    assert reticle_mm2() == 858
    assert dies_needed([814, 858, 859, 2400], reticle_mm2()).tolist() == [1, 1, 2, 3]


def test_a_family_without_a_regression_is_an_error() -> None:
    with pytest.raises(InputError, match="no area regression for the family 'hopper'"):
        gddr_area("hopper")


@pytest.mark.parametrize(
    ("cores", "ops_per_clk", "clock_ghz", "bits", "tpp", "density", "area"),
    [
        pytest.param(132, 4096, 1.83, 16, 15_831, 19.45, 814, id="H100 SXM"),
        pytest.param(78, 1024, 1.853, 16, 2_368, 2.91, 814, id="H20"),
        pytest.param(108, 2048, 1.41, 16, 4_992, 6.04, 826, id="A100"),
        pytest.param(128, 2048, 2.52, 8, 5_285, 8.68, 608.5, id="RTX 4090"),
        pytest.param(114, 2048, 2.52, 8, 4_707, 7.74, 608.5, id="RTX 4090 D"),
    ],
)
def test_published_performance_and_density_give_the_die_area_back(
    cores: int,
    ops_per_clk: int,
    clock_ghz: float,
    bits: int,
    tpp: float,
    density: float,
    area: float,
) -> None:
    """NVIDIA data sheets; TweakTown on the density of H20; Tom's Hardware on the RTX 4090 D."""
    assert cores * ops_per_clk * clock_ghz / 1e3 * bits == pytest.approx(tpp, rel=1e-3)
    assert float(density_floor_mm2(tpp, density)) == pytest.approx(area, rel=1e-3)
