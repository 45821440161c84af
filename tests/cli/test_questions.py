"""Questions to the solver: the same options everywhere, answers in the words that were typed."""

import json
import re
from pathlib import Path

import pytest
import typer

from optimizer.cli import app, main
from optimizer.cli.errors import ExitCode
from optimizer.cli.question import GOALS, LAW, WISH, flag_of
from optimizer.report.layout import WIDTH
from optimizer.report.words import quantity_text

JOB = ["--rules", "us-2025", "--parent", "ga100"]
main_group = typer.main.get_command(app)
EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "scenarios.toml"


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    seen = capsys.readouterr()
    return code, seen.out, seen.err


def options_of(name: str) -> set[str]:
    command = main_group.get_command(None, name)
    return {flag for parameter in command.params for flag in parameter.opts}


def test_the_same_question_has_the_same_options_in_every_command():
    asked = {flag_of(alias) for group in (LAW, WISH) for alias in group.values()}
    for name in ("frontier", "explain", "what-if"):
        assert asked <= options_of(name), name
    assert {flag_of(alias) for alias in WISH.values()} <= options_of("robust")
    assert {flag_of(alias) for alias in GOALS.values()} <= options_of("explain")


@pytest.mark.parametrize("command", ["frontier", "explain", "robust"])
def test_prices_and_the_sustained_clock_reach_every_question(command, capsys):
    scenarios = [str(EXAMPLE), "-p", "ga100"] if command == "robust" else [*JOB]
    aims = ["--objectives", "throughput,io_bandwidth_gb_s"] if command == "frontier" else []
    words = [
        command,
        *scenarios,
        *aims,
        "--sustained",
        "--set-economics",
        "cost.wafer_prices.n7_n6.2025=9000",
    ]
    code, out, err = run(capsys, *words, "-f", "json")
    assert code == ExitCode.DONE, err
    options = json.loads(out)["inputs"]["options"]
    assert (options["sustained"], options["economics"]) == (
        True,
        ["cost.wafer_prices.n7_n6.2025=9000"],
    )


def test_options_beside_a_result_are_refused_not_read_past(capsys, tmp_path):
    code, _, err = run(capsys, "explain", str(tmp_path / "r.json"), "--limit", "power_w<=9")
    assert code == ExitCode.USAGE
    assert "--limit: means nothing beside a result" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fix", "links=2", "--fix", "links=4"], "--fix: --fix links=4 and --fix links=2"),
        (["--limit", "tpp<=1", "--fix", "tpp=2"], "--limit: --fix tpp=2 and --limit tpp<=1"),
        (["--then", "power_w", "--then", "power_w"], "--then: 'power_w' is given twice"),
        (["--fix", "salvage_share=0.9"], "Bound it instead: --limit 'salvage_share>=0.9'"),
    ],
)
def test_a_contradiction_names_the_options_that_were_typed(words, said, capsys):
    code, _, err = run(capsys, *JOB, *words)
    assert code == ExitCode.USAGE
    assert said in err


def test_a_ratio_has_the_step_of_the_quantity_behind_it(capsys):
    words = ["frontier", *JOB, "--objectives", "throughput,throughput_per_watt", "--step"]
    code, _, err = run(capsys, *words, "throughput_per_watt=0.1")
    assert (code, "--step power_w=NUMBER" in err) == (ExitCode.USAGE, True)
    code, out, _ = run(capsys, *words, "power_w=200")
    page = " ".join(out.split())
    assert "at the resolution of the steps (power_w 200)" in page
    assert "throughput_per_watt is read from the proved set of throughput and power_w" in page
    assert "tokens/s per W" in page


def test_shares_that_differ_read_so_and_can_be_typed_back(capsys):
    words = ["frontier", *JOB, "--objectives", "throughput,salvage_share"]
    _, out, _ = run(capsys, *words, "-f", "json")
    points = json.loads(out)["points"]
    shares = {str(quantity_text("salvage_share", p["quantities"]["salvage_share"])) for p in points}
    assert len(shares) < len(points)  # four digits do not tell them apart
    _, out, _ = run(capsys, *words)
    column = re.findall(r"0\.9\d+(?=  \d+ x)", out)
    assert len(set(column)) == len(column) == len(points)
    code, out, _ = run(capsys, *JOB, "--limit", f"salvage_share>={column[-1]}", "-f", "json")
    best = json.loads(out)["designs"][0]["projection"]["tokens_per_s_per_chip"]
    assert code == ExitCode.DONE
    assert best == pytest.approx(points[0]["tokens_per_s_per_chip"])


