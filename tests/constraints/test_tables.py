"""A table of parts: every row answered, no row lost, and the law in the file itself."""

import csv
import io
import json
from pathlib import Path

import pytest

from optimizer.cli import main

OLD = ("id", "tpp", "verdict", "paragraphs", "tier", "needs")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def check(text: str, *words: str) -> tuple[int, str, str]:
        path = tmp_path / "parts.csv"
        path.write_bytes(text.encode())
        code = main(["check", "--from", str(path), "--rules", "us-2025", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return check


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,2399,814\n", "is no header: it reads 'a,2399,814'"),
        ("a,2399,814\nb,1,814\n", "is no header"),
        ("5000,true\n", "is no header"),
        ("id,tpp\n", "has a header row and no part below it"),
        ("\n", "has no header row"),
    ],
)
def test_a_table_without_a_header_or_a_row_loses_nothing_silently(run, text: str, said: str):
    code, out, error = run(text)
    assert (code, out) == (2, "")
    assert "parts.csv" in error
    assert said in error


def test_the_columns_are_as_before_with_the_law_at_their_end(run):
    out = run("id,tpp\na,900\n", "--destination", "DE", "--without", "us_letters")[1]
    (row,) = csv.DictReader(io.StringIO(out))
    assert tuple(row)[: len(OLD)] == OLD
    assert (row["ruleset"], row["on"], row["exported_to"]) == ("us-2025", "2025-12-31", "DE")
    assert row["law_last_checked"] == "2026-09-19"
    assert row["changes"] == "us_letters left out"
    assert row["schema"] == "optimize-check-table/1"


def test_each_row_says_where_it_goes_and_who_controls_it_elsewhere(run):
    text = "id,tpp,datacenter,destination\na,5000,true,DE\nb,5000,true,\n"
    rows = list(csv.DictReader(io.StringIO(run(text)[1])))
    assert [row["exported_to"] for row in rows] == ["DE", "CN"]
    assert [row["verdict"] for row in rows] == ["not_controlled", "controlled"]
    assert [row["controlled_elsewhere_by"] for row in rows] == ["us_ear/3A090.a", ""]


def test_a_guard_band_reaches_a_table_too(run):
    text = "id,tpp,performance_density,dram_bandwidth_gb_s,io_bandwidth_gb_s\na,900,1,1395,0\n"
    (row,) = csv.DictReader(io.StringIO(run(text, "--margin", "1%")[1]))
    assert (row["verdict"], row["guard_band"]) == ("not_controlled", "us_letters/april_2025.dram")
    assert row["changes"] == "guard band 1 %"


def test_the_json_of_a_table_is_of_its_published_schema(run):
    from optimizer.cli.schema import schema_of
    from optimizer.report.check_table import CheckTable

    said = json.loads(run("id,tpp\na,900\n", "--format", "json")[1])
    assert CheckTable.model_validate(said).rows[0]["verdict"] == said["rows"][0]["verdict"]
    assert {"ruleset", "on", "destination", "law_last_checked", "rules_digest"} <= set(said)
    properties = schema_of("check-table")["properties"]
    assert properties["schema"]["const"] == said["schema"] == "optimize-check-table/1"
    assert set(properties) == set(said)


def test_one_part_as_csv_names_the_day_on_which_its_law_was_checked(capsys):
    assert (
        main(["check", "h200_sxm", "--rules", "us-2026", "--destination", "DE", "-f", "csv"]) == 0
    )
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["law_last_checked"], row["schema"]) == ("2026-09-19", "optimize-check/1")
    assert row["controlled_elsewhere_by"] == "us_ear/3A090.a;us_letters/april_2025"


def test_one_id_with_two_answers_is_refused_by_its_rows(run):
    code, out, error = run("id,tpp,datacenter\na,900,true\nb,1,true\na,5000,true\n")
    assert (code, out) == (2, "")
    assert "id 'a' in rows 2, 4 has different answers" in error


def test_one_id_on_two_shipments_is_no_contradiction(run):
    text = "id,tpp,datacenter,destination\na,5000,true,DE\na,5000,true,CN\n"
    code, _, error = run(text)
    assert code == 0
    assert "warning" not in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,tpp\na,900\na,901\n", "id 'a' stands in rows 2, 3, with one answer"),
        ("id,tpp\n,900\nb,1\n ,2\n", "no id in rows 2, 4"),
        ("tpp\n900\n", "no column id"),
        ('id,tpp\n"a\nb",900\n', "the id of row 2 is written otherwise"),
        ("id,tpp\n=x,900\n", "the id of row 2 is written otherwise"),
    ],
)
def test_ids_that_do_not_tell_rows_apart_are_told(run, text: str, said: str):
    code, out, error = run(text)
    assert code == 0
    assert f"warning: {said}" in error or (f"warning: the table has {said}" in error)
    assert len(list(csv.reader(io.StringIO(out)))) > 1
    warned = json.loads(run(text, "--format", "json")[1])["warnings"]
    assert any(said in each for each in warned)


def test_ids_that_become_one_when_written_are_one_id(run):
    code, _, error = run('id,tpp,datacenter\n"a\tb",900,true\n"a\nb",5000,true\n')
    assert code == 2
    assert "has different answers" in error


def test_a_blank_row_counts_but_is_no_part(run):
    code, _, error = run("id,tpp\na,900\n\nb,many\n")
    assert code == 2
    assert "row 4, tpp: 'many'" in error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fail-on-control",), "a table exits 0 whatever its verdicts"),
        (("--strict-evidence",), "rows of a table have no rival claims"),
        (("--fact", "tdp_w=1"), "facts of a table stand in its columns"),
    ],
)
def test_an_option_of_one_part_says_why_it_means_nothing_here(run, words, said: str):
    code, _, error = run("id,tpp\na,900\n", *words)
    assert code == 2
    assert f"{words[0]}: means nothing with --from, as {said}" in error
