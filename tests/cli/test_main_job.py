"""The main job through the command line: forms, exit codes, settings that reach the solver."""

import csv
import io
import json
from pathlib import Path

import pytest

from optimizer import solve
from optimizer.cli import main
from optimizer.cli.errors import ExitCode
from optimizer.report.layout import WIDTH
from optimizer.report.result import Result

JOB = ["--rules", "us-2025", "--parent", "ga100"]


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main([*JOB, *arguments])
    seen = capsys.readouterr()
    return code, seen.out, seen.err


def test_text_is_verdict_first_and_fits_the_page(capsys):
    code, out, err = run(capsys)
    assert code == ExitCode.DONE
    assert out.startswith("NOT CONTROLLED under us-2025 on 2025-12-31")
    assert "not legal advice" in out
    assert max(map(len, out.splitlines())) <= WIDTH
    assert err == ""


def test_the_letters_assumption_comes_first(capsys):
    _, out, _ = run(capsys)
    lines = out.splitlines()
    first = lines[lines.index("ASSUMES") + 1]
    assert "letters are addressed" in first


def test_every_part_of_the_answer_is_there(capsys):
    _, out, _ = run(capsys)
    for part in (
        "DESIGN",
        "FUSE MAP",
        "WHAT BINDS",
        "PROJECTED",
        "CLASSIFICATION",
        "PROOF",
        "NEXT",
    ):
        assert part in out, part
    assert "margin" in out
    assert "80 % interval" in out
    assert "evidence" in out


def test_what_binds_names_every_line_that_the_next_step_crosses():
    by = {
        (row.parent, held.knob): [(line.name, line.slack) for line in held.by]
        for row in solve("us-2025", parents=["gb100", "gb202"]).parents
        for held in row.binding
    }
    letters, chips = "us_letters/april_2025", "us_ear/3A090.b"
    for knob in ("enabled_cores", "core_clock_mhz"):
        assert [name for name, _ in by["gb202", knob]] == [f"{chips}.1", f"{chips}.2"]
    assert [name for name, _ in by["gb100", "memory_sites"]] == [
        f"{letters}.sum",
        f"{letters}.dram",
    ]
    assert all(slack for lines in by.values() for _, slack in lines)


def test_json_is_one_document_of_the_contract(capsys):
    code, out, _ = run(capsys, "--format", "json")
    document = json.loads(out)
    assert code == ExitCode.DONE
    assert document["schema"] == "optimize-result/1"
    assert document["status"] == "optimal"
    assert [d["rank"] for d in document["designs"]] == [1]
    assert [p["parent"] for p in document["parents"]] == ["ga100"]
    assert document["certificate"]["tolerance"] == 1e-9
    assert all(c["parent"] == "ga100" for c in document["certificate"]["corners"])
    assert {"tpp", "performance_density", "tdp_w", "power_w"} <= set(
        document["designs"][0]["quantities"]
    )
    assert Result.from_document(document, "x").to_json() == out


def test_ratios_stay_on_their_side_of_every_line():
    result = solve("us-2025")
    for design in result.designs:
        for finding in design.classification:
            for test in finding.tests:
                if test.slack is not None and test.op in (">=", ">") and test.holds is False:
                    assert test.value < test.threshold or test.slack == 0


def test_text_says_every_number_that_the_document_says(capsys):
    _, out, _ = run(capsys)
    design = solve("us-2025", parents=["ga100"]).designs[0]
    assert f"{design.quantities['enabled_cores']}" in out
    assert f"{design.quantities['memory_capacity_gb']}" in out
    for row in design.fuse_map:
        assert row.design in out


def test_csv_has_one_row_per_design(capsys):
    code, out, _ = run(capsys, "--format", "csv", "--top", "2")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == ExitCode.DONE
    assert [row["rank"] for row in rows] == [str(i + 1) for i in range(len(rows))]
    assert float(rows[0]["tpp"]) > 0


def test_the_next_ranks_are_one_row_each(capsys):
    _, out, _ = run(capsys, "--top", "3")
    rows = out.partition("NEXT RANKS")[2].partition("PROOF")[0]
    assert "differs from the first in" in rows
    assert max(map(len, out.splitlines())) <= WIDTH


def test_a_parent_named_twice_is_solved_once():
    result = solve("us-2025", parents=["ga100", "GA100"])
    assert [row.parent for row in result.parents] == ["ga100"]


def test_markdown_has_headings_and_tables(capsys):
    _, out, _ = run(capsys, "--format", "md")
    assert out.startswith("# NOT CONTROLLED")
    assert "| quantity | value | unit |" in out


