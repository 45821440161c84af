"""Rules that a planner writes: ratios with the power class, facts that no design states."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.errors import InputError
from optimizer import solve
from optimizer.cli import main
from tests.own_rule import own_rule

LISTED = """
[facts.listed]
type = "bool"
meaning = "the customer is on our own list"
"""


def answered(folder: Path, condition: str, line: str, facts: str = ""):
    path = folder / f"density_{len(list(folder.iterdir()))}.toml"
    text = own_rule(condition, line, name="mine/density", unit="TPP/W", facts=facts)
    path.write_text(text, encoding="utf-8")
    return solve("us-2025", parents=["gh100"], packs=[str(path)])


@pytest.mark.parametrize("condition", ["tpp / tdp_w > line", "tpp > line * tdp_w"])
def test_a_ratio_with_the_power_class_is_exact_on_both_sides_of_its_line(condition, tmp_path):
    free = solve("us-2025", parents=["gh100"]).designs[0]
    ratio = free.quantities["tpp"] / free.quantities["tdp_w"]
    loose = answered(tmp_path, condition, f"{ratio + 0.01:.4f}").designs[0]
    assert loose.knobs == free.knobs
    tight = answered(tmp_path, condition, "1").designs[0]
    assert 0.99 < tight.quantities["tpp"] / tight.quantities["tdp_w"] <= 1


def test_a_fact_that_no_design_states_counts_as_met_and_is_named(tmp_path):
    found = answered(tmp_path, "listed and tpp / tdp_w > line", "1", LISTED)
    assert found.designs[0].quantities["tpp"] <= found.designs[0].quantities["tdp_w"]
    assert any("asks for listed" in text for text in found.warnings)
    closed = answered(tmp_path, "listed and tpp > 0 * line", "1", LISTED)
    assert (closed.status, closed.parents[0].status) == ("undecided", "left_out")
    assert closed.parents[0].missing == ("listed",)


def test_a_product_of_two_choices_is_refused_in_words(tmp_path):
    with pytest.raises(InputError, match="multiplies or divides what a design chooses"):
        answered(tmp_path, "tpp * dram_bandwidth_gb_s > line", "1")


def test_a_condition_of_thousands_of_parentheses_is_refused_in_words(tmp_path):
    with pytest.raises(InputError, match="parentheses"):
        answered(tmp_path, f"{'(' * 3000}tpp > line{')' * 3000}", "1")


@pytest.mark.parametrize("kind", ["control", "engineering"])
def test_a_rule_on_the_share_of_dies_is_solved_and_checked_alike(kind, tmp_path, capsys):
    text = own_rule("salvage_share < line", "0.9")
    path = tmp_path / "share.toml"
    path.write_text(text.replace('kind = "control"', f'kind = "{kind}"'), encoding="utf-8")
    job = ["--rules", "us-2025", "--parent", "gh100", "--pack", str(path)]
    result = solve("us-2025", parents=["gh100"], packs=[str(path)])
    assert result.status == "optimal"
    assert result.designs[0].quantities["salvage_share"] >= 0.9
    (mine,) = [c for c in result.designs[0].classification if c.paragraph.startswith("mine/")]
    assert mine.verdict == "not_controlled"
    assert main(["frontier", *job, "--objectives", "throughput,io_bandwidth_gb_s"]) == 0
    assert main(["explain", *job]) == 0
    capsys.readouterr()
