"""What the page for compliance officers shows is what the program says."""

import re
import shlex

import pytest

from tests.compare.support import run
from tests.compliance_page import PAGE, rewritten

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_shows_the_output_of_today():
    assert rewritten() == TEXT, "run: python -m tests.compliance_page"


def test_the_page_ends_with_the_command_and_its_output():
    assert TEXT.rstrip().endswith("Classification only; not legal advice.\n```")
    shown = TEXT.rpartition("```text\n$ optimize check h20")[2]
    assert "CONTROLLED under us-2025 on 2025-12-31, exported to DE" in shown
    assert "license: required" in shown


def test_the_seat_decides_as_the_page_says():
    words = ("check", "h20", "--rules", "us-2025", "--destination", "DE", "--fail-on-control")
    assert run(*words)[0] == 0
    assert run(*words, "--headquarters", "CN")[0] == 3


@pytest.mark.parametrize("command", re.findall(r"`optimize (compare [^`]+)`", TEXT))
def test_a_command_of_the_page_runs(command: str):
    assert run(*shlex.split(command))[0] == 0
