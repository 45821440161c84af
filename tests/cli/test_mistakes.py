"""What a user can get wrong is one clear error or a named value, never a silent answer."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.cli.errors import ExitCode
from optimizer.report.layout import WIDTH
from optimizer.report.settings import Settings

OPTIMIZE = [sys.executable, "-m", "optimizer.cli"]
SOLVE = ["--rules", "us-2025", "--parent", "ga100"]
CHECK = ["check", "h20", "--rules", "us-2025"]


def failed(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> str:
    assert main(list(words)) == code
    return capsys.readouterr().err


@pytest.mark.parametrize("job", [SOLVE, CHECK])
@pytest.mark.parametrize("name", ["heat", "dram_bandwith_gb_s", "tdp_w"])
def test_a_margin_on_no_line_is_refused(capsys, job, name):
    said = failed(capsys, ExitCode.USAGE, *job, "--margin", f"{name}=1%")
    assert said.startswith("error: --margin: ")
    assert "Lines are on: dram_bandwidth_gb_s" in said
    assert ("Did you mean 'dram_bandwidth_gb_s'" in said) == name.startswith("dram")


def test_a_number_beyond_any_data_sheet_is_no_limit(capsys):
    for text in ("tdp_w>1e400", "tdp_w>1e-400", "tdp_w>1" + "0" * 60):
        assert "is no number for tdp_w" in failed(capsys, ExitCode.USAGE, *SOLVE, "--limit", text)


@pytest.mark.parametrize(
    ("fix", "takes"),
    [
        ("memory_sites=9", "never 9. Nearest: 6. It takes 1, 2, 3, 4, 5 or 6."),
        ("tensor_rate_fraction=0.3", "Nearest: 0.25 and 0.5. It takes 0.25, 0.5 or 1."),
        ("core_clock_mhz=1000", "Nearest: 990 and 1005. It takes"),
        ("core_clock_mhz=1000", "in steps of 15."),
        ("board_class=sxm9", "ga100 has no board_class 'sxm9'. Did you mean 'sxm4'?"),
        ("memory_part=gddr7", "ga100 has no memory_part 'gddr7'"),
    ],
)
@pytest.mark.parametrize("command", [[], ["frontier"], ["explain"]])
def test_a_value_that_a_knob_cannot_take_is_answered_with_its_domain(capsys, fix, takes, command):
    assert takes in failed(capsys, ExitCode.USAGE, *command, *SOLVE, "--fix", fix)


def test_a_die_without_a_fixed_value_has_no_design_and_the_others_do(capsys):
    words = ["--rules", "us-2025", "-p", "ga100", "-p", "gb202", "--fix", "memory_part=gddr7"]
    assert main([*words, "-f", "json"]) == ExitCode.DONE
    rows = {row["parent"]: row for row in json.loads(capsys.readouterr().out)["parents"]}
    assert rows["gb202"]["status"] == "optimal"
    assert rows["ga100"]["conflict"] == ["--fix memory_part=gddr7"]
    assert rows["ga100"]["reason"].startswith("memory_part of ga100 is hbm2")
    words[-1] = "memory_sites=14"
    assert main([*words, "-f", "json"]) == ExitCode.DONE
    rows = {row["parent"]: row for row in json.loads(capsys.readouterr().out)["parents"]}
    assert rows["ga100"]["reason"] == "memory_sites of ga100 takes 1, 2, 3, 4, 5 or 6"


def test_dies_that_lack_facts_leave_an_empty_ranking_undecided(capsys):
    limit = ["--limit", "dram_bandwidth_gb_s>=1500"]
    for parents in (["gb203"], ["gb203", "ga100"]):
        job = ["--rules", "us-2025", *(w for p in parents for w in ("--parent", p)), *limit]
        assert main([*job, "-f", "json"]) == ExitCode.NOT_PROVED
        seen = capsys.readouterr()
        assert json.loads(seen.out)["status"] == "undecided"
        assert len(seen.err.splitlines()) == 1
    assert json.loads(seen.out)["conflict"] == ["us_letters/april_2025.dram", *[
        "--limit dram_bandwidth_gb_s>=1500"]]  # fmt: skip


@pytest.mark.parametrize("words", [("--then", "power_w"), ("--limit", "power_w<=300")])
def test_what_is_not_known_of_a_die_is_not_decided_and_says_why(words, capsys):
    code = main(["--rules", "us-2025", "--parent", "b30a_die", *words])
    assert code == ExitCode.NOT_PROVED
    seen = capsys.readouterr()
    assert "B30A, is reported and not on sale" in " ".join(seen.out.split())
    assert "Widen" not in seen.out + seen.err


def test_next_ranks_inside_the_interval_are_marked(capsys):
    assert main([*SOLVE, "--top", "3", "-f", "json"]) == ExitCode.DONE
    designs = json.loads(capsys.readouterr().out)["designs"]
    assert [d["within_interval"] for d in designs] == [None, True, True]
    assert main([*SOLVE, "--top", "3"]) == ExitCode.DONE
    assert "order is not certain: ranks 2 to 3" in " ".join(capsys.readouterr().out.split())


def test_a_ranking_has_a_greatest_length(capsys):
    assert main([*SOLVE, "--top", "101"]) == ExitCode.USAGE
    assert "at most 100" in capsys.readouterr().err


def test_the_proof_names_the_objective(capsys):
    assert main([*SOLVE, "--objective", "throughput_per_watt"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert "throughput per watt: proved" in out
    assert "proved optimal for throughput per watt" in " ".join(out.split())


def test_csv_of_a_result_carries_its_law(capsys):
    assert main([*SOLVE, "-f", "csv"]) == ExitCode.DONE
    header, row = capsys.readouterr().out.splitlines()
    assert ",ruleset,on,destination,law_last_checked,changes,flags,warnings," in header
    assert ",us-2025,2025-12-31,CN,20" in row


@pytest.mark.parametrize(
    "change", [{"on": True}, {"objective": None}, {"limits": [1]}, {"public": "no"}, {"rules": {}}]
)
def test_a_setting_of_another_kind_is_an_input_error(change):
    with pytest.raises(ValueError, match="is not"):
        Settings.from_dict({"rules": "us-2025", **change})


def test_differences_of_a_replay_fit_the_page(capsys, tmp_path: Path):
    path = tmp_path / "r.json"
    assert main([*SOLVE, "-q", "-o", str(path)]) == ExitCode.DONE
    document = json.loads(path.read_text())
    document["designs"], document["reason"] = [], "x" * 500
    path.write_text(json.dumps(document))
    assert main(["replay", str(path)]) == ExitCode.NOT_REPRODUCED
    out = capsys.readouterr().out
    assert "found an object with" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= WIDTH


@pytest.mark.parametrize("words", [["--version"], ["--help"], CHECK, ["rules", "list"]])
def test_a_full_device_is_one_clear_error(words):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [*OPTIMIZE, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert run.returncode == ExitCode.USAGE
    assert "standard output: cannot be written: No space left" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_closed_standard_error_does_not_change_the_exit_code():
    words = " ".join([*OPTIMIZE, *SOLVE, "--limit", "'power_w<=1'"])
    command = f"{words} 2>&1 >/dev/null | true; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert run.returncode == ExitCode.INFEASIBLE


def test_an_interrupt_during_the_proof_writes_no_result(tmp_path: Path):
    path = tmp_path / "r.json"
    job = ["--rules", "us-2025", "--objective", "throughput_per_watt", "-o", str(path)]
    with subprocess.Popen([*OPTIMIZE, *job], stderr=subprocess.PIPE, text=True) as run:
        time.sleep(3)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate()
    if run.returncode == ExitCode.DONE:
        pytest.skip("the solve was over before the interrupt")
    assert (run.returncode, said.strip()) == (ExitCode.INTERRUPTED, "interrupted")
    assert not path.exists()


def test_a_longer_name_of_the_same_part_is_offered_first(capsys):
    said = failed(capsys, ExitCode.USAGE, "check", "h200", "--rules", "us-2026")
    assert "'h200_nvl' or 'h200_sxm'" in said
    assert "h20'" not in said


def test_where_names_the_file_of_a_record(capsys):
    assert main(["catalog", "where", "h20"]) == ExitCode.DONE
    assert capsys.readouterr().out == "sku h20 is read from catalogs/data/skus/h20.toml\n"


@pytest.mark.parametrize(
    "words", [["doctor"], *(["catalog", "new", "mine", "--kind", k] for k in ("skus", "dies"))]
)
def test_text_for_a_terminal_fits_the_page(capsys, words):
    assert main(words) == ExitCode.DONE
    lines = [line for line in capsys.readouterr().out.splitlines() if " at " not in line]
    assert max(map(len, lines)) <= WIDTH + (len(str(Path.cwd())) if words == ["doctor"] else 0)


@pytest.mark.parametrize("words", [["--top", "2", "--diverse", "0%"], ["--diverse", "2%"]])
def test_designs_that_need_not_differ_are_not_picked_for_that(words, capsys):
    assert main(["--rules", "us-2025", "--parent", "gb202", *words]) == ExitCode.USAGE
    assert "a share above 0" in capsys.readouterr().err


def test_a_frontier_of_an_unknown_objective_is_not_called_infeasible(capsys):
    words = ["frontier", "--rules", "us-2025", "--parent", "b30a_die"]
    assert main([*words, "--objectives", "throughput,power_w"]) == ExitCode.NOT_PROVED
    page = capsys.readouterr().out
    assert page.startswith("NOT DECIDED under us-2025")
    assert "nothing to prove" in page
