"""TPP and density of shipped parts, as published, against those that the catalog computes."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs import Catalog
from catalogs.load import load_catalog, read_csv

# Published or tabulated figures with the source of each; not read by the package.
SHIPPED = read_csv(Path(__file__).parent / "performance.csv")
ONE_IN_A_THOUSAND = 1e-3
# Density is tabulated to two decimals.
TWO_DECIMALS = 0.005


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ambient=False)


@pytest.mark.parametrize("row", SHIPPED, ids=lambda row: str(row["sku"]))
def test_tpp_and_density_of_a_shipped_part_come_out(row: dict[str, str], catalog: Catalog) -> None:
    """Source of each part: last column of performance.csv."""
    facts = catalog.sku(row["sku"]).legal_facts()
    tpp, area = float(facts["tpp"]), float(facts["applicable_die_area_mm2"])
    assert row["source"]
    assert tpp == pytest.approx(float(row["max_tpp"]), rel=ONE_IN_A_THOUSAND)
    assert area == pytest.approx(float(row["area_mm2"]), rel=ONE_IN_A_THOUSAND)
    within = max(TWO_DECIMALS, ONE_IN_A_THOUSAND * float(row["density"]))
    assert tpp / area == pytest.approx(float(row["density"]), abs=within)


def test_the_rtx_pro_6000_keeps_its_printed_rate_below_the_one_of_its_clock(
    catalog: Catalog,
) -> None:
    """HMC Tech: 2,015 TFLOPS of FP4 at 2,617 MHz, TPP 8,060; NVIDIA prints 4,000 sparse TOPS."""
    facts = catalog.sku("rtx_pro_6000_workstation").legal_facts()
    assert float(facts["tpp"]) == pytest.approx(8064, rel=0.01)
    assert facts["tpp"] == 8000


def test_the_rtx_pro_6000d_is_in_the_class_of_nvidias_table(catalog: Catalog) -> None:
    """NVIDIA export-regulations table: 4A994.l, so TPP below 2,400 on 750 mm2; Reuters: 1,398."""
    facts = catalog.sku("rtx_pro_6000d").legal_facts()
    assert 0.98 * 2400 < float(facts["tpp"]) < 2400
    assert 0.98 * 3.2 < float(facts["tpp"]) / float(facts["applicable_die_area_mm2"]) < 3.2
    assert 0.998 * 1400 < float(facts["dram_bandwidth_gb_s"]) < 1400
