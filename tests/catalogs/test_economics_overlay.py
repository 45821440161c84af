"""A user's own figures: read, put in place of the built-in ones, kept out of what is public."""

from __future__ import annotations

import json

import pytest

from catalogs.economics import economics
from catalogs.economics_overlay import read_overrides, replaced
from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.report.grounds import assumptions_of
from optimizer.report.own_figures import strange_figures, unread_figures
from optimizer.report.settings import Settings
from optimizer.report.solve import load_case

D0 = "yield.processes.n4.defect_density_per_cm2"
COMMAND = ["--rules", "us-2025", "--parent", "gb202"]


def figures_of(texts):
    """The built-in figures with those of texts in their place."""
    return replaced(tuple(read_overrides(texts)))


def test_a_figure_of_the_user_stands_and_the_built_in_ones_stay() -> None:
    found = figures_of([f"{D0}=0.05..0.12..0.3", "cost.memory_prices.GDDR7.2025=12"])
    density = found.losses.processes["n4"].defect_density_per_cm2
    assert [float(v) for v in (density.low, density.value, density.high)] == [0.05, 0.12, 0.3]
    assert density.sources == ("user",)
    assert float(economics().losses.processes["n4"].defect_density_per_cm2) == 0.07
    prices = [p for p in found.cost.memory_prices if p.kind == "GDDR7"]
    assert [float(p.price_usd_per_gb) for p in prices] == [12.0]


def test_a_price_of_a_new_kind_or_year_is_added() -> None:
    found = figures_of(["cost.memory_prices.hbm2.2023=9", "cost.wafer_prices.n4.2026=21000"])
    kinds = {(p.kind, p.year) for p in found.cost.memory_prices}
    assert ("HBM2", 2023) in kinds
    years = [p.year for p in found.cost.wafer_prices if p.process == "n4"]
    assert years == [2023, 2024, 2025, 2026]


def test_the_last_of_a_key_stands() -> None:
    found = figures_of([f"{D0}=0.1", f"{D0}=0.2"])
    assert float(found.losses.processes["n4"].defect_density_per_cm2) == 0.2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cost.foo=1", "no figure 'cost.foo'"),
        ("yield.processes.n44.defect_density_per_cm2=1", "Did you mean 'n4'"),
        (f"{D0}=abc", "'abc' is no number"),
        (f"{D0}=nan", "'nan' is no number"),
        (f"{D0}=1..2", "is no range"),
        (f"{D0}=3..2..1", "not in order"),
        ("yield.processes=1", "no single figure"),
        ("cost.memory_prices.HBM3.soon=1", "no year"),
        ("something", "cannot read 'something'"),
        ("cost.memory_prices.GDDR7.2025=-1", "'-1' is out of range"),
        ("cost.memory_prices.GDDR7.2025=1e308", "'1e308' is out of range"),
        ("cost.packages.flip_chip.package_yield=1.2", "out of range"),
        ("cost.packages.flip_chip.package_yield=0", "out of range"),
        ("power.families.hopper.relative_error=1", "out of range"),
    ],
)
def test_what_cannot_be_read_is_refused(text, said) -> None:
    with pytest.raises(InputError, match=said):
        figures_of([text])


def test_a_file_has_the_same_keys_and_may_mark_a_value(tmp_path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        "[yield.processes.n4]\n"
        "defect_density_per_cm2 = { value = 0.123, confidential = true }\n"
        "[cost.memory_prices.GDDR7]\n2025 = '10..14..20'\n",
        encoding="utf-8",
    )
    found = {each.key: each for each in read_overrides([str(path)])}
    assert found[D0].confidential
    assert not found["cost.memory_prices.GDDR7.2025"].confidential
    path.write_text("[cost.wafer]\ndiameter_mm = { low = 1 }\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"no figure 'cost.wafer.diameter_mm.low'|no single figure"
    ):
        figures_of([str(path)])


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        "[yield.processes.n4]\n"
        "defect_density_per_cm2 = { value = 0.123, low = 0.101, high = 0.207, "
        "confidential = true }\n",
        encoding="utf-8",
    )
    return path


def asked(*own: str, **settings: object):
    named = {"rules": "us-2025", "parents": ("gb202",), **settings}
    return load_case(Settings(economics=own, **named), ambient=False)


