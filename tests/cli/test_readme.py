"""What README tells a user is what the program does."""

import re
import shutil
import subprocess

import pytest

from optimizer.cli import COMMANDS
from tests.readme_example import README, shown, stated

COMMANDS_OF_README = [
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/optimize --rules us-2025",
    'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && '
    ".venv/bin/python -m pytest -n auto",
]


def test_readme_has_the_two_commands_that_ci_runs():
    lines = README.read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line.startswith("python3 -m venv .venv && ")]
    assert found == COMMANDS_OF_README


def test_the_example_is_what_the_program_prints():
    assert stated() == shown(), "run: python -m tests.readme_example"


def test_readme_lists_every_command():
    text = README.read_text(encoding="utf-8")
    assert all(re.search(rf"`optimize {name}\b", text) for name in COMMANDS)


def test_the_ci_script_is_sound_bash():
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    script = README.parent / ".ci" / "run"
    subprocess.run([bash, "-n", str(script)], check=True)
    assert script.stat().st_mode & 0o111
