"""The shaded regions say what the checker says, for every rule set and override."""

from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import load_law, screen
from optimizer.report.result import Result
from optimizer.report.sheet import Sheet, as_html, as_text_sheet, sheet_of
from optimizer.report.sheet.chart import as_vega_lite
from optimizer.report.sheet.labels import overlaps
from optimizer.report.sheet.model import Chart
from optimizer.report.sheet.plane import LABELS
from optimizer.report.sheet.region import plane_of, regions
from optimizer.report.sheet.svg import as_svg
from optimizer.report.words import short
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
    drawn = [v["name"] for layer in layers[1:4] for v in layer["data"]["values"]]
    assert sorted(drawn) == sorted(p.name for p in chart.points)
    assert [p.name for p in chart.points if p.role == "design"] == ["this design"]
    assert "$schema" not in spec


@pytest.fixture(scope="session")
def charts(gb202: Result, gh100: Result) -> tuple[Chart, ...]:
    found = [sheet_of(result).chart for result in (gb202, gh100)]
    found.append(sheet_of(solved(rules="us-2022", parents=("ga100",))).chart)
    assert None not in found
    return tuple(chart for chart in found if chart is not None)


def test_no_name_lies_on_a_point_or_on_another_name(charts: tuple[Chart, ...]):
    for chart in charts:
        assert overlaps(chart.labels, chart.points, chart.regions) == {}


def test_a_collision_is_seen(gb202: Result):
    chart = sheet_of(gb202).chart
    assert chart is not None
    twice = [chart.labels[0], chart.labels[0]]
    assert overlaps(twice, chart.points, chart.regions)


def test_the_parts_that_a_planner_knows_are_named(charts: tuple[Chart, ...]):
    known = [
        {"RTX PRO 6000D", "GeForce RTX 5090 D", "GeForce RTX 5090 D V2", "H20 96GB"},
        {"H20 96GB", "H20 141GB", "H800 80GB SXM5", "A800 80GB SXM4"},
        {"A800 80GB SXM4", "H800 80GB SXM5"},
    ]
    for chart, parts in zip(charts, known, strict=True):
        named = [label.text for label in chart.labels]
        assert parts <= set(named)
        assert "this design" in named
        assert {short(r.paragraph) for r in chart.regions} <= set(named)
        assert sum(p.labeled for p in chart.points) <= LABELS + 2
        assert len(named) == len(set(named))


def test_the_name_of_the_parent_is_whole(charts: tuple[Chart, ...]):
    assert "RTX PRO 6000 Blackwell Server" in [label.text for label in charts[0].labels]


def test_the_page_holds_the_picture_without_a_script(charts: tuple[Chart, ...]):
    for chart in charts:
        drawn = ET.fromstring(as_svg(chart))
        marks = [e for e in drawn.iter() if e.tag in ("circle", "polygon")]
        assert len(marks) == len(chart.points)
        words = [e.text for e in drawn.iter("text")]
        assert {label.text for label in chart.labels} <= set(words)
        assert {chart.x_title, chart.y_title} <= set(words)
        told = [e.text for e in drawn.iter("title")]
        assert sum(t.startswith("caught by") for t in told) == len(chart.regions)
        width, height = (float(v) for v in drawn.attrib["viewBox"].split()[2:])
        for mark in drawn.iter("circle"):
            assert 0 < float(mark.attrib["cx"]) < width
            assert 0 < float(mark.attrib["cy"]) < height


def test_the_static_picture_puts_a_point_where_the_chart_does(gb202: Result):
    chart = sheet_of(gb202).chart
    assert chart is not None
    circles = list(ET.fromstring(as_svg(chart)).iter("circle"))
    parts = [p for p in chart.points if p.role == "part"]
    ranked = sorted(zip(parts, circles, strict=True), key=lambda pair: pair[0].x)
    across = [float(circle.attrib["cx"]) for _, circle in ranked]
    assert across == sorted(across)


def test_the_tables_of_the_picture_stand_open_on_the_page(sheet: Sheet):
    page = as_html(sheet)
    assert "<details" not in page
    assert "Data of the picture" in page
    assert sheet.chart is not None
    assert all(point.name in page for point in sheet.chart.points)


def test_the_text_says_that_its_parts_are_a_selection(sheet: Sheet):
    text = " ".join(as_text_sheet(sheet).split())
    assert sheet.chart is not None
    parts = [p for p in sheet.chart.points if p.role != "design"]
    listed = sum(p.labeled for p in parts)
    assert f"{listed} of the {len(parts)} parts that lie in this plane" in text
    assert listed < len(parts)


def test_the_chart_says_in_words_what_it_shows_and_what_it_does_not(gb202: Result):
    chart = sheet_of(gb202).chart
    assert chart is not None
    assert "2,399.469568" in chart.text or "TPP 2,39" in chart.text
    assert "us_letters/april_2025" in chart.not_shown