def test_a_figure_that_the_answer_reads_is_assumed_as_it_was_given() -> None:
    case = asked(f"{D0}=0.05..0.125..0.3", "cost.memory_prices.GDDR7.2025=14")
    said = assumptions_of(case)
    assert f"{D0} is the figure of the user, 0.125 (0.05 to 0.3)" in said
    assert "cost.memory_prices.GDDR7.2025 is the figure of the user, 14" in said
    assert unread_figures(case) == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cost.memory_prices.GDDR7.2026=14", "the law's day is in 2025"),
        ("cost.memory_prices.GDDR7.2024=14", "the price of 2025 stands nearer"),
        ("cost.memory_prices.HBM3.2025=14", "no die of the answer has HBM3"),
        ("cost.wafer_prices.n7_n6.2025=14", "no die of the answer has n7_n6"),
        ("power.families.hopper.v_floor=0.6", "no die of the answer has hopper"),
        ("floorplans.dies.gh100.block_area_mm2=9", "no die of the answer has gh100"),
        ("area.reticle_mm2=800", "only new-die reads it"),
    ],
)
def test_a_figure_that_changes_nothing_is_named_with_the_reason(text, why) -> None:
    case = asked(text)
    (said,) = unread_figures(case)
    key = text.partition("=")[0]
    assert said.startswith(f"{key} is not used: ")
    assert why in said
    assert not any(key in each for each in assumptions_of(case))


def test_a_figure_outside_the_range_of_its_source_is_warned_of_with_the_range(own, capsys):
    far = ["--set-economics", "power.board.fixed_w=1000000"]
    assert main([*COMMAND, *far]) == 0
    page = " ".join(capsys.readouterr().out.split())
    said = "power.board.fixed_w is outside 10 to 45, the range of its source (F1): no interval"
    assert page.count(said) == 1
    for inside in ("power.board.fixed_w=45", "cost.memory_prices.gddr7.2025=14", str(own)):
        assert strange_figures(asked(inside)) == ()
    (dear,) = strange_figures(asked("cost.memory_prices.gddr7.2025=16"))
    assert "outside 4 to 15" in dear


def test_what_is_called_unread_moves_no_number_and_the_page_warns_of_it(capsys) -> None:
    assert main(COMMAND) == 0
    before = capsys.readouterr().out
    assert main([*COMMAND, "--set-economics", "cost.memory_prices.GDDR7.2026=14"]) == 0
    after = capsys.readouterr().out
    assert "cost.memory_prices.GDDR7.2026 is not used" in after
    cut = "\nDESIGN"
    assert before.partition(cut)[2] == after.partition(cut)[2]


def test_a_confidential_figure_is_assumed_by_its_key_alone(own) -> None:
    said = "\n".join(assumptions_of(asked(str(own))))
    assert f"{D0} is a confidential figure of the user" in said
    assert "0.123" not in said


def test_own_figures_move_the_cost_and_replay(own, tmp_path, capsys) -> None:
    result = tmp_path / "result.json"
    assert main([*COMMAND, "--set-economics", str(own), "-o", str(result), "-q"]) == 0
    document = json.loads(result.read_text(encoding="utf-8"))
    assert main([*COMMAND, "--format", "json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    mine, theirs = (d["designs"][0]["quantities"]["unit_cost_usd"] for d in (document, plain))
    assert mine > theirs
    assert document["hashes"]["economics"] != plain["hashes"]["economics"]
    own.unlink()
    assert main(["replay", str(result)]) == 0


def test_public_results_hold_neither_the_figure_nor_what_it_can_be_worked_out_from(
    own, capsys
) -> None:
    words = [*COMMAND, "--set-economics", str(own), "--public", "--format", "json"]
    assert main(words) == 0
    text = capsys.readouterr().out
    document = json.loads(text)
    assert not any(secret in text for secret in ("0.123", "0.101", "0.207"))
    assert f"inputs.economics.overrides.{D0}" in document["stripped"]
    assert document["designs"][0]["quantities"]["unit_cost_usd"] is None
    assert document["designs"][0]["derived"] == {}
    assert document["parents"][0]["quantities"]["salvage_share"] is None
    assert document["inputs"]["economics"] == {"overrides": {}, "draws": 2000, "seed": 0}
    assert main([*words[:-2], "--objective", "throughput_per_dollar", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["certificate"] is None
    assert document["designs"][0]["objective_value"] is None
    assert document["parents"][0]["objective_value"] is None


def test_the_page_for_the_public_says_nothing_of_cost(own, capsys) -> None:
    assert main([*COMMAND, "--set-economics", str(own), "--public"]) == 0
    page = capsys.readouterr().out
    assert "DERIVED" not in page
    line = next(row for row in page.splitlines() if row.strip().startswith("unit cost"))
    assert "unknown" in line
