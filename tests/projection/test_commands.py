"""`optimize project` and `optimize validate` as a user sees them."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

import optimizer
from catalogs.load import data_path
from optimizer.cli import main

HYPOTHETICAL = """
id = "my_part"
name = "My part"
vendor = "Mine"
status = "hypothetical"
l2_cache_mb = 60

[dense_tflops]
bf16 = 148
fp8 = 296

[memory]
capacity_gb = 96
bandwidth_gb_s = 4000

[link]
gb_s_bidir = 900

[pcie]
gb_s_bidir = 128
"""


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_project_prints_the_layout_and_the_interval(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "project", "H20", "--workload", "chat-70b")
    assert (code, err) == (0, "")
    assert "80 % interval" in out
    assert re.search(r"TP4 link 4 \d+ tpot", " ".join(out.split()))
    assert max(len(line) for line in out.splitlines()) <= 80


def test_project_json_carries_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "project", "h20", "--format", "json")
    found = json.loads(out)["projection"]
    assert code == 0
    assert found["low"] < found["tokens_per_s_per_chip"] < found["high"]
    assert {"ttft_ms", "tpot_ms", "tensor_parallel", "batch", "binding"} <= set(found)
    assert [member["name"] for member in found["members"]] == ["chat", "reasoning", "retrieval"]
    assert json.loads(out)["assumptions"]


def test_a_file_and_a_cataloged_part_of_equal_resources_agree(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "my_part.toml"
    path.write_text(HYPOTHETICAL, encoding="utf-8")
    values = []
    for part in (str(path), "h20"):
        _, out, _ = run(capsys, "project", part, "-w", "chat-70b", "-f", "json")
        values.append(json.loads(out)["projection"]["tokens_per_s_per_chip"])
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_a_part_that_cannot_serve_gets_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "project", "rtx_4090", "--format", "json")
    assert code == 5
    assert json.loads(out)["projection"]["tokens_per_s_per_chip"] is None
    assert "does not fit" in err


def test_a_mix_of_which_a_member_is_not_served_says_which_and_that_the_mix_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "project", "rtx_4090")
    text = " ".join(out.split())
    assert code == 5
    assert "THE MIX IS NOT SERVED: figures below are of members served alone" in text
    assert "chat yes reasoning NOT SERVED: Qwen3-235B-A22B does not fit" in text
    assert text.index("THE MIX IS NOT SERVED") < text.index("tokens/s")
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "NOT SERVED" not in run(capsys, "project", "h20", "-w", "chat-8b")[1]
    rows = list(csv.DictReader(io.StringIO(run(capsys, "project", "rtx_4090", "-f", "csv")[1])))
    assert [bool(row["reason"]) for row in rows] == [False, True, False]
    assert {"does not fit" in row["workload_reason"] for row in rows} == {True}


@pytest.mark.parametrize("table", ["link", "pcie"])
def test_an_unknown_link_or_bus_is_refused_and_a_stated_zero_is_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, table: str
) -> None:
    path = tmp_path / "my_part.toml"
    slow = HYPOTHETICAL.replace("gb_s_bidir = 900", "gb_s_bidir = 64")
    head, mark, tail = slow.partition(f"[{table}]\n")
    rest = tail.partition("\n")[2]
    path.write_text(head + rest, encoding="utf-8")
    code, out, err = run(capsys, "project", str(path))
    assert (code, out) == (2, "")
    assert f"unknown {table}.gb_s_bidir" in err
    path.write_text(head + mark + "gb_s_bidir = 0\n" + rest, encoding="utf-8")
    assert run(capsys, "project", str(path), "-w", "chat-8b")[0] == 0


def test_a_maker_whose_parts_a_stack_was_not_measured_on_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = "warning: tensorrt-llm means TensorRT-LLM 1.2 and 1.3 release candidates, 2026"
    words = {part: run(capsys, "project", part, "-w", "chat-8b")[1] for part in ("mi300x", "h20")}
    assert said in " ".join(words["mi300x"].split())
    assert "warning" not in words["h20"]
    both = run(capsys, "compare", "h20", "mi300x", "-w", "chat-8b")[1]
    assert said in " ".join(both.split())


@pytest.mark.parametrize("line", ["scale_up_domain = 0", "dies_per_package = 0"])
def test_a_part_in_a_domain_of_no_chip_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, line: str
) -> None:
    path = tmp_path / "part.toml"
    path.write_text(HYPOTHETICAL.replace("l2_cache_mb = 60", line), encoding="utf-8")
    code, out, err = run(capsys, "project", str(path), "-w", "chat-8b")
    assert (code, out) == (2, "")
    assert f"{line.split()[0]}: input should be greater than or equal to 1" in err


@pytest.mark.parametrize(("maker", "warned"), [("nvidia", False), ("Mine", True)])
def test_a_maker_is_known_in_any_case(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, maker: str, warned: bool
) -> None:
    path = tmp_path / "part.toml"
    path.write_text(HYPOTHETICAL.replace('"Mine"', f'"{maker}"'), encoding="utf-8")
    code, out, err = run(capsys, "project", str(path), "-w", "chat-8b")
    assert code == 0, err
    assert ("measured on NVIDIA parts alone" in " ".join(out.split())) is warned


def test_the_warning_says_which_release_a_stack_means(capsys: pytest.CaptureFixture[str]) -> None:
    page = " ".join(run(capsys, "project", "mi300x", "-w", "chat-8b", "--stack", "VLLM")[1].split())
    assert "vllm means vLLM 0.18 and later, 2026, measured on NVIDIA parts alone" in page
    assert "its measured rows are of vLLM to 0.7 on ROCm 6, 2024" in page
    code, _, err = run(capsys, "project", "mi300x", "--stack", "triton")
    assert (code, "Known are sglang, tensorrt-llm, vllm." in err) == (2, True)


def test_a_design_on_such_a_die_carries_the_warning() -> None:
    found = optimizer.solve("us-2025", parents=["mi300x_package"], workload="chat-8b")
    assert any("AMD may have no such release" in text for text in found.warnings)


def test_two_pools_name_the_rows_of_their_interval(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("project", "h20", "-w", "chat-8b", "--prefill-with", "h100_sxm", "--network", "50")
    two, one = run(capsys, *words)[1], run(capsys, *words[:4])[1]
    assert "56 measured rows of like regime, of 26 of two pools" in " ".join(two.split())
    assert "from 56 measured rows of like regime, held out" in " ".join(one.split())


def test_an_instance_of_one_chip_needs_no_link(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = data_path("workloads", "chat-8b.toml").read_text(encoding="utf-8")
    path = tmp_path / "one.toml"
    limit = "max_chips_per_instance = "
    path.write_text(source.replace(limit + "8", limit + "1"), encoding="utf-8")
    assert run(capsys, "project", "a30", "-w", "chat-8b")[0] == 2
    code, out, _ = run(capsys, "project", "a30", "-w", str(path))
    assert code == 0
    assert "an instance is one chip" in " ".join(out.split())


def test_links_beyond_any_host_bus_need_no_host_bus(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "project", "ascend_910b1")
    assert code == 0
    assert "the host bus is not published" in out


@pytest.mark.parametrize("form", ["csv", "md"])
def test_project_has_tables(capsys: pytest.CaptureFixture[str], form: str) -> None:
    code, out, _ = run(capsys, "project", "h20", "--format", form)
    assert code == 0
    assert out.count("reasoning") >= 1


def test_unknown_names_get_suggestions(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "project", "h2o")
    assert code == 2
    assert "h20" in err
    code, _, err = run(capsys, "project", "h20", "-w", "chat-70")
    assert code == 2
    assert "chat-70b" in err


def test_a_workload_file_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = data_path("workloads", "chat-8b.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(source.replace('"chat-8b"', '"mine"', 1), encoding="utf-8")
    code, out, _ = run(capsys, "project", "h20", "-w", str(path), "-f", "json")
    assert code == 0
    assert json.loads(out)["workload"] == "mine"
    path.write_text(source + "colour = 1\n", encoding="utf-8")
    code, _, err = run(capsys, "project", "h20", "-w", str(path))
    assert code == 2
    assert "colour" in err


def test_validate_writes_one_line_per_row(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    measured = tmp_path / "rows.csv"
    lines = data_path("measured", "public.csv").read_text(encoding="utf-8").splitlines()
    measured.write_text("\n".join([lines[0], *lines[1:40]]) + "\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    code, text, _ = run(capsys, "validate", "--measured", str(measured), "-o", str(out))
    assert code == 0
    written = out.read_text(encoding="utf-8").splitlines()
    assert written[0].startswith("row_id,out_tok_s_projected,low,high,ttft_ms_projected,tpot_ms_")
    assert len(written) == 40
    rows = list(csv.DictReader(written))
    for name in ("ttft", "tpot"):
        columns = (f"{name}_low_ms", f"{name}_ms_projected", f"{name}_high_ms")
        ends = [[float(row[c]) for c in columns] for row in rows if row[columns[1]]]
        assert ends
        assert all(low < value < high for low, value, high in ends)
    assert "THROUGHPUT BY DEVICE" in text
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize(
    ("rows", "blank", "words"),
    [
        (2, (), "% of these rows."),
        (3, ("out_tok_s", "out_tok_s_gpu", "ttft_ms", "tpot_ms"), "nothing to compare."),
    ],
)
def test_a_few_rows_of_a_user_have_their_page(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    rows: int,
    blank: tuple[str, ...],
    words: str,
) -> None:
    page = tmp_path / "page.md"
    code, _, err = run(capsys, *_validated(tmp_path, rows, blank), "--report", str(page))
    assert (code, err) == (0, "")
    assert words in page.read_text(encoding="utf-8")


def _validated(folder: Path, count: int, blank: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a run on public rows, called one workload, without some of their figures."""
    with data_path("measured", "public.csv").open(encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["ttft_ms"] and row["n_gpu"] == "4"]
    path = folder / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, found[0])
        writer.writeheader()
        mine = {"workload_id": "mine", **dict.fromkeys(blank, "")}
        writer.writerows({**row, **mine} for row in found[:count])
    return ("validate", "--measured", str(path))


def test_the_rows_of_a_part_carry_its_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "project", "mi300x", "-f", "csv")
    assert code == 0
    for row in csv.DictReader(out.splitlines()):
        assert row["warnings"].startswith("tensorrt-llm means TensorRT-LLM 1.2 and 1.3")
    plain = csv.DictReader(run(capsys, "project", "h20", "-f", "csv")[1].splitlines())
    assert {row["warnings"] for row in plain} == {""}


def test_validate_refuses_a_file_without_its_columns(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("row_id,gpu\n1,H20\n", encoding="utf-8")
    code, _, err = run(capsys, "validate", "--measured", str(path))
    assert code == 2
    assert "missing columns: model" in err
