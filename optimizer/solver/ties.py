"""Among equal designs: least power, then most salvage, then fewest changes from the parent."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from optimizer.design import Design, fuse_map
from optimizer.solver.objective import Objective, power_of
from optimizer.solver.problem import Problem
from optimizer.solver.salvage import salvage_of
from optimizer.solver.search import Search
from optimizer.solver.tables import design_at

# Two values are equal at 12 significant digits.
DIGITS = 12
EQUAL_SHARE = 0.5 * 10.0 ** (1 - DIGITS)
# Probes of one round when the least useful value of an axis is searched.
PROBES = 8
# Equal designs that are compared beyond power; more than this many are cut by knob order.
COMPARED = 4096


def equal_best(problem: Problem, objective: Objective, best: float, count: int) -> list[Design]:
    """The `count` best designs in the stated order.

    Parameters
    ----------
    problem : Problem
        Full tables: no row was dropped for being dominated.
    objective : Objective
    best : float
        Value of the `count`-th best design.
    count : int
    """
    level = best * (1 - EQUAL_SHARE)
    kept = at_least(problem, objective, level)
    if count == 1:
        rows = _least_power(kept, objective, level)
    else:
        rows = Search(kept, objective).collect(level, COMPARED)
    designs = [design_at(objective.space, kept.tables, _triple(r)) for r in rows]
    if not designs:
        return []
    values = objective(np.array([objective.vector(d) for d in designs])).tolist()
    keyed = [
        (tie_key(value, design), i)
        for i, (value, design) in enumerate(zip(values, designs, strict=True))
    ]
    return [designs[i] for _, i in sorted(keyed)[:count]]


def at_least(problem: Problem, objective: Objective, level: float) -> Problem:
    """Keep the rows that reach a level with the best rows of the other tables."""
    best = [
        np.concatenate([t.resources.max(axis=0), [t.power.min()], t.cost.min(axis=0)])
        for t in problem.tables
    ]
    masks = []
    for index, table in enumerate(problem.tables):
        rows = table.rows

        def worth(sides: np.ndarray, index: int = index) -> np.ndarray:
            parts = [np.broadcast_to(b, (len(sides), len(b))) for b in best]
            parts[index] = sides
            return objective(problem.join(parts)) >= level

        masks.append(_reaching(rows, table.resources.shape[1], best[index], worth))
    return problem.keep(tuple(masks))


def _reaching(
    rows: np.ndarray, axes: int, best: np.ndarray, worth: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Rows that are worth it: first axis by axis against the best row, then each that is left."""
    mask = np.ones(len(rows), dtype=bool)
    for axis in range(axes):
        steps = np.unique(rows[mask, axis])
        low, high = -1, len(steps) - 1
        while high - low > 1:
            probes = np.unique(np.linspace(low, high, PROBES + 2)[1:-1].astype(int))
            probes = probes[(probes > low) & (probes < high)]
            trial = np.tile(best, (len(probes), 1))
            trial[:, axis] = steps[probes]
            good = worth(trial)
            high = int(probes[good].min(initial=high))
            low = int(probes[~good].max(initial=low))
        mask &= rows[:, axis] >= steps[high]
    left = np.flatnonzero(mask)
    mask[left] = worth(rows[left])
    return mask


def _least_power(problem: Problem, objective: Objective, level: float) -> list[tuple[int, ...]]:
    """Rows of the designs of least power among those that reach a level."""

    def saving(vectors: np.ndarray) -> np.ndarray:
        return np.where(objective(vectors) >= level, -vectors[:, -1], -np.inf)

    powered = problem.reading_power()
    search = Search(powered, saving)
    least = search.best()
    if least.rows is None:
        return []
    return search.collect(least.value, COMPARED)


def tie_key(value: float, design: Design) -> tuple[object, ...]:
    """Order of designs: value at 12 digits, then the stated order of ties."""
    rounded = -float(f"{value:.{DIGITS - 1}e}")
    changes = sum(cut.changed for cut in fuse_map(design))
    knobs = design.knobs()
    order = tuple(str(v) if isinstance(v, str) else Fraction(v) for v in knobs.values())
    return rounded, power_of(design) or 0, -(salvage_of(design) or 0.0), changes, order


def _triple(rows: tuple[int, ...]) -> tuple[int, int, int]:
    compute, memory, wiring = rows
    return compute, memory, wiring
