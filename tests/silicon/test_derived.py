"""The intervals of silicon estimates on the page and in the document of an answer."""

from __future__ import annotations

import json

import pytest

from optimizer.cli import main

WORDS = ["--rules", "us-2025", "--parent", "ad104", "-w", "chat-8b"]
NAMES = {"unit_cost_usd", "good_die_usd", "salvage_share", "power_w", "sustained_clock_mhz"}


def derived(capsys, *more: str) -> dict:
    assert main([*WORDS, *more, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)["designs"][0]["derived"]


def test_every_estimate_has_its_interval_and_what_moves_it(capsys) -> None:
    found = derived(capsys)
    assert set(found) == NAMES
    for name, each in found.items():
        assert each["low"] <= each["median"] <= each["high"], name
        assert each["spans"] == "80 %"
        assert each["relative_error"] or each["untested"], name
        swings = [abs(m["high"] - m["low"]) for m in each["moved_by"]]
        assert swings == sorted(swings, reverse=True)
    assert found["salvage_share"]["moved_by"][0]["name"].startswith(("yield.", "floorplans."))


def test_the_page_shows_what_the_document_holds(capsys) -> None:
    found = derived(capsys)
    assert main(WORDS) == 0
    page = " ".join(capsys.readouterr().out.split())
    strongest = found["power_w"]["moved_by"][0]
    assert f"power: {strongest['name']}" in page
    assert "salvage share is not validated: no count of good dies is public" in page
    assert "good die is not validated: no price of a die is public" in page
    assert main([*WORDS[:3], "gh100", *WORDS[4:]]) == 0
    tested = " ".join(capsys.readouterr().out.split())
    assert "salvage share is not validated" not in tested


def test_a_figure_that_is_set_moves_nothing_any_more(capsys) -> None:
    free = derived(capsys)["unit_cost_usd"]
    key = free["moved_by"][0]["name"]
    held = derived(capsys, "--set-economics", f"{key}=4")["unit_cost_usd"]
    assert key not in {m["name"] for m in held["moved_by"]}
    assert held["high"] - held["low"] < free["high"] - free["low"]


def test_a_confidential_figure_is_named_without_numbers(tmp_path, capsys) -> None:
    key = derived(capsys)["unit_cost_usd"]["moved_by"][0]["name"]
    table, _, name = key.rpartition(".")
    own = tmp_path / "own.toml"
    figure = "{ low = 1, value = 4, high = 400, confidential = true }"
    own.write_text(f"[{table}]\n{name} = {figure}\n", encoding="utf-8")
    found = derived(capsys, "--set-economics", str(own))["unit_cost_usd"]
    assert found["moved_by"][0] == {"name": key, "low": None, "high": None}


def test_draws_and_seed_travel_with_the_result_and_it_replays(tmp_path, capsys) -> None:
    target = str(tmp_path / "result.json")
    assert main([*WORDS, "--draws", "60", "--seed", "2", "-o", target]) == 0
    stored = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert stored["inputs"]["options"]["draws"] == 60
    assert (stored["inputs"]["economics"]["draws"], stored["inputs"]["economics"]["seed"]) == (
        60,
        2,
    )
    assert main(["replay", target]) == 0
    capsys.readouterr()
    other = derived(capsys, "--draws", "60", "--seed", "3")
    own = stored["designs"][0]["derived"]["power_w"]
    assert own["estimate"] == other["power_w"]["estimate"]
    assert own["low"] != other["power_w"]["low"]


@pytest.mark.parametrize(("option", "value"), [("--draws", "1"), ("--seed", "-1")])
def test_what_is_no_number_of_draws_is_refused_before_anything_is_solved(
    option, value, capsys
) -> None:
    assert main([*WORDS, option, value]) == 2
    assert option in capsys.readouterr().err
