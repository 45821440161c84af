"""Start-up time of the command line beside the import of what a full run needs.

Run: ``python benchmarks/bench_startup.py``. The budget is a test as well
(``tests/cli/test_startup.py``).
"""

import statistics
import subprocess
import sys
import time

RUNS = 5

CASES = {
    "optimize --help": ["-m", "optimizer.cli", "--help"],
    "optimize check --help": ["-m", "optimizer.cli", "check", "--help"],
    "python -c pass": ["-c", "pass"],
    "import ortools, pydantic, typer": [
        "-c",
        "import ortools.sat.python.cp_model, pydantic, typer",
    ],
}


def seconds(arguments: list[str], runs: int = RUNS) -> list[float]:
    """Wall times of a Python process, the first run left out."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return times[1:]


def main() -> None:
    """Print one line per case."""
    for name, arguments in CASES.items():
        times = seconds(arguments)
        print(f"{name:32} median {statistics.median(times):6.3f} s  worst {max(times):6.3f} s")


if __name__ == "__main__":
    main()
