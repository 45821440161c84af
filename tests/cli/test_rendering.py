"""Text, Markdown, CSV and JSON of a result."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.report.layout import WIDTH, Heading, Lines, Table, as_text
from optimizer.report.numbers import json_number, text_number
from optimizer.report.result import Result
from optimizer.report.text import as_markdown_report, as_report
from tests.cli.factories import a_design, a_finding, a_result


def test_text_says_the_verdict_first_and_in_words():
    first = as_report(a_result()).splitlines()[0]
    assert first.startswith("NOT CONTROLLED under us-2025 on 2025-12-31")


def test_text_stays_within_eighty_columns():
    long = a_finding(arithmetic="2,399.9872 < 2,400 and " * 20, paragraph="p" * 60)
    text = as_report(a_result(designs=(a_design(classification=(long,)),)))
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_number_beside_a_line_keeps_to_its_side():
    assert "2,399.9872" in as_report(a_result())


def test_text_mirrors_every_quantity_of_the_document():
    result = a_result()
    text = as_report(result)
    for name, value in result.designs[0].quantities.items():
        assert text_number(value, [2400]) in text, name


def test_parents_without_a_design_are_named_with_the_missing_facts():
    assert "core_draw_bytes_per_clk" in as_report(a_result())


def test_ranks_inside_the_interval_are_named():
    words = " ".join(as_report(a_result()).split())
    assert "not certain: example_200" in words


def test_control_characters_of_a_catalog_reach_no_output():
    evil = "\x1b[31mred\u202eevil\x07"
    result = a_result(designs=(a_design(parent=evil, flags=(evil,)),), assumptions=(evil,))
    for text in (as_report(result), as_markdown_report(result), result.to_json()):
        assert not {"\x1b", "\u202e", "\x07"} & set(text)


def test_json_round_trips_to_the_same_bytes():
    text = a_result().to_json()
    assert Result.from_document(json.loads(text), "x").to_json() == text


def test_quantities_are_json_numbers_or_null():
    document = json.loads(a_result().to_json())
    for value in document["designs"][0]["quantities"].values():
        assert value is None or isinstance(value, int | float)


@pytest.mark.parametrize("wrong", [[], 3, {}, {"schema": "optimize-result/9"}])
def test_another_document_is_refused(wrong):
    with pytest.raises(ValueError, match="optimize-result/1"):
        Result.from_document(wrong, "x.json")


@given(
    value=st.fractions(min_value=0, max_value=10000, max_denominator=10**9),
    line=st.decimals(min_value=0, max_value=10000, places=4, allow_nan=False),
)
def test_printed_and_stored_numbers_stay_on_their_side_of_a_line(value, line):
    def side(number, of):
        return (number > of) - (number < of)

    stored = json_number(value, [line])
    assert side(Fraction(text_number(value, [line]).replace(",", "")), line) == side(value, line)
    assert side(stored, float(line)) == side(value, line)
    printed = Fraction(text_number(stored, [float(line)]).replace(",", ""))
    assert side(printed, line) == side(value, line)


@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_any_text_fits_the_page(words):
    table = Table(tuple(f"h{i}" for i in range(len(words))), (tuple(words),))
    text = as_text([Heading(words[0] or "x"), Lines(tuple(words)), table])
    assert max((len(line) for line in text.splitlines()), default=0) <= WIDTH
