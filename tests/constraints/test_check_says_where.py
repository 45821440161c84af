"""A verdict is one of a destination: what is controlled where, how near, and what is assumed."""

from pathlib import Path

import pytest

from optimizer.cli import main

US = ("--rules", "us-2026")
GERMANY = ("--destination", "DE")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def check(*words: str, command: str = "check") -> tuple[int, str, str]:
        code = main([command, *words])
        said = capsys.readouterr()
        return code, " ".join(said.out.split()), " ".join(said.err.split())

    return check


def test_an_item_of_3a090_a_is_never_called_free_without_saying_where(run):
    page = run("h200_sxm", *US, *GERMANY)[1]
    head = page.partition("CONSEQUENCES")[0]
    assert head.startswith(
        "NOT CONTROLLED to DE, controlled to 47 other destinations, under us-2026"
    )
    assert "no license to DE under us_ear/3A090.a; the item is controlled under it to 47" in head
    assert "license: not required to DE" in page


@pytest.mark.parametrize("form", ["text", "md", "html"])
def test_the_tests_of_a_classification_are_shown_to_every_destination(run, form: str):
    page = run("h200_sxm", *US, *GERMANY, "-f", form)[1]
    assert "met, but does not reach DE" in page
    assert "15,832 / 814" in page
    assert "3A090.a.2" in page


def test_where_an_item_is_controlled_is_as_the_rule_has_it():
    from constraints import check, load_law
    from constraints.destinations import load_destinations

    rules = load_law().ruleset("us-2023")
    facts = {"tpp": 5000, "datacenter": True}
    (found,) = check(facts, rules, "DE").elsewhere
    for code in load_destinations().names:
        caught = check(facts, rules, code).verdict == "controlled"
        assert caught == (code in found.destinations), code


def test_the_head_names_the_seat_on_which_a_verdict_hangs(run):
    page = run("h20", "--rules", "us-2025", *GERMANY, "--headquarters", "China")[1]
    assert "exported to DE, to a party seated in CN: NVIDIA H20" in page


def test_a_controlled_item_is_not_said_to_be_free_under_another_rule(run):
    page = run("h200_sxm", *US, "--destination", "AE")[1]
    assert "license: required (us_ear/3A090.a)" in page
    assert "no license to AE" not in page


def test_a_letter_elsewhere_names_whom_it_binds_and_few_places_are_named(run):
    page = run("h20", *US, *GERMANY)[1]
    assert "to 24 other destinations, if one of AMD, Intel, NVIDIA exports" in page
    page = run("h100_sxm", "--rules", "us-2022", *GERMANY)[1]
    assert "to 3 other destinations (CN, HK, MO)" in page


def test_an_answer_that_does_not_hold_says_what_else_it_could_be(run):
    page = run("mi308x", "--rules", "us-2023")[1]
    adverse = run("mi308x", "--rules", "us-2023", "--strict-evidence")[1]
    assert "DO NOT HOLD" in page
    assert "at the most adverse one the item is controlled, tier a (--strict-evidence)" in page
    assert "DO NOT HOLD" in adverse
    assert "they are those of the most adverse one" in adverse


def test_the_law_of_a_day_that_has_passed_says_so(run):
    later = "this is the law of 2024-12-01; what took effect later is not counted"
    assert later in run("h20", "--rules", "us-2023")[1]
    assert later in run("h20", "--rules", "us-2023", "-f", "md")[1]
    assert "this is the law of" not in run("h20", *US)[1]


def test_a_policy_that_is_shut_is_said_in_numbers(run):
    page = run("h20", *US)[1]
    assert "the item does not meet meets_3A090_a and tpp < 21000" not in page
    assert "the item does not meet 3A090.a and tpp < 21000" in page


def test_an_open_item_may_be_controlled_elsewhere(run):
    page = run("--tpp", "3000", "--datacenter", "--rules", "us-2023", *GERMANY)[1]
    assert page.startswith("NOT CONTROLLED to DE, perhaps controlled to 47 other destinations")


