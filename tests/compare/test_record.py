"""The classification record: what an officer signs is whole, exact and left unsigned."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from constraints import load_law
from tests.compare.support import GERMANY, run


class Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    return run("check", *GERMANY, "--format", "html")[1]


def test_the_page_runs_and_loads_nothing(page: str):
    found = Page(page)
    assert not {tag for tag, _ in found.tags} & {"script", "img", "iframe", "object", "form"}
    assert all(not name.startswith("on") for _, attrs in found.tags for name in attrs)
    assert all("style" not in attrs and "src" not in attrs for _, attrs in found.tags)
    policy = next(a["content"] for t, a in found.tags if t == "meta" and "http-equiv" in a)
    style = page.partition("<style>")[2].partition("</style>")[0]
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert f"'sha256-{seal}'" in policy
    assert "url(" not in style
    assert "@import" not in style


def test_links_are_web_addresses_or_places_of_the_page(page: str):
    links = [attrs["href"] or "" for tag, attrs in Page(page).tags if tag == "a"]
    assert links
    assert all(link.startswith(("https://", "http://", "#source-")) for link in links)
    places = {attrs.get("id") for _, attrs in Page(page).tags}
    assert {link[1:] for link in links if link.startswith("#")} <= places


def test_the_page_is_made_for_paper_for_dark_and_for_narrow_screens(page: str):
    for part in ("size: A4", "prefers-color-scheme: dark", "max-width: 40rem", "@media print"):
        assert part in page
    assert '<meta name="viewport"' in page


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_record_says_everything_that_an_officer_signs_for(form: str):
    text = " ".join(run("check", *GERMANY, "--format", form)[1].split())
    for part in (
        "NVIDIA H20 96GB", "us-2025", "2025-12-31", "Germany (DE)", "China (CN)",
        "last checked", "2026-09-19", "4,000 + 1,028 = 5,028", "3,328 GB/s",
        "License requirement", "License exceptions", "License review", "US import duty", "Volume",
        "Reporting", "Assumptions", "Warnings", "Not screened", "military end use",
        "not legal advice", "Sign-off", "Classified by", "Signature", "Reviewed by",
        "dense_tflops.fp16 148 TFLOPS x 16 bit",
    ):  # fmt: skip
        assert part in text, part


def test_the_sign_off_is_empty(page: str):
    sign = page.partition("<h2>Sign-off</h2>")[2].partition("</table>")[0]
    assert re.findall(r"<td>(.*?)</td>", sign) == [""] * 5


def test_the_hashes_are_those_of_the_rules_and_the_records():
    page = run("check", *GERMANY, "--format", "md")[1]
    assert f"sha256:{load_law().ruleset('us-2025').digest}" in page
    assert len(set(re.findall(r"sha256:[0-9a-f]{64}", page))) == 4
    moved = run("check", *GERMANY, "--format", "md", "--set", "us_ear/3A090.a.tpp_ceiling=2400")[1]
    assert f"sha256:{load_law().ruleset('us-2025').digest}" not in moved
    assert "Thresholds moved by the user" in moved


def test_another_seat_is_another_input():
    def inputs(*words: str) -> str:
        page = run("check", "h20", "--rules", "us-2025", "--format", "md", *words)[1]
        return next(line for line in page.splitlines() if line.startswith("| Inputs"))

    assert inputs() != inputs("--headquarters", "CN")
    assert inputs() == inputs()


def test_the_record_and_the_json_say_the_same():
    said = json.loads(run("check", *GERMANY, "--format", "json")[1])
    page = run("check", *GERMANY, "--format", "md")[1]
    for finding in said["findings"]:
        if finding["tests"] and not finding["because"]:
            assert f"| {finding['paragraph']} | {finding['verdict']} |" in page
    assert f"License requirement | {said['license']['status']}" in page


def test_stated_facts_are_marked_so_and_have_no_grade():
    page = run("check", "--rules", "us-2023", "--tpp", "3000", "--datacenter", "-f", "md")[1]
    assert "| tpp | 3,000 | TPP | stated by the user | \\- |" in page
    assert "none: the facts are stated by the user" in page
    assert "UNDETERMINED" in page
    assert "needs applicable_die_area_mm2" in page


def test_the_form_follows_the_extension(tmp_path: Path):
    for name in ("record.md", "record.html"):
        assert run("check", *GERMANY, "-o", str(tmp_path / name))[0] == 0
    assert (tmp_path / "record.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "record.md").read_text().startswith("# Export classification record")


@pytest.mark.parametrize("words", [("-o", "x.md"), ("-o", "x.html"), ("--format", "md")])
def test_a_table_of_parts_has_no_record(words: tuple[str, ...], tmp_path: Path):
    table = tmp_path / "parts.csv"
    table.write_text("id,tpp\na,1\n", encoding="utf-8")
    code, out, error = run("check", "--rules", "us-2025", "--from", str(table), *words)
    assert (code, out) == (2, "")
    assert "a classification record speaks of one part" in error
    assert not Path("x.md").exists()


def test_a_record_is_the_same_bytes_again(page: str):
    assert run("check", *GERMANY, "--format", "html")[1] == page


def test_the_exit_code_of_a_record_is_that_of_the_check():
    assert run("check", *GERMANY, "--format", "html", "--fail-on-control")[0] == 3


def test_a_bill_is_never_passed_off_as_law():
    words = ("--rules", "us-2025", "--with", "us_bills/hr5022_any_limb")
    for form in ("md", "html"):
        text = run("check", "l20", *words, "--format", form)[1].replace("\\", "")
        assert "the verdict counts us_bills/hr5022_any_limb, which is a bill, not law" in text
    page = " ".join(run("compare", "l20", "h20", *words)[1].split())
    assert "A, B: the verdict counts us_bills/hr5022_any_limb, which is a bill, not law" in page
    assert "not law" not in run("check", "l20", "--rules", "us-2025", "--format", "md")[1]


def test_a_record_to_a_place_that_no_control_reaches_says_so():
    words = ("h20", "--rules", "us-2025", "--without", "us_ear", "--destination", "TW")
    page = run("check", *words, "-f", "md")[1]
    assert "no control of this rule set speaks of this item to this destination" in page
    assert "us_letters/april_2025: does not reach TW" in page
