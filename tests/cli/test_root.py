"""Options, errors and exit codes of the root command, without the solver."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import typer

from optimizer.cli import COMMANDS, RootGroup, app, main
from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode
from optimizer.cli.lazy import LazyCommand

ROOT_OPTIONS = [
    "--rules",
    "--parent",
    "--workload",
    "--on",
    "--set",
    "--without",
    "--with",
    "--pack",
    "--destination",
    "--exporter",
    "--margin",
    "--limit",
    "--fix",
    "--top",
    "--objective",
    "--not-datacenter",
    "--time-limit",
    "--catalog",
    "--format",
    "--output",
    "-o",
    "--public",
    "--quiet",
    "--version",
    "--debug",
]


def usage_error(capsys, *arguments: str) -> str:
    code = main(list(arguments))
    seen = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert seen.out == ""
    assert "Traceback" not in seen.err
    assert seen.err.startswith("error: ")
    assert len(seen.err.strip().splitlines()) == 1
    return seen.err


def test_help_lists_every_option_and_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for option in ROOT_OPTIONS:
        assert option in text, option
    for name in RootGroup.list_commands(typer.main.get_command(app), None):
        assert name in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bogus"],
        ["--top", "0", "--rules", "us-2025"],
        ["--top", "many", "--rules", "us-2025"],
        ["--rules"],
        ["chek"],
        ["result.json"],
        ["--rules", "us-2025", "--format", "yaml"],
        ["--rules", "us-2025", "-o", "no/such/folder/a.json"],
        ["--rules", "us-2025", "-o", "a.exe"],
        ["--rules", "us-2025", "-o", "a.json", "--format", "csv"],
        ["--rules", "us-2025", "--margin", "much"],
        ["--rules", "us-2025", "--on", "yesterday"],
        [],
    ],
)
def test_a_wrong_command_line_is_one_clear_error(capsys, arguments):
    usage_error(capsys, *arguments)


def test_a_near_miss_is_suggested(capsys):
    assert "Did you mean 'schema'" in usage_error(capsys, "shema")


def test_rules_are_required(capsys):
    assert "--rules" in usage_error(capsys, "--parent", "gb202")


def test_control_characters_of_arguments_are_not_echoed(capsys):
    assert "\x1b" not in usage_error(capsys, "\x1b[31mx")


@pytest.fixture
def probe(monkeypatch):
    """A sub-command that records what it was called with."""
    seen: dict[str, object] = {}
    sub = typer.Typer()

    @sub.command()
    def one(
        name: str = "",
        rules: opt.RulesOption = None,
        packs: opt.PackOption = None,
        quiet: opt.QuietOption = False,
    ) -> int:
        seen.update(name=name, rules=rules, packs=packs, quiet=quiet)
        if name == "bug":
            raise ZeroDivisionError("inside")
        if name == "stop":
            raise KeyboardInterrupt
        if name == "exit":
            raise typer.Exit(4)
        return 3 if name == "three" else 0

    group = typer.Typer()
    group.command("leaf")(one)

    @group.command()
    def bare() -> None:
        """Take no option."""

    modules = {
        "probe.one": SimpleNamespace(app=sub),
        "probe.group": SimpleNamespace(app=group),
    }
    monkeypatch.setattr("optimizer.cli.lazy.import_module", modules.__getitem__)
    monkeypatch.setattr("optimizer.cli.lazy.find_spec", modules.get)
    table = {"one": LazyCommand("probe.one", "One."), "group": LazyCommand("probe.group", "G.")}
    monkeypatch.setattr(RootGroup, "lazy_commands", table)
    return seen


@pytest.mark.parametrize("words", [["one"], ["group", "leaf"]])
def test_root_options_before_a_command_apply_to_it(probe, words):
    main(["--rules", "us-2025", "--pack", "a.toml", "--pack", "b.toml", "-q", *words])
    assert probe["rules"] == "us-2025"
    assert [str(p) for p in probe["packs"]] == ["a.toml", "b.toml"]
    assert probe["quiet"] is True


def test_the_command_s_own_option_wins(probe):
    main(["--rules", "us-2025", "one", "--rules", "us-2023"])
    assert probe["rules"] == "us-2023"


@pytest.mark.parametrize("words", [["one"], ["group", "leaf"], ["group", "bare"]])
def test_a_root_option_that_means_nothing_is_refused(probe, capsys, words):
    assert "--top means nothing" in usage_error(capsys, "--top", "3", *words)
    assert not probe


def test_an_option_of_another_leaf_is_refused(probe, capsys):
    assert "--rules means nothing" in usage_error(capsys, "--rules", "x", "group", "bare")


@pytest.mark.parametrize(("name", "code"), [("", 0), ("three", 3), ("exit", 4)])
def test_a_command_s_exit_code_is_the_program_s(probe, name, code):
    assert main(["one", "--name", name]) == code


def test_a_bug_exits_1_and_shows_a_traceback_only_when_asked(probe, capsys):
    assert main(["one", "--name", "bug"]) == ExitCode.BUG
    seen = capsys.readouterr()
    assert "ZeroDivisionError" in seen.err
    assert "Traceback" not in seen.err
    assert main(["--debug", "one", "--name", "bug"]) == ExitCode.BUG
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_exits_130_and_says_so(probe, capsys):
    assert main(["one", "--name", "stop"]) == ExitCode.INTERRUPTED
    assert "interrupted" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m optimizer.cli --help | true; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert run.stderr == ""


def test_packages_of_another_distribution_are_refused(monkeypatch, capsys):
    def elsewhere(name: str) -> SimpleNamespace:
        return SimpleNamespace(origin=f"/{'x' if name == 'constraints' else 'y'}/{name}/i.py")

    monkeypatch.setattr("optimizer.cli.find_spec", elsewhere)
    assert "constraints in /x" in usage_error(capsys, "--help")


def test_every_listed_command_is_described():
    assert all(lazy.help.endswith(".") for lazy in COMMANDS.values())
