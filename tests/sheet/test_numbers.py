"""Every number of a sheet is the number of the result, and stays on its side of every line."""

import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest

from optimizer.report.result import Result
from optimizer.report.sheet import Sheet, as_html, as_markdown_sheet, as_text_sheet, sheet_of
from optimizer.report.sheet.cells import quantity_text
from optimizer.report.sheet.law import exactly
from tests.sheet.conftest import Page, at, solved


def printed(text: str) -> Fraction:
    return Fraction(Decimal(text.replace(",", "")))


def step(text: str) -> Fraction:
    """Half a unit of the last digit; of a whole number, any digit may be rounded away."""
    digits = text.replace(",", "")
    if "." in digits:
        return Fraction(1, 2 * 10 ** len(digits.partition(".")[2]))
    zeros = len(digits) - len(digits.rstrip("0"))
    return Fraction(10**zeros, 2)


@pytest.fixture(params=["gb202", "gh100"])
def result(request: pytest.FixtureRequest) -> Result:
    found: Result = request.getfixturevalue(request.param)
    return found


def test_every_number_of_the_page_is_the_number_of_the_result(result: Result):
    document = json.loads(result.to_json())
    numbers = Page(as_html(sheet_of(result))).numbers
    placed = [(value, place, text) for value, place, text in numbers if place]
    assert len(placed) > 80
    for value, place, text in placed:
        stored = at(document, place)
        assert json.loads(value) == stored, place
        assert abs(printed(text) - Fraction(exactly(stored))) <= step(text), place


def test_a_number_without_a_place_follows_from_the_result(result: Result):
    design = result.designs[0]
    die = result.inputs["catalog"]["dies"][design.parent]
    knobs = {k: Fraction(exactly(v)) for k, v in design.knobs.items() if isinstance(v, int | float)}
    groups = {g.title: g.rows for g in sheet_of(result).specification}
    rates = {
        table: knobs["enabled_cores"] * knobs["core_clock_mhz"] * share / 10**6
        for table, share in (
            ("dense_ops_per_clk_per_core", knobs["tensor_rate_fraction"]),
            ("vector_ops_per_clk_per_core", Fraction(1)),
        )
    }
    expected = [rate * ops for table, rate in rates.items() for ops in die[table].values()]
    shown = [Fraction(exactly(row.design.value)) for row in groups["Peak rates, dense"]]
    assert sorted(shown) == sorted(expected)


