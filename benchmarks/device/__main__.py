"""Measure kernels on the NVIDIA GPU at hand: `python -m benchmarks.device -o kernels.csv`."""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.device.shapes import Case, cases
from catalogs.load import load_catalog

if TYPE_CHECKING:
    from benchmarks.device.kernels import Timing

WRONG_USAGE = 2
SHOWN_CONDITIONS = (
    "name",
    "driver_version",
    "power.limit",
    "clocks.sm",
    "clocks.mem",
    "power.draw",
    "temperature.gpu",
    "ecc.mode.current",
    "mig.mode.current",
    "utilization.gpu",
)
"""What `nvidia-smi --query-gpu` is asked for, right after a kernel: the conditions of its row."""
MICRO, TERA, GIGA = 1e-6, 1e12, 1e9


@dataclass(frozen=True, slots=True)
class Row:
    """One measured kernel with its conditions."""

    case: Case
    timing: Timing
    conditions: Mapping[str, str]

    def cells(self) -> dict[str, str]:
        """Columns of the file; rates are derived from the median time."""
        seconds = self.timing.median_us * MICRO
        return {
            "op": self.case.op,
            "dtype": self.case.dtype,
            "shape": "x".join(map(str, self.case.shape)),
            "flop": str(self.case.flop),
            "bytes": str(self.case.bytes_moved),
            "measured_median_us": f"{self.timing.median_us:.3f}",
            "measured_p10_us": f"{self.timing.p10_us:.3f}",
            "repeats": str(self.timing.repeats),
            "derived_tflop_s": f"{self.case.flop / seconds / TERA:.3f}",
            "derived_gb_s": f"{self.case.bytes_moved / seconds / GIGA:.2f}",
            **self.conditions,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one row per kernel; cases that the device has no kernel for are told on stderr."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.device", description=__doc__)
    parser.add_argument("-o", "--output", required=True, type=Path, help="CSV file to write")
    parser.add_argument("--gpu", type=int, default=0, help="index of the GPU (default 0)")
    parser.add_argument("--op", help="only this operation, such as gemm")
    options = parser.parse_args(arguments)
    fault = _fault(options.output, options.gpu)
    if fault:
        print(fault, file=sys.stderr)
        return WRONG_USAGE
    wanted = [case for case in cases(load_catalog()) if options.op in (None, case.op)]
    if not wanted:
        print(
            f"--op {options.op}: no such operation; see benchmarks/device/README.md",
            file=sys.stderr,
        )
        return WRONG_USAGE
    rows = [row.cells() for row in measure(wanted, options.gpu)]
    if not rows:
        print("nothing was measured, nothing is written", file=sys.stderr)
        return WRONG_USAGE
    with options.output.open("x", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} kernels: {options.output}", file=sys.stderr)
    return 0


def measure(wanted: Sequence[Case], gpu: int) -> Iterator[Row]:
    """Yield a row for each of `wanted` that GPU number `gpu` has a kernel for."""
    import torch

    from benchmarks.device.kernels import NotOfferedError, timed

    device = torch.device("cuda", gpu)
    software = {
        "torch": torch.__version__,
        "cuda": str(torch.version.cuda),
        "measured_on": datetime.now(UTC).date().isoformat(),
    }
    for case in wanted:
        try:
            timing = timed(case, device)
        except NotOfferedError as reason:
            print(f"left out: {case.op} {case.dtype} {case.shape}: {reason}", file=sys.stderr)
            continue
        yield Row(case, timing, {**conditions(gpu), **software})


def conditions(gpu: int) -> dict[str, str]:
    """Return clocks, power, temperature and settings of a GPU now; blank where it tells none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return dict.fromkeys(SHOWN_CONDITIONS, "")
    command = [program, f"--id={gpu}", "--format=csv,noheader"]
    query = f"--query-gpu={','.join(SHOWN_CONDITIONS)}"
    answer = subprocess.run([*command, query], capture_output=True, text=True, check=False)
    told = [cell.strip() for cell in answer.stdout.split(",")] if answer.returncode == 0 else []
    told += [""] * (len(SHOWN_CONDITIONS) - len(told))
    return dict(zip(SHOWN_CONDITIONS, told, strict=True))


def _fault(output: Path, gpu: int) -> str | None:
    if output.exists():
        return f"{output}: exists already; measured rows are not overwritten, name another file"
    if not output.parent.is_dir():
        return f"{output}: its folder does not exist"
    try:
        import torch
    except ImportError:
        return "PyTorch is not installed: pip install torch, on the machine that has the GPU"
    if gpu not in range(torch.cuda.device_count()):
        return f"--gpu {gpu}: PyTorch sees {torch.cuda.device_count()} CUDA devices here"
    return None


if __name__ == "__main__":
    sys.exit(main())
