"""``optimize sheet`` and ``optimize --rules ... -o x.html`` as users run them.

Run ``python -m tests.sheet.test_command`` after a change of law, data or text to write the golden
page anew.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.report.result import Result
from optimizer.report.sheet import as_markdown_sheet, sheet_of

GOLDEN = Path(__file__).parent / "golden" / "gb202.md"


@pytest.fixture
def stored(gb202: Result, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "r.json"
    path.write_text(gb202.to_json())
    yield path
    assert json.loads(path.read_text())["schema"] == "optimize-result/1"


def reviewed(page: str) -> str:
    """The page without its hashes and versions, which every change of data moves."""
    return page.partition("### HASHES AND VERSIONS")[0]


def test_the_page_is_as_reviewed(gb202: Result):
    assert reviewed(as_markdown_sheet(sheet_of(gb202))) == GOLDEN.read_text()


def test_one_step_and_two_steps_give_the_same_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    ask = ["--rules", "us-2025", "--parent", "gb202", "-q"]
    assert main([*ask, "-o", "one.html"]) == 0
    assert main([*ask, "-o", "r.json"]) == 0
    assert main(["sheet", "r.json", "-o", "two.html"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "wrote two.html" in said.err
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()
    assert Path("one.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("suffix", "start"), [(".md", "# "), (".json", "{"), (".html", "<!DOCTYPE"), (".txt", "GB202")]
)
def test_the_extension_picks_the_form(suffix: str, start: str, stored: Path, tmp_path: Path):
    target = tmp_path / f"sheet{suffix}"
    assert main(["sheet", str(stored), "-o", str(target), "-q"]) == 0
    assert target.read_text().startswith(start)


def test_standard_output_is_text_of_80_columns(stored: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["sheet", str(stored)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("NOT CONTROLLED under us-2025") for line in lines)


def test_a_name_is_printed_as_given(stored: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["sheet", str(stored), "--name", "X20 planning part"]) == 0
    assert capsys.readouterr().out.startswith("X20 planning part\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-o", "x.pdf"], "cannot tell the form"),
        (["--rank", "2"], "has no design of rank 2"),
        (["--name", ""], "--name"),
        (["--format", "csv"], "unknown form 'csv'"),
    ],
)
def test_a_wrong_use_is_named(
    words: list[str], expected: str, stored: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["sheet", str(stored), *words]) == 2
    assert expected in capsys.readouterr().err


def test_a_verdict_that_was_changed_by_hand_is_not_printed(
    gb202: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    document = json.loads(gb202.to_json())
    document["designs"][0]["quantities"]["tpp"] = 4900
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document))
    assert main(["sheet", str(path)]) == 2
    assert "the checker says controlled" in capsys.readouterr().err


def test_a_result_of_other_rules_is_not_printed(
    gb202: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    document = json.loads(gb202.to_json())
    document["hashes"]["rules"] = "0" * 64
    path = tmp_path / "other.json"
    path.write_text(json.dumps(document))
    assert main(["sheet", str(path)]) == 2
    assert "other rules" in capsys.readouterr().err


def test_a_page_without_a_design_says_so_and_keeps_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    target = tmp_path / "none.html"
    ask = ["--rules", "us-2025", "--parent", "gb202", "--limit", "tpp>=4000"]
    assert main([*ask, "-o", str(target)]) == 5
    assert "no feasible design" in capsys.readouterr().err
    page = target.read_text()
    assert "NO FEASIBLE DESIGN" in page
    assert "<script" not in page


def test_the_schema_of_a_sheet_is_published(capsys: pytest.CaptureFixture[str]):
    assert main(["schema", "sheet"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["properties"]["schema"]["const"] == "optimize-sheet/1"


def test_the_sheet_never_calls_a_part_legal_or_compliant(gb202: Result):
    page = as_markdown_sheet(sheet_of(gb202)).lower()
    assert not re.search(r"\b(is legal|compliant|allowed|export-free)\b", page)


if __name__ == "__main__":
    from tests.sheet.conftest import solved

    GOLDEN.write_text(reviewed(as_markdown_sheet(sheet_of(solved(parents=("gb202",))))))
