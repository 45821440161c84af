"""Every minimal conflict and every minimal correction of an infeasible request.

MARCO over at most `MOST` requirements: each subset of the requirements is known to be possible or
not from the subsets asked so far, and the rest is asked of the exact solver, largest first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

# Requirements up to which every conflict is listed.
MOST = 15


@dataclass(frozen=True, slots=True)
class ConflictSets:
    """What cannot hold together, and what to give up.

    Attributes
    ----------
    conflicts : tuple of tuple of str
        Each set cannot be met, and every proper subset of it can.
    corrections : tuple of tuple of str
        Without each set the rest can be met, and with any member back it cannot.
    complete : bool
        Whether these are all.
    asked : int
        Questions put to the exact solver.
    """

    conflicts: tuple[tuple[str, ...], ...]
    corrections: tuple[tuple[str, ...], ...]
    complete: bool
    asked: int


def conflict_sets(labels: Sequence[str], possible: Callable[[Sequence[str]], bool]) -> ConflictSets:
    """Enumerate minimal conflicts and minimal corrections.

    Parameters
    ----------
    labels : sequence of str
        Requirements that may be given up.
    possible : callable
        Whether some design meets a set of them; never true of a set when false of a subset.

    Examples
    --------
    >>> found = conflict_sets("abc", lambda kept: not {"a", "b"} <= set(kept))
    >>> found.conflicts, found.corrections
    ((('a', 'b'),), (('a',), ('b',)))
    """
    names = list(labels)
    asked = 0

    def holds(mask: int) -> bool:
        nonlocal asked
        asked += 1
        return possible([n for i, n in enumerate(names) if mask >> i & 1])

    if len(names) > MOST:
        return ConflictSets((), (), False, asked)
    whole = (1 << len(names)) - 1
    masks = np.arange(whole + 1)
    sizes = np.array([int(m).bit_count() for m in masks])
    open_ = np.ones(len(masks), dtype=bool)
    conflicts: list[int] = []
    corrections: list[int] = []
    while open_.any():
        left = np.flatnonzero(open_)
        seed = int(left[sizes[left].argmax()])
        if holds(seed):
            # The largest open set that can be met has no larger one that can: all those are closed.
            corrections.append(whole & ~seed)
            open_ &= (masks & ~seed) != 0
        else:
            core = _shrunk(seed, holds, open_)
            conflicts.append(core)
            open_ &= (masks & core) != core
    return ConflictSets(
        _named(conflicts, names), _named([c for c in corrections if c], names), True, asked
    )


def _shrunk(mask: int, holds: Callable[[int], bool], open_: np.ndarray) -> int:
    """A minimal conflict inside a conflict; subsets known to be possible are not asked again."""
    kept = mask
    for i in range(mask.bit_length()):
        rest = kept & ~(1 << i)
        if rest != kept and open_[rest] and not holds(rest):
            kept = rest
    return kept


def _named(masks: Sequence[int], names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    sets = [tuple(n for i, n in enumerate(names) if mask >> i & 1) for mask in masks]
    return tuple(sorted(sets, key=lambda s: (len(s), [names.index(n) for n in s])))
