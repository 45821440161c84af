"""A named rule set holds for as long as its numbers do, and offers near names of its rules."""

from datetime import date

import pytest

from catalogs.errors import InputError
from catalogs.load import load_catalog
from constraints.browse import find_rules
from constraints.rules import load_law

LAST_BEFORE_THE_LETTERS = date(2025, 4, 8)


def test_the_october_2023_numbers_live_to_the_day_before_the_letters():
    law = load_law()
    assert law.ruleset("us-2023", LAST_BEFORE_THE_LETTERS).rule("us_letters/april_2025") is None
    with pytest.raises(InputError, match="2023-11-17 to 2025-04-08"):
        law.ruleset("us-2023", date(2025, 4, 9))


def test_the_numbers_do_not_move_over_that_life():
    first, last = (
        load_law().ruleset("us-2023", day) for day in (date(2023, 11, 17), LAST_BEFORE_THE_LETTERS)
    )
    for rule in ("us_ear/3A090.a", "us_ear/3A090.b"):
        old, new = first.rule(rule), last.rule(rule)
        assert old is not None
        assert new is not None
        assert old.thresholds == new.thresholds


def test_every_derivation_lies_within_the_life_of_its_rule_set():
    for each in load_catalog().derivations.values():
        if each.rule_set is not None:
            assert load_law().ruleset(each.rule_set, each.rule_date).on == each.rule_date


def test_an_eccn_is_answered_with_the_rules_of_that_name():
    with pytest.raises(InputError, match=r"Did you mean .us_ear/3A090\.a."):
        find_rules(load_law(), "3A090")


def test_every_federal_register_document_is_linked_at_its_publisher():
    for pack in load_law().packs.values():
        for version in pack.versions:
            assert "vlex" not in version.citation.url
            assert "justia" not in version.citation.url
