"""Near-optimal designs that differ: the optimum first, then each time the one farthest from all.

The distance of two designs is the number of knobs in which they differ, plus one hundredth of the
mean normalized difference (share of a knob's range; 1 for another memory part or board). A pick has
the largest smallest distance from the designs picked before it, among all lawful designs within
the stated share of the optimum; of equal distances the fastest, then the stated order of ties.
Each pick is exact. That the whole set is the most diverse possible is not claimed: picking so is
within a factor of two of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from optimizer.design import Design, DesignSpace
from optimizer.solver.objective import Objective
from optimizer.solver.problem import Problem
from optimizer.solver.search import Search
from optimizer.solver.tables import MEMORY, WIRING, Table, design_at, part_codes
from optimizer.solver.ties import COMPARED, at_least, equal_best, tie_key

# Knobs of a design; a normalized difference weighs a hundredth of a differing knob in the mean.
KNOBS = 10
SMALL = 1.0 / 100
# Distances within this are equal: they are sums of a few rounded shares.
SAME = 1e-9


def diverse_best(
    problem: Problem, objective: Objective, best: float, share: Fraction, count: int
) -> list[Design]:
    """The optimum and up to `count` - 1 designs within a share of it, picked to differ.

    Parameters
    ----------
    problem : Problem
        Full tables: no row was dropped for being dominated.
    objective : Objective
    best : float
        Value of the optimum.
    share : Fraction
        How far below the optimum a design may be. [1]
    count : int
    """
    chosen = equal_best(problem, objective, best, 1)
    kept = at_least(problem, objective, best * (1 - float(share)))
    while chosen and len(chosen) < count:
        found = _farthest(kept, objective, best * (1 - float(share)), chosen)
        if found is None:
            break
        chosen.append(found)
    return chosen


def _farthest(
    problem: Problem, objective: Objective, level: float, chosen: Sequence[Design]
) -> Design | None:
    space, count = objective.space, len(chosen)
    tables = tuple(
        replace(t, resources=np.column_stack([t.resources, _shares(space, t, i, chosen)]))
        for i, t in enumerate(problem.tables)
    )
    widths = [t.resources.shape[1] for t in problem.tables]

    def distance(joined: np.ndarray) -> np.ndarray:
        vectors, apart = _split(joined, widths, count)
        near = apart.min(axis=1)
        beyond = joined[:, sum(widths) + len(widths) * count :]
        good = objective(np.hstack([vectors, beyond])) >= level
        return np.asarray(np.where(good, near, -np.inf))

    search = Search(replace(problem, tables=tables), distance)
    found = search.best()
    if found.rows is None or found.value <= SAME:
        return None
    rows = search.collect(found.value - SAME, COMPARED)
    designs = [design_at(space, problem.tables, (a, b, c)) for a, b, c in rows]
    values = objective(np.array([objective.vector(d) for d in designs])).tolist()
    return min(zip(values, designs, strict=True), key=lambda pair: tie_key(*pair))[1]


def _split(joined: np.ndarray, widths: Sequence[int], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Resources, and distances to the chosen designs, of joined rows."""
    parts, apart, at = [], np.zeros((len(joined), count)), 0
    for width in widths:
        parts.append(joined[:, at : at + width])
        apart += joined[:, at + width : at + width + count]
        at += width + count
    return np.concatenate(parts, axis=1), apart


def _shares(space: DesignSpace, table: Table, index: int, chosen: Sequence[Design]) -> np.ndarray:
    """What the knobs of one table add to the distance from each chosen design."""
    own = _knobs(space, table.knobs, index)
    found = []
    for design in chosen:
        there = _knobs(space, _row_of(design, index)[None, :], index)[0]
        apart = np.abs(own - there)
        found.append((apart > 0).sum(axis=1) + SMALL / KNOBS * np.minimum(apart, 1.0).sum(axis=1))
    return np.stack(found, axis=1)


def _row_of(design: Design, index: int) -> np.ndarray:
    """A design's knobs as its table holds them."""
    space = design.space
    if index == MEMORY:
        return np.array([space.memory.index(design.option), design.sites, design.rate])
    if index == WIRING:
        boards = [b.form_factor for b in space.boards]
        return np.array([boards.index(design.board), design.links])
    return np.array([design.cores, design.clock_mhz, design.rate_units])


def _knobs(space: DesignSpace, knobs: np.ndarray, index: int) -> np.ndarray:
    """Knobs scaled to their ranges; names as whole numbers, so that any two are 1 apart or more."""
    if index == MEMORY:
        option, sites, rate = knobs.T
        size = np.array([m.gb_per_site for m in space.memory])
        rates = [r for m in space.memory for r in (m.rate_min, m.rate_max)]
        columns = [
            np.array(part_codes(space))[option],
            size[option] / _range(size.tolist()),
            np.array([int(m.clamshell) for m in space.memory])[option],
            sites / _range(space.sites),
            rate / _range(rates),
        ]
    elif index == WIRING:
        columns = [knobs[:, 0], knobs[:, 1] / _range(space.links)]
    else:
        domains = (space.cores, space.clocks_mhz, space.rate_units)
        columns = [knobs[:, i] / _range(d) for i, d in enumerate(domains)]
    return np.stack(columns, axis=1).astype(float)


def _range(values: Sequence[int]) -> float:
    return float(max(values) - min(values)) or 1.0
