"""Neither the page nor the document puts a number on the other side of a legal line."""

import json
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from optimizer.cli import main
from optimizer.report.canonical import canonical, readable
from optimizer.report.numbers import exact_text, json_exact
from optimizer.report.result import Result
from tests.cli.factories import a_result

JUST_BELOW = "2399.999999999999999999999999999999"
FACTS = ["--tpp", JUST_BELOW, "--applicable-die-area-mm2", "1500", "--datacenter"]
CHECK = ["check", "--rules", "us-2023", *FACTS]

FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
"""Floats without the negative zero, which a document has no use for."""


def test_text_prints_no_line_for_a_value_beside_it(capsys):
    assert main(CHECK) == 0
    text = capsys.readouterr().out
    page = text[text.index("PARAGRAPHS") :]
    values = {line.split()[1] for line in page.splitlines() if line.startswith("    value")}
    assert values == {"2,399.999999999999999999999999999999", "1.599999999999999999999999999999999"}
    assert "tpp                      2,399.999999999999999999999999999999" in page


def test_json_carries_the_digits_and_the_sums_come_out(capsys):
    assert main([*CHECK, "-f", "json"]) == 0
    document = json.loads(capsys.readouterr().out, parse_float=Decimal)
    assert document["facts"]["tpp"] == Decimal(JUST_BELOW)
    tests = [test for each in document["findings"] for test in each["tests"]]
    tpp = [test for test in tests if test["quantity"] == "tpp" and test["value"] is not None]
    assert tpp
    for test in tpp:
        assert abs(Fraction(test["value"]) - test["threshold"]) == Fraction(test["slack"])


def test_a_divisor_is_printed_whole(capsys):
    area = "749.68750000000000000000001"
    flags = ["--tpp", "2399", "--applicable-die-area-mm2", area, "--datacenter"]
    assert main(["check", "--rules", "us-2023", *flags]) == 0
    assert f"2,399 / {area}" in capsys.readouterr().out


@given(
    value=st.fractions(min_value=0, max_value=5000, max_denominator=10**30),
    line=st.decimals(min_value=0, max_value=5000, places=3, allow_nan=False),
)
def test_a_json_number_is_on_its_side_of_a_line(value, line):
    def side(number):
        return (number > Fraction(line)) - (number < Fraction(line))

    text = canonical(json_exact(value, [line])).decode()
    assert side(Fraction(text)) == side(value)


@given(st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False))
def test_a_decimal_fact_is_printed_with_every_digit(value):
    assert Fraction(exact_text(value).replace(",", "")) == Fraction(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | FLOATS
        | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)  # fmt: skip
def test_the_writer_writes_what_the_standard_one_writes(document):
    assert readable(document) == json.dumps(document, indent=2, ensure_ascii=True) + "\n"
    short = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert canonical(document) == short.encode()


def test_a_result_keeps_its_bytes():
    text = a_result().to_json()
    assert Result.from_document(json.loads(text), "x").to_json() == text
