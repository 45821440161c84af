"""What docs/quickstart.md says of its commands is what they do."""

import re
import shlex
from pathlib import Path

import pytest

from optimizer.cli import COMMANDS, main
from optimizer.cli.errors import ExitCode

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quickstart.md"
BLOCKS = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("optimize ")]


def run(line: str) -> int:
    assert line in LINES
    return main(shlex.split(line)[1:])


def test_every_command_is_one_of_the_program() -> None:
    for line in LINES:
        first = shlex.split(line)[1]
        assert first.startswith("--") or first in COMMANDS, line


def test_the_request_that_nothing_meets_names_its_clause_and_is_explained(
    capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = "optimize --rules us-2025 --parent gh100 --fix memory_sites=5 -o none.json"
    assert run(line) == ExitCode.INFEASIBLE == 5
    assert run("optimize explain none.json") == ExitCode.INFEASIBLE
    page = capsys.readouterr().out
    assert "us_letters/april_2025.dram" in page
    assert "1,400" in page
    assert "exit code is 5: `--fix memory_sites=5` names the DRAM clause" in _words()
    assert "beyond its 1,400 GB/s" in _words()


def test_a_value_that_no_die_takes_is_an_error_with_the_nearest(capsys) -> None:
    words = ["--rules", "us-2025", "--parent", "gh100", "--fix", "memory_sites=7"]
    assert main(words) == ExitCode.USAGE == 2
    assert "6" in capsys.readouterr().err
    assert "(exit code 2) with the nearest that one takes" in _words()


def test_both_ways_to_classify_a_part_say_the_same(capsys) -> None:
    said = []
    for line in ("optimize check h20 --rules us-2025", "optimize --rules us-2025 check h20"):
        run(line)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != ""


@pytest.mark.parametrize(("code", "named"), [(6, "NOT_PROVED"), (7, "NOT_REPRODUCED")])
def test_the_other_exit_codes_are_those_of_the_program(code: int, named: str) -> None:
    assert ExitCode[named] == code
    assert re.search(rf"(Exit code|exits with) {code}", _words())


def _words() -> str:
    return " ".join(PAGE.read_text(encoding="utf-8").split())
