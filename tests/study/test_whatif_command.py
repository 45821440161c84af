"""What ``optimize what-if`` takes and refuses, and how its options are read."""

import csv
import io
from fractions import Fraction

import pytest

from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.report.settings import Settings
from optimizer.report.whatif_designs import outward
from optimizer.report.whatif_document import MoveRow
from optimizer.study.scenario import Change, scenario

CEILING = "us_letters/april_2025.dram_ceiling"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "no change is given"),
        ({"versus": "us-2026", "on": "2025-06-01"}, "--versus and --on are two changes"),
        ({"set_": ("a.b=1",), "versus": "us-2026"}, "--set and --versus are two changes"),
        ({"with_": ("x",), "without": ("x",)}, "'x' is added and left out"),
        ({"on": "yesterday"}, "is no day"),
    ],
)
def test_no_change_and_two_changes_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        Change(**change)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--versus", "us-2025"],
        ["--set", f"{CEILING}=1400"],
        ["--versus", "us-2026", "--with", "us_bills/gain_ai"],
        ["--with", "us_bills/gain_ay"],
        ["--set", "us_letters/april_2025.dram=1200"],
        ["--on", "2026-03-01"],
    ],
)
def test_a_change_that_means_nothing_is_one_usage_error(arguments, capsys):
    assert main(["what-if", "--rules", "us-2025", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("error: ")


def test_a_day_outside_the_life_of_the_rules_points_to_versus(capsys):
    assert main(["what-if", "--rules", "us-2025", "--on", "2026-03-01"]) == 2
    assert "--versus us@2026-03-01" in capsys.readouterr().err


def test_a_change_needs_a_law_to_change(capsys):
    assert main(["what-if", "--versus", "us-2026"]) == 2
    assert "--rules" in capsys.readouterr().err


def test_a_reform_may_add_leave_out_and_move_at_once():
    change = Change(("us_bills/gain_ai.dram_ceiling=1300",), ("us_bills/gain_ai",), ("us_letters",))
    found = scenario(Settings("us-2025"), change, ambient=False)
    ids = {rule.id for rule in found.after.ruleset.rules}
    assert "us_bills/gain_ai" in ids
    assert "us_letters/april_2025" not in ids


def test_a_move_without_a_short_decimal_is_rounded_away_from_the_line():
    values = {
        "threshold": "x", "now": 1.6, "unit": "", "beyond": 1.600170, "effect": "relaxes",
        "tokens_per_s_per_chip": 1.0, "low": 0.7, "high": 1.5, "change": 0.1, "told_apart": False,
    }  # fmt: skip
    third = str(Fraction(16, 10) + Fraction(1, 6000))
    up = MoveRow(**values, direction="up", exact=third, reach="past")
    down = MoveRow(**values, direction="down", exact="2399.469568", reach="at")
    assert Fraction(outward(up)) >= Fraction(third)
    assert outward(down) == "2,399.469568"


def test_the_head_says_whether_the_sign_is_sure(capsys):
    words = ["what-if", "--rules", "us-2025", "--parent", "ga100"]
    for ceiling, said in (("1300", "(sign unsure)"), ("700", "(sign sure)")):
        assert main([*words, "--set", f"us_letters/april_2025.dram_ceiling={ceiling}"]) == 0
        assert said in " ".join(capsys.readouterr().out[:200].split())


def test_parts_asked_for_are_shown_whether_they_change_or_not(capsys):
    """S.3150 of the 119th Congress on parts that it reaches and on two that it spares."""
    words = ["what-if", "--rules", "us-2025", "--with", "us_bills/gain_ai", "--parent", "ga100"]
    assert main([*words, "--part", "L2", "--part", "h20", "--part", "l20"]) == 0
    page = capsys.readouterr().out
    rows = page.split("parts asked for")[1].splitlines()[2:6]
    assert [row.split() for row in rows[:1]] == [
        ["l2", "not_controlled", "not_controlled", "nothing"]
    ]
    assert "now" in rows[1] + rows[2]
    assert main([*words, "--part", "nothing_such"]) == 2
    assert "nothing_such" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["1e400", "-1", "nan", "9" * 41, "12x"])
def test_a_threshold_takes_plain_numbers_alone(value, capsys):
    words = ["what-if", "--rules", "us-2025", "--parent", "ga100", "--set"]
    assert main([*words, f"us_letters/april_2025.dram_ceiling={value}"]) == 2
    assert "plain number" in capsys.readouterr().err


def test_a_line_beyond_every_design_is_proved_too(capsys):
    words = ["--rules", "us-2025", "--parent", "ga100", "--limit", "tpp<=9999999999999999999.5"]
    assert main([*words, "--set", "us_letters/april_2025.dram_ceiling=" + "9" * 30]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "proved optimal" in page
    assert f"dram_ceiling set to {'9' * 30}" in page


def test_a_letter_that_catches_a_maker_whom_it_does_not_name_is_warned_of(capsys):
    words = ["what-if", "--rules", "us-2023", "--with", "us_letters", "--parent", "ga100"]
    assert main(words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert page.startswith("WHAT IF us_letters/october_2023 (letter of 2023-10-23, ended")
    assert "us_letters/april_2025 is not added: it takes effect on 2025-04-09" in page
    warned = page.partition("WARNINGS")[2]
    assert "after: us_letters/october_2023 does not name the maker of every part" in warned
    assert "counts only if NVIDIA exports; so with ascend_910b1" in warned
    assert "h20" not in warned.partition("so with")[2].partition("NEXT")[0]


def test_a_change_that_is_there_already_is_refused_as_such(capsys):
    words = ["what-if", "--rules", "us-2025", "--with", "us_letters/april_2025"]
    assert main(words) == 2
    assert "the same before and after: us_letters/april_2025 counts" in capsys.readouterr().err


def test_options_before_the_command_are_handed_on(tmp_path, capsys):
    out = tmp_path / "answer.csv"
    arguments = ["--rules", "us-2022", "-o", str(out), "what-if", "--versus", "us-2023"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == ""
    names = {row["rule_set"] for row in csv.DictReader(io.StringIO(out.read_text("utf-8")))}
    assert names == {"us-2022", "us-2023"}
