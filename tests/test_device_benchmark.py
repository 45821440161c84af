"""The kernels of `benchmarks/device`: the work of a shape, and refusal where there is no GPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.device.__main__ import Row, main
from benchmarks.device.shapes import MOST_EXPERTS, Case, cases
from catalogs.load import load_catalog

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("case", "flop", "moved"),
    [
        # 2 x 3 x 5 x 7 multiply-adds as two; operands 7 x (3 + 5), results 3 x 5.
        (Case("gemm", "bf16", (3, 5, 7)), 210, 2 * 56 + 2 * 15),
        (Case("gemm", "fp8", (3, 5, 7)), 210, 56 + 2 * 15),
        (Case("gemm", "int8", (3, 5, 7)), 210, 56 + 4 * 15),
        (Case("grouped_gemm", "bf16", (4, 3, 5, 7)), 840, 4 * (2 * 56 + 2 * 15)),
        # Three tokens see 1, 2 and 3: six pairs, four operations for 8 dimensions, 2 heads.
        (Case("prefill_attention", "bf16", (1, 3, 2, 1, 8)), 6 * 4 * 8 * 2, 2 * 3 * 8 * 2 * 3),
        (Case("decode_attention", "bf16", (5, 3, 2, 1, 8)), 5 * 3 * 4 * 8 * 2, 2 * 5 * 8 * 2 * 5),
        (Case("copy", "bytes", (100,)), 0, 200),
        (Case("host_copy", "bytes", (100,)), 0, 100),
    ],
)
def test_the_work_of_a_kernel_is_counted_as_by_hand(case: Case, flop: int, moved: int) -> None:
    assert (case.flop, case.bytes_moved) == (flop, moved)


def test_cases_cover_every_operation_once() -> None:
    found = list(cases(load_catalog(ambient=False)))
    assert len(found) == len(set(found))
    assert {case.op for case in found} == {
        "gemm",
        "grouped_gemm",
        "prefill_attention",
        "decode_attention",
        "copy",
        "host_copy",
    }
    assert all(case.shape[0] <= MOST_EXPERTS for case in found if case.op == "grouped_gemm")


def test_a_row_says_which_figures_are_measured_and_which_derived() -> None:
    class Timing:
        median_us, p10_us, repeats = 10.0, 9.0, 20

    cells = Row(Case("gemm", "bf16", (1000, 1000, 1000)), Timing(), {"name": "X"}).cells()  # type: ignore[arg-type]
    assert cells["measured_median_us"] == "10.000"
    assert cells["derived_tflop_s"] == "200.000"  # 2e9 FLOP in 10 us
    assert cells["derived_gb_s"] == "600.00"  # 6e6 bytes in 10 us
    assert cells["name"] == "X"


def test_measured_rows_are_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kernels.csv"
    file.write_text("kept")
    assert main(["-o", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert file.read_text() == "kept"


def test_without_pytorch_the_command_says_what_to_install(tmp_path: Path) -> None:
    hidden = (
        "import sys; sys.modules['torch'] = None; from benchmarks.device.__main__ import main; "
    )
    file = tmp_path / "kernels.csv"
    done = subprocess.run(
        [sys.executable, "-c", hidden + f"sys.exit(main(['-o', {str(file)!r}]))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install torch" in done.stderr
    assert not file.exists()
