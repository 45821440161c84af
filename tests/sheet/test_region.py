"""The shaded regions say what the checker says, for every rule set and override."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import load_law, screen
from optimizer.report.result import Result
from optimizer.report.sheet import sheet_of
from optimizer.report.sheet.chart import as_vega_lite
from optimizer.report.sheet.region import plane_of, regions
from tests.sheet.conftest import solved

MOVED = {"us_ear/3A090.a.tpp_floor": "1200", "us_ear/3A090.a.density_ceiling": "4.2"}
RULESETS = {
    "us-2022": load_law().ruleset("us-2022"),
    "us-2023": load_law().ruleset("us-2023"),
    "us-2026": load_law().ruleset("us-2026"),
    "moved": load_law().ruleset("us-2023", set_=MOVED),
}
exact = st.fractions(min_value=Fraction(1, 100), max_value=200, max_denominator=997)


@given(
    name=st.sampled_from(sorted(RULESETS)), x=exact.map(lambda v: v * 61), y=exact,
    datacenter=st.booleans(),
)  # fmt: skip
@settings(max_examples=300)
def test_a_point_is_shaded_where_the_checker_catches_it(
    name: str, x: Fraction, y: Fraction, datacenter: bool
):
    rules = RULESETS[name]
    plane = plane_of(rules, "CN")
    assert plane is not None
    y = y * 11 if plane.y == "io_transfer_rate_gb_s" else y
    facts = {"item_kind": "ic", "datacenter": datacenter}
    drawn = {
        region.paragraph
        for region in regions(plane, rules, facts)
        if (region.x_low or 0) <= x < (region.x_high or 10**9)
        and (region.y_low or 0) <= y < (region.y_high or 10**9)
    }
    caught = screen(rules, "CN").classify({**facts, plane.x: x, plane.y: y})[2]
    assert drawn == {p for p in caught if p.rpartition(".")[0] in {r.id for r in plane.rules}}


def test_the_lines_of_the_chart_are_those_of_the_rule_set(gb202: Result):
    chart = sheet_of(gb202).chart
    assert chart is not None
    ends = {v for r in chart.regions for v in (r.x_low, r.x_high, r.y_low, r.y_high) if v}
    thresholds = gb202.inputs["rules"]["thresholds"]
    law = {
        float(each["value"])
        for path, each in thresholds.items()
        if path.startswith(("us_ear/3A090.a.", "us_ear/3A090.b."))
    }
    assert ends == law


def test_an_override_moves_the_shade():
    result = solved(parents=("gb202",), set_=("us_ear/3A090.a.tpp_floor=1200",))
    chart = sheet_of(result).chart
    assert chart is not None
    assert min(r.x_low for r in chart.regions if r.x_low) == 1200


def test_the_law_of_2022_has_a_plane_of_its_own():
    chart = sheet_of(solved(rules="us-2022", parents=("gh100",))).chart
    assert chart is not None
    assert (chart.x, chart.y) == ("bit_length_x_tops", "io_transfer_rate_gb_s")
    assert [p.role for p in chart.points].count("design") == 1


def test_without_a_3a090_rule_there_is_no_chart():
    result = solved(parents=("gb202",), without=("us_ear",), limits=("tpp<=9000",))
    assert sheet_of(result).chart is None


@pytest.fixture(scope="session")
def spec(gb202: Result) -> dict[str, object]:
    chart = sheet_of(gb202).chart
    assert chart is not None
    return as_vega_lite(chart)


def test_the_chart_is_plain_data_and_holds_every_point(spec: dict[str, object], gb202: Result):
    chart = sheet_of(gb202).chart
    assert chart is not None
    layers = spec["layer"]
    assert isinstance(layers, list)
    drawn = [v["name"] for layer in layers[2:5] for v in layer["data"]["values"]]
    assert sorted(drawn) == sorted(p.name for p in chart.points)
    assert [p.name for p in chart.points if p.role == "design"] == ["this design"]
    assert "$schema" not in spec


def test_the_picture_names_few_parts(gb202: Result):
    chart = sheet_of(gb202).chart
    assert chart is not None
    assert 2 <= sum(p.labeled for p in chart.points) <= 8


def test_the_chart_says_in_words_what_it_shows_and_what_it_does_not(gb202: Result):
    chart = sheet_of(gb202).chart
    assert chart is not None
    assert "2,399.469568" in chart.text or "TPP 2,39" in chart.text
    assert "us_letters/april_2025" in chart.not_shown
