"""One parent searched and proved, in process: search, tie-break, proof, recomputation.

Run: ``python benchmarks/bench_solver.py [RULES]``. Prints, per parent, the size of its space, the
median and the worst of several solves, and the number of corners of the certificate.
"""

import statistics
import sys
import time

from catalogs.load import load_catalog
from constraints.rules import load_law
from optimizer.design import DesignSpace, build_space
from optimizer.projection import prepare
from optimizer.solver import Optimal, Request
from optimizer.solver.optimize import solve_space

RUNS = 7


def main() -> None:
    """Measure every parent that has a design space."""
    name = sys.argv[1] if len(sys.argv) > 1 else "us-2025"
    catalog, rules = load_catalog(ambient=False), load_law().ruleset(name)
    request = Request(rules, catalog.workload("default-mix"))
    prepared = prepare(request.workload, catalog)
    total = 0.0
    head = f"{'parent':18}{'points':>12}{'answer':>10}"
    print(f"{head}{'median ms':>11}{'worst ms':>10}{'corners':>9}")
    for parent in sorted(catalog.dies):
        space = build_space(catalog, parent, rules.on)
        if not isinstance(space, DesignSpace):
            continue
        times = []
        answer = solve_space(request, space, prepared)
        for _ in range(RUNS):
            start = time.perf_counter()
            answer = solve_space(request, space, prepared)
            times.append((time.perf_counter() - start) * 1e3)
        corners = len(answer.certificate.corners) if isinstance(answer, Optimal) else 0
        kind = type(answer).__name__.lower()
        total += statistics.median(times)
        print(
            f"{parent:18}{space.points:12.2e}{kind:>10}{statistics.median(times):11.0f}"
            f"{max(times):10.0f}{corners:9d}"
        )
    print(f"{'all parents':18}{'':12}{'':10}{total:11.0f}")


if __name__ == "__main__":
    main()
