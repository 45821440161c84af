"""Country groups as dated data, and what a destination and a seat change for an item."""

from datetime import date
from typing import Any

import pytest

from catalogs.errors import InputError
from catalogs.load import read_csv
from constraints.check import check
from constraints.destinations import load_destinations
from constraints.reach import reaches
from constraints.rules import Scope
from tests.law.support import DATA, ruleset

KNOWN = load_destinations()
AFTER = date(2026, 9, 1)
REACH = Scope(
    groups=("D:1", "D:4", "D:5"),
    countries=("MO",),
    exclude_groups=("A:5", "A:6"),
    headquarters_groups=("D:5", "MO"),
)
ITEMS: dict[str, dict[str, Any]] = {
    "h20": {
        "tpp": 2368,
        "applicable_die_area_mm2": 814,
        "datacenter": True,
        "dram_bandwidth_gb_s": 4000,
        "io_bandwidth_gb_s": 1028,
    },
    "part_b": {
        "tpp": 2400,
        "performance_density": "1.6",
        "datacenter": True,
        "dram_bandwidth_gb_s": 900,
        "io_bandwidth_gb_s": 64,
    },
    "consumer_a": {
        "tpp": 5286,
        "applicable_die_area_mm2": 609,
        "datacenter": False,
        "dram_bandwidth_gb_s": 1008,
        "io_bandwidth_gb_s": 64,
    },
    "h200": {
        "tpp": 15840,
        "applicable_die_area_mm2": 814,
        "datacenter": True,
        "dram_bandwidth_gb_s": 4800,
        "io_bandwidth_gb_s": 1028,
        "us_available_2026_01_15": True,
    },
    "b200": {
        "tpp": 37248,
        "applicable_die_area_mm2": 1600,
        "datacenter": True,
        "dram_bandwidth_gb_s": 8000,
        "io_bandwidth_gb_s": 1928,
        "us_available_2026_01_15": True,
    },
    "hbm3e": {
        "item_kind": "hbm",
        "co_packaged_with_processor": False,
        "memory_bandwidth_density_gb_s_mm2": 9,
    },
}


def rows() -> list[Any]:
    return [
        pytest.param(row, id="-".join(list(row.values())[:5]))
        for row in read_csv(DATA / "destinations.csv")
    ]


@pytest.mark.parametrize("row", rows())
def test_every_output_for_a_destination_and_a_seat(row):
    on = date.fromisoformat(row["on"]) if row["on"] else None
    seat = row["headquarters"] or None
    found = check(ITEMS[row["item"]], ruleset(row["rules"], on), row["destination"], seat)
    available = [each for each in found.exceptions if each.status == "available"]
    days = [str(each.notice_days) for each in available if each.notice_days]
    assert found.license.status == row["license"]
    assert ";".join(found.license.rules) == row["required_by"]
    assert ";".join(each.id for each in available) == row["exceptions"]
    assert ";".join(days) == row["notice_days"]
    assert found.review.policy == row["review"]
    assert str(len(found.review.provided)) == row["to_certify"]
    assert found.duty.status == row["duty"]
    assert ";".join(str(each.limit) for each in found.volume) == row["volume"]
    assert ";".join(each.paragraph for each in found.reporting) == row["reporting"]


def test_macau_is_not_in_d5_and_hong_kong_follows_china():
    assert load_destinations().groups("MO", AFTER) == {"D:1", "D:4"}
    assert (
        load_destinations().groups("HK", AFTER)
        == load_destinations().groups("CN", AFTER)
        == {"D:1", "D:4", "D:5"}
    )


@pytest.mark.parametrize(
    ("country", "group", "last_day_before", "first_day", "before"),
    [
        ("AE", "D:4", date(2026, 7, 9), date(2026, 7, 10), True),
        ("AE", "A:5", date(2026, 7, 9), date(2026, 7, 10), False),
        ("NI", "D:5", date(2024, 3, 14), date(2024, 3, 15), False),
        ("CY", "D:5", date(2024, 5, 29), date(2024, 5, 30), True),
        ("KH", "D:5", date(2026, 2, 2), date(2026, 2, 3), True),
    ],
)
def test_a_country_moves_on_its_day(country, group, last_day_before, first_day, before):
    assert (group in load_destinations().groups(country, last_day_before)) == before
    assert (group in load_destinations().groups(country, first_day)) != before


def test_group_sizes_are_those_of_the_code():
    sizes = {group: len(members) for group, members in KNOWN.members_as_read.items()}
    assert sizes == {"A:1": 40, "A:5": 38, "A:6": 8, "D:1": 24, "D:4": 21, "D:5": 22}


@pytest.mark.parametrize("country", ["IL", "CY", "TW", "DE", "SG", "IN"])
def test_allies_are_out_of_reach_unless_the_party_is_seated_in_d5(country):
    assert not reaches(REACH, country, None, AFTER)
    assert not reaches(REACH, country, "DE", AFTER)
    assert reaches(REACH, country, "CN", AFTER)


@pytest.mark.parametrize("country", ["CN", "HK", "MO", "VN", "SA", "RU", "KH"])
def test_groups_and_named_places_are_in_reach(country):
    assert reaches(REACH, country, None, AFTER)


def test_a_place_that_is_named_stays_in_reach_inside_an_excluded_group():
    named = REACH.model_copy(update={"countries": ("MO", "AE")})
    assert not reaches(REACH, "AE", None, AFTER)
    assert reaches(named, "AE", None, AFTER)


def test_no_scope_and_a_worldwide_scope_reach_everywhere():
    assert reaches(None, "DE", None, AFTER)
    assert reaches(Scope(worldwide=True), "DE", None, AFTER)


@pytest.mark.parametrize("text", ["cn", "China", "prc", "Mainland China", " CN "])
def test_a_country_has_many_names(text):
    assert KNOWN.code(text) == "CN"


def test_an_unknown_country_is_an_error_with_near_matches():
    with pytest.raises(InputError, match=r"Did you mean DE \(Germany\)"):
        KNOWN.code("Germny")
    with pytest.raises(InputError):
        reaches(None, "XX", None, AFTER)


def test_every_change_is_cited_and_leads_to_the_groups_as_read():
    for change in KNOWN.changes:
        assert change.citation
        assert change.url.startswith("https://")
        assert KNOWN.history_from <= change.effective <= KNOWN.as_read
