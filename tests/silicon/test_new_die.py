"""A new die: area against the law from both sides, cost against a fused part, laws of both."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.report.new_die import Wish, _design, _space, new_die
from optimizer.report.new_die_law import Reading, of_area
from optimizer.report.settings import Settings
from optimizer.report.solve import load_case
from optimizer.report.words import interval
from optimizer.silicon import salvage_share
from optimizer.silicon.cost import unit_cost
from optimizer.silicon.new_die import Blocks, needed_area_mm2, new_floorplan, new_product
from tests.own_rule import own_rule

FAMILY = "blackwell_consumer"


@pytest.fixture(scope="module")
def case():
    return load_case(Settings(rules="us-2025", draws=100), ambient=False)


@pytest.fixture(scope="module")
def asked(case):
    cache: dict[tuple[object, ...], dict] = {}

    def get(tpp: int | str, family: str = FAMILY, **other):
        key = (tpp, family, *sorted(other.items()))
        if key not in cache:
            cache[key] = new_die(case, Wish(family, Fraction(tpp), **other))
        return cache[key]

    return get


def test_a_die_below_1600_tpp_needs_some_400_mm2_and_saves_some_155_dollars(asked) -> None:
    """An earlier estimate: 400 to 420 mm2, a saving of 155, break-even at 3.5 million units."""
    found = asked(1599)
    assert found["area_mm2"] == pytest.approx(410, rel=0.05)
    assert found["dark_area_mm2"] == 0
    fused = found["fused"]
    assert fused["saving_usd"]["value"] == pytest.approx(155, rel=0.1)
    assert fused["break_even_units"]["value"] == pytest.approx(3.5e6, rel=0.1)
    assert fused["break_even_units"]["low"] < fused["break_even_units"]["high"]


@pytest.mark.parametrize("tpp", [1650, 2000, 2399, 3000, 4790])
def test_the_area_is_lawful_and_a_hundredth_less_is_not(tpp, asked, case) -> None:
    found = asked(tpp)
    reading, wish = Reading.of(case, FAMILY), Wish(FAMILY, Fraction(tpp))
    design, _ = _design(reading, _space(case, wish), wish)
    area = Decimal(str(found["least_lawful_area_mm2"]))
    for given_area, said in ((area, "not_controlled"), (area - Decimal("0.01"), "controlled")):
        assert reading.classified(of_area(design, given_area)).verdict == said
    assert found["verdict"] == "not_controlled"


def test_no_area_helps_above_the_ceiling(capsys) -> None:
    words = ["new-die", "--rules", "us-2025", "--family", "ada", "--tpp", "5200"]
    assert main(words) == 5
    shown = capsys.readouterr()
    assert "NO AREA" in shown.out
    assert "no area" in shown.err


def ask_with_rule(folder: Path, condition: str) -> list[str]:
    path = folder / "own.toml"
    path.write_text(own_rule(condition, 10), encoding="utf-8")
    return ["new-die", "-r", "us-2025", "--family", "ada", "--tpp", "2399", "--pack", str(path)]


@pytest.mark.parametrize(
    "condition",
    [
        "enabled_cores > 60 + 0 * line", "memory_capacity_gb > 24 + 0 * line",
        "core_clock_mhz > 2440 + 0 * line", "unit_cost_usd > 813 + 0 * line",
    ],
)  # fmt: skip
def test_a_rule_of_ones_own_reads_the_very_part_that_is_printed(condition, tmp_path, capsys):
    assert main(ask_with_rule(tmp_path, condition)) == 0
    assert "a new die of 749.57 mm2" in " ".join(capsys.readouterr().out.split())
    tighter = condition.replace("813", "811").replace("+ 0 * line", "- 1 + 0 * line")
    if "memory" in condition:  # eleven channels are enough
        assert main(ask_with_rule(tmp_path, tighter)) == 0
        assert "memory, GB 22" in " ".join(capsys.readouterr().out.split())
    else:
        assert main(ask_with_rule(tmp_path, tighter)) == 5
        assert "no area makes 2399 TPP lawful" in capsys.readouterr().err


def test_a_rule_on_what_is_not_stated_is_not_decided(tmp_path, capsys):
    assert main(ask_with_rule(tmp_path, "power_w > line")) == 6
    shown = capsys.readouterr()
    assert "not decided: a rule asks for power_w, which new-die does not state" in shown.err
    assert shown.out.startswith("NOT DECIDED under us-2025")
    assert main(ask_with_rule(tmp_path, "power_w > line and enabled_cores > 100")) == 0
    dense = ("--set-economics", "yield.processes.n4.defect_density_per_cm2=1e9")
    assert main([*ask_with_rule(tmp_path, "unit_cost_usd > line"), *dense]) == 6
    assert main(ask_with_rule(tmp_path, "power_w > line or enabled_cores > 50")) == 5


def test_a_day_before_the_first_part_is_told_without_a_loose_end(capsys) -> None:
    words = ["new-die", "-r", "us@2024-12-01", "--tpp", "2399"]
    assert main([*words, "--family", "blackwell_consumer"]) == 2
    assert "no part of this die on sale by 2024-12-01\n" in capsys.readouterr().err


def test_a_controlled_fused_part_is_not_compared(asked, capsys) -> None:
    words = ["new-die", "--rules", "us-2025", "--family", FAMILY, "--tpp", "3000"]
    assert main(words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "the fused part is controlled, so there is nothing to compare" in page
    assert "does not pay" not in page
    assert asked(3000)["fused"]["break_even_units"] is None


def test_where_no_control_hangs_on_the_area_any_is_lawful(asked, capsys) -> None:
    assert main(["new-die", "--rules", "us-2025", "--family", "ada", "--tpp", "1599"]) == 0
    line = next(row for row in capsys.readouterr().out.splitlines() if "least lawful" in row)
    assert line.split()[4:] == ["any", "no", "control", "hangs", "on", "it"]
    assert asked(1599)["least_lawful_area_mm2"] == 0


def test_a_cost_that_cannot_be_had_is_unknown_and_the_rest_is_answered(capsys) -> None:
    dense = ["--set-economics", "yield.processes.n4.defect_density_per_cm2=1e9"]
    assert main(["new-die", "-r", "us-2025", "--family", "ada", "--tpp", "1599", *dense]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "unit cost unknown: no die of a wafer can be used" in page
    assert "not compared, for a cost is unknown: no die of a wafer can be used" in page
    assert main(["-r", "us-2025", "--parent", "gb202", *dense]) == 0
    shown = capsys.readouterr()
    assert "unit cost: unknown: no die of a wafer can be used" in shown.out
    assert shown.err == ""
    wide = ["--set-economics", "yield.processes.n4.defect_density_per_cm2=0.07..0.1..1e9"]
    assert main(["new-die", "-r", "us-2025", "--family", "ada", "--tpp", "1599", *wide]) == 0
    assert "unit cost 649 (unknown to unknown) USD" in capsys.readouterr().out


def test_density_beyond_a_reticle_is_bought_with_dark_dies(asked) -> None:
    found = asked(4790)
    assert found["reticles"] == 4
    assert found["fused"]["verdict"] == "controlled"
    own, middle, cheap = (
        asked(4790, filler_process=name)["dark_area_usd"] for name in (None, "n7_n6", "n16_n12")
    )
    assert cheap["value"] < middle["value"] < own["value"]
    assert all(each["low"] < each["value"] < each["high"] for each in (own, middle, cheap))


def test_the_price_of_density_moves_with_the_wafer_and_the_area_of_the_blocks(asked) -> None:
    found = asked(2399)
    moved = {each["name"] for each in found["dark_area_usd"]["moved_by"]}
    assert moved >= {"cost.wafer_prices.n4.2025", f"area.families.{FAMILY}.worst_error"}
    needed = found["needed_area_mm2"]
    assert needed["low"] < needed["value"] < needed["high"]
    assert found["least_lawful_area_mm2"] == 749.48


def test_the_page_never_rounds_density_onto_its_line(capsys) -> None:
    assert main(["new-die", "--rules", "us-2025", "--family", FAMILY, "--tpp", "2399"]) == 0
    page = capsys.readouterr().out
    line = next(row for row in page.splitlines() if "TPP/mm2" in row)
    assert 3.19 < float(line.split()[-1]) < 3.2
    assert max(map(len, page.splitlines())) <= 80
    assert "not legal advice" in page


def test_the_fused_part_has_a_projection_and_is_not_called_the_optimum(asked, capsys) -> None:
    found = asked(2399)
    assert found["fused"]["tokens_per_s_per_chip"] == pytest.approx(found["tokens_per_s_per_chip"])
    assert (
        found["tokens_per_s_per_chip_low"]
        < found["tokens_per_s_per_chip"]
        < found["tokens_per_s_per_chip_high"]
    )
    words = ["new-die", "--rules", "us-2025", "--family", FAMILY, "--tpp", "2399"]
    own = ["area.reticle_mm2=850", "cost.memory_prices.GDDR7.2026=14"]
    assert main([*words, *(w for each in own for w in ("--set-economics", each))]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "not the optimum of gb202" in page
    low, high = (found[f"tokens_per_s_per_chip_{end}"] for end in ("low", "high"))
    assert page.count(f"80 % interval {interval(low, high)}") == 2
    assert "the letters are not public" in page
    assert "area.reticle_mm2 is the figure of the user, 850" in page
    assert "cost.memory_prices.GDDR7.2026 is not used" in page


def test_json_is_the_same_twice(capsys) -> None:
    words = ["new-die", "--rules", "us-2025", "--family", FAMILY, "--tpp", "1599", "-f", "json"]
    pages = []
    for _ in range(2):
        assert main(words) == 0
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]
    assert json.loads(pages[0])["schema"] == "optimize-new-die/1"


@settings(max_examples=15)
@given(tpps=st.lists(st.integers(1_000, 4_790), min_size=2, max_size=2).map(sorted))
def test_a_higher_tpp_never_needs_less_area(tpps, case) -> None:
    areas = [
        new_die(case, Wish(FAMILY, Fraction(t), channels=13))["least_lawful_area_mm2"] for t in tpps
    ]
    # The clock comes in whole steps, so that the TPP reached is up to a step below the wish.
    assert areas[0] <= areas[1] * 1.001


@settings(max_examples=40)
@given(cores=st.integers(1, 90), channels=st.integers(1, 15), extra=st.floats(0, 100))
def test_cost_never_falls_with_blocks_or_area(cores, channels, extra) -> None:
    blocks = Blocks(FAMILY, 2 * cores, channels)
    area = float(np.asarray(needed_area_mm2(blocks).value))
    if area + extra > 858:
        return
    base = float(unit_cost(new_product(blocks, area, "GDDR7", 48)).logic_usd[0])
    dark = float(unit_cost(new_product(blocks, area + extra, "GDDR7", 48)).logic_usd[0])
    assert dark >= base
    fewer = replace(blocks, cores=max(2, blocks.cores - 2))
    less = float(np.asarray(needed_area_mm2(fewer).value))
    assert float(unit_cost(new_product(fewer, less, "GDDR7", 48)).logic_usd[0]) <= base + 1e-9


def test_spares_raise_the_share_of_usable_dies() -> None:
    bare, spared = (Blocks(FAMILY, 40, 13, s, c) for s, c in ((0, 0), (2, 1)))
    shares = [float(salvage_share(new_floorplan(b), 40, 13, 0, 0.07, 3)) for b in (bare, spared)]
    assert shares[0] < shares[1]


def test_what_is_not_known_is_named(case) -> None:
    with pytest.raises(InputError, match="area regression for the family"):
        new_die(case, Wish("blackwell_consumr", Fraction(2399)))
    with pytest.raises(InputError, match="the blocks need"):
        new_product(Blocks(FAMILY, 40, 13), 300, "GDDR7", 48)
    with pytest.raises(InputError, match="a reticle holds"):
        new_product(Blocks(FAMILY, 300, 16), 1500, "GDDR7", 48)
    with pytest.raises(InputError, match="blocks of 2"):
        new_floorplan(Blocks(FAMILY, 41, 13))
    with pytest.raises(InputError, match="defect density for the process 'n99'"):
        new_product(Blocks(FAMILY, 40, 13), 2000, "GDDR7", 48, filler_process="n99")


@pytest.mark.parametrize("clock", [100, 1311, 2618, 9000])
def test_a_clock_that_no_die_of_the_family_runs_is_refused_with_the_range(clock, case) -> None:
    with pytest.raises(InputError, match=r"no gb202 runs at .* MHz.* 1,312 to 2,617"):
        new_die(case, Wish(FAMILY, Fraction(2399), clock_mhz=clock))


def test_a_tpp_below_that_of_the_least_clock_is_refused_with_the_least(case) -> None:
    with pytest.raises(InputError, match=r"at 1,312 MHz, the least clock\. Give 43 or more"):
        new_die(case, Wish(FAMILY, Fraction(42)))
    for tpp, clock in ((43, None), (85, 1312), (90, 1400), (2399, 1312), (2399, 2617)):
        wish = Wish(FAMILY, Fraction(tpp), clock_mhz=clock)
        design, _ = _design(Reading.of(case, FAMILY), _space(case, wish), wish)
        assert 1312 <= design.clock_mhz <= (clock or 2430)
        assert design.tpp <= tpp


def test_a_process_of_dark_dies_that_is_not_read_or_not_known_is_said(asked) -> None:
    unread = "--filler-process is not used: one exposure holds the die"
    assert unread in asked(1599, filler_process="n7_n6")["warnings"]
    assert unread not in asked(4000, "ada", filler_process="n7_n6")["warnings"]
    with pytest.raises(InputError, match="no defect density for the process 'n9'"):
        asked(1599, filler_process="n9")
