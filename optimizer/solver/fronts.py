"""Rows of a table that no other row beats."""

from __future__ import annotations

import numpy as np

# Rows compared pair by pair; of more, only rows that agree on an axis are compared.
PAIRWISE = 2048
# Rows of one side of a comparison of all pairs.
BLOCK = 512
# Most distinct quotients of two axes for which one stands for the other.
FEW = 8
# Groups of equal keys that are looked at one by one.
GROUPS = 16
# Whole numbers below this are exact in floating point.
EXACT = 2.0**53


def front(keys: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Mark rows that no row of equal keys matches or beats on every axis; of equals, one is kept.

    With more than two axes and many rows, some beaten rows may be kept.

    Parameters
    ----------
    keys : ndarray, shape (n, k)
    axes : ndarray, shape (n, a)
        More is better.

    Examples
    --------
    >>> front(np.zeros((3, 1)), np.array([[1.0, 2.0], [1.0, 1.0], [0.0, 3.0]]))
    array([ True, False,  True])
    """
    if not len(axes):
        return np.zeros(0, dtype=bool)
    keys = _grouped(keys)
    axes = _plain(keys[:, 0], axes)
    mask = _unbeaten(keys, axes)
    passes = [_sweep] if axes.shape[1] <= 2 else [_sliced, _pairwise]
    for each in passes:
        left = np.flatnonzero(mask)
        if each is _sliced and len(left) <= BLOCK:
            continue
        if each is _pairwise and len(left) > PAIRWISE:
            continue
        mask[left] = each(keys[left], axes[left])
    return mask


def _unbeaten(keys: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Drop what one good row of each group matches or beats: often nearly all, and cheaply."""
    mask = np.ones(len(axes), dtype=bool)
    varies = [c for c in keys.T if len(c) and c.max() > c.min()]
    groups = [np.arange(len(axes))]
    if len(varies) > 1:
        return mask
    if varies:
        values = np.unique(varies[0])
        if len(values) > GROUPS:
            return mask
        groups = [np.flatnonzero(varies[0] == v) for v in values]
    for rows in groups:
        if len(rows) < BLOCK:
            continue
        own = [column[rows] for column in axes.T]
        score = sum(column / max(float(np.abs(column).max()), 1e-300) for column in own)
        best = int(np.argmax(score))
        beaten = np.logical_and.reduce([column <= column[best] for column in own])
        beaten[best] = False
        mask[rows[beaten]] = False
    return mask


def _grouped(keys: np.ndarray) -> np.ndarray:
    """One key in place of many: the number of the group of rows that are equal in all."""
    varies = [column for column in keys.T if column.max() > column.min()]
    if len(varies) == 1:
        return np.asarray(varies[0][:, None])
    if not varies:
        return np.zeros((len(keys), 1))
    order = np.lexsort(varies)
    new = np.logical_or.reduce([np.diff(column[order]) != 0 for column in varies])
    group = np.zeros(len(keys))
    group[order[1:]] = np.cumsum(new)
    return group[:, None]


def _plain(key: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Drop axes of one value within each group: they tell no rows of it apart."""
    if key.max() == key.min():
        differs = [bool(column.max() > column.min()) for column in axes.T]
    else:
        order = np.argsort(key, kind="stable")
        same = np.diff(key[order]) == 0
        differs = [bool((same & (np.diff(column[order]) != 0)).any()) for column in axes.T]
    return axes[:, differs] if any(differs) else axes[:, :1]


def _few(values: np.ndarray) -> bool:
    """Whether values are at most a few different ones."""
    for _ in range(FEW):
        if not len(values):
            break
        values = values[values != values[0]]
    return not len(values)


def _sliced(keys: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Compare only rows that agree on all axes but two: those with the most distinct values."""
    if (axes[:, 1] > 0).all():
        # Tensor rate is a few multiples of the clock of all cores: the multiple says as much.
        quotient = axes[:, 0] / axes[:, 1]
        if _few(quotient):
            axes = np.column_stack([quotient, axes[:, 1:]])
            if axes.shape[1] <= 3:
                return _sweep(np.column_stack([keys, quotient]), axes[:, 1:])
    counts = [len(np.unique(axes[:, i])) for i in range(axes.shape[1])]
    most = sorted(np.argsort(counts, kind="stable")[-2:])
    rest = np.delete(axes, most, axis=1)
    return _sweep(np.column_stack([keys, rest]), axes[:, most])


def _sweep(keys: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Exact front of one or two axes, by sorting."""
    columns = [axes[:, i] for i in range(axes.shape[1] - 1, -1, -1)]
    order = np.lexsort([*columns, *(keys[:, i] for i in range(keys.shape[1]))])[::-1]
    k, a = keys[order], axes[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (k[1:] != k[:-1]).any(axis=1)
    keep = new.copy()
    if axes.shape[1] == 2:
        # Within a group the first axis falls, so a row survives if its second axis is a new high.
        group = np.cumsum(new) - 1
        second, whole = a[:, 1], bool((a[:, 1] == np.rint(a[:, 1])).all())
        apart = 2 * float(np.abs(second).max(initial=0.0)) + 1
        if not whole or apart * (group.max(initial=0) + 2) >= EXACT:
            second, apart = np.unique(second, return_inverse=True)[1].ravel(), len(order) + 1
        running = np.maximum.accumulate(second + group * apart)
        keep[1:] |= running[1:] > running[:-1]
    mask = np.zeros(len(order), dtype=bool)
    mask[order[keep]] = True
    return mask


def _pairwise(keys: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Exact front of any number of axes, by comparing all pairs."""
    columns = [*keys.T, *-keys.T, *axes.T]
    place = np.arange(len(axes))
    keep = np.ones(len(axes), dtype=bool)
    for start in range(0, len(axes), BLOCK):
        rows = slice(start, start + BLOCK)
        covered = np.ones((len(place[rows]), len(axes)), dtype=bool)
        equal = np.ones_like(covered)
        for column in columns:
            covered &= column[rows, None] <= column[None, :]
            equal &= column[rows, None] == column[None, :]
        # Of equal rows the first one stays.
        covered &= ~equal | (place[None, :] < place[rows, None])
        keep[rows] = ~covered.any(axis=1)
    return keep
