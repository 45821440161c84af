"""A page runs only its own scripts, fetches nothing, and a hostile catalog injects nothing."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from catalogs.errors import InputError
from optimizer.report.result import Result
from optimizer.report.sheet import (
    Sheet,
    as_html,
    as_html_page,
    as_markdown_sheet,
    as_text_sheet,
    sheet_of,
)
from optimizer.report.text import blocks
from tests.sheet.conftest import ROOT, Page, solved

VENDOR = ROOT / "optimizer" / "report" / "sheet" / "vendor"
TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "div", "h1", "h2", "h3",
    "p", "strong", "dl", "dt", "dd", "small", "sup", "a", "table", "caption", "colgroup", "col",
    "thead", "tbody", "tr", "th", "td", "span", "em", "data", "ul", "ol", "li", "figure",
    "figcaption", "footer", "script", "svg", "rect", "line", "circle", "polygon", "text",
}  # fmt: skip
ATTRIBUTES = {
    "charset", "http-equiv", "content", "name", "class", "lang", "dir", "id", "role", "aria-label",
    "scope", "colspan", "href", "value", "data-from", "data-label", "type",
    "viewbox", "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "font-size",
    "font-weight", "text-anchor", "dominant-baseline", "transform", "points", "x", "y", "x1", "x2",
    "y1", "y2", "cx", "cy", "r", "width", "height",
}  # fmt: skip
HOSTILE = {
    "markup": r'"</script><script>alert(1)</script><img src=x onerror=alert(2)>"',
    "attribute": r'"x\" onmouseover=\"alert(3)"',
    "formula": r'"=HYPERLINK(\"http://evil.example/\",\"x\")"',
    "markdown": r'"a|b [x](javascript:alert(4)) ![i](http://evil.example/i.png) `c` <b>"',
    "reversed": r'"x\u202Etxt.exe\u202C \u05D0\u05D1 \u2066y"',
    "control": r'"x\u001B[31m\u0007\u0000y\u009Bz\u2028w"',
    "long": '"' + "W" * 300 + '"',
    "sixty": '"' + "Name of sixty characters, " * 2 + 'and more"',
    "percent": r'"%s {0} $title ${body} \\u003c"',
}


def policy_of(page: Page) -> dict[str, str]:
    text = next(v for t, k, v in page.attributes if (t, k) == ("meta", "content") and "src" in v)
    return dict(part.split(" ", 1) for part in text.split("; "))


def digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def check_closed(html: str) -> Page:
    """The page holds known elements only, runs hashed scripts only, and loads nothing."""
    page = Page(html)
    assert set(page.tags) <= TAGS
    assert {key for _, key, _ in page.attributes} <= ATTRIBUTES
    assert all(v.startswith("#note-") for _, k, v in page.attributes if k == "href")
    policy = policy_of(page)
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    run = [text for named, text in page.scripts if not named]
    assert policy["script-src"].split() == ([digest(text) for text in run] or ["'none'"])
    assert policy["style-src"].split() == [digest(text) for text in page.styles]
    assert not re.search(r"unsafe|nonce|data:|http", " ".join(policy.values()))
    assert not re.search(r"url\(|@import|expression\(", "".join(page.styles))
    return page


def test_the_page_runs_its_own_scripts_only_and_fetches_nothing(sheet: Sheet):
    page = check_closed(as_html(sheet))
    assert [named.get("type", "") for named, _ in page.scripts] == ["application/json"] + [""] * 4
    outside = re.sub(r"(?s)<script>.*?</script>", "", as_html(sheet))
    assert "http:" not in outside
    assert "https:" not in outside
    assert "sourceMappingURL" not in as_html(sheet)


def test_the_page_draws_with_the_interpreter_and_never_evaluates():
    start = (VENDOR.parent / "start.js").read_text()
    assert "ast: true" in start
    assert "actions: false" in start
    assert not re.search(r"eval|Function\(|http", start)


def test_a_page_without_a_design_is_closed_too(gb202: Result):
    empty = gb202.model_copy(
        update={"designs": (), "status": "infeasible", "conflict": ("<script>x</script>",)}
    )
    page = check_closed(as_html_page("No <design>", blocks(empty)))
    assert "<script>x</script>" in "".join(page.words)


def test_vendored_files_are_the_published_ones():
    rows = re.findall(
        r"\| `(.+?)` .* `LICENSE-(.+?)` \| `(\w+)` \|", (VENDOR / "README.md").read_text()
    )
    assert {name for name, _, _ in rows} == {path.name for path in VENDOR.glob("*.js")}
    for name, license_, expected in rows:
        assert sha256((VENDOR / name).read_bytes()).hexdigest() == expected
        assert "Redistribution" in (VENDOR / f"LICENSE-{license_}").read_text()
    assert sum(path.stat().st_size for path in VENDOR.iterdir()) < 1_500_000


def renamed(overlay: Callable[..., str], name: str) -> Result:
    """The GB202 answer on records whose names are taken from an overlay."""
    return solved(
        parents=("gb202",),
        catalog=(
            overlay("dies", "gb202", label="die", name=name, vendor=name, process_node=name),
            overlay("skus", "rtx_pro_6000_server", label="sku", name=name, vendor=name),
        ),
    )


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_catalog_injects_nothing(attack: str, overlay: Callable[..., str]):
    clean = Page(as_html(sheet_of(renamed(overlay, '"Plain"'))))
    result = renamed(overlay, HOSTILE[attack].replace(r"\u0000", ""))
    made = sheet_of(result)
    html, markdown, text = as_html(made), as_markdown_sheet(made), as_text_sheet(made)
    page = check_closed(html)
    # A longer name leaves less room for others in the picture.
    fixed = [tag for tag in page.tags if tag not in ("text", "line")]
    assert fixed == [tag for tag in clean.tags if tag not in ("text", "line")]
    for written in (html.partition("<script>")[0], markdown, text):
        assert all(c.isprintable() or c == "\n" for c in written)
        assert not set(written) & set("\u202e\u202c\u2066\u2028\x1b\x07\x9b")
    assert not re.search(r"(?<!\\)<", markdown)
    assert not re.search(r"(?<!\\)\]\(", markdown)
    check_tables(markdown)
    assert max(map(len, text.splitlines())) <= 80
    if attack == "formula":
        assert not any(word.startswith("=") for word in page.words)


def check_tables(markdown: str) -> None:
    """Every row of a table has as many cells as the row above it."""
    above = 0
    for line in markdown.splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (above and cells) or cells == above
        above = cells


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x1b[31mb", "a\u202eb", "two\nlines"])
def test_a_name_that_cannot_be_shown_is_refused(name: str, gb202: Result):
    with pytest.raises(InputError, match="--name"):
        sheet_of(gb202, name=name)


def test_a_name_of_the_user_is_text(gb202: Result):
    name = "<script>alert(1)</script> & 'Co' | [x](y)"
    made = sheet_of(gb202, name=name)
    page = check_closed(as_html(made))
    assert name in page.words
    assert "\\<script\\>" in as_markdown_sheet(made).splitlines()[0]


def test_the_default_name_needs_no_escaping(sheet: Sheet):
    assert re.fullmatch(r"[A-Z0-9-]+", sheet.name)


def test_the_wheel_takes_the_vendored_files_along():
    settings = (ROOT / "pyproject.toml").read_text()
    assert 'packages = ["catalogs", "constraints", "optimizer"]' in settings
    assert Path(VENDOR / "vega.min.js").is_file()
