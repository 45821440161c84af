"""Facts that a planner states with ``--fact``: they decide, are named, and travel with a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.cli import main
from tests.own_rule import own_rule
from tests.solver.test_own_rules import LISTED

SOLVE = ["--rules", "us-2025", "--parent", "gh100"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("own") / "listed.toml"
    condition = "listed and tpp > line"
    text = own_rule(condition, 1000, name="mine/density", unit="TPP/W", facts=LISTED)
    path.write_text(text, encoding="utf-8")
    return ["--pack", str(path)]


@pytest.fixture(scope="module")
def freed(own: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("freed") / "freed.json"
    assert main([*SOLVE, *own, "--fact", "listed=false", "-q", "-o", str(path)]) == 0
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(list(words)) == code
    seen = capsys.readouterr()
    return " ".join((seen.out + seen.err).split())


def test_a_stated_fact_decides_and_is_named(own, freed, capsys) -> None:
    document = json.loads(freed.read_text(encoding="utf-8"))
    assert document["designs"][0]["quantities"]["tpp"] > 1000
    assert "listed is false, as stated" in document["assumptions"]
    assert not any("asks for listed" in text for text in document["warnings"])
    told = json.loads(run(capsys, *SOLVE, *own, "--fact", "listed=true", "-f", "json"))
    unstated = json.loads(run(capsys, *SOLVE, *own, "-f", "json"))
    assert told["designs"][0]["knobs"] == unstated["designs"][0]["knobs"]
    assert told["designs"][0]["quantities"]["tpp"] <= 1000
    assert any("with --fact listed=VALUE" in text for text in unstated["warnings"])


def test_a_stated_fact_travels_with_the_result(own, freed, capsys, tmp_path) -> None:
    assert "reproduced: optimal" in run(capsys, "replay", str(freed))
    assert main(["sheet", str(freed), "-q", "-o", str(tmp_path / "sheet.md")]) == 0
    assert "A gh100_design: NOT CONTROLLED" in run(
        capsys, "compare", str(freed), "h20", "--rules", "us-2025", *own
    )
    assert "A gh100_design: NOT CONTROLLED" in run(
        capsys, "compare", str(freed), "h20", "--rules", "us-2025"
    )


def test_every_study_takes_a_stated_fact(own, capsys) -> None:
    fact = ["--fact", "listed=false"]
    pack = own[1]
    freed = run(capsys, "what-if", *SOLVE, "--with", pack, *fact)
    assert "0 of 77 parts change class; the best design of gh100 alone stays as fast" in freed
    held = run(capsys, "what-if", *SOLVE, "--with", pack, "--fact", "listed=true")
    assert "10 of 77 parts change class" in held
    assert "asks for listed" not in held
    found = json.loads(run(capsys, "explain", *SOLVE, *own, *fact, "-f", "json"))
    free = json.loads(run(capsys, "explain", *SOLVE, "-f", "json"))
    speed = [each["parents"][0]["tokens_per_s_per_chip"] for each in (found, free)]
    assert speed[0] == speed[1]
    scenarios = str(Path(__file__).resolve().parents[2] / "examples" / "scenarios.toml")
    words = ["robust", scenarios, "-p", "gh100", *own, *fact, "--robust", "safe", "-f", "json"]
    assert json.loads(run(capsys, *words))["choices"][0]["quantities"]["tpp"] > 1000


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("listd=true", "unknown fact 'listd'. Did you mean 'listed'"),
        ("listed=5", "'5' is not true or false"),
        ("tpp=3", "'tpp' follows from the design or its die"),
        ("datacenter=false", "Use --not-datacenter"),
        ("exporter_role=osat", "Ask 'optimize check'"),
    ],
)
def test_a_fact_that_cannot_be_stated_is_one_clear_error(own, fact, said, capsys) -> None:
    assert said in run(capsys, *SOLVE, *own, "--fact", fact, code=2)
