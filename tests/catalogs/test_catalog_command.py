"""``optimize catalog`` as a user types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalogs import InputError
from optimizer.cli.catalog import app

RUN = CliRunner()
WIDTH = 80


def answer(*words: str) -> str:
    result = RUN.invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["list"], ["list", "--kind", "sources"], ["list", "--kind", "derivations"],
        ["show", "h20"], ["show", "gb300"], ["show", "hbm3e"], ["show", "nvlink_4"],
        ["show", "h100_to_h20"], ["show", "nv_export"], ["show", "default_mix"], ["check"],
        ["where"],
    ],
)  # fmt: skip
def test_text_fits_80_columns(words: list[str]) -> None:
    for line in answer(*words).splitlines():
        assert len(line) <= WIDTH


def test_show_leads_from_the_area_to_the_clause() -> None:
    found = json.loads(answer("show", "h20", "--format", "json"))
    (record,) = found["records"]
    area = next(f for f in record["law"] if f["name"] == "applicable_die_area_mm2")
    assert (area["value"], area["grade"], area["unit"]) == (814, "A", "mm2")
    clauses = area["clauses"]["performance_density"]
    assert {"us_ear/3A090.a.2", "us_ear/3A090.b.1", "us_ear/3A090.b.2"} <= set(clauses)
    assert any(s["url"].startswith("https://") for s in record["sources"] if s["url"])


def test_show_finds_both_records_of_a_name() -> None:
    found = json.loads(answer("show", "gb300", "--format", "json"))
    assert {r["kind"] for r in found["records"]} == {"dies", "skus"}


def test_check_prints_the_share_of_each_grade() -> None:
    text = answer("check")
    assert "no fault" in text
    assert all(f"  {grade}  " in text for grade in "ABC")
    assert "not itself opened" in text


def test_check_counts_an_overlay(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    answer("new", "my_chip", "-o", str(path))
    found = json.loads(answer("check", str(path), "--format", "json"))
    plain = json.loads(answer("check", "--format", "json"))
    assert found["records"]["skus"] == plain["records"]["skus"] + 1
    assert found["faults"] == []


def test_where_names_the_overlay_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    answer("new", "my_chip", "-o", str(path))
    layers = json.loads(answer("where", "--catalog", str(path), "--format", "json"))["layers"]
    assert [layer["origin"] for layer in layers][:: len(layers) - 1] == ["--catalog", "built-in"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "h2o"], "Did you mean 'h20'"),
        (["show", "--kind", "die", "h20"], "h20 is a sku, cut from die gh100"),
        (["list", "--kind", "chips"], "One of"),
        (["new", "My Chip"], "for example 'my_chip'"), (["check", "nowhere"], "no such file"),
        (["show", "nowhere.toml"], "no such file"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_an_input_error(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        RUN.invoke(app, words, catch_exceptions=False)
