"""Corners: resource vectors that no better design can lie under. The certificate of an optimum."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from optimizer.solver.costs import Grid
from optimizer.solver.tables import POWER, Table

# A corner is lifted while its value stays within this share above the optimum, and accepted by
# the proof within TOLERANCE, so that the noise of one floating-point evaluation cannot refuse it.
LIFT_SHARE = 5e-10
TOLERANCE = 1e-9
# Points probed in one round of the search for the highest level of an axis: at least so many a
# corner, and so many in all where corners are few, since a call costs as much as some hundreds.
PROBES, PROBED = 8, 256
# Rounds of probes in which a corner of the staircase is lifted. One places it within a tenth of an
# axis, and more, which cost most of its time, leave the staircase hardly shorter.
LIFT_ROUNDS = 1
# Rows compared at once when dominated corners are dropped.
BLOCK = 512
# Rows compared with all corners at once: as many as stay in the cache.
ROWS = 4096
# Corners lifted at once: each lift may cover the others, each call of the value costs as much as
# some hundreds.
LIFTED = 32

Value = Callable[[np.ndarray], np.ndarray]


def axis_levels(
    tables: tuple[Table, ...], extra: tuple[str, ...] = (), grid: Grid | None = None
) -> tuple[np.ndarray, ...]:
    """Every value that each axis can take, worst first; of an extra axis a coarse ladder."""
    levels = [steps for t in tables for steps in _resource_levels(t)]
    for axis in extra:
        if axis == POWER or grid is None:
            low = sum(float(t.power.min()) for t in tables)
            high = sum(float(t.power.max()) for t in tables)
        else:
            sums = [t.cost[:, 1] for t in tables] if grid.adds else []
            low = float(grid.table.min()) + sum(float(s.min()) for s in sums)
            high = float(grid.table.max()) + sum(float(s.max()) for s in sums)
        levels.append(np.linspace(high, low, BLOCK).round())
    return tuple(levels)


@lru_cache(maxsize=6)
def _resource_levels(table: Table) -> tuple[np.ndarray, ...]:
    """Every value of each resource; worked out once for a table, since no rule set moves it."""
    return tuple(np.unique(column) for column in table.resources.T)


def staircase(
    corners: np.ndarray, value: Value, optimum: float, levels: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Few corners that cover many: lift some as far as the optimum allows, drop all they cover.

    Those lifted are spread over what is left; what lies under one of them is never lifted itself.

    Parameters
    ----------
    corners : ndarray, shape (n, axes)
        Resource vectors whose value is not above the optimum.
    value : callable
        Value of resource vectors.
    optimum : float
        Value that no corner may exceed.
    levels : tuple of ndarray
        Attainable values of each axis, worst first (`axis_levels`).

    Returns
    -------
    ndarray, shape (m, axes)
    """
    sign = np.array([_sign(steps) for steps in levels])
    # What a ratio divides by comes first: many corners of the boxes differ in little else.
    order = tuple(sorted(_order(levels), key=sign.__getitem__))
    left, kept = corners * sign, np.zeros((0, corners.shape[1]))
    while len(left):
        picked = np.unique(np.linspace(0, len(left) - 1, LIFTED).astype(int))
        some, left = left[picked], np.delete(left, picked, axis=0)
        limit = optimum * (1 + LIFT_SHARE)
        lifted = lift(some * sign, value, limit, levels, order, LIFT_ROUNDS) * sign
        lifted = lifted[_needed(_under(some, lifted))]
        kept = np.concatenate([kept, lifted])
        left = left[~_covered(left, lifted)]
    return undominated(kept * sign, levels)


def _needed(covers: np.ndarray) -> list[int]:
    """Corners of which each covers a row that none before it covers: its own at least."""
    found: list[int] = []
    for i in range(len(covers)):
        if not covers[i, found].any():
            found.append(i)
    return found