@pytest.mark.parametrize(
    ("objective", "missing"),
    [("throughput_per_dollar", "derivatives"), ("throughput_per_watt", "that is power itself")],
)
def test_an_explanation_of_a_ratio_says_what_it_does_not_hold(objective, missing, capsys):
    best = json.loads(run(capsys, *JOB, "-f", "json")[1])["designs"][0]["projection"]
    floor = f"tokens_per_s_per_chip>={0.9999 * best['tokens_per_s_per_chip']:.4f}"
    words = ["explain", *JOB, "--objective", objective, "--limit", floor]
    code, out, err = run(capsys, *words, "--why-not", "links=0", "-f", "json")
    assert code == ExitCode.DONE, err
    found = json.loads(out)
    (parent,) = found["parents"]
    assert found["objective"] == objective
    assert any(missing in text for text in parent["not_had"])
    watts = objective == "throughput_per_watt"
    assert bool(parent["steps"]) is not watts
    assert all(step["before"] == parent["value"] for step in parent["steps"])
    floors = [cost for cost in parent["costs"] if "tokens_per_s" in cost["limit"]]
    assert all(floor["after"] > floor["before"] == parent["value"] for floor in floors)
    assert bool(floors) is watts  # the cheapest design per token is the fastest on this die
    other = parent["why_not"]
    assert other["value"] < other["optimum"] == parent["value"]
    _, page, _ = run(capsys, *words)
    assert page.split("\n")[0].startswith("ga100: ")
    assert found["unit"] in " ".join(page.split()[:12])
    assert max(map(len, page.splitlines())) <= WIDTH


def test_a_die_that_is_not_decided_is_explained_by_its_reason(capsys, tmp_path):
    pack = tmp_path / "own.toml"
    pack.write_text(own_pack_text("unit_cost_usd > 2300"), encoding="utf-8")
    words = ["explain", "--rules", "us-2025", "--pack", str(pack), "-p", "ga102"]
    code, out, err = run(capsys, *words)
    assert code == ExitCode.NOT_PROVED
    assert out.startswith("NOT DECIDED under us-2025")
    assert "unit_cost_usd" in out
    assert err.startswith("not decided: ga102: ")
    code, out, _ = run(capsys, *words, "-p", "ga100")
    assert code == ExitCode.DONE
    assert "DIES WITHOUT AN ANSWER" in out


def cures_of(capsys, tmp_path, condition: str, *words: str) -> dict[str, dict[str, object]]:
    """What an explanation under a rule of one's own says of each line that is moved alone."""
    pack = tmp_path / "own.toml"
    pack.write_text(own_pack_text(condition), encoding="utf-8")
    _, out, _ = run(
        capsys, "explain", "--rules", "us-2025", "--pack", str(pack), *words, "-f", "json"
    )
    (parent,) = json.loads(out)["parents"]
    assert parent["left_out"] == []
    return {cure["line"]: cure for cure in parent["cures"]}


def test_two_bounds_on_power_that_exclude_each_other_are_settled(capsys, tmp_path):
    limit = "--limit power_w>=300"
    cures = cures_of(capsys, tmp_path, "power_w > 200", "-p", "gb202", *limit.split())
    assert cures[limit]["needed"] == 200
    assert cures[limit]["at_or_beyond"] == "at"


def own_pack_text(condition: str) -> str:
    head = "id = 'mine/own'\ntitle = 'own'\nkind = 'control'\nitems = ['ic']\n[[versions]]\n"
    version = "id = 'draft'\nstatus = 'hypothetical'\nconfidence = 'D'\ncitation = {text = 'own'}\n"
    paragraph = f"[[versions.paragraphs]]\nid = '1'\ncondition = '{condition}'\ncite = 'own'\n"
    return f"{head}{version}{paragraph}[versions.scope]\nworldwide = true\n"


def test_a_scenario_without_a_design_has_no_interval(capsys, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        "[[scenarios]]\nname = 'as is'\nrules = 'us-2025'\n"
        "[[scenarios]]\nname = 'nothing'\nrules = 'us-2025'\n"
        "set = {'us_letters/april_2025.dram_ceiling' = 1}\n"
    )
    _, out, _ = run(capsys, "robust", str(path), "--parent", "ga100")
    assert "- to -" not in out
    assert "clamshell no" in " ".join(out.split())


def test_a_software_stack_is_that_of_every_projection(capsys, tmp_path):
    kept = tmp_path / "vllm.json"
    code, _, err = run(capsys, *JOB, "-w", "chat-8b", "--stack", "vllm", "-o", str(kept))
    assert code == ExitCode.DONE, err
    assert run(capsys, "replay", str(kept))[0] == ExitCode.DONE
    found = json.loads(kept.read_text())
    assert any("software stack vllm" in text for text in found["assumptions"])
    own = found["designs"][0]["projection"]["tokens_per_s_per_chip"]
    for stack in ("vllm", "sglang"):
        words = ["compare", "h20", str(kept), "-w", "chat-8b", "--stack", stack, "-f", "json"]
        page = json.loads(run(capsys, *words)[1])
        (speeds,) = [row for row in page["rows"] if row["name"] == "tokens_per_s_per_chip"]
        assert (speeds["cells"][1]["value"] == pytest.approx(own)) is (stack == "vllm")
    code, _, err = run(capsys, *JOB, "--stack", "sgl")
    assert code == ExitCode.USAGE
    assert "unknown software stack 'sgl'. Known are sglang, tensorrt-llm, vllm" in err
