"""Time to a proved optimum against the size of the space, beside other ways to solve it.

Run: ``python benchmarks/bench_scale.py``; it prints the tables of ``docs/performance.md`` and ends
within six minutes. ``--cases N`` sets the random rule sets of each space. Every space has a fresh
process with one thread. Times are processor time, so that other work on the machine counts as
little as it can. All methods get the tables of the space ready made: no rule set moves them.
Another method runs in a process of its own, on one case of the space; where its processor time
ends first, that bound is printed.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scale_cases import DESTINATION, SEED, Case
from scale_others import OTHERS, NotLinearError

from optimizer.solver import Infeasible, Optimal
from optimizer.solver.candidates import Field
from optimizer.solver.lines import lines
from optimizer.solver.moved import MovedLine
from optimizer.solver.optimize import solve_space
from optimizer.solver.runs import lawful
from optimizer.solver.staircase import axis_levels

# Name, parent and size (`scale_cases.sized`) of each space; the last column says how many seconds
# of processor time another method gets, 0 where none is run.
SPACES = (
    ("gh100 thinned", "gh100", "1e6", 8),
    ("gh100 thinned less", "gh100", "1e7", 8),
    ("gh100", "gh100", "whole", 25),
    ("gb202", "gb202", "whole", 25),
    ("gb202 refined", "gb202", "finer cores", 0),
    ("gh100 refined, not cores", "gh100", "finer memory", 0),
    ("gh100 refined", "gh100", "finer cores", 8),
)
MOVED = ("gh100 thinned", "gh100", "gb202")
CASES, PLACES = 40, 50
# The case that other methods solve: the first one without a limit on power.
OTHER_CASE = 1
MEMORY_BYTES = 12 * 2**30
NEAR = 2e-6


def engine(case: Case) -> dict:
    """One case from request to proved answer. [s]"""
    start = time.process_time()
    answer = solve_space(case.request, case.space, case.prepared, case.built)
    found = {"s": time.process_time() - start, "proved": isinstance(answer, Optimal | Infeasible)}
    if isinstance(answer, Optimal):
        tables = case.tables()
        pieces = lawful(tables, case.needs.expr)
        searched = Field(pieces, case.needs.expr, case.objective, axis_levels(tables)).searched()
        found |= {"boxes": searched.boxes, "corners": len(answer.certificate.corners)}
        found["value"] = answer.designs[0].value
    return found


def moved(case: Case) -> dict:
    """Each line of the law at random places, not proved. [s per line, s per place]"""
    ready, spent, count = [], 0.0, 0
    for line in lines(case.request.ruleset, DESTINATION):
        start = time.process_time()
        each = MovedLine.of(case.request, line, case.space, case.prepared, case.built)
        ready.append(time.process_time() - start)
        draw = np.random.default_rng([SEED, count])
        places = [line.value * Fraction(int(x), 1000) for x in draw.integers(500, 1600, PLACES)]
        start = time.process_time()
        for place in places:
            each.best(place)
        spent, count = spent + time.process_time() - start, count + len(places)
    return {"ready": sum(ready) / len(ready), "each": spent / count}


def other(case: Case, name: str, seconds: int) -> str:
    """Time of another method, or the bound that it ran into."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_limited, args=(case, name, seconds, there))
    child.start()
    there.close()
    try:
        found = here.recv()
    except EOFError:
        found = f"more than {seconds} s"
    child.join()
    return found


def _limited(case: Case, name: str, seconds: int, pipe) -> None:
    spent = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, spent + seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    best = engine(case).get("value", 0.0)
    start = time.process_time()
    try:
        found = OTHERS[name](case)
    except NotLinearError:
        pipe.send("not run: the law is not linear here")
        return
    except MemoryError:
        pipe.send(f"more than {MEMORY_BYTES / 2**30:.0f} GiB")
        return
    text = f"{time.process_time() - start:.2g} s"
    text += f", {found['rounds']} rounds" if "rounds" in found else ""
    pipe.send(text if abs(found["value"] - best) <= NEAR * best else f"{text}, WRONG")


def one(name: str, count: int) -> None:
    """Everything about one space, as JSON."""
    _, parent, size, seconds = next(space for space in SPACES if space[0] == name)
    first = Case(parent, size)
    engine(first)
    found = {"points": first.space.points, "moved": moved(first) if name in MOVED else None}
    found["runs"] = [engine(Case(parent, size, i, first)) for i in range(1, count + 1)]
    found["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    case = Case(parent, size, OTHER_CASE, first)
    found["others"] = {each: other(case, each, seconds) for each in OTHERS} if seconds else {}
    print(json.dumps(found))


def measured(name: str, count: int) -> dict:
    """One space in a fresh process with one thread."""
    command = [sys.executable, __file__, "--one", name, "--cases", str(count)]
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **single})
    if run.returncode:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout)


def times_ms(found: dict) -> list[float]:
    """Times of the cases, sorted. [ms]"""
    return sorted(run["s"] * 1e3 for run in found["runs"])


def size_of(found: dict) -> str:
    """Points of a space, as 4.0e12."""
    return f"{found['points']:.1e}".replace("e+0", "e").replace("e+", "e")


def median(values: list):
    """The middle one of sorted values, the upper one of two."""
    return values[len(values) // 2]


def middle(found: dict, key: str) -> str:
    """Median and largest of a count."""
    values = sorted(run[key] for run in found["runs"] if key in run)
    return f"{median(values):,} ({values[-1]:,})"


def printed(head: tuple, rows: list[tuple]) -> None:
    """A table in Markdown."""
    for row in (head, ("---",) * len(head), *rows):
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def report(all_: dict[str, dict]) -> None:
    """Print the tables."""
    rows = [
        (name, size_of(f), len(f["runs"]), sum(run["proved"] for run in f["runs"]),
         f"{median(times_ms(f)):.0f}", f"{times_ms(f)[-1]:.0f}", middle(f, "boxes"),
         middle(f, "corners"), f"{f['mb']:.0f}")
        for name, f in all_.items()
    ]  # fmt: skip
    head = ("space", "points", "cases", "proved", "median ms", "worst ms (p99)",
            "boxes, median (most)", "corners, median (most)", "peak MB")  # fmt: skip
    printed(head, rows)
    beside = {name: f for name, f in all_.items() if f["others"]}
    same = (f["runs"][OTHER_CASE - 1]["s"] for f in beside.values())
    own = ("this solver", *(f"{seconds:.3f} s" for seconds in same))
    rows = [(each, *(f["others"][each] for f in beside.values())) for each in OTHERS]
    points = (f"{name}, {size_of(f)}" for name, f in beside.items())
    printed(("method", *points), [own, *rows])
    rows = [
        (name, size_of(f), f"{f['moved']['ready'] * 1e3:.0f}",
         f"{f['moved']['each'] * 1e3:.2f}", f"{1 / f['moved']['each']:.0f}")
        for name, f in all_.items() if f["moved"]
    ]  # fmt: skip
    printed(("space", "points", "ready, ms a line", "ms a place", "places a second"), rows)


def main() -> None:
    """Measure every space, each in a fresh process."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--cases", type=int, default=CASES)
    reader.add_argument("--one")
    asked = reader.parse_args()
    if asked.one:
        one(asked.one, asked.cases)
        return
    names = ("numpy", "ortools")
    made = ", ".join(f"{name} {version(name)}" for name in names)
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    print(f"Python {sys.version.split()[0]}, {made}; load {load} at the start\n", flush=True)
    report({name: measured(name, asked.cases) for name, *_ in SPACES})


if __name__ == "__main__":
    main()
