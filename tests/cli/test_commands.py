"""schema and doctor, and what every sub-command has in common."""

import json

import pytest
import typer

from optimizer.cli import COMMANDS, app, main
from optimizer.cli.errors import ExitCode
from optimizer.cli.schema import MODELS
from optimizer.report.layout import WIDTH

INSTALLED = typer.main.get_command(app).list_commands(None)


@pytest.mark.parametrize("name", MODELS)
def test_every_schema_is_one_json_document(name, capsys):
    assert main(["schema", name]) == ExitCode.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["$schema"].endswith("2020-12/schema")


def test_the_result_schema_names_its_version(capsys):
    main(["schema", "result"])
    properties = json.loads(capsys.readouterr().out)["properties"]
    assert properties["schema"]["const"] == "optimize-result/1"
    assert {"status", "designs", "parents", "certificate", "inputs", "hashes"} <= set(properties)


def test_a_schema_goes_to_a_file(tmp_path, capsys):
    path = tmp_path / "result.json"
    assert main(["schema", "result", "-o", str(path)]) == ExitCode.DONE
    assert json.loads(path.read_text())["title"] == "Result"
    assert capsys.readouterr().out == ""


def test_an_unknown_schema_is_a_usage_error(capsys):
    assert main(["schema", "reslt"]) == ExitCode.USAGE
    assert "Did you mean 'result'" in capsys.readouterr().err


def test_doctor_finds_a_whole_installation(capsys):
    assert main(["doctor"]) == ExitCode.DONE
    seen = capsys.readouterr()
    assert "solved and proved" in seen.out
    assert seen.err == ""


def test_doctor_names_what_is_wrong(capsys, monkeypatch):
    from catalogs.errors import InputError

    def broken() -> None:
        raise InputError("no rules here")

    monkeypatch.setattr("constraints.load_law", broken)
    assert main(["doctor"]) == ExitCode.USAGE
    seen = capsys.readouterr()
    assert "FAILED" in seen.out
    assert "no rules here" in seen.err


@pytest.mark.parametrize("name", INSTALLED)
def test_every_command_explains_itself_within_the_page(name, capsys):
    assert main([name, "--help"]) == ExitCode.DONE
    text = capsys.readouterr().out
    assert "Usage: optimize" in text
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize("name", INSTALLED)
def test_every_command_turns_a_wrong_option_into_one_clear_error(name, capsys):
    assert main([name, "--no-such-option"]) == ExitCode.USAGE
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith("error: ")
    assert "Traceback" not in seen.err


def test_every_command_of_the_table_is_installed():
    assert list(COMMANDS) == INSTALLED
