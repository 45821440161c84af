"""What ``--with`` adds is named text by text; what is too young is refused or named."""

from datetime import date
from pathlib import Path

import pytest

from catalogs.errors import InputError
from constraints import load_law
from constraints.rulesets import Ruleset

OCTOBER = "us_letters/october_2023 (letter of 2023-10-23, ended 2023-11-17) added"


def asked(spec: str, *names: str, on: date | None = None) -> Ruleset:
    return load_law().ruleset(spec, on, with_=names)


def test_a_family_says_which_of_its_letters_came_in_and_which_did_not() -> None:
    rules = asked("us-2023", "us_letters")
    assert rules.changes == (OCTOBER,)
    assert OCTOBER in rules.assumptions
    said = "us_letters/april_2025 is not added: it takes effect on 2025-04-09, after 2024-12-01"
    assert any(text.startswith(said) and "us@2025-04-09" in text for text in rules.assumptions)
    assert [rule.id for rule in rules.rules if rule.id.startswith("us_letters")] == [
        "us_letters/october_2023"
    ]


def test_what_counts_already_is_not_called_added() -> None:
    rules = asked("us-2025", "us_letters")
    assert rules.changes == (OCTOBER,)
    assert "us_letters/april_2025 counts already" in rules.assumptions
    alone = asked("us-2025", "us_letters/april_2025")
    assert alone.changes == ()
    assert alone == load_law().ruleset("us-2025")


def test_a_rule_that_begins_later_is_refused_with_the_day_that_has_it() -> None:
    with pytest.raises(InputError, match="takes effect on 2025-04-09, after 2024-12-01") as error:
        asked("us-2023", "us_letters/april_2025")
    assert "--rules us@2025-04-09" in str(error.value)
    later = asked("us@2025-04-09", "us_letters/april_2025")
    assert later.rule("us_letters/april_2025") is not None


def test_a_letter_that_is_added_is_not_assumed_to_be_left_out() -> None:
    left_out = "the early effect of the 2023 rule on one maker (letter of 2023-10-23) is left out"
    assert left_out in load_law().ruleset("us-2022").assumptions
    assert left_out not in asked("us-2022", "us_letters").assumptions


def test_a_rule_file_of_the_user_is_named_among_the_changes(tmp_path: Path) -> None:
    bill = Path(load_law().packs["us_bills/gain_ai"].file).read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(bill.replace('id = "us_bills/gain_ai"', 'id = "own/gain"'), encoding="utf-8")
    assert asked("us-2025", str(own)).changes == ("own.toml added",)
    assert load_law([own]).ruleset("us-2025").changes == ("own.toml added",)
    assert asked(str(own)).changes == ()
