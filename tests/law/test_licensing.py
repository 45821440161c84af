"""License, exception, review, duty, cap and report: each an answer of its own."""

from datetime import date
from fractions import Fraction

import pytest

from constraints.check import check
from constraints.rules import load_law
from tests.law.support import ruleset
from tests.law.test_destinations import ITEMS

CERTIFIED = {
    "export_from_us": True,
    "share_of_us_volume": "0.5",
    "us_supply_certified": True,
    "no_foundry_diversion": True,
    "kyc_remote_access": True,
    "military_end_use": False,
    "ultimate_user_disclosed": True,
    "no_model_transfer": True,
    "us_lab_test": True,
}
FAILING = {
    **{name: not value for name, value in CERTIFIED.items() if isinstance(value, bool)},
    "share_of_us_volume": "0.500001",
}


def h200(**more):
    return check({**ITEMS["h200"], **more}, ruleset("us-2026"))


def test_with_every_condition_shown_nothing_is_left_to_certify():
    found = h200(**CERTIFIED).review
    assert (found.policy, found.provided) == ("case_by_case", ())


def test_what_is_not_stated_is_listed_as_still_to_certify():
    assert len(h200().review.provided) == len(CERTIFIED)
    assert h200().review.policy == "case_by_case"


@pytest.mark.parametrize("condition", sorted(CERTIFIED))
def test_one_failing_condition_brings_the_presumption_of_denial_back(condition):
    found = h200(**{**CERTIFIED, condition: FAILING[condition]}).review
    assert found.policy == "presumption_of_denial"
    assert len(found.ruled_out) == 1


@pytest.mark.parametrize(
    ("fact", "value"),
    [("tpp", 21000), ("dram_bandwidth_gb_s", 6500), ("us_available_2026_01_15", False)],
)
def test_an_item_outside_the_window_is_presumed_denied(fact, value):
    assert h200(**{**CERTIFIED, fact: value}).review.policy == "presumption_of_denial"


def test_unknown_availability_leaves_the_policy_open_and_says_so():
    found = h200(us_available_2026_01_15=None).review
    assert found.policy == "undetermined"
    assert found.needs == ("us_available_2026_01_15",)


def test_a_shipment_from_abroad_owes_no_cap_and_no_laboratory():
    found = h200(export_from_us=False)
    assert found.review.policy == "presumption_of_denial"
    assert found.volume == found.reporting == ()


@pytest.mark.parametrize(
    ("share", "status"), [(None, "open"), ("0.5", "within"), ("0.500001", "exceeded")]
)
def test_the_volume_cap_is_half_and_half_is_within(share, status):
    (cap,) = h200(share_of_us_volume=share).volume
    assert (cap.status, Fraction(cap.limit)) == (status, Fraction(1, 2))


def test_review_and_duty_rules_never_control_anything():
    bare = load_law().ruleset("us-2026", without=("us_review", "us_tariff"))
    assert ruleset("us-2026").controlled("CN") == bare.controlled("CN")


def test_nac_asks_25_days_and_does_not_lift_a_letter():
    fast = {**ITEMS["consumer_a"], "dram_bandwidth_gb_s": 1792}
    found = check(fast, ruleset("us-2025"))
    (nac,) = (each for each in found.exceptions if each.id == "NAC")
    assert (nac.status, nac.notice_days) == ("available", 25)
    assert nac.lifts == ("us_ear/3A090.a",)
    assert nac.leaves == ("us_letters/april_2025",)
    assert [each.days for each in found.reporting] == [25]


def test_datacenter_parts_of_paragraph_a_have_no_exception():
    found = check(ITEMS["b200"], ruleset("us-2026"))
    assert {each.status for each in found.exceptions} == {"not_available"}
    reasons = {each.id: each.because for each in found.exceptions}
    assert reasons["NAC"] == (
        "the item does not meet 3A090.b or 3A090.a and not datacenter (15 CFR 740.8(a)(2))"
    )


def test_an_unknown_datacenter_flag_leaves_the_exception_open():
    facts = {**ITEMS["consumer_a"], "datacenter": None}
    (nac,) = (each for each in check(facts, ruleset("us-2023")).exceptions if each.id == "NAC")
    assert (nac.status, nac.needs) == ("undetermined", ("datacenter",))


def test_before_april_2024_paragraph_b_was_presumed_denied():
    early = check(ITEMS["part_b"], ruleset("us-2023", date(2024, 4, 3)))
    late = check(ITEMS["part_b"], ruleset("us-2023", date(2024, 4, 4)))
    assert early.review.policy == "presumption_of_denial"
    assert late.review.policy == "case_by_case"


def test_letters_bind_their_addressees_only():
    rules = {name: ruleset("us-2025", exporter=name) for name in ("NVIDIA", "Other Chips Ltd")}
    found = {name: check(ITEMS["h20"], each).license.status for name, each in rules.items()}
    assert found == {"NVIDIA": "required", "Other Chips Ltd": "not_required"}


@pytest.mark.parametrize(
    ("use", "datacenter", "status"),
    [
        (None, True, "due"),
        ("us_datacenter", True, "not_due"),
        ("repair", True, "not_due"),
        ("research", True, "not_due"),
        ("startup", True, "not_due"),
        ("public_sector", True, "not_due"),
        ("consumer", False, "not_due"),
        ("consumer", True, "due"),
        ("industrial", False, "not_due"),
    ],
)
def test_the_duty_has_carve_outs(use, datacenter, status):
    found = h200(import_use=use, datacenter=datacenter).duty
    assert found.status == status
    assert (found.rate == Fraction(1, 4)) == (status == "due")


def test_the_duty_lists_the_carve_outs_that_nobody_has_claimed():
    assert any("9903.79.03" in each for each in h200().duty.unless)
    assert h200(hts_heading="8542.31").duty.status == "not_due"


def test_the_duty_stands_apart_from_control():
    facts = {**ITEMS["h200"], "applicable_die_area_mm2": 814}
    assert check(facts, ruleset("us-2026"), "DE").license.status == "not_required"
    assert check(facts, ruleset("us-2026"), "DE").duty.status == "due"
    assert check(facts, ruleset("us-2025"), "CN").duty.status == "not_due"


def test_an_unknown_bandwidth_leaves_the_duty_open():
    found = h200(dram_bandwidth_gb_s=None).duty
    assert (found.status, found.needs) == ("undetermined", ("dram_bandwidth_gb_s",))


def test_malaysia_asks_a_permit_of_what_leaves_it():
    rules = ruleset("us-2026", with_=("my_sta",))
    facts = {**ITEMS["b200"], "leaves_malaysia": True}
    days = [each.days for each in check(facts, rules).reporting if "my_sta" in each.paragraph]
    assert days == [30]
    stays = check({**facts, "leaves_malaysia": False}, rules).reporting
    assert not [each for each in stays if "my_sta" in each.paragraph]


def test_diffusion_allocations_count_only_when_asked_for():
    asked = ruleset("us-2025", with_=("us_review/diffusion_allocations",))
    assert check(ITEMS["b200"], ruleset("us-2025")).volume == ()
    caps = {each.measure: each.limit for each in check(ITEMS["b200"], asked).volume}
    assert caps == {"country_tpp_to_2027": 790_000_000, "consignee_tpp_this_year": 26_900_000}


def test_buyer_guidance_controls_when_asked_for_but_needs_no_license():
    rules = ruleset("us-2023", with_=("cn_guidance",))
    facts = {**ITEMS["h20"], "dense_bf16_tflops": 148, "tdp_w": 400}
    found = check(facts, rules)
    assert found.verdict == "controlled"
    assert found.license.status == "not_required"
