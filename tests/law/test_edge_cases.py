"""The edge cases of the rules, each as data with its reason and its citation."""

import re
from typing import Any

import pytest

from constraints.check import check
from constraints.expressions import compiled
from constraints.rulesets import PRESUMPTION
from tests.law.support import assess, edge_cases, equal, facts_of, metrics, paragraphs, rules_of

NUMBERS_OF_CASES = 64
CASES = [pytest.param(case, id=f"{case['number']}: {case['name']}") for case in edge_cases()]
ITEMS = [param for param, case in zip(CASES, edge_cases(), strict=True) if "contains" not in case]
TIERS = ("none", "b", "a")


def expecting(*keys: str) -> list[Any]:
    chosen = [case for case in edge_cases() if set(keys) & set(case["expect"])]
    return [
        pytest.param(case, id=f"{case['number']}: {case['name']}")
        for case in chosen
        if "contains" not in case
    ]


def test_every_numbered_case_is_there():
    numbers = {int(re.match(r"\d+", case["number"])[0]) for case in edge_cases()}
    assert numbers == set(range(1, NUMBERS_OF_CASES + 1))


@pytest.mark.parametrize("case", CASES)
def test_a_case_says_why_and_where(case):
    assert case["name"][-1] != "."
    assert case["because"]
    assert case["cite"]
    assert case["expect"]


@pytest.mark.parametrize("case", expecting("metrics"))
def test_metrics_follow_from_the_figures(case):
    found = metrics(case["build"], case["rules"])
    wanted = case["expect"]["metrics"]
    assert {name for name in wanted if not equal(found[name], wanted[name])} == set()


@pytest.mark.parametrize("case", ITEMS)
def test_verdict_tier_and_paragraphs(case):
    found, expect = assess(case), case["expect"]
    caught = paragraphs(found)
    assert expect.get("verdict", found.verdict) == found.verdict
    assert expect.get("tier", found.tier) == found.tier
    assert set(expect.get("caught", ())) <= caught
    assert not set(expect.get("not_caught", ())) & caught


@pytest.mark.parametrize("case", expecting("letter"))
def test_letters(case):
    inside = any(each.startswith("us_letters/") for each in assess(case).paragraphs)
    assert inside == case["expect"]["letter"]


@pytest.mark.parametrize("case", expecting("license", "exceptions", "no_exceptions"))
def test_license_and_exceptions(case):
    found, expect = assess(case), case["expect"]
    available = {each.id for each in found.exceptions if each.status == "available"}
    assert expect.get("license", found.license.status) == found.license.status
    assert set(expect.get("exceptions", ())) <= available
    assert not set(expect.get("no_exceptions", ())) & available


@pytest.mark.parametrize("case", expecting("review"))
def test_review_policy(case):
    assert assess(case).review.policy == case["expect"]["review"]


@pytest.mark.parametrize("case", expecting("duty"))
def test_duty(case):
    assert assess(case).duty.status == case["expect"]["duty"]


@pytest.mark.parametrize("case", expecting("presumption"))
def test_presumption_of_foundries(case):
    rules = rules_of(case)
    (rule,) = (each for each in rules.rules if each.kind == PRESUMPTION)
    whole = rules.vocabulary.completed({"item_kind": "ic", **facts_of(case)})
    asked, held = compiled(rule.paragraphs[0].expr)(whole), compiled(rule.applies)(whole)
    wanted = {"not_applicable": (False, False), "rebutted": (True, False), "presumed": (True, True)}
    assert (asked, held) == wanted[case["expect"]["presumption"]]


@pytest.mark.parametrize("case", expecting("warning"))
def test_gaps_in_the_text_are_flagged(case):
    facts = {"item_kind": "ic", **facts_of(case)}
    assert any(case["expect"]["warning"] in each for each in check(facts, rules_of(case)).warnings)


@pytest.mark.parametrize("kind", ["assembly", "server"])
@pytest.mark.parametrize("case", [case for case in edge_cases() if "contains" in case])
def test_a_board_is_tested_by_each_circuit_in_it(case, kind):
    contained = [
        {key: value for key, value in each.items() if key != "count"} for each in case["contains"]
    ]
    found = [check({**each, "item_kind": kind}, rules_of(case)).tier for each in contained]
    assert max(found, key=TIERS.index) == case["expect"]["tier"]