def lift(
    corners: np.ndarray,
    value: Value,
    limit: float,
    levels: tuple[np.ndarray, ...],
    order: tuple[int, ...] | None = None,
    rounds: int | None = None,
) -> np.ndarray:
    """Raise one axis after the other to its best level with a value not above the limit.

    In so many rounds of probes only to one near it.
    """
    lifted = corners.copy()
    for axis in order or _order(levels):
        axes = np.full(len(lifted), axis)
        lifted[:, axis] = raised(lifted, axes, value, limit, levels, rounds)
    return lifted


def _order(levels: tuple[np.ndarray, ...]) -> tuple[int, ...]:
    """Axes with few levels first: they often cost nothing and cover much."""
    return tuple(sorted(range(len(levels)), key=lambda a: len(levels[a])))


def raised(
    corners: np.ndarray,
    axes: np.ndarray,
    value: Value,
    limit: float,
    levels: tuple[np.ndarray, ...],
    rounds: int | None = None,
) -> np.ndarray:
    """The best level of one axis, named for each corner, with a value not above the limit.

    After so many rounds of probes, the best one found.
    """
    if not len(corners):
        return np.zeros(0)
    current = corners[np.arange(len(corners)), axes]
    low, high, start = (np.zeros(len(corners), dtype=np.int64) for _ in range(3))
    steps = np.concatenate([levels[axis] for axis in np.unique(axes).tolist()])
    before = 0
    for axis in np.unique(axes).tolist():
        own, rising = axes == axis, levels[axis] * _sign(levels[axis])
        sought = current[own] * _sign(levels[axis])
        low[own] = np.searchsorted(rising, sought, side="right") - 1
        high[own], start[own] = len(rising), before
        before += len(rising)
    while rounds != 0 and (active := np.flatnonzero(high - low > 1)).size:
        rounds = None if rounds is None else rounds - 1
        a, b = low[active, None], high[active, None]
        count = min(int((b - a).max()) - 1, max(PROBES, PROBED // len(active)))
        # Spread over all levels between, the best one among them: often it is within the limit.
        probe = b - 1 - (b - a - 2) * np.arange(count) // max(count - 1, 1)
        trial = np.repeat(corners[active], count, axis=0)
        levels_tried = steps[(start[active, None] + probe).ravel()]
        trial[np.arange(len(trial)), np.repeat(axes[active], count)] = levels_tried
        fits = (value(trial) <= limit).reshape(probe.shape)
        low[active] = np.where(fits, probe, a).max(axis=1)
        high[active] = np.where(fits, b, probe).min(axis=1)
    reached = steps[start + np.maximum(low, 0)]
    signs = np.array([_sign(levels[axis]) for axis in axes.tolist()])
    better = np.maximum(current * signs, reached * signs) * signs
    return np.asarray(np.where(low >= 0, better, current))


def _sign(steps: np.ndarray) -> float:
    """1 where more is better on an axis, -1 where less is."""
    return 1.0 if steps[-1] >= steps[0] else -1.0


def undominated(corners: np.ndarray, levels: tuple[np.ndarray, ...]) -> np.ndarray:
    """Corners that no other corner covers."""
    sign = np.array([_sign(steps) for steps in levels])
    ranked = corners * sign
    scale = np.maximum(np.abs(ranked).max(axis=0, initial=1.0), 1.0)
    order = np.argsort(-(ranked / scale).sum(axis=1), kind="stable")
    kept = np.zeros((0, corners.shape[1]))
    for start in range(0, len(order), BLOCK):
        block = ranked[order[start : start + BLOCK]]
        if len(kept):
            block = block[~_covered(block, kept)]
        inner = _under(block, block) & np.tri(len(block), k=-1, dtype=bool)
        kept = np.concatenate([kept, block[~inner.any(axis=1)]])
    return np.asarray(kept * sign)


def _covered(rows: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Which rows lie under some corner."""
    blocks = range(0, len(rows), ROWS)
    found = [_under(rows[i : i + ROWS], corners).any(axis=1) for i in blocks]
    return np.concatenate([np.zeros(0, dtype=bool), *found])


def _under(rows: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Which rows lie under which corners, all axes signed so that more is better."""
    under = np.ones((len(rows), len(corners)), dtype=bool)
    for axis in range(rows.shape[1]):
        under &= rows[:, axis, None] <= corners[None, :, axis]
    return under
