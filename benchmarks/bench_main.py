"""Time of the main job, end to end in a fresh process and inside one process.

Run: ``python benchmarks/bench_main.py [PARENT ...]``; without parents, every die.
"""

import io
import statistics
import subprocess
import sys
import time
from contextlib import redirect_stdout

RUNS = 5


def cold(arguments: list[str]) -> float:
    """Seconds of one fresh process."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "optimizer.cli", *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def warm(arguments: list[str]) -> float:
    """Seconds of one run in this process, imports already paid."""
    from optimizer.cli import main

    start = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        main(arguments)
    return time.perf_counter() - start


def bench(arguments: list[str]) -> None:
    """Print cold and warm medians."""
    label = " ".join(arguments)
    cold_times = [cold(arguments) for _ in range(RUNS)]
    warm(arguments)
    warm_times = [warm(arguments) for _ in range(RUNS)]
    print(f"{label:48} cold {statistics.median(cold_times):6.2f} s (worst {max(cold_times):.2f})")
    print(f"{'':48} warm {statistics.median(warm_times):6.2f} s (worst {max(warm_times):.2f})")


def main() -> None:
    """Measure the whole job and single parents."""
    parents = sys.argv[1:]
    bench(["--rules", "us-2025", *(word for p in parents for word in ("--parent", p))])
    for parent in parents or ["gh100", "gb202"]:
        bench(["--rules", "us-2025", "--parent", parent])


if __name__ == "__main__":
    main()