def test_every_key_number_stands_in_markdown_and_text(result: Result):
    sheet = sheet_of(result)
    cells = [f.cell for f in sheet.key_figures]
    cells += [row.design for group in sheet.specification for row in group.rows]
    cells += [c for p in sheet.classification.paragraphs for c in (p.value, p.line, p.margin)]
    for page in (as_markdown_sheet(sheet), as_text_sheet(sheet)):
        numbers = set(re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", page))
        missing = [c.text for c in cells if isinstance(c.value, int | float)]
        assert not [text for text in missing if text not in numbers]


def test_no_number_of_the_specification_in_markdown_is_foreign_to_the_sheet(sheet: Sheet):
    page = as_markdown_sheet(sheet)
    part = page[page.index("## SPECIFICATION") : page.index("## FUSE MAP")]
    cells = [c for g in sheet.specification for r in g.rows for c in (r.design, r.parent)]
    known = {c.text for c in cells}
    rows = [line.split(" | ") for line in part.splitlines() if line.startswith("| ")]
    numbers = [cell for row in rows for cell in row[1:3] if re.fullmatch(r"\d[\d,.]*", cell)]
    assert numbers
    assert set(numbers) <= known


def test_tpp_is_printed_with_commas_and_every_decimal_of_the_json(sheet: Sheet, gb202: Result):
    tpp = gb202.designs[0].quantities["tpp"]
    text = f"{Decimal(repr(tpp)):,}"
    assert quantity_text("tpp", tpp or 0) == text
    assert sheet.key_figures[0].cell.text == text
    for page in (as_html(sheet), as_markdown_sheet(sheet), as_text_sheet(sheet)):
        assert text in page
        assert f"{tpp:,.4f} " not in page


def test_no_value_is_rounded_across_its_line(result: Result):
    for row in sheet_of(result).classification.paragraphs:
        value, line = row.value.value, row.line.value
        if isinstance(value, int | float) and isinstance(line, int | float):
            shown, limit = printed(row.value.text), printed(row.line.text)
            assert (shown > limit) == (value > line)
            assert (shown < limit) == (value < line)
            assert row.margin.text != "0" or value == line


def test_a_density_just_below_its_line_gets_more_digits(gb202: Result):
    design = gb202.designs[0]
    assert quantity_text("performance_density", 3.19999996, [3.2]) == "3.19999996"
    assert design.quantities["performance_density"]


@pytest.mark.parametrize("parent", ["gb202", "gh100", "mi300x_package", "ga100", "ad102"])
def test_the_arithmetic_of_every_endnote_is_true(parent: str):
    notes = [note.text for note in sheet_of(solved(parents=(parent,))).endnotes]
    sums = [found for text in notes if (found := re.search(SUM, text))]
    assert len(sums) > 8
    for found in sums:
        scale = 10**6 if "op/clk" in found[1] else 1
        assert abs(worked_out(found[1]) / scale - printed(found[2])) <= step(found[2]), found[0]


SUM = r"([^:;]*?) = (\d[\d,]*(?:\.\d+)?)"


def worked_out(text: str) -> Fraction:
    """Value of ``links 200 + PCIe 128`` or ``16 bit x 2.5 T``; words and units are left out."""
    signs = ("x", "/", "+")
    tokens = [t for t in text.split() if t in signs or re.fullmatch(r"\d[\d,]*(\.\d+)?", t)]
    total, product, sign = Fraction(0), Fraction(1), "x"
    for token in tokens:
        match token:
            case "+":
                total, product, sign = total + product, Fraction(1), "x"
            case "x" | "/":
                sign = token
            case _:
                product = product * printed(token) if sign == "x" else product / printed(token)
    return total + product


def test_an_unknown_fact_reads_undetermined_and_never_zero(gb202: Result):
    design = gb202.designs[0]
    blind = design.model_copy(
        update={"quantities": {**design.quantities, "power_w": None, "salvage_share": None}}
    )
    rows = {
        row.label.partition(",")[0]: row
        for group in sheet_of(
            gb202.model_copy(update={"designs": (blind,)}), confirm=False
        ).specification
        for row in group.rows
    }
    assert rows["Board power"].design.text == "undetermined"
    assert rows["Share of dies that serve"].design.text == "undetermined"


def test_a_verdict_that_is_not_known_reads_undetermined(gb202: Result):
    finding = (
        gb202.designs[0]
        .classification[0]
        .model_copy(update={"verdict": "undetermined", "value": None, "slack": None})
    )
    design = gb202.designs[0].model_copy(update={"classification": (finding,)})
    sheet = sheet_of(gb202.model_copy(update={"designs": (design,)}), confirm=False)
    row = sheet.classification.paragraphs[0]
    assert (row.verdict, row.value.text, row.margin.text) == (
        "undetermined",
        "undetermined",
        "none",
    )
    assert "undetermined" in as_html(sheet)


def test_projection_says_projected_and_power_says_derived(sheet: Sheet):
    for page in (as_html(sheet), as_markdown_sheet(sheet), as_text_sheet(sheet)):
        assert page.count("PROJECTED") >= 3
        assert re.search(r"Board power, DERIVED \+/- [\d.]+ %", page)
        assert "not legal advice" in page
        assert re.search("[Nn]ot screened", page)


def test_the_same_result_gives_the_same_bytes(gb202: Result):
    again = Result.from_document(json.loads(gb202.to_json()), "again")
    for form in (as_html, as_markdown_sheet, Sheet.to_json):
        assert form(sheet_of(gb202)) == form(sheet_of(again))


def test_the_sheet_as_json_reads_back(sheet: Sheet):
    assert Sheet.model_validate(json.loads(sheet.to_json())) == sheet


def test_the_second_rank_has_a_sheet_of_its_own():
    result = solved(parents=("gb202",), top=2)
    assert sheet_of(result, rank=2).rank == 2
    assert sheet_of(result, rank=2) != sheet_of(result)
