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


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("designs[0].quantities.tpp", 1000, "designs[0].quantities.tpp: stored 1000, found 2399.4"),
        ("designs[0].quantities.tpp", 4900, "designs[0].quantities.tpp: stored 4900"),
        ("designs[0].projection.high", 9999, "designs[0].projection.high: stored 9999"),
        ("designs[0].knobs.enabled_cores", 77, "knobs.enabled_cores: 77 is no step of the die"),
        ("designs[0].knobs.links", "many", "'many' is no number"),
        ("designs[0].knobs.memory_part", None, "its knobs are not complete"),
        ("designs[0].fuse_map[0].design", "190", "designs[0].fuse_map[0].design"),
        ("certificate", None, "no corner that proves it"),
        ("hashes.rules", "0" * 64, "hashes.rules"),
        ("inputs.options", 5, "inputs.options"),
        ("inputs.workload.members", [], "hashes.inputs"),
    ],
)
def test_a_result_that_contradicts_itself_is_not_printed(
    place: str,
    value: object,
    said: str,
    gb202: Result,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    document = json.loads(gb202.to_json())
    *steps, last = re.findall(r"[^.\[\]]+", place)
    part = document
    for step in steps:
        part = part[int(step) if isinstance(part, list) else step]
    part[last] = value
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document))
    assert main(["sheet", str(path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "the file was edited after it was made" in error
    assert "optimize replay" in error


def test_a_number_that_no_part_reaches_is_a_clear_error(
    gb202: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    document = json.loads(gb202.to_json())
    document["designs"][0]["knobs"]["enabled_cores"] = 10**400
    path = tmp_path / "huge.json"
    path.write_text(json.dumps(document))
    for words in (["sheet", str(path)], ["compare", str(path), "h20"], ["replay", str(path)]):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert "designs[0].knobs.enabled_cores: a whole number of more than 18 digits" in error


def test_a_design_that_newer_data_do_not_give_back_is_marked(gb202: Result):
    best = gb202.designs[0]
    moved = best.model_copy(update={"quantities": {**best.quantities, "unit_cost_usd": 1}})
    older = {"designs": (moved,), "versions": {**gb202.versions, "optimize": "0.0.1"}}
    said = sheet_of(gb202.model_copy(update=older)).standing
    assert "NOT CONFIRMED: the data installed here are not those" in said
    assert "designs[0].quantities.unit_cost_usd: stored 1" in said


@pytest.mark.parametrize("workload", ["chat-8b", "deepseek-r1"])
def test_every_workload_has_a_sheet(workload: str):
    from tests.sheet.conftest import solved

    page = as_markdown_sheet(sheet_of(solved(parents=("gb202",), workload=workload)))
    assert re.search(r"\(weights: \w+ 1\)", page)


@pytest.mark.parametrize(
    "asked",
    [
        {"sustained": True, "fixes": ("core_clock_mhz=2000",)},
        {"objective": "throughput_per_watt", "limits": ("power_w<=300W",)},
        {"top": 2, "fixes": ("memory_sites=14",)},
    ],
)
def test_a_result_that_nobody_touched_is_confirmed(asked: dict[str, object]):
    from optimizer.report.confirm import computed_again
    from tests.sheet.conftest import solved

    result = solved(parents=("gb202",), **asked)
    assert [computed_again(result, each).doubt for each in result.designs] == [None] * len(
        result.designs
    )


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
