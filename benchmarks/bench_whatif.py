"""Time of a what-if: every cataloged part under two rule sets, and the whole command.

Run: ``python benchmarks/bench_whatif.py``. Reclassification is timed in process, rule sets made
ready once; the command as a fresh process over all dies, both optima proved.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from catalogs.load import load_catalog
from constraints.rules import load_law
from optimizer.study.reclassify import reclassify

RUNS = 5
COMMANDS = (
    ["--set", "us_letters/april_2025.dram_ceiling=1200"],
    ["--without", "us_letters"],
    ["--with", "us_bills/gain_ai"],
    ["--versus", "us-2026"],
    ["--set", "us_letters/april_2025.dram_ceiling=1200", "--parent", "gb202"],
    ["--versus", "us-2026", "--format", "csv"],
)


def milliseconds(work: Callable[[], object]) -> list[float]:
    """Times of several runs. [ms]"""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def cold(arguments: list[str]) -> tuple[float, float]:
    """Seconds of one fresh process: on the clock, and of processor time."""
    command = [sys.executable, "-m", "optimizer.cli", "what-if", "--rules", "us-2025", *arguments]
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user - before.children_user
    return wall, used + after.children_system - before.children_system


def main() -> None:
    """Print both."""
    catalog, law = load_catalog(ambient=False), load_law()
    for before, after in (("us-2022", "us-2023"), ("us-2025", "us-2026")):
        old, new = law.ruleset(before), law.ruleset(after)
        start = time.perf_counter()
        reclassify(catalog, old, new)
        first = (time.perf_counter() - start) * 1e3
        times = milliseconds(lambda old=old, new=new: reclassify(catalog, old, new))
        print(
            f"{len(catalog.skus)} parts, {before} to {after}: first {first:.0f} ms, "
            f"then median {statistics.median(times):.1f} ms (worst {max(times):.1f})"
        )
    for arguments in COMMANDS:
        times = [cold(arguments) for _ in range(RUNS)]
        wall, used = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{' '.join(arguments):66} cold {wall:5.2f} s, processor {used:5.2f} s")


if __name__ == "__main__":
    main()
