"""`frontier`, `explain`, `robust` and `--diverse` through the command line."""

import csv
import io
import json
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.cli.errors import ExitCode
from optimizer.cli.schema import schema_of
from optimizer.projection.ratios import same_die, told_apart
from optimizer.report.layout import WIDTH
from optimizer.report.words import interval
from tests.trade_offs_page import PAGE, rewritten

JOB = ["--rules", "us-2025", "--parent", "ga100"]
EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "scenarios.toml"


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    seen = capsys.readouterr()
    return code, seen.out, seen.err


FRONTIER = ["frontier", *JOB, "--objectives", "throughput,io_bandwidth_gb_s"]


def test_a_frontier_is_claim_and_points_on_one_page(capsys):
    code, out, err = run(capsys, *FRONTIER)
    assert code == ExitCode.DONE
    assert out.startswith("PARETO SET of ")
    assert "not legal advice" in out
    assert "proved: every design that meets the requirements" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= WIDTH
    assert err == ""


def test_every_form_of_a_frontier_holds_the_same_points(capsys, tmp_path):
    path = tmp_path / "f.json"
    assert run(capsys, *FRONTIER, "-q", "-o", str(path))[0] == 0
    document = json.loads(path.read_text())
    assert document["schema"] == "optimize-frontier/1"
    speeds = [p["tokens_per_s_per_chip"] for p in document["points"]]
    assert speeds == sorted(speeds)
    assert all(p["verdict"] == "not_controlled" for p in document["points"])
    rows = list(csv.DictReader(io.StringIO(run(capsys, *FRONTIER, "-f", "csv")[1])))
    assert [float(r["tokens_per_s_per_chip"]) for r in rows] == speeds
    for point, row in zip(document["points"], rows, strict=True):
        assert point["low"] < point["tokens_per_s_per_chip"] < point["high"]
        assert (float(row["low"]), float(row["high"])) == (point["low"], point["high"])
        near = not told_apart(point["tokens_per_s_per_chip"], speeds[-1], same_die())
        assert point["within_interval"] is near
        assert row["within_interval"] == str(near).lower()
    page = run(capsys, *FRONTIER, "-f", "md")[1]
    assert page.startswith("# PARETO SET")
    near = sum(p["within_interval"] for p in document["points"]) - 1
    assert f"the next fastest {near} points are closer to the fastest" in page
    fastest = document["points"][-1]
    assert interval(fastest["low"], fastest["high"]) in page
    again = run(capsys, *FRONTIER, "-f", "json")[1]
    assert json.loads(again) == document


def test_several_parents_share_one_frontier(capsys):
    words = ["frontier", "--rules", "us-2025", "-p", "ga100", "-p", "gh100", "-p", "ad104"]
    words += ["--objectives", "throughput,tpp", "--step", "tpp=400"]
    _, out, _ = run(capsys, *words, "-f", "json")
    document = json.loads(out)
    points = document["points"]
    for a in points:
        for b in points:
            beats = b["quantities"]["tpp"] <= a["quantities"]["tpp"] - 400
            assert not (beats and b["tokens_per_s_per_chip"] >= a["tokens_per_s_per_chip"])
    status = {p["parent"]: p["status"] for p in document["parents"]}
    assert status == {"ga100": "optimal", "gh100": "optimal", "ad104": "unranked"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--objectives", "throughput"], "two or more objectives"),
        (["--objectives", "throughput,speed"], "no objective of a frontier"),
        (["--step", "dram_bandwidth_gb_s=5"], "no step of an objective"),
        (["--step", "io_bandwidth_gb_s=0"], "no step of an objective"),
    ],
)
def test_a_wrong_question_of_a_frontier_is_one_clear_error(capsys, words, message):
    code, out, err = run(capsys, *FRONTIER, *words)
    assert code == ExitCode.USAGE
    assert message in err
    assert out == ""


def test_a_frontier_of_nothing_says_the_conflict(capsys):
    code, out, err = run(capsys, *FRONTIER, "--limit", "power_w<=1")
    assert code == ExitCode.INFEASIBLE
    assert out.startswith("NO FEASIBLE DESIGN")
    assert "--limit power_w<=1" in err


