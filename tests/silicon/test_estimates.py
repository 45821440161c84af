"""Every output that states an estimate of silicon states where it lies and how far it errs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from optimizer import solve
from optimizer.cli import main
from optimizer.report.frontier import frontier
from optimizer.report.frontier_document import Frontier
from optimizer.report.frontier_text import as_frontier_csv, as_frontier_text
from optimizer.report.settings import Settings
from optimizer.report.solve import load_case

DIE = ["--rules", "us-2025", "--parent", "ad104", "-w", "chat-8b"]
NAMES = ("unit_cost_usd", "salvage_share", "power_w")


@pytest.fixture(scope="module")
def front() -> Frontier:
    asked = Settings(rules="us-2025", parents=("ad104",), workload="chat-8b", draws=400)
    return frontier(load_case(asked, ambient=False), ("throughput_per_dollar",), {})


def test_a_die_without_a_power_model_says_why_and_what_is_not_applied() -> None:
    best = solve("us-2025", parents=["b30a_die"]).designs[0]
    assert best.quantities["power_w"] is None
    (why,) = best.derived["power_w"].missing
    assert "B30A, is reported and not on sale" in why
    (cost,) = best.derived["unit_cost_usd"].missing
    assert cost.startswith("floorplan: the blocks of the compute die")
    flags = " ".join(best.flags)
    assert "engineering/heat_flux is not applied: whether heat_flux_w_mm2 > 0.9 hangs" in flags
    assert "boards and reference are those of gb300" in flags
    sold = solve("us-2025", parents=["gb202"]).designs[0]
    assert "not applied" not in " ".join(sold.flags)


def test_every_point_of_a_frontier_has_the_ends_of_its_estimates(front) -> None:
    for point in front.points:
        for name in NAMES:
            ends = point.intervals[name]
            assert ends.low < point.quantities[name] < ends.high, name
    (parent,) = front.parents
    assert parent.errors == {"unit_cost_usd": 0.12, "salvage_share": None, "power_w": 0.102}


def test_a_point_and_the_answer_of_the_same_design_have_the_same_ends(front, capsys) -> None:
    fastest = front.points[-1]
    names = ("enabled_cores", "core_clock_mhz", "memory_part", "memory_gb_per_site", "board_class")
    fixed = [f"{name}={fastest.knobs[name]}" for name in names]
    words = [word for each in fixed for word in ("--fix", each)]
    assert main([*DIE, *words, "--draws", "400", "-f", "json"]) == 0
    (design,) = json.loads(capsys.readouterr().out)["designs"]
    assert design["knobs"] == fastest.knobs
    for name in NAMES:
        ends = {end: design["derived"][name][end] for end in ("low", "high")}
        assert ends == fastest.intervals[name].model_dump()


def test_the_page_of_a_frontier_says_what_is_estimated_and_how_far_it_errs(front) -> None:
    page = as_frontier_text(front)
    assert max(map(len, page.splitlines())) <= 80
    words = " ".join(page.split())
    assert "ESTIMATES behind the same points tokens/s unit cost USD" in words
    assert "p10 to p90 of 400 draws over the ranges of their inputs, seed 0" in words
    assert "error out of sample beside that: unit cost 12 %" in words
    (row, *_) = csv.DictReader(io.StringIO(as_frontier_csv(front)))
    for name in NAMES:
        assert float(row[f"{name}_low"]) < float(row[name]) < float(row[f"{name}_high"])


def test_a_design_that_is_compared_has_the_ends_of_its_answer(tmp_path, capsys) -> None:
    answer = tmp_path / "answer.json"
    assert main([*DIE, "--draws", "400", "-o", str(answer)]) == 0
    derived = json.loads(answer.read_text(encoding="utf-8"))["designs"][0]["derived"]
    assert main(["compare", str(answer), "l20", "-f", "json"]) == 0
    shown = capsys.readouterr().out
    cells = {row["name"]: row["cells"] for row in json.loads(shown[shown.index("{") :])["rows"]}
    for name in NAMES:
        design, part = cells[name]
        ends = {end: derived[name][end] for end in ("low", "high")}
        assert {end: design[end] for end in ends} == ends
        assert (design["basis"], part["basis"]) == ("estimated", "estimated")
    assert main(["compare", str(answer), "l20"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "err by: unit cost 12 %; salvage share not validated; power 10.2 %" in page
