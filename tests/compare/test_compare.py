"""``optimize compare``: parts side by side, differences in words, unknown said as undetermined."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from catalogs.load import load_catalog
from optimizer.design import build_space
from optimizer.design.shipped import any_design, knobs_of_sku, twin_of
from optimizer.design.unit_cost import CENTS, unit_cost_cents
from optimizer.report.compare import compare
from optimizer.report.compare_open import open_part
from optimizer.report.comparison import Comparison
from optimizer.report.layout import WIDTH
from optimizer.report.solve import solve
from tests.compare.support import GOLDEN, PAGES, run, without_hashes

SEVEN = ("h20", "l20", "a800", "b30a", "h100_sxm", "mi300x", "rtx_pro_6000d")


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("solved") / "gb202.json"
    path.write_text(solve("us-2025", parents=["gb202"], top=2).to_json(), encoding="utf-8")
    return path


def rows(*words: str) -> dict[str, dict]:
    code, out, error = run("compare", *words, "--format", "json")
    assert code == 0, error
    return {row["name"]: row for row in json.loads(out)["rows"]}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_reviewed(name: str):
    code, page, _ = run(*PAGES[name])
    assert code == 0
    assert without_hashes(page) == (GOLDEN / name).read_text(encoding="utf-8"), (
        "run: python -m tests.compare.support"
    )


def test_seven_parts_stand_in_blocks_of_three_within_80_columns():
    code, page, _ = run("compare", *SEVEN, "--rules", "us-2025", "--workload", "default-mix")
    assert code == 0
    assert max(map(len, page.splitlines())) <= WIDTH
    assert [line for line in page.splitlines() if line.startswith("SIDE BY SIDE")] == [
        "SIDE BY SIDE, A to C",
        "SIDE BY SIDE, D to F",
        "SIDE BY SIDE, G to G",
    ]


def test_every_value_has_a_basis_and_an_unknown_one_has_none():
    found = rows("h20", "rtx_pro_6000d")
    for row in found.values():
        for cell in row["cells"]:
            assert (cell["value"] is None) == (cell["basis"] is None)
    assert [cell["basis"] for cell in found["tpp"]["cells"]] == ["derived", "derived"]
    assert found["dense_int8"]["cells"][1]["value"] is None
    assert "undetermined" in run("compare", "h20", "rtx_pro_6000d")[1]


def test_differences_are_marked_without_color():
    found = rows("h20", "h200_sxm")
    assert found["die"]["likeness"] == "same"
    assert found["enabled_cores"]["likeness"] == "different"
    page = run("compare", "h20", "h200_sxm")[1]
    assert "  =   die  " in page
    assert "  !=  cores  " in page
    assert chr(27) not in page


def test_an_unknown_value_never_counts_as_equal():
    assert rows("h20", "rtx_pro_6000d")["link_part"]["likeness"] == "unknown"


def test_there_is_no_verdict_without_rules_and_one_a_part_with_them():
    assert "verdict" not in rows("h20", "l20")
    found = rows("h20", "l20", "--rules", "us-2025")
    assert [cell["value"] for cell in found["verdict"]["cells"]] == ["controlled", "not_controlled"]
    assert [cell["value"] for cell in found["license"]["cells"]] == ["required", "not_required"]


def test_a_part_that_is_free_at_the_destination_alone_is_said_to_be_controlled_elsewhere():
    words = ("compare", "h20", "l4", "--rules", "us-2025", "--destination", "DE")
    page = " ".join(run(*words)[1].split())
    assert "A h20: NOT CONTROLLED to DE, controlled to 25 other destinations, tier none" in page
    assert "only elsewhere 25 destinations 47 destinations" in page
    document = json.loads(run(*words, "-f", "json")[1])
    said = document["columns"][0]["classification"]
    assert len(said["elsewhere"]) == 25
    assert "CN" in said["elsewhere"]
    home = run("compare", "h20", "l4", "--rules", "us-2025")[1]
    assert "A  h20: CONTROLLED, tier none" in home


def test_an_undetermined_verdict_names_what_it_needs(tmp_path: Path):
    path = tmp_path / "new.toml"
    path.write_text('id = "new"\ntpp = 2368\ndatacenter = true\n', encoding="utf-8")
    page = " ".join(run("compare", str(path), "h20", "--rules", "us-2023")[1].split())
    assert "UNDETERMINED" in page
    assert "needs applicable_die_area_mm2" in page
    assert "license undetermined" in page


def test_a_density_just_under_a_line_stays_under_it_in_print(tmp_path: Path):
    path = tmp_path / "near.toml"
    path.write_text('id = "near"\ntpp = 4799.99999999\ndatacenter = true\n', encoding="utf-8")
    for words in ((), ("--rules", "us-2023")):
        page = run("compare", str(path), "h20", *words)[1]
        assert "4,799.99999999" in page
        assert "4,800" not in page


def test_a_design_stands_beside_parts_as_designed(solved: Path):
    found = rows(str(solved), "rtx_pro_6000d", "--rules", "us-2025")
    assert found["enabled_cores"]["cells"][0]["basis"] == "designed"
    assert found["tpp"]["cells"][0]["basis"] == "derived"
    assert found["verdict"]["cells"][0]["value"] == "not_controlled"
    assert "ranks 2 to 2 of the file are not shown" in run("compare", str(solved), "h20")[1]


def test_a_design_projects_to_the_number_of_its_result(solved: Path):
    stored = json.loads(solved.read_text())["designs"][0]["projection"]
    cell = rows(str(solved), "h20", "-w", "default-mix")["tokens_per_s_per_chip"]["cells"][0]
    assert cell["value"] == pytest.approx(stored["tokens_per_s_per_chip"], rel=1e-9)
    assert (cell["low"], cell["high"]) == pytest.approx((stored["low"], stored["high"]), rel=1e-9)


def test_a_part_that_cannot_be_projected_says_why_and_has_no_number(tmp_path: Path):
    path = tmp_path / "new.toml"
    path.write_text('id = "new"\ntpp = 2368\n', encoding="utf-8")
    code, page, _ = run("compare", str(path), "h20", "--workload", "default-mix")
    assert code == 0
    assert "not projected: a file of facts says nothing of rates" in page
    assert rows(str(path), "h20", "-w", "default-mix")["ttft_ms"]["cells"][0]["value"] is None


def test_the_values_of_a_hypothetical_part_are_stated_by_its_user(tmp_path: Path):
    path = tmp_path / "new.toml"
    path.write_text('id = "new"\nname = "New"\nvendor = "Ours"\ntdp_w = 300\n', encoding="utf-8")
    cells = rows(str(path), "h20")["tdp_w"]["cells"]
    assert [cell["basis"] for cell in cells] == ["stated", "published"]


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("designs", 0, "quantities", "tpp"), 1000, "quantities.tpp: stored 1000, found 2399"),
        (("designs", 0, "knobs", "links"), "many", "is no number"),
        (("designs", 0, "knobs", "memory_part"), None, "its knobs are not complete"),
        (("inputs", "options", "on"), {}, "not those that hashes.inputs names"),
        (("inputs", "catalog", "dies", "gb202", "basis"), 7, "not those that hashes.inputs names"),
        (("certificate", "level"), 300, "the answer, against hashes.answer"),
        (("parents",), [], "the answer, against hashes.answer"),
    ],
)
def test_a_tampered_result_is_refused(place, value, said: str, solved: Path, tmp_path: Path):
    document = json.loads(solved.read_text())
    part = document
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    path = tmp_path / "tampered.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, page, error = run("compare", str(path), "h20", "-w", "default-mix")
    assert (code, page) == (2, "")
    assert "the file was edited after it was made" in error
    assert said in error


def test_an_infeasible_result_has_nothing_to_compare(tmp_path: Path):
    path = tmp_path / "none.json"
    stored = solve("us-2025", parents=["gb202"], limits=["tpp<=1"])
    path.write_text(stored.to_json(), encoding="utf-8")
    code, _, error = run("compare", str(path), "h20")
    assert code == 2
    assert "holds no design" in error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("h20",), "Name 2 to 26 of them"),
        (("h20", "h21"), "Did you mean"),
        (("h20", "l20", "--on", "2024-01-01"), "means nothing without --rules"),
        (("h20", "l20", "--destination", "DE"), "means nothing without --rules"),
        (("h20", "no.json"), "cannot be read"),
        (("h20", "no.toml"), "no such file"),
        (("h20", "l20", "--rules", "us-1999"), "us-1999"),
        (("h20", "l20", "--rules", "us-2023", "--on", "1999-01-01"), "1999-01-01"),
        (("h20", "l20", "--rules", "us-2023", "--destination", "Atlantis"), "Atlantis"),
        (("h20", "l20", "--workload", "chaat"), "unknown workload"),
        (("h20", "l20", "--format", "html"), "unknown form"),
    ],
)
def test_wrong_usage_is_said(words: tuple[str, ...], said: str):
    code, out, error = run("compare", *words)
    assert (code, out) == (2, "")
    assert said in error


def test_the_json_is_what_the_schema_publishes():
    code, out, _ = run("schema", "compare")
    assert code == 0
    assert json.loads(out)["properties"]["schema"]["const"] == "optimize-compare/1"
    _, page, _ = run("compare", "h20", "l20", "--rules", "us-2025", "-f", "json")
    assert Comparison.model_validate_json(page).columns[0].id == "h20"


def test_csv_numbers_read_back(tmp_path: Path):
    path = tmp_path / "both.csv"
    assert run("compare", "h20", "l20", "-o", str(path))[0] == 0
    table = list(csv.DictReader(io.StringIO(path.read_text())))
    tpp = next(row for row in table if row["quantity"] == "tpp")
    assert (float(tpp["A value"]), float(tpp["B value"])) == (2368, 1912)


def test_the_order_of_parts_is_the_order_of_columns():
    found = compare([open_part("l20"), open_part("h20")])
    assert [column.id for column in found.columns] == ["l20", "h20"]


def test_a_root_option_reaches_the_command():
    from optimizer.cli import main

    assert main(["--rules", "us-2025", "compare", "h20", "l20", "-o", "/nonexistent/x.md"]) == 2


def test_a_shipped_part_has_the_estimates_of_the_back_test_marked_as_such():
    found = rows("h20", "mi308x", "mi300x", "--rules", "us-2025")
    cells = {name: found[name]["cells"] for name in ("power_w", "salvage_share", "unit_cost_usd")}
    for name, (h20, mi308x, mi300x) in cells.items():
        assert (h20["basis"], h20["grade"]) == ("estimated", "C")
        assert h20["low"] < h20["value"] < h20["high"]
        assert mi308x["value"] is None
        assert (mi300x["value"] is None) == (name == "salvage_share"), name
    catalog = load_catalog(ambient=False)
    space = build_space(catalog, "gh100", date(2025, 12, 31))
    twin = twin_of(knobs_of_sku(catalog.sku("h20")), any_design(space))
    assert cells["unit_cost_usd"][0]["value"] == unit_cost_cents(twin) / CENTS


def test_what_is_not_estimated_of_a_part_says_why():
    _, page, _ = run("compare", "h20", "mi308x")
    said = " ".join(page.split())
    assert "not estimated: unit cost, salvage share, power: its links not known" in said
    assert "out of sample they err by: unit cost 12 %; salvage share 4.6 %; power 7.1 %" in said