def test_a_result_is_explained_from_its_file(capsys, tmp_path):
    path = tmp_path / "r.json"
    assert run(capsys, *JOB, "--limit", "power_w<=250", "-q", "-o", str(path))[0] == 0
    code, out, err = run(capsys, "explain", str(path), "--why-not", "links=0")
    assert code == ExitCode.DONE, err
    for part in ("80 % interval", "NEXT STEPS", "WHY NOT", "sign", "--limit power_w<=250"):
        assert part in out
    assert max(map(len, out.splitlines())) <= WIDTH
    assert "80 % interval of their ratio" in " ".join(out.split())
    page = out
    code, out, _ = run(capsys, "explain", str(path), "--why-not", "links=0", "-f", "json")
    document = json.loads(out)
    assert document["schema"] == "optimize-explain/1"
    assert document["reproduced"] is True
    best = document["parents"][0]
    assert best["low"] < best["tokens_per_s_per_chip"] < best["high"]
    for step in best["steps"]:
        assert (step["change"] > 0) == step["relaxes"]
        assert f" {step['line']}\n" in page  # as --set and --limit take it
        assert step["told_apart"] is told_apart(step["before"], step["after"], same_die())
        assert step["tokens_per_s_per_chip"] == pytest.approx(step["after"])
    assert best["costs"]
    for row in (*best["steps"], *best["costs"], best["why_not"]):
        assert row["low"] < row["tokens_per_s_per_chip"] < row["high"]


def test_a_result_that_does_not_come_back_is_said(capsys, tmp_path):
    path = tmp_path / "r.json"
    run(capsys, *JOB, "-q", "-o", str(path))
    document = json.loads(path.read_text())
    document["designs"][0]["knobs"]["enabled_cores"] -= 2
    path.write_text(json.dumps(document))
    code, _, err = run(capsys, "explain", str(path))
    assert code == ExitCode.NOT_REPRODUCED
    assert "does not reproduce" in err


def test_what_is_infeasible_is_explained_by_every_conflict(capsys):
    limits = ["--limit", "dram_bandwidth_gb_s>=1450", "--limit", "power_w<=60"]
    code, out, err = run(capsys, "explain", *JOB, *limits)
    assert code == ExitCode.INFEASIBLE
    assert "CONFLICTS of ga100, every minimal set" in out
    assert "- --limit power_w<=60" in out
    assert "us_letters/april_2025.dram with --limit dram_bandwidth_gb_s>=1450" in out
    assert err.startswith("no feasible design")


@pytest.mark.parametrize("words", [["explain"], ["explain", "x.json", "--rules", "us-2025"]])
def test_explain_needs_a_result_or_rules(capsys, words):
    code, _, err = run(capsys, *words)
    assert code == ExitCode.USAGE
    assert "one of the two" in err


def test_robust_shows_its_designs_and_what_each_gives_up(capsys):
    code, out, err = run(capsys, "robust", str(EXAMPLE), "--parent", "ga100")
    assert code == ExitCode.DONE, err
    page = " ".join(out.split())
    assert "SAFE under every scenario, LEAST LARGEST REGRET" in page
    assert ": one design ga100: " in page
    assert "MIND" in out
    assert "expected value are projected tokens/s" in out
    assert "80 % interval" in out
    assert max(map(len, out.splitlines())) <= WIDTH
    _, out, _ = run(capsys, "robust", str(EXAMPLE), "-p", "ga100", "--robust", "safe", "-f", "json")
    document = json.loads(out)
    assert [c["kind"] for c in document["choices"]] == ["safe"]
    (safe,) = document["choices"]
    assert set(safe["verdicts"].values()) == {"not_controlled"}
    assert safe["low"] < safe["tokens_per_s_per_chip"] < safe["high"]
    assert "least_regret" in safe["same_as"]
    ends = safe["intervals"]["salvage_share"]
    assert ends["low"] < safe["quantities"]["salvage_share"] < ends["high"]
    assert "estimated: unit cost " in page
    assert "p10 to p90 of 2,000 draws" in page
    for scenario in document["scenarios"]:
        name, own = scenario["name"], scenario["optimum"]
        assert safe["regret_shares"][name] == pytest.approx(safe["regrets"][name] / own)
        sure = (
            told_apart(safe["tokens_per_s_per_chip"], own, same_die())
            if safe["regrets"][name]
            else None
        )
        assert safe["told_apart"][name] is sure
    assert any("not public" in text for text in document["warnings"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = 'x'", "scenarios: is missing"),
        ("[[scenarios]]\nname = 'a'", "rules: is missing"),
        ("[[scenarios]]\nname = 'a'\nrules = 'us-2025'\nweight = 0", "greater than 0"),
        ("[[scenarios]]\nname = 'a'\nrules = 'us-2025'\n" * 2, "there twice"),
        ("[[scenarios]]\nname = 'a'\nrules = 'us-2095'", "us-2095"),
    ],
)
def test_a_wrong_file_of_scenarios_is_one_clear_error(capsys, tmp_path, text, message):
    path = tmp_path / "s.toml"
    path.write_text(text)
    code, _, err = run(capsys, "robust", str(path), "--parent", "ga100")
    assert code == ExitCode.USAGE
    assert message in err


