"""Every CSV that holds verdicts names what the user changed in the law."""

import csv
import io
from pathlib import Path

import pytest

from constraints import load_law
from optimizer.cli import main

MOVED = ["--set", "us_ear/3A090.b.density_floor_large=2.95", "--without", "us_letters"]
WORDS = "us_ear/3A090.b.density_floor_large set to 2.95; us_letters left out"
RULES = ["--rules", "us-2025"]
SOLVE = ["-p", "ga100"]
COMMANDS = {
    "optimize": SOLVE,
    "frontier": ["frontier", *SOLVE, "--objectives", "throughput,io_bandwidth_gb_s"],
    "check": ["check", "h20"],
    "compare": ["compare", "h20", "a100_sxm_80gb"],
    "what-if": ["what-if", "--part", "h20"],
}


def rows(capsys, *words: str) -> list[dict[str, str]]:
    assert main([*words, "-f", "csv"]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_table_names_what_was_set_and_left_out(capsys, name) -> None:
    found = rows(capsys, *COMMANDS[name], *RULES, *MOVED)
    said = {row["changes"] for row in found}
    assert said == ({WORDS, ""} if name == "what-if" else {WORDS})


@pytest.mark.parametrize("name", ["optimize", "frontier", "check", "compare"])
def test_a_table_under_the_law_as_it_stands_names_no_change(capsys, name) -> None:
    assert {row["changes"] for row in rows(capsys, *COMMANDS[name], *RULES)} == {""}


def test_exporter_and_guard_band_stand_beside_the_changes(capsys) -> None:
    words = [*RULES, "--exporter", "Cerebras", "--margin", "1%"]
    said = "the exporter is Cerebras; guard band 1 %"
    for name in ("optimize", "check"):
        assert {row["changes"] for row in rows(capsys, *COMMANDS[name], *words)} == {said}


def test_what_was_added_is_named_with_the_file_that_it_came_from(capsys, tmp_path) -> None:
    bill = Path(load_law().packs["us_bills/gain_ai"].file).read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(bill.replace('id = "us_bills/gain_ai"', 'id = "own/gain"'), encoding="utf-8")
    words = [*RULES, "--with", "us_bills/gain_ai", "--pack", str(own)]
    for name in ("optimize", "check", "compare"):
        said = {row["changes"] for row in rows(capsys, *COMMANDS[name], *words)}
        assert said == {"own.toml added; us_bills/gain_ai added"}


def test_the_words_are_those_of_the_page(capsys) -> None:
    assert main(["check", "h20", *RULES, *MOVED]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert all(words in page for words in WORDS.split("; "))
