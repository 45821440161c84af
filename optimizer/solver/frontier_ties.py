"""Designs on a known front: of equal ones, those of least power.

Where one table alone carries what throughput is traded against, the rest of a design on the front
must have no less than some resources. The least powers of such rows of each other table bound the
power from below; where rows of these powers make an allowed design of the front, the bound is
met and they are all that meet it. What is not settled so is left to a search of boxes.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from optimizer.solver.front import Front
from optimizer.solver.problem import Problem, packed
from optimizer.solver.staircase import raised
from optimizer.solver.tables import RESOURCE_TABLE, RESOURCES, Table
from optimizer.solver.trade import Trade

# Rows of a table by power, least first, with their power and their columns of resources.
Side = tuple[np.ndarray, np.ndarray, np.ndarray]


def carrier(problem: Problem, trade: Trade) -> int | None:
    """The table that alone carries every axis that throughput is traded against."""
    count = len(trade.axes)
    if not count or any(a.joint for a in trade.axes) or len(trade.axes) < len(trade.aspects):
        return None
    varies = [bool(np.ptp(t.resources[:, -count:], axis=0).any()) for t in problem.tables]
    return varies.index(True) if sum(varies) == 1 else None


def lightest(
    problem: Problem, trade: Trade, front: Front, own: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the designs of the front with least power, and rows of one table left to search.

    Parameters
    ----------
    problem : Problem
        Extended tables, with power read.
    front : Front
        Complete in throughput and the other aspects.
    own : int
        The table that carries the axes.

    Returns
    -------
    ndarray of int, shape (n, 3)
        Rows of designs of the front; with each row of the table all of least power, or none.
    ndarray of bool
        Rows of the table that may have lighter designs of the front than were found.
    """
    rows, corners = _on_front(problem, trade, front, own)
    least = _least_resources(corners, trade, front, own, problem)
    found = _least_powers(problem, own, rows, least)
    vectors = trade.vectors(problem.vectors(found))
    level, _ = front.reached(trade.others(vectors))
    found = found[(trade.speed(vectors) >= level) & problem.allowed(found)]
    left = np.zeros(len(problem.tables[own]), dtype=bool)
    left[rows] = True
    left[found[:, own]] = False
    return found, left


def _on_front(
    problem: Problem, trade: Trade, front: Front, own: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a table that are on the front with the best of all others, and their vectors."""
    table = problem.tables[own]
    parts = [np.broadcast_to(t.best_row, (len(table), len(t.best_row))) for t in problem.tables]
    parts[own] = table.rows
    vectors = trade.vectors(problem.join(parts))
    others = trade.others(vectors)
    level, index = front.reached(others)
    on = (index >= 0) & (trade.speed(vectors) >= level)
    on &= (front.others[index] == others).all(axis=1)
    return np.flatnonzero(on), vectors[on]


def _least_resources(
    corners: np.ndarray, trade: Trade, front: Front, own: int, problem: Problem
) -> np.ndarray:
    """Of each resource of the other tables, the most with which a row misses the front."""

    def share(vectors: np.ndarray) -> np.ndarray:
        """Throughput in that of the front."""
        return np.asarray(trade.speed(vectors) / front.reached(trade.others(vectors))[0])

    levels = tuple(
        np.unique(problem.tables[of].resources[:, RESOURCE_TABLE[:axis].count(of)])
        for axis, of in enumerate(RESOURCE_TABLE)
    )
    least = np.full((len(corners), len(RESOURCES)), -np.inf)
    for axis, of in enumerate(RESOURCE_TABLE):
        if of == own:
            continue
        low = corners.copy()
        low[:, axis] = levels[axis][0]
        short = np.flatnonzero(share(low) < 1.0)
        axes = np.full(len(short), axis)
        least[short, axis] = raised(low[short], axes, share, np.nextafter(1.0, 0.0), levels)
    return least


def _least_powers(problem: Problem, own: int, rows: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Each row with the rows of every other table that have the least power of those it needs."""
    codes = packed(problem.prints[own])
    places = [np.flatnonzero(np.array(RESOURCE_TABLE) == i) for i in range(len(problem.tables))]
    found: list[tuple[int, ...]] = []
    sides: dict[bytes, dict[int, Side]] = {}
    for row, line in zip(rows.tolist(), least, strict=True):
        code = codes[row].tobytes()
        if code not in sides:
            alike = [np.ones(len(t), dtype=bool) for t in problem.tables]
            alike[own] = (codes == codes[row]).all(axis=1)
            pairs = zip(problem.tables, problem.keep(tuple(alike)).possible(), strict=True)
            sides[code] = {i: _by_power(t, m) for i, (t, m) in enumerate(pairs) if i != own}
        side = sides[code]
        picks = [
            _lightest(side[i], line[place]) if i in side else [row]
            for i, place in enumerate(places)
        ]
        found.extend(product(*picks))
    return np.array(found, dtype=np.int64).reshape(-1, len(problem.tables))


def _by_power(table: Table, mask: np.ndarray) -> Side:
    """Some rows of a table, ready for `_lightest`."""
    rows = np.flatnonzero(mask)
    rows = rows[np.argsort(table.power[rows], kind="stable")]
    return rows, table.power[rows], np.ascontiguousarray(table.resources[rows].T)


def _lightest(side: Side, above: np.ndarray) -> list[int]:
    """Of some rows those of least power that have more than a line of every resource."""
    rows, power, resources = side
    # Axes come after the resources, and are the same on all rows.
    fits = np.logical_and.reduce([c > a for c, a in zip(resources, above, strict=False)])
    if not fits.any():
        return []
    least = slice(*np.searchsorted(power, power[fits.argmax()] + np.arange(2)))
    own: list[int] = rows[least][fits[least]].tolist()
    return own
