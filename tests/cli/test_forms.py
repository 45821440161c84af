"""The help of every command names the forms that the command takes, and no other."""

import re

import pytest

from optimizer.cli import main

ALL = {"text", "json", "csv", "md", "html"}
ASK = ["--rules", "us-2025"]
COMMANDS = {
    "root": ASK,
    "check": ["check", "h20", *ASK],
    "project": ["project", "h20"],
    "compare": ["compare", "h20", "l20"],
    "backtest": ["backtest"],
    "what-if": ["what-if", *ASK],
    "frontier": ["frontier", *ASK],
    "explain": ["explain", "no.json"],
    "robust": ["robust", "no.toml"],
    "validate": ["validate"],
    "allocate": ["allocate", "no.toml"],
    "new-die": ["new-die", "--family", "gb202", "--tpp", "2400"],
    "rules": ["rules", "list"],
    "catalog": ["catalog", "list"],
    "sheet": ["sheet", "no.json"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_the_forms_that_a_command_takes(name: str, capsys: pytest.CaptureFixture[str]):
    words = COMMANDS[name]
    verb = words[: 2 if name in ("rules", "catalog") else 1] if name != "root" else []
    assert main([*verb, "--help"]) == 0
    told = capsys.readouterr().out
    shown = re.search(r"--format\s+(\S+)", told)
    assert shown
    named = set(shown[1].split("|"))
    files = re.search(r"--output\s+FILE\s+Write to FILE\s+\(([^)]*)\)", told)
    assert files
    extensions = {word.lstrip(".").replace("txt", "text") for word in files[1].split()}
    assert extensions == named
    for form in ALL - named:
        assert main([*words, "--format", form]) == 2
        assert f"unknown form '{form}'" in capsys.readouterr().err
    assert main([*words, "--format", "nothing"]) == 2
    taken = re.search(r"Choose one of ([a-z, ]*)", capsys.readouterr().err)
    assert taken
    assert set(taken[1].split(", ")) == named


def test_an_answer_on_one_die_says_that_it_is_of_that_die(capsys: pytest.CaptureFixture[str]):
    assert main([*ASK, "--parent", "gb202"]) == 0
    assert "proved optimal of gb202 alone in projection" in capsys.readouterr().out
    moved = ["--set", "us_letters/april_2025.dram_ceiling=1200", "--parent", "gb202"]
    assert main(["what-if", *ASK, *moved]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "best design of gb202 alone" in said


def test_the_head_of_a_frontier_says_a_unit_once():
    from optimizer.report.frontier_text import _titled

    assert _titled("tpp") == "TPP"
    assert _titled("power_w") == "power W"


def test_a_line_and_a_margin_keep_every_digit_that_matters():
    from optimizer.report.result import Line
    from optimizer.report.words import line_text

    said = line_text(
        Line(name="x", quantity="tpp", value=2399.99999, line=4800.00001, slack=2400.00002)
    )
    assert said.startswith("x: TPP 2,399.99999, line 4,800.00001, margin 2,400.00002 TPP")
