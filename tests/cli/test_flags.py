"""A design carries its flags in every command that names it."""

import csv
import io
import json
import re

import pytest

from optimizer.cli import main

LAW = ["--rules", "us-2025", "--without", "us_letters"]
SCENARIOS = """
[[scenarios]]
name = "not addressed"
rules = "us-2025"
exporter = "Cerebras"
[[scenarios]]
name = "none"
rules = "us-2025"
without = ["us_letters"]
"""
LOOSE = SCENARIOS.replace(
    'exporter = "Cerebras"',
    """without = ["us_letters"]
set = { "us_ear/3A090.b.density_floor_large" = 5, "us_ear/3A090.b.density_floor_small" = 5 }""",
)
ADVERSE = "at the most adverse of them the verdict is controlled, tier b"
NO_POWER = "engineering/heat_flux is not applied"
STAND_IN = "boards and reference are those of gb300"
GB100 = ["--limit", "tpp>=2550"]


def out(capsys, *words: str) -> str:
    assert main(list(words)) in (0, 6)
    return capsys.readouterr().out


def robust(capsys, tmp_path, *words: str, scenarios: str = SCENARIOS) -> str:
    file = tmp_path / "scenarios.toml"
    file.write_text(scenarios)
    return out(capsys, "robust", str(file), *words)


@pytest.mark.parametrize(
    "job",
    [
        [*LAW, "-p", "gb100"],
        [*LAW, "-p", "b30a_die"],
        [*LAW, "-p", "mi300x_package"],
        ["--rules", "us-2022", "-p", "gh100"],
    ],
)
def test_explain_and_optimize_say_the_same_flags(capsys, job) -> None:
    flags = json.loads(out(capsys, *job, "-f", "json"))["designs"][0]["flags"]
    assert flags
    told = json.loads(out(capsys, "explain", *job, "-f", "json"))["parents"][0]
    assert told["flags"] == flags
    row = next(csv.DictReader(io.StringIO(out(capsys, *job, "-f", "csv"))))
    assert row["flags"] == "; ".join(flags)


def test_flags_of_an_explained_and_of_a_named_design_stand_on_the_page(capsys) -> None:
    job = ["explain", *LAW, "--parent", "b30a_die", "--why-not", "links=0"]
    page = " ".join(out(capsys, *job).split())
    assert page.count(STAND_IN) == page.count(NO_POWER) == 2
    assert page.index(STAND_IN) < page.index("WHY NOT the design") < page.rindex(STAND_IN)


def test_safe_is_qualified_where_a_source_of_the_area_says_otherwise(capsys, tmp_path) -> None:
    job = ["--parent", "mi300x_package"]
    page = robust(capsys, tmp_path, *job)
    assert "SAFE under every scenario on the preferred facts," in page
    said = (
        "safe on the preferred facts; at the most adverse claims controlled under 'not addressed', "
    )
    assert said + "'none'" in " ".join(page.split())
    assert ADVERSE in " ".join(page.split())
    safe = json.loads(robust(capsys, tmp_path, *job, "-f", "json"))["choices"][0]
    assert safe["at_worst"] == {"not addressed": "controlled", "none": "controlled"}
    assert set(safe["verdicts"].values()) == {"not_controlled"}
    assert any(ADVERSE in flag for flag in safe["flags"])


def test_safe_stands_alone_where_every_source_agrees(capsys, tmp_path) -> None:
    page = robust(capsys, tmp_path, "--parent", "ga100", "--robust", "safe")
    assert "SAFE under every scenario, " in page
    assert "adverse" not in page


def test_a_flag_of_some_scenarios_names_them(capsys, tmp_path) -> None:
    job = ["--parent", "mi300x_package", "--robust", "safe", "-f", "json"]
    choice = json.loads(robust(capsys, tmp_path, *job, scenarios=LOOSE))["choices"][0]
    assert choice["at_worst"] == {"none": "controlled"}
    assert any(flag.startswith("none: for counsel: sources") for flag in choice["flags"])


def test_a_frontier_says_each_flag_once_and_of_how_many_points(capsys, tmp_path) -> None:
    job = ["frontier", *LAW, "-p", "gb100", "--objectives", "throughput,tpp", *GB100]
    page = " ".join(out(capsys, *job).split())
    points = json.loads(out(capsys, *job, "-f", "json"))["points"]
    rows = list(csv.DictReader(io.StringIO(out(capsys, *job, "-f", "csv"))))
    assert [row["flags"] for row in rows] == ["; ".join(point["flags"]) for point in points]
    adverse = sum(any(ADVERSE in flag for flag in point["flags"]) for point in points)
    assert 0 < adverse < len(points)
    assert page.count(ADVERSE) == 1
    assert f"gb100, {adverse:,} of {len(points):,} points: for counsel: sources give" in page
    assert len(re.findall("the cores draw", page)) == 1


def test_a_compared_design_carries_the_flags_of_its_result(capsys, tmp_path) -> None:
    path = tmp_path / "design.json"
    out(capsys, *LAW, "-p", "b30a_die", "-q", "-o", str(path))
    assert STAND_IN in " ".join(out(capsys, "compare", str(path), "h20").split())
