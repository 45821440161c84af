"""Parts whose classification the vendor or the government published, against the engine.

Published TPP comes first; where none is published the dense rate of the data sheet stands in. Die
areas are approximate, and no row sits so close to a line that this matters.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from constraints.check import check
from constraints.metrics import Operation, tpp
from tests.law.support import ground_truth, ruleset

ROWS = 35
# These two rows of the vendor's table contradict themselves, and are no test of anything else.
ANOMALIES = {"HGX A100 8x SXM4 40GB", "IGX Thor DevKit with dGPU"}
# No rate was published for these.
WITHOUT_RATE = {"RTX 6000D (China)", "Gaudi 3 HL-328/HL-388"}
TIER_OF_ECCN = {
    "4A090.a": "a",
    "4A090.b": "b",
    "5A002.z.1": "a",
    "4A003.z.1": "a",
    "5A992.z": "a",
    "4A994.l": "none",
    "5A992.c": "none",
}
# Vendors' figures follow a clock above the advertised one; 6 % is the widest gap seen.
WIDEST_GAP = Fraction(6, 100)

Row = Mapping[str, str]


def rows_where(chosen: Callable[[Row], bool]) -> list[Any]:
    return [pytest.param(row, id=row["product"]) for row in ground_truth() if chosen(row)]


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def tpp_of(row: Row) -> Any:
    if row["published_tpp"]:
        return Decimal(row["published_tpp"])
    if row["dense_rate_tera"]:
        return tpp([Operation("best", Decimal(row["dense_rate_tera"]), (int(row["bits"]),))])
    return None


def facts_of(row: Row) -> dict[str, Any]:
    return {
        "item_kind": "ic",
        "tpp": tpp_of(row),
        "applicable_die_area_mm2": number(row["die_area_mm2"]),
        "datacenter": row["datacenter"] == "true",
        "dram_bandwidth_gb_s": number(row["dram_bandwidth_gb_s"]),
        "io_bandwidth_gb_s": number(row["io_bandwidth_gb_s"]),
    }


def test_the_table_is_whole():
    assert len(ground_truth()) == ROWS
    assert {row["product"] for row in ground_truth() if row["anomaly"]} == ANOMALIES
    assert {row["product"] for row in ground_truth() if tpp_of(row) is None} == WITHOUT_RATE
    assert all(row["source"] and row["confidence"] for row in ground_truth())


@pytest.mark.parametrize("row", rows_where(lambda row: bool(row["eccn"])))
def test_the_tier_of_a_row_is_the_tier_of_its_eccn(row):
    assert row["tier"] == TIER_OF_ECCN[row["eccn"]]


@pytest.mark.parametrize("rules", ["us-2023", "us-2025", "us-2026"])
@pytest.mark.parametrize(
    "row", rows_where(lambda row: not row["anomaly"] and row["product"] not in WITHOUT_RATE)
)
def test_the_engine_finds_the_published_tier(row, rules):
    assert check(facts_of(row), ruleset(rules)).tier == row["tier"]


@pytest.mark.parametrize("row", rows_where(lambda row: row["product"] in WITHOUT_RATE))
def test_without_a_rate_the_tier_is_undetermined_and_says_what_is_missing(row):
    found = check(facts_of(row), ruleset("us-2025"))
    assert found.tier == "undetermined"
    assert "tpp" in found.needs


@pytest.mark.parametrize("row", rows_where(lambda row: bool(row["letter"])))
def test_the_letters_catch_what_they_were_written_for(row):
    found = check(facts_of(row), ruleset("us-2025"))
    inside = any(each.startswith("us_letters/") for each in found.paragraphs)
    assert inside == (row["letter"] == "yes")


@pytest.mark.parametrize("row", rows_where(lambda row: bool(row["window_2026"])))
def test_the_review_rule_of_2026_admits_what_it_names(row):
    facts = {**facts_of(row), "us_available_2026_01_15": True}
    policy = check(facts, ruleset("us-2026")).review.policy
    wanted = "case_by_case" if row["window_2026"] == "yes" else "presumption_of_denial"
    assert policy == wanted


@pytest.mark.parametrize(
    "row",
    rows_where(
        lambda row: bool(row["published_tpp"] and row["dense_rate_tera"]) and not row["anomaly"]
    ),
)
def test_published_tpp_is_near_rate_times_bits(row):
    published = Fraction(Decimal(row["published_tpp"]))
    counted = tpp([Operation("best", Decimal(row["dense_rate_tera"]), (int(row["bits"]),))])
    assert abs(published - counted) <= WIDEST_GAP * counted
