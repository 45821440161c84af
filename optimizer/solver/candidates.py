"""Rows that can be part of the best design: a level known to be reached leaves few of them.

Rows are looked at by their runs (`runs`), so that the cost hangs on the number of runs. The level
comes from a search of a few rows spread over the runs; rows that do not reach it with the best of
the other tables are left out, and corners over them are left behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from constraints.expressions import Expr
from optimizer.solver.directions import helping
from optimizer.solver.groups import fitting
from optimizer.solver.objective import Objective, Value
from optimizer.solver.problem import Problem
from optimizer.solver.reading import compile_formula
from optimizer.solver.runs import Pieces, turn
from optimizer.solver.search import Found, Search
from optimizer.solver.staircase import raised
from optimizer.solver.tables import POWER
from optimizer.solver.ties import EQUAL_SHARE, at_least

# Rows of each table that are searched for a first level.
THIN = 128
# Rounds of probes after which a first cut of rows is close enough.
CUT_ROUNDS = 2
# Rows of a table from which that is worth it.
WIDE = 4096

Levels = tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """What the best design is looked for in.

    Attributes
    ----------
    pieces : tuple of Pieces
        Of each table, those with which the condition can hold.
    expr : Expr
        All requirements.
    objective : Objective
    levels : tuple of ndarray
        Attainable values of each axis.
    """

    pieces: tuple[Pieces, ...]
    expr: Expr
    objective: Objective
    levels: Levels

    @property
    def problem(self) -> Problem:
        """The requirements over every row of the pieces."""
        return self._over(self.pieces, [p.rows() for p in self.pieces])

    def searched(self) -> Found | None:
        """The best value and corners over all rows; None where nothing is allowed."""
        if not all(map(len, self.pieces)):
            return None
        last, pieces = self._last_suffices(), self.pieces
        closed, level, boxes = None, -np.inf, 0
        if not self.objective.extra and self._wide(last):
            rows = [p.last if x else p.thin(THIN) for p, x in zip(pieces, last, strict=True)]
            first = best_of(self._over(pieces, rows), self.objective)
            if first is not None and first.value > 0.0:
                level = first.value * (1 - EQUAL_SHARE)
                pieces, closed = reaching(
                    pieces, self.objective, level, self.levels, rounds=CUT_ROUNDS
                )
                boxes = first.boxes
        rows = [p.last if x else p.rows() for p, x in zip(pieces, last, strict=True)]
        found = best_of(self._over(pieces, rows), self.objective, level)
        if found is None or closed is None:
            return found
        corners = np.concatenate([found.corners, closed])
        worth = np.concatenate([found.worth, np.full(len(closed), np.nextafter(level, 0.0))])
        return replace(found, corners=corners, worth=worth, boxes=found.boxes + boxes)

    def at_best(self, found: Found) -> Problem:
        """The requirements over the rows that a design of the best value may have.

        Such a design lies under a corner of that value, so it has no more than the most of those.
        """
        level = found.value * (1 - EQUAL_SHARE)
        if self.objective.extra:
            return at_least(self.problem, self.objective, level)
        most = found.corners[found.worth >= level].max(axis=0)
        kept, _ = reaching(self.pieces, self.objective, level, self.levels, most)
        return self._over(kept, [p.rows() for p in kept])

    def _wide(self, last: Sequence[bool]) -> bool:
        """Whether there are many rows to look at."""
        pairs = zip(self.pieces, last, strict=True)
        return any(not x and int((p.stop - p.first).sum()) > WIDE for p, x in pairs)

    def _over(self, pieces: tuple[Pieces, ...], rows: Sequence[np.ndarray]) -> Problem:
        tables = tuple(p.table.take(r) for p, r in zip(pieces, rows, strict=True))
        return Problem.compile(tables, self.expr, self.objective.extra, self.objective.grid)

    def _last_suffices(self) -> list[bool]:
        """Whether the last row of each piece of a table is as good as any other of that piece.

        Its resources are the most. Something else may speak for another row: a condition on
        several tables that eases as a column falls, or an axis of the value.
        """
        _, atoms = compile_formula(self.expr, [p.table for p in self.pieces])
        shared = helping(a.expr for a in atoms if len(a.tables) > 1)
        found = []
        for p in self.pieces:
            easing = [n for n in shared.keys() & p.table.columns.keys() if shared[n] <= 0]
            against = [p.table.columns[n] for n in easing]
            against += [p.table.power] if POWER in self.objective.extra else []
            against += list(p.table.cost.T) if self.objective.grid is not None else []
            found.append(not any(p.varies(column) for column in against))
        return found


def best_of(problem: Problem, objective: Objective, above: float = -np.inf) -> Found | None:
    """The best value, on the rows that no other row beats; None where nothing is allowed.

    A level that is known to be passed makes it quicker.
    """
    small = problem if problem.empty else fitting(problem.undominated().merged())
    if small.empty:
        return None
    found = None
    if small.outright or not fitting(small, lambda vectors: objective(vectors) > 0.0).empty:
        found = narrowed(small, objective, above)
    if found is None or found.value <= 0.0:
        # Nothing serves the workload; one allowed design, found by its low power, says so.
        found = replace(Search(small.reading_power(), lambda v: -v[:, -1]).best(), value=0.0)
    return None if found.rows is None else found


def narrowed(problem: Problem, objective: Objective, above: float) -> Found:
    """Search a problem on ever fewer rows: each search of some gives a level that cuts the rest."""
    level, cut = above, list[Found]()
    while not problem.outright:
        first = Search(problem.keep(_spread(problem)), objective).best(above=level)
        if first.rows is None or first.value <= 0.0:
            break
        level = first.value * (1 - EQUAL_SHARE)
        before = [len(t) for t in problem.tables]
        problem, corners, worth = _cut(problem, objective, level)
        cut.append(Found(level, None, corners, worth, first.boxes))
        if 2 * np.prod([len(t) for t in problem.tables], dtype=float) > np.prod(
            before, dtype=float
        ):
            break
    found = Search(problem, objective).best(above=level)
    corners = np.concatenate([found.corners, *(c.corners for c in cut)])
    worth = np.concatenate([found.worth, *(c.worth for c in cut)])
    boxes = found.boxes + sum(c.boxes for c in cut)
    return replace(found, corners=corners, worth=worth, boxes=boxes)


def _spread(problem: Problem) -> tuple[np.ndarray, ...]:
    """Some rows of each table."""
    masks = tuple(np.zeros(len(t), dtype=bool) for t in problem.tables)
    for mask in masks:
        mask[np.linspace(0, len(mask) - 1, min(len(mask), THIN)).astype(int)] = True
    return masks


def _cut(problem: Problem, value: Value, level: float) -> tuple[Problem, np.ndarray, np.ndarray]:
    """Leave out the rows that miss a level with the best of all others; corners over them."""
    corners, worth = [], []
    for index, table in enumerate(problem.tables):
        sides = [np.broadcast_to(t.best_row, (len(table), len(t.best_row))) for t in problem.tables]
        sides[index] = table.rows
        vectors = problem.join(sides)
        values = value(vectors)
        masks = [np.ones(len(t), dtype=bool) for t in problem.tables]
        masks[index] = values >= level
        corners.append(vectors[~masks[index]])
        worth.append(values[~masks[index]])
        problem = problem.keep(tuple(masks))
    return problem, np.concatenate(corners), np.concatenate(worth)


def reaching(
    pieces: tuple[Pieces, ...],
    value: Value,
    level: float,
    levels: Levels,
    most: np.ndarray | None = None,
    rounds: int | None = None,
) -> tuple[tuple[Pieces, ...], np.ndarray]:
    """Cut pieces down to the rows that may reach a level with the best of all other resources.

    Where the most that any design of the level has is known, rows beyond it are cut off as well.

    Returns
    -------
    tuple of Pieces
    ndarray, shape (n, axes)
        Corners over all that was cut off, none worth the level.
    """
    best = most
    if best is None:
        best = np.concatenate([p.table.resources[p.last].max(axis=0) for p in pieces])
    corners = np.tile(best, (len(best), 1))
    np.fill_diagonal(corners, [steps[0] for steps in levels[: len(best)]])
    short = np.flatnonzero(value(corners) < level)
    least = np.full(len(best), -np.inf)
    least[short] = raised(corners[short], short, value, np.nextafter(level, 0.0), levels, rounds)
    corners[short, short] = least[short]
    kept, axis = [], 0
    for p in pieces:
        first, stop = p.first, p.stop
        for column in p.table.resources.T:
            first = turn(first, stop, column, least[axis])
            stop = stop if most is None else turn(first, stop, column, best[axis])
            axis += 1
        kept.append(p.within(first, stop))
    return tuple(kept), corners[short]
