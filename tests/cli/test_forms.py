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
