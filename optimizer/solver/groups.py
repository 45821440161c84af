"""Rows that reach a level with rows they are allowed with, not with the best ones of all.

A limit such as a cost lets many rows of one table be had with poor rows of the others only. Rows
on which every condition on their own table reads alike form a group; whether groups go together
is settled once for all their rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from constraints.expressions import names
from optimizer.solver.problem import Problem, packed
from optimizer.solver.reading import combine, interval_truth
from optimizer.solver.tables import Table

# Combinations of groups, and of rows with groups, that are looked at; of more, rows are kept.
MOST_COMBINATIONS = 200_000

Reaches = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows of one table by the truth of the conditions on that table alone.

    Attributes
    ----------
    truths : ndarray of bool, shape (groups, atoms)
    of : ndarray of int, shape (rows,)
        Group of each row.
    best : ndarray, shape (groups, axes)
        Best value of each column of `Table.rows` in a group; no one row need have them all.
    low, high : mapping of str to ndarray, shape (groups,)
        Interval of each column.
    """

    truths: np.ndarray
    of: np.ndarray
    best: np.ndarray
    low: dict[str, np.ndarray]
    high: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.truths)

    @classmethod
    def by(cls, table: Table, prints: np.ndarray) -> Groups:
        """Group the rows of a table by its prints."""
        codes = packed(prints)
        one = codes[:, 0] if codes.shape[1] == 1 else codes
        _, example, of = np.unique(one, axis=0, return_index=True, return_inverse=True)
        truths, of = prints[example], of.ravel()
        order = np.argsort(of, kind="stable")
        starts = np.searchsorted(of[order], np.arange(len(truths)))
        rows, width = table.rows[order], table.resources.shape[1]
        best = np.hstack(
            [
                np.maximum.reduceat(rows[:, :width], starts, axis=0),
                np.minimum.reduceat(rows[:, width:], starts, axis=0),
            ]
        )
        columns = {name: column[order] for name, column in table.columns.items()}
        low = {name: np.minimum.reduceat(c, starts) for name, c in columns.items()}
        high = {name: np.maximum.reduceat(c, starts) for name, c in columns.items()}
        return cls(truths, of, best, low, high)


def everything(vectors: np.ndarray) -> np.ndarray:
    """The level that all vectors reach."""
    return np.ones(len(vectors), dtype=bool)


def fitting(problem: Problem, reaches: Reaches = everything) -> Problem:
    """Keep the rows that may reach a level together with rows that the condition allows.

    Parameters
    ----------
    problem : Problem
    reaches : callable
        Whether vectors reach the level; stays true when a coordinate gets better. Any level does
        where it is absent.

    Returns
    -------
    Problem
        Every allowed design that reaches the level is still in it.
    """
    if problem.empty:
        return problem
    groups = tuple(Groups.by(t, p) for t, p in zip(problem.tables, problem.prints, strict=True))
    if np.prod([len(g) for g in groups], dtype=float) > MOST_COMBINATIONS:
        return problem
    together = np.stack([side.ravel() for side in np.indices([len(g) for g in groups])])
    together = together[:, _may(problem, groups, together)]
    parts = [g.best[side] for g, side in zip(groups, together, strict=True)]
    together = together[:, reaches(problem.join(parts))]
    return problem.keep(
        tuple(_reaching(problem, groups, together, i, reaches) for i in range(len(groups)))
    )


def _may(problem: Problem, groups: tuple[Groups, ...], together: np.ndarray) -> np.ndarray:
    """Whether the condition may hold on some rows of the groups of each combination."""
    found = []
    for atom in problem.atoms:
        if len(atom.tables) == 1:
            table = atom.tables[0]
            found.append(groups[table].truths[together[table], problem.print_of[atom]])
            continue
        read = names(atom.expr)
        env = {
            name: (groups[t].low[name][together[t]], groups[t].high[name][together[t]])
            for t in atom.tables
            for name in read & set(problem.tables[t].columns)
        }
        found.append(np.broadcast_to(interval_truth(atom.expr, env)[1], together.shape[1:]))
    return combine(problem.formula, found, together.shape[1])


def _reaching(
    problem: Problem,
    groups: tuple[Groups, ...],
    together: np.ndarray,
    index: int,
    reaches: Reaches,
) -> np.ndarray:
    """Rows of one table that reach the level with the best of groups that they go with."""
    own, rows = groups[index], problem.tables[index].rows
    mask = np.isin(own.of, together[index])
    left = np.flatnonzero(mask)
    width = together.shape[1]
    if not width or len(left) * width > MOST_COMBINATIONS:
        return mask
    row, combination = (a.ravel() for a in np.meshgrid(left, np.arange(width), indexing="ij"))
    fits = own.of[row] == together[index, combination]
    row, combination = row[fits], combination[fits]
    parts = [g.best[together[i, combination]] for i, g in enumerate(groups)]
    parts[index] = rows[row]
    mask = np.zeros(len(rows), dtype=bool)
    mask[row[reaches(problem.join(parts))]] = True
    return mask
