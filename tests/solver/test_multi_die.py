"""Packages of several dies, and one die of such a package: reached, summed, solved and proved."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput

from optimizer.design.unit_cost import UnitCost
from optimizer.solver import Optimal
from optimizer.solver.objective import power_of
from optimizer.solver.optimize import solve_space
from optimizer.solver.ties import EQUAL_SHARE

# Parent, rule set, and about how many values of cores, clocks, sites and rates are kept.
CASES = [
    ("gb100", "us-2025", (16, 10, 4, 8)),
    ("gb100", "us-2023", (16, 10, 4, 8)),
    ("gb300", "us-2025", (16, 10, 4, 8)),
    ("b30a_die", "us-2025", (16, 10, 4, 8)),
]
BLACKWELL = ("gb100", "gb300", "b30a_die")
HALVED = ("cores_full", "cores_max_shipped", "gpcs", "tpcs", "memory.sites", "link.links_max",
          "link.step", "applicable_die_area_mm2", "transistors_billion")  # fmt: skip
KEPT = ("clock_min_mhz", "clock_max_mhz", "clock_step_mhz", "core_draw_bytes_per_clk", "core_group",
        "memory.rate_max_gbps", "memory.parts", "memory.site_width_bits", "link.part",
        "link.gb_s_bidir_per_link", "pcie.gb_s_bidir", "dense_ops_per_clk_per_core.fp16",
        "dense_ops_per_clk_per_core.fp8", "dense_ops_per_clk_per_core.fp4")  # fmt: skip


@pytest.mark.parametrize(("parent", "ruleset", "sizes"), CASES)
def test_the_solver_finds_and_proves_what_enumeration_finds(
    parent, ruleset, sizes, ask, ready, space_of
) -> None:
    request = ask(ruleset)
    space = thinned(space_of(parent, request.ruleset.on), *sizes)
    found = listing(space)
    assert len(found) >= 100_000
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    worth = np.where(allowed, throughput(space, found, ready()), -np.inf)
    answer = solve_space(request, space, ready())
    assert isinstance(answer, Optimal)
    best = answer.designs[0]
    assert best.value == pytest.approx(worth.max(), rel=1e-12)
    ties = np.flatnonzero(worth >= worth.max() * (1 - EQUAL_SHARE))
    powers = [power_of(found.design(int(i))) for i in ties]
    assert best.power == (None if None in powers else min(powers))


@pytest.mark.parametrize("parent", BLACKWELL)
def test_area_and_tpp_are_summed_over_the_dies_of_the_package(
    parent, ask, ready, space_of, catalog
) -> None:
    """Two dies of 814 mm2 carry 1.6 x 1,628 TPP; one die stays under the 2,400 of 3A090.b."""
    request = ask("us-2025")
    best = solve_space(request, space_of(parent, request.ruleset.on), ready()).designs[0].design
    die = catalog.die(parent)
    assert best.space.area_mm2 == sum(d.area_mm2 * d.count for d in die.logic_dies)
    fp4 = die.dense_ops_per_clk_per_core.fp4 * 4 * Fraction(best.rate_units, 4)
    tpp = best.cores * best.clock_mhz * fp4 / 10**6
    assert best.quantities()["tpp"] == tpp
    density = tpp / Fraction(best.space.area_mm2)
    if parent == "b30a_die":
        assert tpp < 2400
        assert density < Fraction("3.2")
    else:
        assert 2400 < tpp < 4800
        assert Fraction("1.59") < density < Fraction("1.6")
    assert best.quantities()["dram_bandwidth_gb_s"] < 1400
    assert best.quantities()["io_bandwidth_gb_s"] < 1100
    assert best.quantities()["total_bandwidth_gb_s"] < 1700


def test_the_single_die_is_half_of_the_package_and_otherwise_the_same(catalog) -> None:
    whole, half = catalog.die("gb300"), catalog.die("b30a_die")
    assert whole.logic_dies[0].count == 2 * half.logic_dies[0].count
    assert {n: 2 * half.value(n) for n in HALVED} == {n: whole.value(n) for n in HALVED}
    assert {n: half.value(n) for n in KEPT} == {n: whole.value(n) for n in KEPT}


def test_the_single_die_stands_on_the_boards_of_its_package(ask, space_of) -> None:
    """No part of it is on sale; its power has no anchor and stays unknown, never 0."""
    on = ask("us-2025").ruleset.on
    whole, half = space_of("gb300", on), space_of("b30a_die", on)
    assert half.reference == whole.reference
    assert half.boards == whole.boards
    assert whole.power is not None
    assert half.power is None
    assert not isinstance(half.cost, UnitCost)


def test_a_superchip_is_no_reference_where_a_module_ships(ask, space_of) -> None:
    on = ask("us-2025").ruleset.on
    assert space_of("gb100", on).reference.id == "b200"
    assert space_of("gb300", on).reference.id == "b300"


@pytest.mark.parametrize(("part", "die"), [("b200", "gb100"), ("b300", "gb300")])
def test_the_draw_of_blackwell_is_the_least_that_leaves_its_parts_bound_by_their_memory(
    part, die, catalog
) -> None:
    """Decode attention reads 0.89 (B200) and 0.87 (B300) of DRAM bandwidth: aiconfigurator."""
    sku, draw = catalog.sku(part), catalog.die(die).core_draw_bytes_per_clk
    drawn = sku.cores_enabled * sku.boost_clock_mhz * draw / 1000
    assert sku.memory.bandwidth_gb_s <= drawn < sku.memory.bandwidth_gb_s * Decimal("1.001")
    fact = catalog.die(die).fact("core_draw_bytes_per_clk")
    assert fact.grade == "C"
    assert "Lower bound" in fact.note


def test_a_verdict_that_hangs_on_the_source_of_the_area_is_flagged() -> None:
    """GB100 is put at 1,600 and 1,628 mm2, and 2,601 TPP over the former is above 1.6."""
    from optimizer.report.settings import Settings
    from optimizer.report.solve import solve_settings

    ask_of = Settings(rules="us-2025", parents=("gb100",))
    flags = solve_settings(ask_of, ambient=False).designs[0].flags
    assert any("1,600 to 1,628 mm2" in flag and "controlled, tier b" in flag for flag in flags)
    narrow = replace(ask_of, limits=("tpp<2400",))
    flags = solve_settings(narrow, ambient=False).designs[0].flags
    assert not any("die area" in flag for flag in flags)


@pytest.mark.parametrize(("rules", "said"), [("us-2023", True), ("us-2025", False)])
def test_a_draw_that_is_a_lower_bound_is_flagged_where_it_binds(rules, said) -> None:
    """Without the letters GB100 has more DRAM than its cores draw at 1,470 MHz by what is known."""
    from optimizer.report.settings import Settings
    from optimizer.report.solve import solve_settings

    found = solve_settings(Settings(rules=rules, parents=("gb100",)), ambient=False).designs[0]
    flags = [flag for flag in found.flags if "lower bound of 26.48 bytes" in flag]
    assert bool(flags) is said