def test_a_diverse_ranking_needs_one_die(capsys):
    code, _, err = run(capsys, "--rules", "us-2025", "--top", "3", "--diverse", "2%")
    assert code == ExitCode.USAGE
    assert "--parent" in err
    code, out, _ = run(capsys, *JOB, "--top", "3", "--diverse", "3%")
    assert code == ExitCode.DONE
    assert "NEXT RANKS" in out


@pytest.mark.parametrize("name", ["frontier", "explain", "robust"])
def test_every_document_has_a_schema(name):
    assert schema_of(name)["properties"]["schema"]["const"] == f"optimize-{name}/1"


def test_an_explanation_says_what_one_more_unit_of_each_resource_is_worth(capsys):
    code, out, _ = run(capsys, "explain", *JOB, "-f", "json")
    assert code == ExitCode.DONE
    parent = json.loads(out)["parents"][0]
    assert sum(parent["shares"].values()) == pytest.approx(1)
    assert parent["gradients"]["dram_gb_s"]["per_unit"] > 0
    assert all(each["elasticity"] >= 0 for each in parent["gradients"].values())


def test_the_page_on_trade_offs_shows_what_the_program_prints():
    assert PAGE.read_text(encoding="utf-8") == rewritten(), "run: python -m tests.trade_offs_page"


def test_goals_in_order_name_their_levels_and_come_back_on_replay(capsys, tmp_path) -> None:
    kept = tmp_path / "least.json"
    words = ("--then", "memory_capacity_gb", "--within", "1%", "-o", str(kept))
    code, _, _ = run(capsys, *JOB, *words)
    assert code == 0
    best = json.loads(kept.read_text(encoding="utf-8"))["designs"][0]
    assert best["proofs"]["goal 2, memory_capacity_gb"] == "proved"
    level = f"memory_capacity_gb, at its best {best['quantities']['memory_capacity_gb']} GB"
    assert level in kept.read_text(encoding="utf-8")
    code, out, _ = run(capsys, "replay", str(kept))
    assert code == 0
    assert "reproduced" in out


def test_a_die_that_no_goal_leaves_room_for_is_told_by_goals_not_by_limits(capsys) -> None:
    dies = ("-p", "gb202", "-p", "ga100", "-p", "gb100")
    _, out, _ = run(capsys, "--rules", "us-2025", *dies, "--then", "power_w", "--within", "1%")
    why = " ".join(out.partition("PARENTS WITHOUT A DESIGN")[2].split())
    assert "--limit" not in why
    assert "conflict: goal power_w (233.011 W or less) with the floor of --within 1% (305.7" in why
    assert "conflict: us_letters/april_2025.dram with the floor of --within 1% (305.7" in why


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--then", "power"), "Did you mean 'power_w'"),
        (("--within", "1%"), "Give --then"),
        (("--then", "power_w", "--within", "x"), "is no share"),
        (("--then", "power_w", "--time-limit", "9"), "solved to the end"),
    ],
)
def test_a_mistaken_goal_is_named(words, said, capsys) -> None:
    code, _, err = run(capsys, "--rules", "us-2025", "--parent", "gh100", *words)
    assert code == 2
    assert said in err
