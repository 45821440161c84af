"""``optimize allocate``: what it refuses, what it says of a plan, and with which intervals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from optimizer.cli import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "allocation_gh100.toml"


def told(capsys, *words: str):
    assert main(["allocate", *words, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_says_what_limits_the_example(capsys) -> None:
    assert main(["allocate", str(EXAMPLE), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["limited_by"] == ["wafers", "demand for h200", "demand for h100"]
    made = {s["name"]: s["made"] for s in found["skus"]}
    assert made["h20"]["low"] < made["h20"]["value"] < made["h20"]["high"]
    assert made["h20"]["value"] == pytest.approx(21_200, rel=0.01)
    used = sum(c["used"] for c in found["classes"])
    assert used == pytest.approx(sum(m["value"] for m in made.values()))


def test_the_page_is_at_most_80_columns_and_the_same_twice(capsys) -> None:
    pages = []
    for _ in range(2):
        assert main(["allocate", str(EXAMPLE)]) == 0
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]
    assert max(map(len, pages[0].splitlines())) <= 80
    assert "limited by" in pages[0]


def test_a_part_without_a_margin_is_refused_and_one_from_the_model_is_not(tmp_path, capsys) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    bare = tmp_path / "bare.toml"
    bare.write_text(text.replace("unit_cost_usd = 3438\n", ""), encoding="utf-8")
    assert main(["allocate", str(bare)]) == 2
    assert "h20 has no margin" in capsys.readouterr().err
    memory = 'memory_kind = "HBM3"\nmemory_gb = 96\n'
    modeled = tmp_path / "modeled.toml"
    modeled.write_text(text.replace("unit_cost_usd = 3438\n", memory), encoding="utf-8")
    assert main(["allocate", str(modeled), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    cash = found["skus"][2]["cash_cost_usd"]
    assert cash["value"] == pytest.approx(3_300, rel=0.1)
    assert cash["low"] < cash["value"] < cash["high"]
    assert np.isfinite(found["skus"][2]["effective_cost_usd"]["value"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wafers = 1000", "wafers = 0", "greater than 0"),
        ('die = "gh100"', 'die = "gb100"', "cannot be binned"),
        ("demand = 5000", "demand = -1", "greater than or equal to 0"),
        ("cores = 78", "coers = 78", "Did you mean 'cores'?"),
        ("cores = 78", "cores = 145", "skus.h20: 145 cores, gh100 has 144"),
        ("sites = 5", "sites = 7", "skus.h100: 7 sites, gh100 has 6"),
        ("links = 18\nprice_usd = 11000", "links = 19\nprice_usd = 11000", "gh100 has 18"),
        ("cores = 78", "cores = 0", "greater than or equal to 1"),
        ("cores = 78", 'cores = "78"', "a valid integer"),
        ("wafers = 1000", "wafers = true", "must be an exact number"),
        ("unit_cost_usd = 3438", "unit_cost_usd = 3438\nmemory_gb = 96", "would not be read"),
        ("fee_share = 0.15", "margin_usd = 5000", "so price_usd would not be read"),
    ],
)
def test_a_wrong_file_is_a_usage_error(old, new, said, tmp_path, capsys) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(EXAMPLE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert main(["allocate", str(wrong)]) == 2
    assert said in capsys.readouterr().err


def test_a_part_that_no_die_can_serve_says_why(capsys) -> None:
    own = ("--set-economics", "yield.processes.n4.defect_density_per_cm2=100", "--draws", "20")
    found = told(capsys, str(EXAMPLE), *own)
    why = {sku["name"]: sku["none_because"] for sku in found["skus"]}
    assert why["h20"] is None
    assert why["h200"].startswith("fewer than one gh100 in a billion has 132 cores, 6 sites")
    assert main(["allocate", str(EXAMPLE), *own]) == 0
    assert "WARNINGS\n  - h200: fewer than one gh100" in capsys.readouterr().out
    none = ("--set-economics", "yield.processes.n4.defect_density_per_cm2=1e9", "--draws", "20")
    assert main(["allocate", str(EXAMPLE), *none]) == 0
    assert "nothing: no input alone changes what is made" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "regime", "limits"),
    [
        ({}, "wafer- and demand-limited", {"wafers", "demand for h200", "demand for h100"}),
        ({"cowos_slots = 100000": "cowos_slots = 30000", "demand = 30000": "demand = 26200"},
         "packaging- and demand-limited", {"cowos_slots", "demand for h200"}),
        ({"demand = 30000\n": "", "demand = 5000\n": ""}, "wafer-limited", {"wafers"}),
    ],
)  # fmt: skip
def test_each_regime_is_named_with_what_one_more_is_worth(
    change, regime, limits, tmp_path, capsys
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in change.items():
        text = text.replace(old, new)
    own = tmp_path / "plan.toml"
    own.write_text(text, encoding="utf-8")
    found = told(capsys, str(own), "--draws", "40")
    assert set(found["limited_by"]) == limits
    assert sum(each["share_of_draws"] for each in found["regimes"]) == pytest.approx(1)
    first = found["regimes"][0]
    assert (first["regime"], set(first["limited_by"])) == (regime, limits)
    assert first["share_of_draws"] > 0.9
    assert main(["allocate", str(own), "--draws", "40"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert f": {regime} (" in page
    assert "DUALS: what one more is worth" in page


def test_draws_and_seed_are_those_asked_for_and_a_fixed_figure_is_not_drawn(capsys) -> None:
    plain = told(capsys, str(EXAMPLE), "--draws", "40", "--seed", "3")
    assert (plain["draws"], plain["seed"]) == (40, 3)
    made = next(s["made"] for s in plain["skus"] if s["name"] == "h20")
    assert made["moved_by"][0]["name"] == "yield.parametric_yield"
    fixed = told(
        capsys, str(EXAMPLE), "--draws", "40", "--seed", "3",
        "--set-economics", "yield.parametric_yield=0.97",
    )  # fmt: skip
    held = next(s["made"] for s in fixed["skus"] if s["name"] == "h20")
    assert held["value"] == made["value"]
    assert held["high"] - held["low"] < made["high"] - made["low"]
    assert "yield.parametric_yield" not in {m["name"] for m in held["moved_by"]}


def test_a_table_has_the_ends_of_every_interval_and_blanks_where_a_cost_is_unknown(
    tmp_path, capsys
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    own = tmp_path / "plan.toml"
    bare = "price_usd = 27000\nunit_cost_usd = 4236\n"
    own.write_text(text.replace(bare, "margin_usd = 20000\n"), encoding="utf-8")
    assert main(["allocate", str(own), "--draws", "20", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["cash_cost_usd"] == rows[0]["cash_cost_usd_low"] == ""
    assert float(rows[2]["made_low"]) < float(rows[2]["made"]) < float(rows[2]["made_high"])
    assert float(rows[1]["cash_cost_usd_high"]) == 3268


def test_a_confidential_figure_is_named_and_nothing_more(tmp_path, capsys) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "[yield]\nparametric_yield = { low = 0.5, value = 0.9, high = 1, confidential = true }\n"
    )
    found = told(capsys, str(EXAMPLE), "--draws", "40", "--set-economics", str(own))
    (mover,) = (m for m in found["value_usd"]["moved_by"] if m["name"] == "yield.parametric_yield")
    assert (mover["low"], mover["high"]) == (None, None)
    assert main(["allocate", str(EXAMPLE), "--draws", "40", "--set-economics", str(own)]) == 0
    assert "yield.parametric_yield (confidential)" in " ".join(capsys.readouterr().out.split())
