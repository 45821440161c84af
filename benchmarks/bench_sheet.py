"""Time of a spec sheet after the solve: the sheet as data, and each rendering of it.

Run: ``python benchmarks/bench_sheet.py``. The first figure is that of the one-step command: the
solver has loaded law and catalog, nothing of the sheet has run yet. A sheet of a file computes the
design again first (`optimizer.report.confirm`); that is the last figure.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

RUNS = 15


def seconds(work: Callable[[], Any], runs: int = RUNS) -> list[float]:
    """Wall times of some work."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def main(arguments: list[str]) -> None:
    """Print one line per step; parents may be named."""
    from optimizer.report.solve import solve

    start = time.perf_counter()
    result = solve("us-2025", parents=arguments)
    print(f"{'solve, with loading':32} {(time.perf_counter() - start) * 1000:8.1f} ms")

    def first() -> str:
        from optimizer.report.sheet import as_html, sheet_of

        return as_html(sheet_of(result, confirm=False))

    busy = time.process_time()
    wall = seconds(first, 1)[0] * 1000
    busy = (time.process_time() - busy) * 1000
    print(f"{'first sheet after it':32} {wall:8.1f} ms, {busy:.1f} ms of it on the processor")
    from optimizer.report.sheet import as_html, as_markdown_sheet, as_text_sheet, sheet_of

    sheet = sheet_of(result, confirm=False)
    for name, work in {
        "sheet as data": lambda: sheet_of(result, confirm=False),
        "as HTML": lambda: as_html(sheet),
        "as Markdown": lambda: as_markdown_sheet(sheet),
        "as text": lambda: as_text_sheet(sheet),
        "as JSON": lambda: sheet.to_json(),
        "data and HTML": lambda: as_html(sheet_of(result, confirm=False)),
        "the same, computed again": lambda: as_html(sheet_of(result)),
    }.items():
        times = [t * 1000 for t in seconds(work)]
        median, worst = statistics.median(times), max(times)
        print(f"{name:32} median {median:6.1f} ms  best {min(times):6.1f}  worst {worst:6.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
