"""Time to a proved optimum against the size of the space, beside other ways to solve it.

Run: ``python benchmarks/bench_scale.py [PARENT ...]``; every figure comes from a fresh process.

The spaces are those of the catalogue, thinned or refined by documented steps (`refined`): a finer
clock, single cores instead of groups, link bandwidth in lanes, memory capacities between those on
sale, lower data rates. Refined knobs are synthetic: they make the space larger, not truer.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product

import numpy as np

from catalogs.load import load_catalog
from constraints.rules import load_law
from optimizer.design import DesignSpace, build_space
from optimizer.design.space import priced
from optimizer.design.unit_cost import CostUnknown
from optimizer.projection import prepare
from optimizer.solver import Optimal, Request
from optimizer.solver.model import Model
from optimizer.solver.objective import objective_of
from optimizer.solver.optimize import solve_space
from optimizer.solver.problem import Problem
from optimizer.solver.requirements import requirements
from optimizer.solver.search import Search
from optimizer.solver.staircase import LIFT_SHARE, axis_levels, lift, undominated
from optimizer.solver.tables import build_tables, with_columns

RULES, WORKLOAD = "us-2025", "default-mix"
SIZES = ("1e6", "1e7", "whole", "x15 clock", "x links", "x memory", "x all")
METHODS = ("engine", "enumeration", "cp-sat table", "cp-sat lazy", "highs lazy", "scip lazy")
TIMEOUT_S = 20.0
RUNS = 3
# Products up to which a table is handed to CP-SAT, and points up to which enumeration is run.
MOST_ROWS, MOST_POINTS = 50_000, 2e7
LANES = 5


def refined(space: DesignSpace, size: str) -> DesignSpace:
    """A thinned or refined copy of a space.

    ``1e6`` and ``1e7`` keep the ends of every knob and about so many points. ``x15 clock`` steps
    the clock by 1 MHz. ``x links`` adds link bandwidth in fifths of a link. ``x memory`` adds
    capacities of every whole GB between the least and the largest of a part and halves the data
    rate floor. ``x all`` adds single cores to all of these.
    """
    if size in ("1e6", "1e7"):
        return thinned(space, 14 if size == "1e6" else 30)
    if size in ("x15 clock", "x links", "x memory", "x all"):
        low, high = space.clocks_mhz[0], space.clocks_mhz[-1]
        space = replace(space, clocks_mhz=tuple(range(low, high + 1)))
    if size in ("x links", "x memory", "x all") and len(space.links) > 1:
        most = space.links[-1] * LANES
        boards = tuple(replace(b, links_max=b.links_max * LANES) for b in space.boards)
        space = replace(
            space, links=tuple(range(most + 1)), link_mb_s=space.link_mb_s // LANES, boards=boards
        )
    if size in ("x memory", "x all"):
        space = replace(space, memory=more_memory(space))
    if size == "x all":
        space = replace(space, cores=tuple(range(1, space.cores[-1] + 1)))
    return unpriced(space)


def unpriced(space: DesignSpace) -> DesignSpace:
    """A space with power but without cost: what a fifth of a link costs is not known."""
    return replace(priced(space), cost=CostUnknown(("synthetic knobs",)))


def more_memory(space: DesignSpace):
    found = []
    for part, clamshell in sorted({(m.part, m.clamshell) for m in space.memory}):
        own = [m for m in space.memory if (m.part, m.clamshell) == (part, clamshell)]
        least, most = min(m.gb_per_site for m in own), max(m.gb_per_site for m in own)
        found += [
            replace(own[0], gb_per_site=gb, rate_min=own[0].rate_min // 2)
            for gb in range(least, max(most, least + 8) + 1)
        ]
    return tuple(found)


def thinned(space: DesignSpace, count: int) -> DesignSpace:
    def spread(values, many):
        picks = np.unique(np.linspace(0, len(values) - 1, min(many, len(values))).round())
        return tuple(values[int(i)] for i in picks)

    small = replace(
        space,
        cores=spread(space.cores, count),
        clocks_mhz=spread(space.clocks_mhz, count),
        sites=spread(space.sites, 4),
        links=spread(space.links, 3),
        memory=tuple(
            replace(m, rate_min=max(m.rate_min, m.rate_max - count)) for m in space.memory
        ),
    )
    return unpriced(small)


class Case:
    """One space with what every method needs."""

    def __init__(self, parent: str, size: str) -> None:
        catalog, law = load_catalog(ambient=False), load_law().ruleset(RULES)
        self.request = Request(law, catalog.workload(WORKLOAD))
        self.prepared = prepare(self.request.workload, catalog)
        space = build_space(catalog, parent, law.on)
        assert isinstance(space, DesignSpace), space
        self.space = refined(space, size)
        self.needs = requirements(self.request, self.space)
        self.objective = objective_of(self.space, self.prepared, "throughput")

    def tables(self):
        """Tables of the space, with the columns that TDP limits need."""
        return with_columns(build_tables(self.space), self.needs.board_columns)


def engine(case: Case) -> dict:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        answer = solve_space(case.request, case.space, case.prepared)
        times.append(time.perf_counter() - start)
    assert isinstance(answer, Optimal), answer
    problem = Problem.compile(case.tables(), case.needs.expr)
    boxes = Search(problem.undominated(), case.objective).best().boxes
    corners = len(answer.certificate.corners)
    value = answer.designs[0].value
    return {"s": sorted(times)[RUNS // 2], "value": value, "boxes": boxes, "corners": corners}


def enumeration(case: Case) -> dict:
    if case.space.points > MOST_POINTS:
        return {"skipped": "too many points"}
    start = time.perf_counter()
    compute, memory, wiring = case.tables()
    problem = Problem.compile((compute, memory, wiring), case.needs.expr)
    best = 0.0
    power = [np.zeros((len(t), 3)) for t in problem.tables]
    parts = [np.hstack([t.resources, p]) for t, p in zip(problem.tables, power, strict=True)]
    wires = np.arange(len(parts[2]))
    for m in range(len(parts[1])):
        c, w = (a.ravel() for a in np.meshgrid(np.arange(len(parts[0])), wires, indexing="ij"))
        vectors = problem.join([parts[0][c], parts[1][np.full_like(c, m)], parts[2][w]])
        values = case.objective(vectors)
        for i in np.argsort(-values)[:2000]:
            if values[i] <= best:
                break
            if problem.allows((int(c[i]), m, int(w[i]))):
                best = float(values[i])
                break
        if time.perf_counter() - start > TIMEOUT_S:
            return {"skipped": f"over {TIMEOUT_S:.0f} s"}
    return {"s": time.perf_counter() - start, "value": best}


def cp_sat_table(case: Case) -> dict:
    """Objective as a table over the undominated rows of the three tables."""
    from ortools.sat.python import cp_model

    start = time.perf_counter()
    problem = Problem.compile(case.tables(), case.needs.expr).undominated()
    sizes = [len(t) for t in problem.tables]
    if np.prod(sizes, dtype=float) > MOST_ROWS:
        return {"skipped": f"{np.prod(sizes, dtype=float):.1e} rows"}
    rows = np.array(list(product(*(range(n) for n in sizes))))
    parts = [np.hstack([t.resources, np.zeros((len(t), 3))]) for t in problem.tables]
    values = case.objective(problem.join([p[rows[:, i]] for i, p in enumerate(parts)]))
    keep = [problem.allows(tuple(r)) for r in rows.tolist()]
    scaled = np.rint(values * 1e6).astype(np.int64)
    model = cp_model.CpModel()
    names = [model.new_int_var(0, n - 1, f"row {i}") for i, n in enumerate(sizes)]
    worth = model.new_int_var(0, int(scaled.max()), "worth")
    model.add_allowed_assignments([*names, worth], np.column_stack([rows, scaled])[keep].tolist())
    model.maximize(worth)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = TIMEOUT_S
    if solver.solve(model) != cp_model.OPTIMAL:
        return {"skipped": f"over {TIMEOUT_S:.0f} s"}
    return {"s": time.perf_counter() - start, "value": solver.objective_value / 1e6}


def lazily(case: Case, ask, add) -> dict:
    """Optimum and proof by corners alone: ask for a design outside all corners, and so on."""
    start = time.perf_counter()
    levels = axis_levels(case.tables())
    best, rounds = 0.0, 0
    while time.perf_counter() - start < TIMEOUT_S:
        point = ask(TIMEOUT_S - (time.perf_counter() - start))
        if point is None:
            return {"s": time.perf_counter() - start, "value": best, "rounds": rounds}
        if isinstance(point, str):
            return {"skipped": point}
        best = max(best, float(case.objective(point[None, :])[0]))
        orders = ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 3, 4, 0, 1), (3, 4, 1, 0, 2))
        lifted = [
            lift(point[None, :], case.objective, best * (1 + LIFT_SHARE), levels, order)
            for order in orders
        ]
        for corner in undominated(np.concatenate(lifted), levels):
            add(corner)
        rounds += 1
    return {"skipped": f"over {TIMEOUT_S:.0f} s, {rounds} rounds"}


def cp_sat_lazy(case: Case) -> dict:
    model = Model(case.space, case.needs.by_label(), board_columns=case.needs.board_columns)

    def ask(left: float):
        found = model.solve()
        return None if found is None else case.objective.vector(found)

    return lazily(case, ask, model.exclude)


def milp_lazy(case: Case, kind: str) -> dict:
    """The same by mixed-integer programming: one row of each undominated table, big-M corners."""
    import datetime as dt

    from ortools.math_opt.python import mathopt

    problem = Problem.compile(case.tables(), case.needs.expr).undominated()
    model = mathopt.Model(name="lazy")
    rows = [[model.add_binary_variable() for _ in range(len(t))] for t in problem.tables]
    for own in rows:
        model.add_linear_constraint(mathopt.fast_sum(own) == 1)
    sums = [
        (mathopt.fast_sum(c * x for c, x in zip(column, own, strict=True)), float(column.max()))
        for table, own in zip(problem.tables, rows, strict=True)
        for column in table.resources.T
    ]
    terms = {
        name: mathopt.fast_sum(c * x for c, x in zip(column, own, strict=True))
        for table, own in zip(problem.tables, rows, strict=True)
        for name, column in table.columns.items()
    }
    shared = [a for a in problem.atoms if len(a.tables) > 1]
    if len(shared) > 1:
        return {"skipped": "law not linear here"}
    for _ in shared:
        # The only condition over two tables here is the letters' sum of bandwidths.
        total = terms["dram_bandwidth_gb_s"] + terms["io_bandwidth_gb_s"]
        model.add_linear_constraint(total <= 1700 - 1e-3)

    def ask(left: float):
        seconds = dt.timedelta(seconds=max(left, 1))
        # HiGHS in this wheel refuses a number of threads.
        limit = (
            mathopt.SolveParameters(time_limit=seconds)
            if kind == "HIGHS"
            else mathopt.SolveParameters(time_limit=seconds, threads=1)
        )
        try:
            found = mathopt.solve(model, getattr(mathopt.SolverType, kind), params=limit)
        except Exception as error:  # the wrapper raises what the solver says
            return f"refused: {str(error)[:60] or type(error).__name__}"
        reason = found.termination.reason
        if reason == mathopt.TerminationReason.INFEASIBLE:
            return None
        if reason not in (mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.FEASIBLE):
            return f"over {TIMEOUT_S:.0f} s"
        values = [found.variable_values(own) for own in rows]
        picks = [int(np.argmax(v)) for v in values]
        parts = [t.resources[i] for t, i in zip(problem.tables, picks, strict=True)]
        return np.concatenate(parts)

    def add(corner) -> None:
        flags = []
        for (total, most), value in zip(sums, corner, strict=True):
            if most <= value:
                continue
            flag = model.add_binary_variable()
            # One unit above the corner, scaled to the resource.
            model.add_linear_constraint(total / most >= (value + 0.5) / most * flag)
            flags.append(flag)
        model.add_linear_constraint(mathopt.fast_sum(flags) >= 1)

    return lazily(case, ask, add)


RUN = {
    "engine": engine,
    "enumeration": enumeration,
    "cp-sat table": cp_sat_table,
    "cp-sat lazy": cp_sat_lazy,
    "highs lazy": lambda case: milp_lazy(case, "HIGHS"),
    "scip lazy": lambda case: milp_lazy(case, "GSCIP"),
}


def one(parent: str, size: str, method: str) -> None:
    case = Case(parent, size)
    found = RUN[method](case)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"points": case.space.points, "mb": peak, **found}))


def main() -> None:
    """Measure every method on every size, each in a fresh process."""
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:5])
        return
    head = (
        "parent",
        "space",
        "points",
        "method",
        "seconds",
        "boxes",
        "corners",
        "peak MB",
        "value",
    )
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for parent in sys.argv[1:] or ("gh100", "gb202"):
        for size in SIZES:
            for method in METHODS:
                print(_line(parent, size, method), flush=True)


def _line(parent: str, size: str, method: str) -> str:
    command = [sys.executable, __file__, "--one", parent, size, method]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=3 * TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"| {parent} | {size} | | {method} | killed after {3 * TIMEOUT_S:.0f} s | | | | |"
    if run.returncode:
        return f"| {parent} | {size} | | {method} | failed: {run.stderr.splitlines()[-1]} | | | | |"
    found = json.loads(run.stdout)
    seconds = f"{found['s']:.2f}" if "s" in found else found["skipped"]
    value = f"{found['value']:.4f}" if "value" in found else ""
    corners = found.get("corners", found.get("rounds", ""))
    cells = (parent, size, f"{found['points']:.1e}", method, seconds, found.get("boxes", ""),
             corners, f"{found['mb']:.0f}", value)  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
