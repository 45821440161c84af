"""Time to a proved optimum against the size of the space, beside other ways to solve it.

Run: ``python benchmarks/bench_scale.py [PARENT ...]``; ``--cases N`` sets the random rule sets of
the engine, ``--others N`` on how many of them the other methods run, ``--only METHOD`` one method.
Every row comes from a fresh process with one thread. Times are processor time, so that other work
on the machine does not count. Rule sets are those of ``us-2025`` with every threshold moved at
random (`moved_rules`); every third one has a limit on power as well. All methods get the tables of
the space ready made: no rule set moves them.

*Reduced* methods get only the rows that the engine keeps, so they show what is left to a solver
after that; the others get the whole tables.

The spaces are those of the catalog, thinned or refined by documented steps (`refined`): a finer
clock, single cores instead of groups, link bandwidth in lanes, memory capacities between those on
sale, lower data rates. Refined knobs are synthetic: they make the space larger, not truer.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np

from catalogs.load import load_catalog
from constraints.expressions import And, BinOp, Compare
from constraints.rules import load_law
from optimizer.design import DesignSpace, build_space
from optimizer.design.space import priced
from optimizer.design.unit_cost import CostUnknown
from optimizer.projection import prepare
from optimizer.solver import Infeasible, Limit, Optimal, Request
from optimizer.solver.lines import lines
from optimizer.solver.lowering import Linear, linear
from optimizer.solver.model import Model
from optimizer.solver.moved import MovedLine
from optimizer.solver.objective import objective_of
from optimizer.solver.optimize import solve_space
from optimizer.solver.problem import Problem
from optimizer.solver.requirements import requirements
from optimizer.solver.search import Search
from optimizer.solver.staircase import LIFT_SHARE, axis_levels, lift, undominated
from optimizer.solver.tables import build_tables, with_columns

RULES, WORKLOAD = "us-2025", "default-mix"
SIZES = ("1e6", "1e7", "whole", "x15 clock", "x links", "x memory", "x all")
METHODS = (
    "engine",
    "what-if",
    "enumeration",
    "cp-sat table",
    "cp-sat lazy",
    "cp-sat table, reduced",
    "highs lazy, reduced",
    "scip lazy, reduced",
)
TIMEOUT_S = 25.0
CASES, OTHERS = 40, 3
# Thresholds are moved to these shares of their value; power limits lie at these shares of the
# board power of the parent's whole die.
SHARES, POWER_SHARES = (0.5, 1.6), (0.3, 0.9)
SEED = 20251231
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
    """One space and one rule set, with what every method needs."""

    def __init__(
        self, parent: str, size: str, index: int = 0, shared: "Case | None" = None
    ) -> None:
        catalog, law = load_catalog(ambient=False), load_law().ruleset(RULES)
        if shared is None:
            space = build_space(catalog, parent, law.on)
            assert isinstance(space, DesignSpace), space
            self.space = refined(space, size)
            self.prepared = prepare(catalog.workload(WORKLOAD), catalog)
            self.built = build_tables(self.space)
        else:
            self.space, self.prepared, self.built = shared.space, shared.prepared, shared.built
        draw = np.random.default_rng([SEED, index])
        rules = moved_rules(law, draw) if index else law
        limits = (power_limit(self.space, draw),) if index % 3 == 2 and self.space.power else ()
        self.request = Request(rules, catalog.workload(WORKLOAD), limits=limits)
        self.needs = requirements(self.request, self.space)
        self.objective = objective_of(self.space, self.prepared, "throughput")

    def tables(self):
        """Tables of the space, with the columns that TDP limits need."""
        return with_columns(self.built, self.needs.board_columns)


def moved_rules(law, draw):
    """The rule set with every number of its controls moved at random."""
    for line in lines(law, "CN"):
        share = Fraction(round(float(draw.uniform(*SHARES)), 3))
        law = law.override(line.path, line.value * share)
    return law


def power_limit(space: DesignSpace, draw) -> Limit:
    whole = sum(float(t.power.max()) for t in build_tables(space)) / 1e4
    return Limit("power_w", "<=", Fraction(round(whole * float(draw.uniform(*POWER_SHARES)))))


def engine(case: Case) -> dict:
    start = time.process_time()
    answer = solve_space(case.request, case.space, case.prepared, case.built)
    spent = time.process_time() - start
    found = {"s": spent, "answer": type(answer).__name__}
    if isinstance(answer, Optimal):
        problem = Problem.compile(case.tables(), case.needs.expr)
        small = problem.undominated().merged()
        found["boxes"] = Search(small, case.objective).best().boxes
        found["corners"] = len(answer.certificate.corners)
        found["value"] = answer.designs[0].value
    elif isinstance(answer, Infeasible):
        found["value"] = 0.0
    return found


def what_if(case: Case) -> dict:
    """One threshold moved to many places, tables reused; not proved. [s per place]"""
    times, count = 0.0, 0
    for line in lines(case.request.ruleset, "CN"):
        moved = MovedLine.of(case.request, line, case.space, case.prepared, case.built)
        draw = np.random.default_rng([SEED, count])
        places = [line.value * Fraction(int(x), 1000) for x in draw.integers(500, 1600, 50)]
        start = time.process_time()
        for place in places:
            moved.best(place)
        times, count = times + time.process_time() - start, count + len(places)
    return {"s": times / count}


def enumeration(case: Case) -> dict:
    """Every design, in blocks of one memory row: values, then the exact law from the best down."""
    if case.space.points > MOST_POINTS:
        return {"skipped": "too many points"}
    start = time.process_time()
    problem = Problem.compile(case.tables(), case.needs.expr)
    if problem.empty:
        return {"s": time.process_time() - start, "value": 0.0}
    best = 0.0
    parts = [t.rows for t in problem.tables]
    c, w = (a.ravel() for a in np.indices((len(parts[0]), len(parts[2]))))
    for m in range(len(parts[1])):
        vectors = problem.join([parts[0][c], parts[1][np.full_like(c, m)], parts[2][w]])
        values = case.objective(vectors)
        above = np.flatnonzero(values > best)
        for i in above[np.argsort(-values[above])]:
            if problem.allows((int(c[i]), m, int(w[i]))):
                best = float(values[i])
                break
        if time.process_time() - start > TIMEOUT_S:
            return {"skipped": f"over {TIMEOUT_S:.0f} s"}
    return {"s": time.process_time() - start, "value": best}


def cp_sat_table(case: Case, *, reduced: bool) -> dict:
    """Objective as a table over the rows of the three tables, all or those the engine keeps."""
    from ortools.sat.python import cp_model

    start = time.process_time()
    problem = Problem.compile(case.tables(), case.needs.expr)
    if problem.empty:
        return {"s": time.process_time() - start, "value": 0.0}
    problem = problem.undominated() if reduced else problem
    sizes = [len(t) for t in problem.tables]
    if np.prod(sizes, dtype=float) > MOST_ROWS:
        return {"skipped": f"{np.prod(sizes, dtype=float):.1e} rows"}
    rows = np.array(list(product(*(range(n) for n in sizes))))
    values = case.objective(
        problem.join([t.rows[rows[:, i]] for i, t in enumerate(problem.tables)])
    )
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
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return {"s": time.process_time() - start, "value": 0.0}
    if status != cp_model.OPTIMAL:
        return {"skipped": f"over {TIMEOUT_S:.0f} s"}
    return {"s": time.process_time() - start, "value": solver.objective_value / 1e6}


def lazily(case: Case, ask, add) -> dict:
    """Optimum and proof by corners alone: ask for a design outside all corners, and so on."""
    start = time.process_time()
    levels = axis_levels(case.tables())
    best, rounds = 0.0, 0
    while time.process_time() - start < TIMEOUT_S:
        point = ask(TIMEOUT_S - (time.process_time() - start))
        if point is None:
            return {"s": time.process_time() - start, "value": best, "rounds": rounds}
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
        try:
            found = model.solve()
        except TimeoutError as stop:
            return str(stop)
        return None if found is None else case.objective.vector(found)

    return lazily(case, ask, model.exclude)


def milp_lazy(case: Case, kind: str) -> dict:
    """The same by mixed-integer programming: one row of each undominated table, big-M corners."""
    import datetime as dt

    from ortools.math_opt.python import mathopt

    problem = Problem.compile(case.tables(), case.needs.expr)
    if problem.empty:
        return {"s": 0.0, "value": 0.0}
    problem = problem.undominated()
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
    for atom in (a for a in problem.atoms if len(a.tables) > 1):
        if not isinstance(problem.expr, And | Compare) or atom.expr.op not in ("<", "<="):
            return {"skipped": "law not linear here"}
        form = linear(
            BinOp("-", atom.expr.left, atom.expr.right),
            {name: Linear({name: Fraction(1)}) for name in terms},
        )
        total = mathopt.fast_sum(float(c) * terms[n] for n, c in form.terms.items())
        model.add_linear_constraint(total <= -float(form.constant) - 1e-6)

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
    "what-if": what_if,
    "enumeration": enumeration,
    "cp-sat table": lambda case: cp_sat_table(case, reduced=False),
    "cp-sat table, reduced": lambda case: cp_sat_table(case, reduced=True),
    "cp-sat lazy": cp_sat_lazy,
    "highs lazy, reduced": lambda case: milp_lazy(case, "HIGHS"),
    "scip lazy, reduced": lambda case: milp_lazy(case, "GSCIP"),
}


def one(parent: str, size: str, method: str, count: int) -> None:
    first = Case(parent, size)
    if method == "engine":
        engine(first)
    found = []
    for index in range(1, count + 1):
        case = Case(parent, size, index, first) if method != "what-if" else first
        found.append(RUN[method](case))
        print(json.dumps({"case": index, **found[-1]}), file=sys.stderr)
        if method == "what-if":
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"points": first.space.points, "mb": peak, "runs": found}))


def main() -> None:
    """Measure every method on every size, each in a fresh process."""
    reader = argparse.ArgumentParser()
    reader.add_argument("parents", nargs="*", default=["gh100", "gb202"])
    reader.add_argument("--cases", type=int, default=CASES)
    reader.add_argument("--others", type=int, default=OTHERS)
    reader.add_argument("--only", choices=METHODS)
    reader.add_argument("--size", choices=SIZES)
    reader.add_argument("--one", nargs=4)
    asked = reader.parse_args()
    if asked.one:
        one(*asked.one[:3], int(asked.one[3]))
        return
    head = ("parent", "space", "points", "method", "solved", "median ms", "p99 ms", "worst ms",
            "boxes", "corners", "peak MB")  # fmt: skip
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for parent in asked.parents:
        for size in [asked.size] if asked.size else SIZES:
            values: dict[int, float] = {}
            for method in [asked.only] if asked.only else METHODS:
                many = asked.cases if method == "engine" else asked.others
                print(_line(parent, size, method, many, values), flush=True)


def _line(parent: str, size: str, method: str, many: int, values: dict[int, float]) -> str:
    """One row; a value that differs from the engine's is said in it."""
    command = [sys.executable, __file__, "--one", parent, size, method, str(many)]
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **single}
    )
    if run.returncode:
        return f"| {parent} | {size} | | {method} | failed: {run.stderr.splitlines()[-1]} |"
    found = json.loads(run.stdout)
    runs = found["runs"]
    done = [r for r in runs if "s" in r]
    times = sorted(r["s"] * 1e3 for r in done)
    wrong = 0
    for index, each in enumerate(runs):
        if method == "engine" and "value" in each:
            values[index] = each["value"]
        elif "value" in each and index in values:
            wrong += abs(each["value"] - values[index]) > 2e-6 * max(values[index], 1.0)
    solved = f"{len(done)} of {len(runs)}" + (f", {wrong} wrong" if wrong else "")
    if len(done) < len(runs):
        solved += " (" + next(r["skipped"] for r in runs if "skipped" in r) + ")"

    def middle(key: str) -> str:
        own = sorted(r[key] for r in done if key in r)
        return f"{own[len(own) // 2]} (most {own[-1]})" if own else ""

    def share(part: float) -> str:
        return f"{times[min(len(times) - 1, int(part * len(times)))]:.1f}" if times else ""

    last = f"{times[-1]:.1f}" if times else ""
    cells = (
        parent, size, f"{found['points']:.1e}", method, solved, share(0.5), share(0.99), last,
        middle("boxes"), middle("corners") or middle("rounds"), f"{found['mb']:.0f}",
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
