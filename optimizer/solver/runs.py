"""Tables by runs of rows: what can be left out is settled for whole runs, not row by row.

A *run* is a stretch of consecutive rows that differ in the last knob alone (clock, data rate,
links). Along it no column, no resource and no power falls. A *piece* of a run is a stretch on
which every condition on this table alone reads alike: its ends are found by halving, so that a
table of a million rows is read at a few thousand places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constraints.expressions import Expr, names
from optimizer.solver.problem import Problem
from optimizer.solver.reading import Atom, compile_formula, line_of, point_truths
from optimizer.solver.tables import COLUMN_STEPS, Table

# Where a comparison with a line turns as a column rises: at the first value that reaches the
# line, at the first one above it, or at both.
TURNS = {">=": (0,), "<": (0,), ">": (1,), "<=": (1,), "==": (0, 1), "!=": (0, 1)}


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of the runs of a table.

    Attributes
    ----------
    table : Table
    first, stop : ndarray of int, shape (n,)
        First row of each piece, and the row after its last one.
    """

    table: Table
    first: np.ndarray
    stop: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def take(self, picks: np.ndarray) -> Pieces:
        """Some pieces."""
        return Pieces(self.table, self.first[picks], self.stop[picks])

    def within(self, first: np.ndarray, stop: np.ndarray) -> Pieces:
        """The same pieces cut shorter; those that are cut to nothing are dropped."""
        left = first < stop
        return Pieces(self.table, first[left], stop[left])

    def rows(self, step: int = 1) -> np.ndarray:
        """Every row of each piece, or the first and every `step`-th one counted from the last."""
        counts = (self.stop - self.first + step - 1) // step
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.repeat(self.stop - 1, counts) - step * place
        return np.unique(np.concatenate([found, self.first])) if step > 1 else np.sort(found)

    def thin(self, most: int) -> np.ndarray:
        """About `most` rows spread over the pieces, both ends of each among them."""
        return self.rows(max(1, int((self.stop - self.first).sum()) // most))

    @property
    def last(self) -> np.ndarray:
        """Last row of each piece, which has the most of everything."""
        return self.stop - 1

    def varies(self, column: np.ndarray) -> bool:
        """Whether a column that does not fall changes along some piece."""
        return bool((column[self.first] != column[self.last]).any())


def turn(
    first: np.ndarray, stop: np.ndarray, column: np.ndarray, line: float | np.ndarray
) -> np.ndarray:
    """First row of each stretch with more than a line in a column that rises; its end if none.

    Parameters
    ----------
    first, stop : ndarray of int, shape (n,)
    column : ndarray, shape (rows,)
    line : float, or ndarray of shape (n,)
    """
    low, high, lines = first.copy(), stop.copy(), np.broadcast_to(line, first.shape)
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) // 2
        over = column[middle] > lines[open_]
        high[open_[over]] = middle[over]
        low[open_[~over]] = middle[~over] + 1
    return low


def lawful(tables: Sequence[Table], expr: Expr) -> tuple[Pieces, ...]:
    """Pieces of each table with which a condition can still hold."""
    tables = [t.only(names(expr)) for t in tables]
    _, atoms = compile_formula(expr, tables)
    cut = [_cut(table, [a for a in atoms if a.tables == (i,)]) for i, table in enumerate(tables)]
    ends = Problem.read(tuple(p.table.take(p.last) for p in cut), expr)
    return tuple(p.take(np.flatnonzero(m)) for p, m in zip(cut, ends.possible(), strict=True))


def _cut(table: Table, atoms: Sequence[Atom]) -> Pieces:
    """Pieces of a table on which some comparisons read alike."""
    first, stop = table.runs, np.append(table.runs[1:], len(table))
    cuts, lines = [first], dict[str, list[float]]()
    for atom in atoms:
        line = line_of(atom.expr)
        if line is None:
            truth = point_truths(atom, table)
            cuts.append(np.flatnonzero(truth[1:] != truth[:-1]) + 1)
        else:
            name, op, value = line
            lines.setdefault(name, []).extend(_turning(op, value))
    for name, found in lines.items():
        each = np.unique(found)
        starts, stops = np.tile(first, len(each)), np.tile(stop, len(each))
        cuts.append(turn(starts, stops, table.columns[name], np.repeat(each, len(first))))
    starts = np.unique(np.concatenate(cuts))
    starts = starts[starts < len(table)]
    return Pieces(table, starts, np.append(starts[1:], len(table)))


def _turning(op: str, line: Fraction) -> list[float]:
    """Values above which a rising column turns a comparison: half a step under the next one.

    Columns are whole numbers of steps, so floating point decides these exactly.
    """
    at = line * COLUMN_STEPS
    least = {math.floor(at) + 1 if beyond else math.ceil(at) for beyond in TURNS[op]}
    return [(step - 0.5) / COLUMN_STEPS for step in least]
