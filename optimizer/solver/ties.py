"""Among equal designs: least power, then most salvage, then fewest changes from the parent."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from optimizer.design import Design, fuse_map
from optimizer.solver.groups import fitting
from optimizer.solver.objective import Objective, Value, power_of
from optimizer.solver.problem import Problem
from optimizer.solver.salvage import salvage_of
from optimizer.solver.search import Search
from optimizer.solver.tables import Table, design_at

# Two values are equal at 12 significant digits.
DIGITS = 12
EQUAL_SHARE = 0.5 * 10.0 ** (1 - DIGITS)
# Probes of one round when the least useful value of an axis is searched, and the rounds before
# the values that are attained are listed.
PROBES = 8
ROUNDS = 3
# Equal designs that are compared beyond power; more than this many are cut by knob order.
COMPARED = 4096
# Shares below the best value within which the next best designs are looked for.
NEAR = (1e-5, 1e-3, 1e-2)


def equal_best(problem: Problem, objective: Objective, best: float, count: int) -> list[Design]:
    """The `count` best designs in the stated order.

    Parameters
    ----------
    problem : Problem
        No row that reaches the value was dropped for being dominated.
    objective : Objective
    best : float
        Value of the `count`-th best design.
    count : int
    """
    level = best * (1 - EQUAL_SHARE)
    if problem.outright:
        kept, rows = problem, _few(problem, objective, level, count)
    else:
        kept, rows = _many(problem, objective, level, count)
    designs = [design_at(objective.space, kept.tables, r) for r in rows]
    if not designs:
        return []
    values = objective(np.array([objective.vector(d) for d in designs])).tolist()
    keys = [_stated(*pair) for pair in zip(values, designs, strict=True)]
    line = sorted(keys)[:count][-1]
    left = [(key, d) for key, d in zip(keys, designs, strict=True) if key <= line]
    return [d for _, d in sorted(left, key=lambda pair: (*pair[0], *_beyond(pair[1])))[:count]]


def _few(problem: Problem, objective: Objective, level: float, count: int) -> list[tuple[int, ...]]:
    """Rows of the designs of a level, or of those of least power: all are looked at."""
    rows = problem.designs()
    rows = rows[objective(problem.vectors(rows)) >= level]
    if count == 1 and len(rows):
        power = sum(t.power[rows[:, i]] for i, t in enumerate(problem.tables))
        rows = rows[power == power.min()]
    return [tuple(r) for r in rows[:COMPARED].tolist()]


def _many(
    problem: Problem, objective: Objective, level: float, count: int
) -> tuple[Problem, list[tuple[int, ...]]]:
    """The same by searching: the rows, and the tables that they are rows of."""
    if count > 1:
        kept = at_least(problem, objective, level)
        return kept, Search(kept, objective).collect(level, COMPARED)
    frugal = _least_power(problem, objective, level)
    if frugal is None:
        return problem, []
    kept, value, least = frugal
    return kept, Search(kept, value).collect(least, COMPARED)


def nth_value(problem: Problem, objective: Objective, best: float, count: int) -> float:
    """Value of the `count`-th best design, looked for close under the best one first.

    Of fewer designs that are worth anything it is the value of the last.

    Parameters
    ----------
    problem : Problem
        Full tables: no row was dropped for being dominated.
    objective : Objective
    best : float
        Value of the best design.
    count : int
    """
    for share in NEAR:
        kept = at_least(problem, objective, best * (1 - share))
        if (
            not kept.empty
            and len(Search(kept, objective).collect(best * (1 - share), count)) == count
        ):
            return Search(kept, objective).best(count).value
    return Search(problem, objective).best(count, above=0.0).value


def at_least(problem: Problem, objective: Objective, level: float) -> Problem:
    """Keep the rows that may reach a level with rows of the other tables."""
    best = [t.best_row for t in problem.tables]
    masks = []
    for index, table in enumerate(problem.tables):

        def worth(sides: np.ndarray, index: int = index) -> np.ndarray:
            parts = [np.broadcast_to(b, (len(sides), len(b))) for b in best]
            parts[index] = sides
            return objective(problem.join(parts)) >= level

        masks.append(_reaching(table, best[index], worth))
    return fitting(problem.keep(tuple(masks)), lambda vectors: objective(vectors) >= level)


def _reaching(
    table: Table, best: np.ndarray, worth: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Rows that are worth it: first axis by axis against the best row, then each that is left."""
    left = np.arange(len(table))
    for axis in range(table.resources.shape[1]):
        values = table.resources[left, axis]
        left = left[values >= _least_worth(values, axis, best, worth)]
    mask = np.zeros(len(table), dtype=bool)
    mask[left] = worth(table.take(left).rows)
    return mask


