"""Hostile part files: what a stranger wrote is shown as text, and is never obeyed."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.report.layout import WIDTH
from tests.compare.support import run
from tests.compare.test_record import Page

ESCAPE, OVERRIDE, BELL, NUL_LIKE = chr(27), chr(0x202E), chr(7), chr(0x85)
ZERO_WIDTH, LINE = chr(0x200B), chr(0x2028)
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>"
MARKDOWN = "[x](javascript:alert(1)) | ![i](http://evil.example) `code` **b** <u> # h"
HOSTILE = {
    "markup": MARKUP,
    "markdown": MARKDOWN,
    "formula": '=HYPERLINK("http://evil.example";"H20")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "return": "\r=1+1\n\n# NOT CONTROLLED",
    "override": f"H20 {OVERRIDE}DELLORTNOC TON",
    "terminal": f"{ESCAPE}[2J{ESCAPE}]8;;http://evil.example{ESCAPE}\\click{BELL}{NUL_LIKE}",
    "invisible": f"a{ZERO_WIDTH}b{LINE}c",
    "long": "x" * 300,
    "long words": "ab " * 100,
}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "section", "p", "h1", "h2", "ul",
    "ol", "li", "table", "thead", "tbody", "colgroup", "col", "tr", "th", "td", "span", "code",
    "br", "a",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "scope", "data-label", "colspan",
    "href", "rel", "id",
}  # fmt: skip
RULES = ("--rules", "us-2025")


def quoted(text: str) -> str:
    """A TOML string, every character outside plain ASCII escaped."""
    body = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}"
        for c in text
    )
    return f'"{body}"'


def sku_file(folder: Path, text: str) -> Path:
    """A SKU record that says something hostile wherever text is allowed."""
    path = folder / "part.toml"
    said = quoted(text)
    path.write_text(
        f"""
