"""Salvage shares against an independent table, a simulation, and their laws."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.economics import economics
from catalogs.errors import InputError
from catalogs.load import read_csv
from optimizer.silicon import floorplan, salvage_share, salvage_table
from optimizer.silicon.defaults import cluster_alpha, missing_floorplan
from optimizer.silicon.salvage import Bin, Floorplan, exclusive_share, gamma_nodes
from optimizer.silicon.wafer import negative_binomial_yield

# Shares from an independent script for the same floorplans; not read by the package.
SHARES = read_csv(Path(__file__).parent / "salvage_shares.csv")
TWO_TENTHS_OF_A_POINT = 0.002
DICE = 400_000
SEED = 7


def known(die: str) -> Floorplan:
    plan = floorplan(die)
    assert plan is not None
    return plan


@pytest.mark.parametrize("row", SHARES, ids=lambda row: f"{row['bin']}-{row['d0_per_cm2']}")
def test_shares_agree_with_the_independent_table(row: dict[str, str]) -> None:
    """Negative binomial at TSMC's defect densities (AnandTech 16028, August 2020), alpha 3.

    Structure of GH100: Glenn Lockwood; of GB202 and AD102: TechPowerUp. 68 shares, each within 0.2
    point: GH100 perfect 62.5 %, H200 85.1 %, H100 91.3 %, RTX 5090 82.0 %, 6000D 94.2 % at 0.07.
    """
    plan, d0 = known(row["die"]), float(row["d0_per_cm2"])
    wanted = Bin(int(row["cores"]), int(row["sites"]), int(row["links"]))
    if row["richer_cores"]:
        richer = Bin(*(int(row[f"richer_{part}"]) for part in ("cores", "sites", "links")))
        found = exclusive_share(plan, wanted, richer, d0, 3)
    else:
        found = float(salvage_share(plan, *wanted, d0, 3))
    assert found == pytest.approx(float(row["share"]), abs=TWO_TENTHS_OF_A_POINT)


@pytest.mark.parametrize(("d0", "share"), [(0.1, 0.0005), (0.2, 0.0023), (0.3, 0.0043)])
def test_hardly_a_die_is_an_h20_and_not_an_h200_even_under_strong_clustering(
    d0: float, share: float
) -> None:
    """Same floorplan and script as the table, at alpha 1 (fitted there, no public count)."""
    found = exclusive_share(known("gh100"), Bin(78, 6, 18), Bin(132, 6, 18), d0, 1)
    assert found == pytest.approx(share, abs=0.0002)


@pytest.mark.parametrize(("site_area_mm2", "share"), [(6.0, 0.059), (13.0, 0.122), (18.0, 0.16)])
def test_the_rtx_6000d_share_hangs_on_the_area_of_a_memory_channel(
    site_area_mm2: float, share: float
) -> None:
    """Channel areas of 6, 13 and 18 mm2 around the share of the die photograph of GB202."""
    plan = replace(known("gb202"), site_area_mm2=site_area_mm2)
    found = exclusive_share(plan, Bin(156, 14, 0), Bin(170, 16, 0), 0.07, 3)
    assert found == pytest.approx(share, abs=0.004)


def test_the_h100_bin_after_parametric_loss_is_near_the_85_percent_of_industry_arithmetic() -> None:
    """Industry arithmetic: 55 good of 65 GH100 on an N4 wafer, 85 % (okx.com, redplanx.com)."""
    found = float(salvage_share(known("gh100"), 132, 5, 18, 0.07, 3)) * 0.97
    assert found == pytest.approx(0.885, abs=0.002)


@pytest.mark.parametrize("alpha", [0.7, 1.0, 2.0, 3.0, 10.0])
@pytest.mark.parametrize("die", sorted(economics().floorplans.dies))
def test_a_perfect_die_is_the_negative_binomial_yield_of_its_critical_area(
    die: str, alpha: float
) -> None:
    plan = known(die)
    share = float(salvage_share(plan, plan.cores, plan.sites, plan.links, 0.1, alpha))
    expected = float(negative_binomial_yield(plan.critical_area_mm2, 0.1, alpha))
    assert share == pytest.approx(expected, abs=1e-6)


def test_more_nodes_do_not_move_a_share() -> None:
    for alpha in (1.0, 3.0, 10.0):
        for mean in (0.1, 1.0, 3.0):
            few, many = gamma_nodes(alpha), gamma_nodes(alpha, 60)
            found = [float(w @ np.exp(-mean * x)) for x, w in (few, many)]
            assert found[0] == pytest.approx(found[1], abs=1e-6)


def simulated(plan: Floorplan, wanted: Bin, d0: float, alpha: float) -> float:
    """Return the share among simulated dies, drawn defect rate by defect rate."""
    generator = np.random.default_rng(SEED)
    rate = generator.gamma(alpha, 1 / alpha, DICE) * d0 / 100
    good = np.exp(-rate * plan.block_area_mm2)
    groups = generator.binomial(plan.blocks_per_group, good[:, None], (DICE, plan.groups))
    live = groups >= plan.min_good_blocks_per_group
    cores = (groups * live).sum(axis=1) * plan.cores_per_block
    sites = generator.binomial(plan.sites, np.exp(-rate * plan.site_area_mm2))
    links = generator.binomial(plan.links, np.exp(-rate * plan.link_area_mm2))
    works = generator.random(DICE) < np.exp(-rate * plan.must_work_area_mm2)
    works &= live.sum(axis=1) >= plan.min_live_groups
    serves = (cores >= wanted.cores) & (sites >= wanted.sites) & (links >= wanted.links)
    return float((serves & works).mean())


@pytest.mark.parametrize(
    ("die", "wanted", "d0", "alpha"),
    [
        ("gh100", Bin(132, 6, 18), 0.10, 3.0),
        ("gh100", Bin(132, 5, 18), 0.10, 3.0),
        ("gh100", Bin(138, 5, 12), 0.30, 1.0),
        ("ga100", Bin(108, 5, 12), 0.09, 3.0),
        ("gb202", Bin(180, 15, 0), 0.10, 2.0),
        ("ad102", Bin(142, 12, 0), 0.07, 3.0),
    ],
)
def test_the_mixture_agrees_with_a_simulation(
    die: str, wanted: Bin, d0: float, alpha: float
) -> None:
    plan = known(die)
    exact = float(salvage_share(plan, *wanted, d0, alpha))
    assert exact == pytest.approx(simulated(plan, wanted, d0, alpha), abs=0.003)


def test_the_table_never_rises_along_any_axis_to_the_last_bit() -> None:
    for die in economics().floorplans.dies:
        plan = known(die)
        table = salvage_table(
            plan, np.arange(plan.cores + 1), np.arange(plan.sites + 1), np.arange(plan.links + 1),
            0.07, 3,
        )  # fmt: skip
        assert all(np.all(np.diff(table, axis=axis) <= 0) for axis in range(3))
        assert table.min() >= 0
        assert table.max() <= 1


def test_the_table_holds_the_shares() -> None:
    plan = known("gh100")
    table = salvage_table(plan, [78, 132], [4, 5, 6], [8, 18], 0.07, 3)
    assert table[1, 2, 1] == salvage_share(plan, 132, 6, 18, 0.07, 3)
    assert table.shape == (2, 3, 2)


PLANS = st.sampled_from(sorted(economics().floorplans.dies)).map(known)


@settings(max_examples=40)
@given(
    plan=PLANS,
    data=st.data(),
    d0=st.sampled_from([0.05, 0.1, 0.3]),
    alpha=st.sampled_from([1.0, 3.0, 10.0]),
)
def test_a_bin_is_at_least_as_common_as_a_richer_one(
    plan: Floorplan, data: st.DataObject, d0: float, alpha: float
) -> None:
    tops = (plan.cores, plan.sites, plan.links)
    poor = Bin(*(data.draw(st.integers(0, top)) for top in tops))
    rich = Bin(*(data.draw(st.integers(low, top)) for low, top in zip(poor, tops, strict=True)))
    common = salvage_share(plan, *poor, d0, alpha)
    assert common >= salvage_share(plan, *rich, d0, alpha)
    assert exclusive_share(plan, poor, rich, d0, alpha) >= 0


@settings(max_examples=30)
@given(plan=PLANS, d0=st.sampled_from([0.05, 0.1, 0.2]), more=st.sampled_from([0.02, 0.1]))
def test_more_defects_never_help(plan: Floorplan, d0: float, more: float) -> None:
    few, many = (
        salvage_table(plan, range(0, plan.cores + 1, 8), [0, plan.sites], [0, plan.links], d, 3)
        for d in (d0, d0 + more)
    )
    assert np.all(many <= few + 1e-12)


@settings(max_examples=30)
@given(plan=PLANS, cores=st.integers(0, 200), d0=st.sampled_from([0.05, 0.2]))
def test_no_defects_serve_every_bin_that_the_die_has(
    plan: Floorplan, cores: int, d0: float
) -> None:
    clean = float(salvage_share(plan, cores, plan.sites, plan.links, 0.0, 3))
    assert clean == pytest.approx(1.0 if cores <= plan.cores else 0.0)
    assert float(salvage_share(plan, cores, plan.sites + 1, plan.links, d0, 3)) == 0


def test_bins_that_are_not_nested_are_told_apart() -> None:
    plan = known("gh100")
    fewer_sites, fewer_links = Bin(132, 5, 18), Bin(132, 6, 12)
    both = float(salvage_share(plan, 132, 6, 18, 0.1, 3))
    alone = exclusive_share(plan, fewer_sites, fewer_links, 0.1, 3)
    assert alone == pytest.approx(float(salvage_share(plan, *fewer_sites, 0.1, 3)) - both)


def test_dies_without_a_floorplan_are_unknown_by_name() -> None:
    for die in ("mi300x_package", "gb100"):
        assert floorplan(die) is None
        assert missing_floorplan(die) is not None
    assert missing_floorplan("gh100") is None
    assert re.search("'gb999'", missing_floorplan("gb999") or "")


def test_wrong_counts_and_clustering_are_input_errors() -> None:
    plan = known("gh100")
    with pytest.raises(InputError, match="cores must be whole"):
        salvage_share(plan, 131.5, 6, 18, 0.07, cluster_alpha())
    with pytest.raises(InputError, match="links must be whole"):
        salvage_share(plan, 132, 6, -1, 0.07, cluster_alpha())
    with pytest.raises(InputError, match="alpha must be above 0"):
        salvage_share(plan, 132, 6, 18, 0.07, 0)
