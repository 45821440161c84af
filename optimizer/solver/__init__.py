"""Search proposes, law and projection recompute, CP-SAT proves. The only ortools is here."""

from optimizer.solver.optimize import optimize
from optimizer.solver.outcome import (
    Feasible,
    Infeasible,
    LeftOut,
    Optimal,
    Outcome,
    SolvedDesign,
    Undecided,
    Unserved,
)
from optimizer.solver.request import Fix, Limit, Request

__all__ = [
    "Feasible",
    "Fix",
    "Infeasible",
    "LeftOut",
    "Limit",
    "Optimal",
    "Outcome",
    "Request",
    "SolvedDesign",
    "Undecided",
    "Unserved",
    "optimize",
]
