"""The line of a quantity is the lowest threshold that would catch the part."""

from __future__ import annotations

from fractions import Fraction

import pytest

from constraints import check, load_law
from optimizer.study.lines import measures

H20 = {"tpp": 2368, "applicable_die_area_mm2": 814, "datacenter": True}


def lines(facts, rules):
    return {m.quantity: m.line for m in measures(facts, load_law().ruleset(rules)) if m.line}


def test_branches_of_the_2023_text_have_their_own_lines():
    assert lines(H20, "us-2023") == {"tpp": 2400, "performance_density": Fraction(16, 5)}
    small = {"tpp": 1544, "applicable_die_area_mm2": Fraction(589, 2), "datacenter": True}
    assert lines(small, "us-2023") == {"tpp": 1600}
    wide = {"tpp": 3720, "applicable_die_area_mm2": 2400, "datacenter": True}
    assert lines(wide, "us-2023") == {"tpp": 4800, "performance_density": Fraction(8, 5)}


def test_a_part_for_other_markets_has_the_ceiling_alone():
    desktop = {"tpp": 4707, "applicable_die_area_mm2": 608, "datacenter": False}
    assert lines(desktop, "us-2023") == {"tpp": 4800}


def test_the_2022_text_measures_links_under_its_own_name():
    facts = {
        "tpp": 4992,
        "bit_length_x_tops": 4992,
        "io_transfer_rate_gb_s": 464,
        "datacenter": True,
    }
    found = {
        m.quantity: m.line
        for m in measures({**facts, "io_bandwidth_gb_s": 464}, load_law().ruleset("us-2022"))
    }
    assert found["io_bandwidth_gb_s"] == 600
    assert found["tpp"] is None


def test_the_letters_add_a_line_on_the_sum():
    facts = {**H20, "dram_bandwidth_gb_s": 1398, "io_bandwidth_gb_s": 128}
    found = lines(facts, "us-2025")
    assert found["dram_bandwidth_gb_s"] == 1400
    assert found["io_bandwidth_gb_s"] == 1100
    assert found["total_bandwidth_gb_s"] == 1700


def test_a_controlled_part_has_no_line_and_an_unknown_fact_no_value():
    over = measures({"tpp": 5000, "datacenter": True}, load_law().ruleset("us-2023"))
    assert all(m.line is None for m in over)
    assert next(m.value for m in over if m.quantity == "performance_density") is None


@pytest.mark.parametrize("rules", ["us-2023", "us-2025"])
def test_the_part_is_free_just_under_its_line_and_caught_on_it(rules):
    ruleset = load_law().ruleset(rules)
    facts = {**H20, "dram_bandwidth_gb_s": 1000, "io_bandwidth_gb_s": 128}
    line = next(m.line for m in measures(facts, ruleset) if m.quantity == "tpp")
    assert line is not None
    under = {**facts, "tpp": line - Fraction(1, 10**6)}
    assert check(under, ruleset).verdict == "not_controlled"
    assert check({**facts, "tpp": line}, ruleset).verdict == "controlled"