def _least_worth(
    values: np.ndarray, axis: int, best: np.ndarray, worth: Callable[[np.ndarray], np.ndarray]
) -> float:
    """A value below which none of these is worth it: first by halving, then among those left."""

    def narrowed(low: float, high: float, probes: np.ndarray) -> tuple[float, float]:
        trial = np.tile(best, (len(probes), 1))
        trial[:, axis] = probes
        good = worth(trial)
        return float(probes[~good].max(initial=low)), float(probes[good].min(initial=high))

    if not len(values):
        return 0.0
    least, high = float(values.min()), float(values.max())
    low, high = narrowed(-np.inf, high, np.array([least]))
    if high == least:
        return least
    for _ in range(ROUNDS):
        low, high = narrowed(low, high, np.linspace(low, high, PROBES + 2)[1:-1])
    steps = np.unique(values[(values > low) & (values < high)])
    while len(steps):
        picks = np.unique(np.linspace(0, len(steps) - 1, PROBES).astype(int))
        low, high = narrowed(low, high, steps[picks])
        steps = steps[(steps > low) & (steps < high)]
    return high


def _least_power(
    problem: Problem, objective: Objective, level: float
) -> tuple[Problem, Value, float] | None:
    """The rows, the value and its level that the designs of least power at a level have.

    None where no design reaches the level.
    """

    def saving(vectors: np.ndarray) -> np.ndarray:
        return np.where(objective(vectors) >= level, -vectors[:, -1], -np.inf)

    whole = problem.reading_power()
    unbeaten = whole.undominated()
    if not unbeaten.empty:
        unbeaten = fitting(unbeaten, lambda vectors: objective(vectors) >= level)
    least = None if unbeaten.empty else Search(unbeaten, saving).best()
    if least is None or least.rows is None:
        return None
    # A row of a design of least power is beaten only by rows of the same power: a better one of
    # less would make a design of less.
    powers = _that_add_up([t.power for t in unbeaten.tables], round(-least.value))
    masks = [np.isin(t.power, own) for t, own in zip(whole.tables, powers, strict=True)]
    return whole.keep(tuple(masks)), saving, least.value


def _that_add_up(powers: list[np.ndarray], total: int) -> list[np.ndarray]:
    """Of each table the powers with which those of the others add up to a total."""
    distinct = [np.unique(p) for p in powers]
    last = max(range(len(distinct)), key=lambda i: len(distinct[i]))
    others = [d for i, d in enumerate(distinct) if i != last]
    left = total - np.add.outer(*others)
    place = np.minimum(np.searchsorted(distinct[last], left), len(distinct[last]) - 1)
    i, j = np.nonzero(distinct[last][place] == left)
    found = [others[0][i], others[1][j]]
    found.insert(last, left[i, j])
    return found


def tie_key(value: float, design: Design) -> tuple[object, ...]:
    """Order of designs: value at 12 digits, then the stated order of ties."""
    return *_stated(value, design), *_beyond(design)


def _stated(value: float, design: Design) -> tuple[float, int, float]:
    """What the order looks at first: value at 12 digits, power, salvage."""
    rounded = -float(f"{value:.{DIGITS - 1}e}")
    return rounded, power_of(design) or 0, -(salvage_of(design) or 0.0)


def _beyond(design: Design) -> tuple[object, ...]:
    """What it looks at among the designs that are left: changes, then the order of knobs."""
    changes = sum(cut.changed for cut in fuse_map(design))
    knobs = design.knobs()
    return changes, tuple(str(v) if isinstance(v, str) else Fraction(v) for v in knobs.values())
