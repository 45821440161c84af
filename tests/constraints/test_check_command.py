"""``optimize check``: inputs, outputs, exit codes, and the page as users see it."""

import csv
import io
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimizer.cli import main

GOLDEN = Path(__file__).parent / "golden"
BULK_ROWS = 10_000
BULK_SECONDS = 3


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["check", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("h20_us_2025.txt", ["h20", "--rules", "us-2025"]),
        ("rtx_4090_us_2026.txt", ["rtx_4090", "--rules", "us-2026", "--margin", "1%"]),
        ("h200_us_2026.txt", ["h200_sxm", "--rules", "us-2026"]),
        ("area_unknown.txt", ["--rules", "us-2023", "--tpp", "3000", "--datacenter"]),
    ],
)
def test_the_page_is_as_reviewed(
    name: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, page, _ = run(capsys, *words)
    assert code == 0
    assert page == (GOLDEN / name).read_text()


def test_the_page_fits_80_columns_and_opens_with_the_verdict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, page, _ = run(capsys, "h20", "--rules", "us-2025")
    assert max(len(line) for line in page.splitlines()) <= 80
    assert page.startswith("CONTROLLED under us-2025")
    for phrase in ("not screened", "law last checked 2026-09-19", "not legal advice"):
        assert phrase in page


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["h20", "--rules", "us-2025"], 0),
        (["h20", "--rules", "us-2025", "--fail-on-control"], 3),
        (["l20", "--rules", "us-2025", "--fail-on-control"], 0),
        (["--rules", "us-2025", "--tpp", "3000", "--fail-on-control"], 4),
        (["--rules", "us-2023", "--tpp", "4790", "--performance-density", "1", "--datacenter",
          "--margin", "1%", "--fail-on-control"], 3),
        (["h20"], 2),
        (["--rules", "us-2025"], 2),
        (["h20", "--rules", "us-2025", "--tpp", "1"], 2),
        (["h20", "--rules", "us-2025", "--from", "x.csv"], 2),
        (["h99", "--rules", "us-2025"], 2),
        (["h20", "--rules", "us-2025", "--destination", "Atlantis"], 2),
        (["--rules", "us-2025", "--tpp", "inf"], 2),
        (["--rules", "us-2025", "--datacenter", "--not-datacenter"], 2),
        (["h20", "--rules", "us-2025", "--fact", "tpp=1"], 2),
    ],
)  # fmt: skip
def test_exit_codes(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    found, _, error = run(capsys, *words)
    assert found == code
    assert bool(error) == bool(code)


def test_json_carries_the_whole_assessment(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "h20", "--rules", "us-2025", "--format", "json")
    said = json.loads(out)
    assert (said["schema"], said["verdict"], said["tier"]) == (
        "optimize-check/1", "controlled", "none",
    )  # fmt: skip
    density = next(f for f in said["findings"] if f["paragraph"] == "us_ear/3A090.b.2")
    assert density["arithmetic"] == "2,368 / 814 = 2.9091"
    assert density["value"] < density["threshold"] == 3.2


def test_a_file_of_facts_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "part.toml"
    path.write_text('id = "x1"\ntpp = 4790.5\nperformance_density = 1.55\ndatacenter = true\n')
    code, out, _ = run(capsys, str(path), "--rules", "us-2023", "--format", "csv")
    row = next(csv.DictReader(io.StringIO(out)))
    assert (code, row["id"], row["verdict"], row["tpp"]) == (0, "x1", "not_controlled", "4790.5")


def test_moved_clauses_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, error = run(
        capsys, "h20", "--rules", "us-2025", "--set", "us_ear/3A090.a.density_ceiling=2"
    )
    assert "moves us_ear/3A090.a.2, us_ear/3A090.b.1, us_ear/3A090.b.2" in error


def bulk(path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    path.write_text(text)
    return run(capsys, "--from", str(path), "--rules", "us-2025")


def test_bulk_keeps_order_and_leaves_blanks_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "id,tpp,performance_density,datacenter,dram_bandwidth_gb_s,io_bandwidth_gb_s\n"
        "z,9000,,,,\na,900,,,0,0\nm,3000,,true,0,0\nq,2368,2.9091,true,4000,1028\n"
    )
    code, out, _ = bulk(tmp_path / "in.csv", text, capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [(row["id"], row["verdict"], row["tier"]) for row in rows] == [
        ("z", "controlled", "a"), ("a", "not_controlled", "none"),
        ("m", "undetermined", "undetermined"), ("q", "controlled", "none"),
    ]  # fmt: skip
    assert rows[2]["needs"] == "applicable_die_area_mm2"
    assert rows[3]["paragraphs"] == "us_letters/april_2025.dram;us_letters/april_2025.sum"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,dram_bandwith_gb_s\na,1\n", "Did you mean 'dram_bandwidth_gb_s'"),
        ("id,tpp\na,1\nb,many\n", "row 3, tpp: 'many'"),
        ("id,datacenter\na,yes\n", "row 2, datacenter: 'yes' is not true or false"),
        ("id,tpp\na,-1\n", "zero or more"),
        (
            "id,tpp,applicable_die_area_mm2,performance_density\na,1000,500,9\n",
            "row 2, performance_density contradicts",
        ),
        ("id,tpp\na,1,2\n", "row 2"),
    ],
)
def test_a_wrong_table_is_refused_by_row_and_column(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = bulk(tmp_path / "in.csv", text, capsys)
    assert (code, out) == (2, "")
    assert message in error


def test_ten_thousand_rows_take_seconds(tmp_path: Path) -> None:
    dice = random.Random(7)
    lines = ["id,tpp,applicable_die_area_mm2,datacenter,dram_bandwidth_gb_s,io_bandwidth_gb_s"]
    for number in range(BULK_ROWS):
        cells = [
            str(dice.randrange(100, 9000)), str(dice.randrange(100, 1700)),
            dice.choice(["true", "false"]), str(dice.randrange(100, 5000)),
            str(dice.randrange(30, 2000)),
        ]  # fmt: skip
        blanked = [cell if dice.random() < 0.75 else "" for cell in cells]
        lines.append(",".join([str(number), *blanked]))
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("\n".join(lines))
    command = [sys.executable, "-m", "optimizer.cli", "check", "--from", str(path), "-o", str(out)]
    begun = _children_seconds()
    done = subprocess.run([*command, "--rules", "us-2025"], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert len(out.read_text().splitlines()) == BULK_ROWS + 1
    assert _children_seconds() - begun < BULK_SECONDS


def _children_seconds() -> float:
    """Processor time of finished child processes: a busy machine does not count."""
    import os

    spent = os.times()
    return spent.children_user + spent.children_system or time.process_time()