def test_an_item_that_is_caught_nowhere_says_nothing_of_elsewhere(run):
    page = run("l2", "--rules", "us-2023", *GERMANY)[1]
    assert "NOT CONTROLLED under us-2023" in page
    assert "other destination" not in page


def test_a_duty_is_due_only_on_entry_and_names_its_carve_outs(run):
    page = run("h200_sxm", *US, "--destination", "AE")[1]
    assert "US import duty: due if the item enters the United States, 25 % of the value" in page
    assert "unless freed by U.S. note 39(b), an article outside headings 8471.50" in page
    assert "HTSUS 9903.79.05, research and development" in page


@pytest.mark.parametrize("rules", ["us-2025", "us-2026"])
def test_what_the_letters_assume_is_said_only_where_letters_reach(run, rules: str):
    letters = "the exporter is one to whom the letters are addressed"
    assert letters in run("h20", "--rules", rules)[1]
    page = run("h20", "--rules", rules, *GERMANY)[1]
    assert letters not in page
    assert "reported in the press" not in page
    assert "open in us_letters" not in page
    assert letters in run("h20", "--rules", rules, *GERMANY, "--headquarters", "CN")[1]


def test_the_guard_band_names_its_paragraph_and_its_line(run):
    words = ("rtx_pro_6000d", "--rules", "us-2025", "--margin", "1%")
    code, page, error = run(*words, "--fail-on-control")
    near = "inside the guard band of us_letters/april_2025.dram; DRAM bandwidth 1,398"
    assert near in page
    assert "line >= 1,400" in page
    assert "us_letters/april_2025.dram: not caught, inside the guard band" in page
    assert (code, error) == (
        3, "not controlled, but inside the guard band of us_letters/april_2025.dram",
    )  # fmt: skip
    record = run(*words, "-f", "html")[1]
    assert "inside the guard band of 1 % of us_letters/april_2025.dram" in record
    assert "outside the guard band of every paragraph" in run("l2", *US, "--margin", "1%")[1]


def test_a_distance_says_on_which_side_of_the_line(run):
    page = run("h20", "--rules", "us-2025")[1]
    assert "4,000 >= 1,400 2,600 above met" in page
    assert "2,368 >= 2,400 32 below not met" in page


def test_a_review_that_is_not_stated_says_why(run):
    page = run("h200_sxm", *US, "--destination", "AE")[1]
    assert "review: not stated: us_review/" in page
    assert "names no policy for this item to AE" in page
    assert "the Emirates after 2026-07-10 are not stated" in page


@pytest.mark.parametrize("rules", ["us@2020-01-01", "us-2025"])
def test_no_remedy_repeats_what_was_typed(run, rules: str):
    words = () if rules.startswith("us@") else ("--on", "2020-01-01")
    code, _, error = run("h20", "--rules", rules, *words)
    assert code == 2
    assert "begins on 2022-10-21: use --rules us@2022-10-21 or a later day" in error
    assert "us@2020-01-01." not in error.partition("which is")[2]


@pytest.mark.parametrize("flag", ["--tpp", "--item-kind", "--dram-bandwidth-gb-s"])
def test_a_blank_fact_is_a_usage_error(run, flag: str):
    code, _, error = run(f"{flag}=", "--datacenter", *US)
    assert code == 2
    assert f"{flag}: is blank" in error


@pytest.mark.parametrize(
    ("value", "said"), [("nan", "nan is not"), ("[1]", "a list is not"), ("inf", "infinity is not")]
)
def test_no_value_is_printed_as_python_has_it(run, tmp_path: Path, value: str, said: str):
    path = tmp_path / "part.toml"
    path.write_text(f"tpp = {value}\n")
    code, _, error = run(str(path), *US)
    assert code == 2
    assert f"part.toml, line 1: tpp: {said}" in error
    assert "Decimal" not in error
