"""The packs as data: cited, dated, exact, and in force only when they are."""

import ast
from datetime import date
from pathlib import Path

import pytest

import constraints
from constraints.audit import faults, pack_faults
from constraints.browse import find_rules, rule_view, timeline, version_of
from constraints.compare import Text, differences, texts_of
from constraints.rules import load_law
from tests.law.support import ruleset

LAW = load_law()
PACKS = list(LAW.packs.values())
VERSIONS = [
    pytest.param(pack, version, id=f"{pack.id}@{version.id}")
    for pack in PACKS
    for version in pack.versions
]
NEVER_IN_FORCE = {"bill", "guidance", "hypothetical"}
NOT_LAW = [each for each in PACKS if each.family in ("us_bills", "cn_guidance")]
# Law texts and filings have an address; a newspaper behind a wall has none worth giving.
WITHOUT_ADDRESS = {"cn_guidance/efficiency"}
LONG_AGO, FAR_AHEAD = date(2022, 10, 21), date(2030, 1, 1)

USER_RULE = """
id = "mine/line"
title = "A line of my own"
kind = "control"

[[versions]]
id = "1"
effective = 2026-01-01
status = "{status}"
confidence = "D"
citation = {{ text = "memo" }}

[versions.thresholds]
line = {{ value = 100, unit = "TPP" }}

[[versions.paragraphs]]
id = "1"
condition = "{condition}"
cite = "memo"

[versions.scope]
countries = ["{country}"]
"""


def user_rule(folder: Path, name: str = "mine.toml", **changes: str) -> Path:
    values = {"status": "in_force", "condition": "tpp >= line", "country": "CN"} | changes
    path = folder / name
    path.write_text(USER_RULE.format(**values), encoding="utf-8")
    return path


@pytest.mark.parametrize(("pack", "version"), VERSIONS)
def test_a_text_is_cited_with_address_and_confidence(pack, version):
    assert version.citation.text
    assert (
        version.citation.url.startswith("https://")
        or pack.id in WITHOUT_ADDRESS
        or (pack.family == "engineering")
    )
    assert all(clause.cite for clause in (*version.paragraphs, *version.exclusions))
    assert all(each.ref or each.unit for each in version.thresholds.values())


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_a_pack_has_no_fault(pack):
    assert pack_faults(pack) == []


@pytest.mark.parametrize(
    "pack",
    [each for each in PACKS if each.family in ("us_bills", "cn_guidance")],
    ids=lambda p: p.id,
)
def test_bills_and_guidance_are_never_in_force(pack):
    assert {version.status for version in pack.versions} <= NEVER_IN_FORCE
    assert not any(version.in_force(FAR_AHEAD) for version in pack.versions)
    for name in ("us-2023", "us-2025", "us-2026", "us"):
        assert ruleset(name).rule(pack.id) is None
    assert ruleset("us-2026", with_=(pack.id,)).rule(pack.id) is not None


def test_the_two_readings_of_hr5022_differ_on_a_sparse_large_part():
    from constraints.check import check

    large = {
        "tpp": 2400,
        "performance_density": "1.5",
        "datacenter": True,
        "dram_bandwidth_gb_s": 900,
        "io_bandwidth_gb_s": 64,
    }
    found = {
        name: check(large, ruleset("us-2023", with_=(f"us_bills/hr5022_{name}",))).verdict
        for name in ("any_limb", "tpp_and_pd")
    }
    assert found == {"any_limb": "controlled", "tpp_and_pd": "not_controlled"}


@pytest.mark.parametrize(
    ("rule", "last_day_without", "first_day"),
    [
        ("us_letters/april_2025", date(2025, 4, 8), date(2025, 4, 9)),
        ("us_letters/october_2023", date(2023, 10, 22), date(2023, 10, 23)),
        ("us_review/january_2026", date(2026, 1, 14), date(2026, 1, 15)),
        ("us_tariff/section_232", date(2026, 1, 14), date(2026, 1, 15)),
        ("us_ear/HBM", date(2024, 12, 30), date(2024, 12, 31)),
        ("us_ear/UAE", date(2026, 7, 9), date(2026, 7, 10)),
        ("us_ear/NAC", date(2023, 11, 16), date(2023, 11, 17)),
    ],
)
def test_a_rule_begins_on_its_day(rule, last_day_without, first_day):
    assert ruleset(f"us@{last_day_without}").rule(rule) is None
    assert ruleset(f"us@{first_day}").rule(rule) is not None


def test_the_early_letter_ends_when_the_rule_arrives():
    assert ruleset("us@2023-11-16").rule("us_letters/october_2023") is not None
    assert ruleset("us@2023-11-17").rule("us_letters/october_2023") is None


def test_no_binary_fraction_stands_in_the_law():
    folder = Path(constraints.__file__).parent
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        floats = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, float)
        ]
        assert not floats, path.name


def test_a_good_file_of_a_user_has_no_fault(tmp_path):
    assert faults([user_rule(tmp_path)]) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"condition": "tpp >= lime"}, "Did you mean 'line'"),
        ({"condition": "tpp >="}, "expected"),
        ({"country": "XX"}, "unknown country or group 'XX'"),
        ({"status": "lawful"}, "status"),
    ],
)
def test_a_fault_is_named(tmp_path, change, word):
    found = faults([user_rule(tmp_path, **change)])
    assert any(word in each for each in found)


def test_all_faults_of_all_files_are_reported_together(tmp_path):
    user_rule(tmp_path, "a.toml", country="XX", condition="tpp >= lime")
    user_rule(tmp_path, "b.toml", status="lawful")
    found = "\n".join(faults([tmp_path]))
    assert "a.toml" in found
    assert "b.toml" in found
    assert "'XX'" in found
    assert "lime" in found


def test_a_rule_shows_what_it_moves_and_what_refers_to_it():
    (pack,) = find_rules(LAW, "us_ear/3A090.a")
    view = rule_view(LAW, pack)
    (ceiling,) = (row for row in view["thresholds"] if row["path"].endswith("tpp_ceiling"))
    assert ceiling["repeated_by"] == ["us_ear/3A090.b.tpp_ceiling"]
    assert "us_ear/3A090.b.1" in ceiling["moves"]
    assert {"us_ear/NAC", "us_ear/ACA", "us_review/742.6.b.10"} <= set(view["referred_to_by"])


def test_a_text_is_found_by_version_and_by_day():
    (pack,) = find_rules(LAW, "us_ear/3A090.a")
    assert version_of(LAW, pack, "2022-10").id == "2022-10"
    assert version_of(LAW, pack, "2023-12-01").id == "2023-10"
    assert version_of(LAW, pack, date(2022, 11, 1)).id == "2022-10"


def test_equal_rule_sets_do_not_differ_and_an_override_is_one_difference():
    base = texts_of(ruleset("us-2025"))
    moved = load_law().ruleset("us-2025", set_={"us_letters/april_2025.dram_ceiling": "1500"})
    assert differences(base, base) == []
    (row,) = differences(base, texts_of(moved))
    assert row["id"] == "us_letters/april_2025"
    assert row["thresholds"] == {"dram_ceiling": [1400, 1500]}


def test_a_rule_that_comes_or_goes_is_said_so():
    (pack,) = find_rules(LAW, "us_bills/gain_ai")
    text = {pack.id: Text(pack.versions[0], {})}
    assert [row["change"] for row in differences({}, text)] == ["added"]
    assert [row["change"] for row in differences(text, {})] == ["removed"]


def test_the_timeline_is_in_order_and_cited():
    rows = timeline(LAW)
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert all(row["citation"] for row in rows)
    assert any(row["id"] == "country group A:5" for row in rows)