id = "part"
name = {said}
aliases = [{said}]
vendor = {said}
note = {said}
launch_date = {said}
rate_limiter = {said}
declared_eccn = {said}
datacenter = true
applicable_die_area_mm2 = 600
[dense_tflops]
fp16 = 140
[memory]
part = "gddr7"
bus_width_bits = 448
data_rate_gbps = 24.95
[link]
gb_s_bidir = 0
[pcie]
gb_s_bidir = 128
[notes]
"dense_tflops.fp16" = {said}
applicable_die_area_mm2 = {said}
""",
        encoding="utf-8",
    )
    return path


def facts_file(folder: Path, text: str) -> Path:
    """A file of facts with a hostile id, name and vendor."""
    path = folder / "facts.toml"
    said = quoted(text)
    path.write_text(
        f"id = {said}\nname = {said}\nvendor = {said}\nnote = {said}\n"
        "tpp = 2300\napplicable_die_area_mm2 = 800\ndatacenter = true\n",
        encoding="utf-8",
    )
    return path


def pages(folder: Path, text: str, form: str) -> Iterator[str]:
    """Every page of a form in which the hostile text stands."""
    sku, facts = sku_file(folder, text), facts_file(folder, text)
    for words in (
        ("compare", str(sku), str(facts), "h20", *RULES),
        ("check", str(sku), *RULES),
        ("check", str(facts), *RULES),
    ):
        if words[0] == "check" or form != "html":
            code, out, error = run(*words, "--format", form)
            assert code == 0, error
            yield out


def unsafe(page: str) -> set[str]:
    """Characters that move the cursor, hide, or turn the reading direction."""
    return {c for c in page if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} - {"\n"}


@pytest.mark.parametrize("form", ["text", "md", "html", "csv", "json"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_has_a_character_that_acts(name: str, form: str, tmp_path: Path):
    for page in pages(tmp_path, HOSTILE[name], form):
        assert not unsafe(page)


@pytest.mark.parametrize("name", HOSTILE)
def test_text_stays_within_80_columns_and_its_own_lines(name: str, tmp_path: Path):
    for page in pages(tmp_path, HOSTILE[name], "text"):
        assert max(map(len, page.splitlines())) <= WIDTH
        assert "\n# NOT CONTROLLED" not in page


@pytest.mark.parametrize("name", HOSTILE)
def test_html_has_only_the_tags_and_attributes_of_the_record(name: str, tmp_path: Path):
    for page in pages(tmp_path, HOSTILE[name], "html"):
        found = Page(page)
        assert {tag for tag, _ in found.tags} <= TAGS
        assert {attribute for _, attrs in found.tags for attribute in attrs} <= ATTRIBUTES
        links = [attrs.get("href") or "" for tag, attrs in found.tags if tag == "a"]
        assert not [link for link in links if "evil" in link or "script" in link]
        kinds = {attrs.get("class") for _, attrs in found.tags}
        assert all(re.fullmatch(r"[a-z0-9_ -]*", kind or "") for kind in kinds)


def test_hostile_markup_is_read_as_text(tmp_path: Path):
    page = run("check", str(sku_file(tmp_path, MARKUP)), *RULES, "--format", "html")[1]
    assert MARKUP in "".join(Page(page).texts)


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_opens_no_tag_link_or_cell(name: str, tmp_path: Path):
    for page in pages(tmp_path, HOSTILE[name], "md"):
        bare = re.sub(r"\\.", "", page)
        assert not re.search(r"[<>`\[\]]|\*\*", bare)
        width = 0
        for line in bare.splitlines():
            cells = line.count("|")
            assert cells in (0, width) or not width
            width = cells
        headings = [line for line in page.splitlines() if line.startswith("#")]
        assert all("NOT CONTROLLED" not in line[:18] for line in headings[1:])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_csv_cell_is_a_formula_and_numbers_stay_numbers(name: str, tmp_path: Path):
    for page in pages(tmp_path, HOSTILE[name], "csv"):
        table = list(csv.reader(io.StringIO(page)))
        assert len({len(row) for row in table}) == 1
        cells = [cell for row in table for cell in row]
        assert not [c for c in cells if c[:1] in "=+-@\t\r" and c and not _number(c)]
        assert {"2300", "800"} <= set(cells) or {"2240", "600"} <= set(cells)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", HOSTILE)
def test_bulk_output_is_neutral_too(name: str, tmp_path: Path):
    table = tmp_path / "parts.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "tpp", "datacenter"])
        writer.writerow([HOSTILE[name].splitlines()[0] or "=1", "1000", "true"])
    code, out, error = run("check", *RULES, "--from", str(table))
    assert code == 0, error
    for row in csv.DictReader(io.StringIO(out)):
        assert not row["id"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row["tpp"] == "1000"
        assert not unsafe(out)


def test_a_negative_number_stays_a_number():
    from optimizer.report.safe import safe_cell

    assert [safe_cell(text) for text in ("-1.5", "+2", "1e-3")] == ["-1.5", "+2", "1e-3"]
    assert [safe_cell(text)[0] for text in ("=1", "-a", "+a", "@a")] == ["'"] * 4


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://evil.example/x"])
def test_a_source_of_the_user_is_no_link(url: str, tmp_path: Path):
    folder = tmp_path / "mine"
    (folder / "skus").mkdir(parents=True)
    (folder / "sources.toml").write_text(
        f'[bad]\ntitle = {quoted(MARKUP)}\nkind = "press"\nseen = "opened"\nurl = "{url}"\n',
        encoding="utf-8",
    )
    (folder / "skus" / "part.toml").write_text(
        'id = "part"\nname = "Part"\nvendor = "me"\nsources = ["bad"]\n'
        "applicable_die_area_mm2 = 600\n[dense_tflops]\nfp16 = 140\n",
        encoding="utf-8",
    )
    words = ("check", "part", *RULES, "--catalog", str(folder))
    code, page, error = run(*words, "--format", "html")
    assert code == 0, error
    found = Page(page)
    assert {tag for tag, _ in found.tags} <= TAGS
    assert not [a for t, a in found.tags if t == "a" and url in (a.get("href") or "")]
    assert MARKUP in "".join(found.texts)
    page = run(*words, "--format", "md")[1]
    assert url not in page or not url.startswith("https")


def test_an_address_in_a_name_is_no_link_and_a_cited_one_is(tmp_path: Path):
    for name in ("see https://evil.example", "www.evil.example", "HTTP://evil.example"):
        page = run("check", str(sku_file(tmp_path, name)), *RULES, "--format", "md")[1]
        assert name not in page
        assert not re.search(r"(://|www\.)evil", re.sub(r"\\[:.]", "", page))
        assert "(https://www.federalregister.gov/d/2024-07004)" in page


def test_a_hostile_argument_is_said_back_safely():
    for text in (f"{ESCAPE}[2Jh21", f"h21{OVERRIDE}", MARKUP):
        for words in (("compare", text, "h20"), ("check", text, *RULES)):
            code, out, error = run(*words)
            assert (code, out) == (2, "")
            assert not unsafe(error)
