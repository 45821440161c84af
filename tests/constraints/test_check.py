"""The classification: precedence, Note 2, unknown facts, disputed facts, other item kinds."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.errors import InputError
from constraints import check, load_law
from tests.constraints.support import AREAS, DRAMS, H20, IOS, TPPS, facts_of_circuits, rules

CLEAR: dict[str, Any] = {"dram_bandwidth_gb_s": 0, "io_bandwidth_gb_s": 0}


@pytest.mark.parametrize("spec", ["us-2023", "us-2025", "us-2026"])
@settings(max_examples=60)
@given(facts=facts_of_circuits, gone=st.sampled_from(["tpp", *H20]))
def test_deleting_a_fact_only_moves_a_verdict_to_undetermined(
    spec: str, facts: dict[str, Any], gone: str
) -> None:
    facts = {**facts, "item_kind": "ic"}
    whole = check(facts, rules(spec))
    less = check({name: value for name, value in facts.items() if name != gone}, rules(spec))
    assert less.verdict in (whole.verdict, "undetermined")
    assert less.tier in (whole.tier, "undetermined")


@settings(max_examples=60)
@given(facts=facts_of_circuits)
def test_no_facts_are_needed_once_all_is_settled_and_some_are_before(facts: dict[str, Any]) -> None:
    said = check({**facts, "item_kind": "ic"}, rules("us-2025"))
    open_ = "undetermined" in (said.verdict, said.tier)
    assert bool(said.needs) == open_
    assert not set(said.needs) & set(facts)


@settings(max_examples=40)
@given(facts=facts_of_circuits, data=st.data())
def test_a_fact_that_is_not_needed_changes_nothing(facts: dict[str, Any], data: Any) -> None:
    facts = {**facts, "item_kind": "ic"}
    said = check(facts, rules("us-2025"))
    pools: dict[str, list[Any]] = {
        "tpp": TPPS, "applicable_die_area_mm2": AREAS, "dram_bandwidth_gb_s": DRAMS,
        "io_bandwidth_gb_s": IOS, "datacenter": [True, False],
    }  # fmt: skip
    full = {name: data.draw(st.sampled_from(pool)) for name, pool in pools.items()} | facts
    free = [name for name in pools if name not in facts and name not in said.needs]
    before = check(full, rules("us-2025"))
    for name in free:
        other = {**full, name: data.draw(st.sampled_from(pools[name]))}
        after = check(other, rules("us-2025"))
        assert (after.verdict, after.tier) == (before.verdict, before.tier)


def test_a_comes_before_b() -> None:
    said = check({"tpp": 9000, "performance_density": 4, "datacenter": True}, rules("us-2023"))
    assert (said.tier, said.paragraphs) == ("a", ("us_ear/3A090.a.1",))
    silent = next(each for each in said.findings if each.paragraph == "us_ear/3A090.b.2")
    assert silent.because == "us_ear/3A090.a comes first"


def test_every_paragraph_of_the_first_rule_is_reported() -> None:
    said = check({"tpp": 9000, "performance_density": 9, "datacenter": True}, rules("us-2023"))
    assert said.paragraphs == ("us_ear/3A090.a.1", "us_ear/3A090.a.2")


@pytest.mark.parametrize(("tpp", "tier"), [("4799.99", "none"), ("4800", "a")])
def test_note_2_needs_both_limbs(tpp: str, tier: str) -> None:
    facts = {"tpp": tpp, "performance_density": 9, "datacenter": False}
    assert check(facts, rules("us-2023")).tier == tier


def test_note_2_stands_beside_the_paragraph_that_it_silences() -> None:
    facts = {"tpp": 4000, "performance_density": 9, "datacenter": False}
    said = check(facts, rules("us-2023"))
    finding = next(each for each in said.findings if each.paragraph == "us_ear/3A090.a.2")
    assert (finding.verdict, finding.because) == ("not_controlled", "Note 2")


def test_the_area_is_not_needed_below_every_density_line() -> None:
    assert check({"tpp": 900, **CLEAR}, rules("us-2025")).verdict == "not_controlled"


def test_the_area_is_needed_where_density_decides() -> None:
    said = check({"tpp": 3000, "datacenter": True, **CLEAR}, rules("us-2025"))
    assert (said.verdict, said.needs) == ("undetermined", ("applicable_die_area_mm2",))


def test_a_part_caught_otherwise_needs_the_area_only_for_its_tier() -> None:
    said = check({"tpp": 3000, "datacenter": True, "dram_bandwidth_gb_s": 4000}, rules("us-2025"))
    assert (said.verdict, said.tier) == ("controlled", "undetermined")
    assert said.needs == ("applicable_die_area_mm2",)


def test_one_bandwidth_can_settle_the_sum() -> None:
    said = check({"tpp": 900, "dram_bandwidth_gb_s": 600}, rules("us-2025"))
    assert said.needs == ("io_bandwidth_gb_s",)


def test_a_straddling_area_changes_the_tier_but_not_the_verdict() -> None:
    facts = {"tpp": 4000, "applicable_die_area_mm2": 700, "datacenter": True, **CLEAR}
    span = {"applicable_die_area_mm2": (Decimal(600), Decimal(800))}
    said = check(facts, rules("us-2025"), intervals=span)
    assert (said.verdict, said.tier, said.holds) == ("controlled", "b", False)
    adverse = check(facts, rules("us-2025"), intervals=span, strict_evidence=True)
    assert (adverse.verdict, adverse.tier) == ("controlled", "a")


def test_a_dispute_that_crosses_no_line_holds() -> None:
    said = check(H20, rules("us-2025"), intervals={"dram_bandwidth_gb_s": (4000, 4096)})
    assert (said.holds, said.disputed) == (True, ("dram_bandwidth_gb_s",))


def test_slack_is_exact_and_arithmetic_stays_on_its_side() -> None:
    facts = {"tpp": "4799.999999999", "applicable_die_area_mm2": "810.81081081", "datacenter": True}
    said = check(facts, rules("us-2023"))
    finding = next(each for each in said.findings if each.paragraph == "us_ear/3A090.a.2")
    density = Fraction("4799.999999999") / Fraction("810.81081081")
    assert finding.slack == abs(density - Fraction("5.92"))
    printed = Fraction(finding.arithmetic.partition(" = ")[2])
    assert (printed < Fraction("5.92")) == (density < Fraction("5.92"))


def test_a_planar_chip_has_no_density_and_is_flagged() -> None:
    facts = {"tpp": 3000, "applicable_die_area_mm2": 0, "datacenter": True}
    said = check(facts, rules("us-2023"))
    assert said.verdict == "not_controlled"
    assert any("no density is defined" in each for each in said.warnings)


def test_memory_is_c_and_an_accelerator_with_memory_is_not() -> None:
    stack = {"item_kind": "hbm", "hbm_bandwidth_gb_s": 1200, "hbm_package_area_mm2": 110}
    assert check({**stack, "co_packaged_with_processor": False}, rules("us-2025")).tier == "c"
    assert check({**stack, "co_packaged_with_processor": True}, rules("us-2025")).tier == "none"
    assert "us_ear/3A090.c.1" not in check(H20, rules("us-2025")).paragraphs


def test_a_board_is_caught_by_any_one_circuit() -> None:
    said = check({**H20, "tpp": 5000, "item_kind": "assembly"}, rules("us-2023"))
    assert (said.tier, said.paragraphs) == ("a", ("us_ear/4A090.a.1",))
    assert said.eccn[0] == "4A090.a"


def test_below_3a090_the_family_is_named() -> None:
    assert check({"tpp": 900, **CLEAR}, rules("us-2025")).eccn[:2] == ("3A991.p", "4A994.l")


def test_the_tier_does_not_depend_on_the_destination() -> None:
    said = check({"tpp": 9000, **CLEAR}, rules("us-2025"), "DE")
    assert (said.verdict, said.tier, said.license.status) == (
        "not_controlled", "a", "not_required",
    )  # fmt: skip


def test_the_seat_of_the_party_brings_a_destination_in_reach() -> None:
    assert check({"tpp": 9000}, rules("us-2025"), "DE", "CN").verdict == "controlled"


def test_a_foundry_is_presumed_to_export_3a090_a_unless_it_rebuts() -> None:
    facts = {
        "tpp": 900, **CLEAR, "datacenter": False, "exporter_role": "front_end_fabricator",
        "non_planar": True, "designer_attestation": False, "packager_attestation": True,
        "has_hbm": False, "transistor_count_bn": 33,
    }  # fmt: skip
    tiers = {}
    for year in (2026, 2027, 2028, 2029):
        said = check({**facts, "export_completed_year": year}, rules("us-2026"))
        tiers[year] = said.tier
        if year == 2028:
            assert any("2028" in each for each in said.warnings)
    assert tiers == {2026: "a", 2027: "none", 2028: "none", 2029: "none"}


def test_the_guard_band_is_told_apart_from_the_law() -> None:
    near = load_law().ruleset("us-2023", margin=Fraction(1, 100))
    facts = {"tpp": 4790, "performance_density": 1, "datacenter": True}
    said = check(facts, near)
    assert (said.verdict, said.in_guard_band) == ("not_controlled", True)
    assert check({**facts, "tpp": 4700}, near).in_guard_band is False


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"tpp_": 1}, "unknown fact 'tpp_'"),
        ({"tpp": "4800 TPP"}, "plain decimal number in TPP"),
        ({"tpp": "nan"}, "plain decimal number"),
        ({"tpp": "1e400000000"}, "plain decimal number"),
        ({"tpp": Decimal("1e400000000")}, "plain decimal number"),
        ({"tpp": float("inf")}, "plain decimal number"),
        ({"tpp": 4800.0}, "plain decimal number"),
        ({"tpp": -1}, "zero or more"),
        ({"hbm_package_area_mm2": 0}, "must be positive"),
        ({"datacenter": "perhaps"}, "true or false"),
        ({"item_kind": "gpu"}, "one of ic, cpu"),
        ({"first_marketed": "soon"}, "a day as 2026-01-31"),
    ],
)
def test_an_impossible_fact_is_refused(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check(facts, rules("us-2025"))


def test_an_exact_density_counts_before_a_rounded_one() -> None:
    facts = {"tpp": 4735, "applicable_die_area_mm2": 800, "datacenter": True}
    said = check({**facts, "performance_density": "5.92"}, rules("us-2023"))
    assert said.tier == "b"


def test_a_density_that_contradicts_its_facts_is_refused() -> None:
    with pytest.raises(InputError, match="contradicts tpp / applicable_die_area_mm2"):
        check({**H20, "performance_density": 4}, rules("us-2023"))
