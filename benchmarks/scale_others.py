"""Other ways to the same optimum, for `bench_scale`; each gets the whole tables of a space.

None has a time-out of its own: `bench_scale` runs each in a process with a limit.
"""

from fractions import Fraction

import numpy as np
from scale_cases import Case

from constraints.expressions import And, BinOp, Compare
from optimizer.solver.lowering import Linear, linear
from optimizer.solver.model import Model
from optimizer.solver.problem import Problem
from optimizer.solver.staircase import LIFT_SHARE, axis_levels, lift, undominated

# Steps of the objective in a table, of one token/s.
STEPS = 1e6
# Orders in which the axes of a point are lifted: each gives another corner.
ORDERS = ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 3, 4, 0, 1), (3, 4, 1, 0, 2))
# A sum that is at most a line stays so much below it, for solvers that work in floating point.
BELOW = 1e-6


class NotLinearError(RuntimeError):
    """The law is no list of sums here, which is all that this formulation takes."""


def lawful_blocks(case: Case):
    """Rows and values of the lawful designs, one memory row after the other."""
    problem = Problem.compile(case.tables(), case.needs.expr)
    if problem.empty:
        return
    sizes = [len(t) for t in problem.tables]
    c, w = (a.ravel() for a in np.indices((sizes[0], sizes[2])))
    parts = [t.rows for t in problem.tables]
    for m in range(sizes[1]):
        rows = np.stack([c, np.full_like(c, m), w], axis=1)
        rows = rows[problem.allowed(rows)]
        vectors = problem.join([t[rows[:, i]] for i, t in enumerate(parts)])
        yield rows, case.objective(vectors)


def enumeration(case: Case) -> dict:
    """Every design: the exact law, and the value of what it allows."""
    return {"value": max((float(v.max(initial=0.0)) for _, v in lawful_blocks(case)), default=0.0)}


def cp_sat_table(case: Case) -> dict:
    """CP-SAT with the objective as a table over the rows of the three tables."""
    from ortools.sat.python import cp_model

    blocks = list(lawful_blocks(case))
    if not any(len(rows) for rows, _ in blocks):
        return {"value": 0.0}
    rows = np.concatenate([r for r, _ in blocks])
    scaled = np.rint(np.concatenate([v for _, v in blocks]) * STEPS).astype(np.int64)
    model = cp_model.CpModel()
    names = [model.new_int_var(0, int(side.max()), "row") for side in rows.T]
    worth = model.new_int_var(0, int(scaled.max()), "worth")
    model.add_allowed_assignments([*names, worth], np.column_stack([rows, scaled]).tolist())
    model.maximize(worth)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return {"value": solver.objective_value / STEPS}


def lazily(case: Case, ask, add) -> dict:
    """Optimum and proof by corners alone: ask for a design outside all corners, and so on."""
    levels = axis_levels(case.tables())
    best, rounds = 0.0, 0
    while (point := ask()) is not None:
        best = max(best, float(case.objective(point[None, :])[0]))
        limit = best * (1 + LIFT_SHARE)
        lifted = [lift(point[None, :], case.objective, limit, levels, order) for order in ORDERS]
        for corner in undominated(np.concatenate(lifted), levels):
            add(corner)
        rounds += 1
    return {"value": best, "rounds": rounds}


def cp_sat_lazy(case: Case) -> dict:
    """CP-SAT with the model of the proof, corners added one by one, and no search."""
    model = Model(case.space, case.needs.by_label(), board_columns=case.needs.board_columns)

    def ask():
        found = model.solve()
        return None if found is None else case.objective.vector(found)

    return lazily(case, ask, model.exclude)


def milp_lazy(case: Case, kind: str) -> dict:
    """The same by mixed-integer programming: a binary for each row of each table."""
    from ortools.math_opt.python import mathopt

    problem = Problem.compile(case.tables(), case.needs.expr)
    if problem.empty:
        return {"value": 0.0}
    model = mathopt.Model(name="lazy")
    rows = [[model.add_binary_variable() for _ in range(len(t))] for t in problem.tables]
    for own in rows:
        model.add_linear_constraint(mathopt.fast_sum(own) == 1)
    sums = [
        (total_of(column, own), float(column.max()))
        for table, own in zip(problem.tables, rows, strict=True)
        for column in table.resources.T
    ]
    _law(problem, rows, model)

    # HiGHS in this wheel refuses a number of threads.
    limit = mathopt.SolveParameters(threads=1 if kind == "GSCIP" else None)

    def ask():
        found = mathopt.solve(model, getattr(mathopt.SolverType, kind), params=limit)
        if found.termination.reason == mathopt.TerminationReason.INFEASIBLE:
            return None
        picks = [int(np.argmax(found.variable_values(own))) for own in rows]
        parts = [t.resources[i] for t, i in zip(problem.tables, picks, strict=True)]
        return np.concatenate(parts)

    def add(corner) -> None:
        flags = []
        for (form, most), value in zip(sums, corner, strict=True):
            if most > value:
                flag = model.add_binary_variable()
                # One unit above the corner, scaled to the resource.
                model.add_linear_constraint(form / most >= (value + 0.5) / most * flag)
                flags.append(flag)
        model.add_linear_constraint(mathopt.fast_sum(flags) >= 1)

    return lazily(case, ask, add)


def total_of(column, variables):
    """Value of a column in the row that is picked."""
    from ortools.math_opt.python import mathopt

    return mathopt.fast_sum(float(c) * x for c, x in zip(column, variables, strict=True))


def _law(problem: Problem, rows, model) -> None:
    """Conditions on several tables as rows; those on one are met by the rows that are left."""
    for atom in (a for a in problem.atoms if len(a.tables) > 1):
        if not isinstance(problem.expr, And | Compare) or atom.expr.op not in ("<", "<="):
            raise NotLinearError
        columns = {
            name: (column, own)
            for table, own in zip(problem.tables, rows, strict=True)
            for name, column in table.columns.items()
        }
        own_names = {name: Linear({name: Fraction(1)}) for name in columns}
        form = linear(BinOp("-", atom.expr.left, atom.expr.right), own_names)
        whole = sum(float(c) * total_of(*columns[n]) for n, c in form.terms.items())
        model.add_linear_constraint(whole <= -float(form.constant) - BELOW)


OTHERS = {
    "exhaustive enumeration": enumeration,
    "CP-SAT alone, objective as a table": cp_sat_table,
    "CP-SAT alone, corners added lazily": cp_sat_lazy,
    "HiGHS alone, corners added lazily": lambda case: milp_lazy(case, "HIGHS"),
    "SCIP alone, corners added lazily": lambda case: milp_lazy(case, "GSCIP"),
}