def test_a_file_gets_the_answer_and_standard_output_stays_empty(capsys, tmp_path: Path):
    path = tmp_path / "r.json"
    code, out, err = run(capsys, "-o", str(path))
    assert (code, out) == (ExitCode.DONE, "")
    assert "wrote" in err
    assert json.loads(path.read_text())["schema"] == "optimize-result/1"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_quiet_says_nothing_when_all_is_well(capsys, tmp_path: Path):
    code, out, err = run(capsys, "-q", "-o", str(tmp_path / "r.json"))
    assert (code, out, err) == (ExitCode.DONE, "", "")


def test_nothing_feasible_exits_5_with_the_conflict_in_the_user_s_terms(capsys):
    code, out, err = run(
        capsys, "--limit", "dram_bandwidth_gb_s>=1.39TB/s", "--fix", "memory_sites=1"
    )
    assert code == ExitCode.INFEASIBLE
    assert out.startswith("NO FEASIBLE DESIGN")
    assert "dram_bandwidth_gb_s" in err
    assert "--fix memory_sites=1" in err


def test_no_time_exits_6_and_still_prints_a_design(capsys):
    code, out, err = run(capsys, "--time-limit", "0")
    assert code == ExitCode.NOT_PROVED
    assert "NOT PROVED" in out
    assert "DESIGN" in out
    assert "time limit" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "tppp<=4"],
        ["--limit", "tpp"],
        ["--fix", "links"],
        ["--parent", "gh1000"],
        ["--workload", "nothing"],
        ["--workload", "no_such.toml"],
        ["--objective", "profit"],
        ["--set", "us_ear/3A090.a.tpp_cieling=2400"],
        ["--set", "nonsense"],
        ["--without", "us_lettres"],
        ["--pack", "no_such.toml"],
        ["--catalog", "no_such_folder"],
        ["--destination", "China"],
        ["--on", "1999-01-01"],
        ["--margin", "101%"],
        ["--time-limit", "-1"],
        ["--time-limit", "nan"],
    ],
)
def test_a_mistake_is_one_clear_error_and_writes_nothing(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments, "-o", "r.json")
    assert (code, out) == (ExitCode.USAGE, "")
    assert err.startswith("error: ")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_margin_keeps_the_design_away_from_every_line():
    plain = solve("us-2025", parents=["ga100"]).designs[0]
    wide = solve("us-2025", parents=["ga100"], margin=["2%"]).designs[0]
    assert wide.quantities["tpp"] <= plain.quantities["tpp"]
    for finding in wide.classification:
        if finding.quantity == "tpp" and finding.slack is not None and finding.threshold:
            assert finding.slack / finding.threshold >= 0.02 or finding.value >= finding.threshold


def test_a_moved_threshold_names_the_clauses_that_it_moves(capsys):
    _, out, _ = run(capsys, "--set", "us_ear/3A090.a.tpp_ceiling=4000")
    words = " ".join(out.split())
    assert "us_ear/3A090.a.tpp_ceiling set to 4000" in words
    assert "us_ear/3A090.a.tpp_ceiling moves us_ear/3A090.a.1" in words


def test_public_leaves_out_what_an_overlay_marks(tmp_path: Path, capsys):
    from catalogs.load import data_path, read_text

    text = read_text(data_path("dies", "ga100.toml"))
    (tmp_path / "dies").mkdir()
    marks = 'replaces = true\nconfidential = ["clock_max_mhz"]\n'
    (tmp_path / "dies" / "ga100.toml").write_text(marks + text)
    path = tmp_path / "r.json"
    arguments = [*JOB, "--catalog", str(tmp_path / "dies"), "--public", "-o", str(path)]
    assert main(arguments) == ExitCode.DONE
    document = json.loads(path.read_text())
    assert "clock_max_mhz" not in document["inputs"]["catalog"]["dies"]["ga100"]
    assert "catalog" not in document["inputs"]["files"]
    assert "inputs.catalog.dies.ga100.clock_max_mhz" in document["stripped"]
    assert {row["die"] for row in document["designs"][0]["fuse_map"]} == {"-"}
    capsys.readouterr()
    assert main(["replay", str(path)]) == ExitCode.NOT_PROVED
    assert "not re-checked" in capsys.readouterr().err
    for false in ("x", "designs[0].verdict", "inputs.catalog.dies.ga100.area_mm2"):
        path.write_text(json.dumps({**document, "stripped": [false]}))
        assert main(["replay", str(path)]) == ExitCode.USAGE
        assert f"'{false}' was not left out" in capsys.readouterr().err
        assert main(["sheet", str(path), "-q", "-o", str(tmp_path / "s.md")]) == ExitCode.USAGE
        capsys.readouterr()
