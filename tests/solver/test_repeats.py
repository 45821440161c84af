"""The same question gives the same answer and the same counts, in whatever process it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, sys
from enumeration import thinned
from catalogs.load import load_catalog
from constraints.rules import load_law
from optimizer.design import build_space
from optimizer.projection import prepare
from optimizer.solver import Request
from optimizer.solver.frontier import parent_frontier
from optimizer.solver.optimize import solve_space

catalog, law = load_catalog(ambient=False), load_law().ruleset("us-2025")
workload = catalog.workload("default-mix")
ready = prepare(workload, catalog)
space = thinned(build_space(catalog, "gb202", law.on), 16, 15, 6, 8)

def told(objective):
    answer = solve_space(Request(law, workload, objective=objective), space, ready)
    best, proof = answer.designs[0], answer.certificate.corners
    knobs = [str(v) for v in best.design.knobs().values()]
    return [best.value, knobs, answer.boxes, proof.tolist()]

def front():
    found = parent_frontier(Request(law, workload), space, ready, ("tpp",))
    designs = [(p.speed, str(p.design.knobs())) for p in found.points]
    return [designs, found.slices, found.corners, found.boxes]

asked = [lambda: told("throughput"), lambda: told("throughput_per_watt"), front]
order = [int(i) for i in sys.argv[1]]
answers = [[i, asked[i]()] for i in order]
print(json.dumps(sorted(answers, key=lambda pair: pair[0])))
"""


def _answers(order: str, hashes: str, threads: str) -> list[object]:
    """Answers of a fresh process, by number of the question."""
    paths = [str(Path(__file__).parent), *filter(None, sys.path)]
    settings = {"PYTHONHASHSEED": hashes, "OPENBLAS_NUM_THREADS": threads}
    environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(paths)}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, order],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    found: list[object] = json.loads(run.stdout)
    return found


def test_answers_hang_neither_on_hashes_nor_threads_nor_what_was_asked_before() -> None:
    first, again = _answers("0120", "1", "1"), _answers("210", "2", "2")
    assert first[0] == first[1]
    assert first[1:] == again
