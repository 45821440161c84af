"""Solve the parents one by one, within a time limit if there is one."""

import time
from collections.abc import Mapping
from dataclasses import replace

from catalogs import Catalog
from optimizer.projection import Prepared, prepare
from optimizer.solver import Feasible, Optimal, Outcome, Request, Undecided, optimize
from optimizer.solver.optimize import solve_parent
from optimizer.solver.outcome import ParentOutcome

OUT_OF_TIME = "the time limit was reached before the proof"
NOT_REACHED = "the time limit was reached before this parent"


def answers(request: Request, catalog: Catalog, limit_s: float | None = None) -> Outcome:
    """Answers for every parent.

    Past the limit nothing is proved, and nothing more is sought once there is a design; a first
    design is always sought, so that there is an answer to print.

    Parameters
    ----------
    request : Request
    catalog : Catalog
    limit_s : float, optional
        Time after which nothing more is proved. [s]
    """
    if limit_s is None:
        return optimize(request, catalog)
    start = time.monotonic()

    def late() -> bool:
        return time.monotonic() - start >= limit_s

    prepared = prepare(request.workload, catalog, stack=request.stack)
    found: list[ParentOutcome] = []
    for parent in _parents(request, catalog):
        if late() and any(isinstance(each, Optimal | Feasible) for each in found):
            found.append(Undecided(parent, NOT_REACHED))
            continue
        sought = _unproved(request, catalog, prepared, parent)
        open_ = isinstance(sought, Feasible) and not late()
        found.append(solve_parent(request, catalog, prepared, parent) if open_ else sought)
    return Outcome(tuple(found), {})


def again(request: Request, catalog: Catalog, reasons: Mapping[str, str | None]) -> Outcome:
    """Answers as far as an earlier run got within its time limit.

    Parameters
    ----------
    request : Request
    catalog : Catalog
    reasons : mapping
        What the earlier run said of each parent.
    """
    if not {OUT_OF_TIME, NOT_REACHED} & set(reasons.values()):
        return optimize(request, catalog)
    prepared = prepare(request.workload, catalog, stack=request.stack)
    found: list[ParentOutcome] = []
    for parent in _parents(request, catalog):
        match reasons.get(parent):
            case said if said == NOT_REACHED:
                found.append(Undecided(parent, NOT_REACHED))
            case said if said == OUT_OF_TIME:
                found.append(_unproved(request, catalog, prepared, parent))
            case _:
                found.append(solve_parent(request, catalog, prepared, parent))
    return Outcome(tuple(found), {})


def _parents(request: Request, catalog: Catalog) -> tuple[str, ...]:
    return request.parents or tuple(sorted(catalog.dies))


def _unproved(request: Request, catalog: Catalog, prepared: Prepared, parent: str) -> ParentOutcome:
    """Search without proof; a design found so says that the time was up."""
    found = solve_parent(replace(request, prove=False), catalog, prepared, parent)
    return replace(found, why=OUT_OF_TIME) if isinstance(found, Feasible) else found
