"""A problem ready to search: tables cut down to the rows that can still be part of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from constraints.expressions import (
    And,
    Compare,
    Expr,
    Literal,
    Or,
    conjunction,
    disjunction,
    evaluate,
    names,
    substitute,
)
from optimizer.solver.costs import Grid
from optimizer.solver.directions import helping, opposed
from optimizer.solver.fronts import front
from optimizer.solver.reading import (
    Atom,
    Formula,
    combine,
    compile_formula,
    interval_truth,
    point_truths,
)
from optimizer.solver.tables import POWER, Table, exact_row, paired

# Rows of two tables that are joined and tested one by one; more are left to the search.
MOST_PAIRS = 100_000
# Designs up to which all are evaluated at once, with no boxes.
OUTRIGHT = 4096
# Truth values packed into one whole number.
PACKED = 32


@dataclass(frozen=True, slots=True)
class Problem:
    """Tables and the condition that a design must meet.

    Attributes
    ----------
    tables : tuple of Table
        Compute, memory and wiring.
    expr : Expr
        All requirements, in negation normal form.
    formula, atoms : compiled form of `expr`
    prints : tuple of ndarray of bool
        Exact truth of each atom of one table on that table's rows.
    print_of : mapping of Atom to int
        Column of an atom in its table's prints.
    extra : tuple of str
        Axes that the value reads beyond the resources (less is better), in order.
    grid : Grid or None
        Joint table of a cost axis among them.
    """

    tables: tuple[Table, ...]
    expr: Expr
    formula: Formula
    atoms: tuple[Atom, ...]
    prints: tuple[np.ndarray, ...]
    print_of: Mapping[Atom, int]
    extra: tuple[str, ...] = ()
    grid: Grid | None = None

    @classmethod
    def compile(
        cls,
        tables: tuple[Table, ...],
        expr: Expr,
        extra: tuple[str, ...] = (),
        grid: Grid | None = None,
        also: frozenset[str] = frozenset(),
    ) -> Problem:
        """Read a condition over the tables; drop the columns and rows that play no part in it.

        Columns in `also` are kept for a condition that comes later.
        """
        whole = cls.read(tables, expr, extra, grid, also)
        kept = whole.keep(whole.possible())
        if kept.empty:
            return kept
        simpler = settled(substitute(expr, constant_columns(kept)), kept)
        if simpler == expr:
            return kept
        return cls.compile(kept.tables, simpler, extra, grid, also)

    @classmethod
    def read(
        cls,
        tables: tuple[Table, ...],
        expr: Expr,
        extra: tuple[str, ...] = (),
        grid: Grid | None = None,
        also: frozenset[str] = frozenset(),
    ) -> Problem:
        """Read a condition over the tables; every row stays."""
        read = names(expr) | also
        tables = tuple(t.only(read) for t in tables)
        formula, atoms = compile_formula(expr, tables)
        print_of: dict[Atom, int] = {}
        prints: list[np.ndarray] = []
        for index, table in enumerate(tables):
            own = [a for a in atoms if a.tables == (index,)]
            print_of.update({a: i for i, a in enumerate(own)})
            columns = [point_truths(a, table) for a in own]
            prints.append(
                np.stack(columns, axis=1) if columns else np.zeros((len(table), 0), dtype=bool)
            )
        return cls(tables, expr, formula, atoms, tuple(prints), print_of, extra, grid)

    def keep(self, masks: tuple[np.ndarray, ...]) -> Problem:
        """The same problem on some rows of each table."""
        picks = [None if m.all() else np.flatnonzero(m) for m in masks]
        return Problem(
            tuple(t if p is None else t.take(p) for t, p in zip(self.tables, picks, strict=True)),
            self.expr,
            self.formula,
            self.atoms,
            tuple(r if p is None else r[p] for r, p in zip(self.prints, picks, strict=True)),
            self.print_of,
            self.extra,
            self.grid,
        )

    def reading_power(self) -> Problem:
        """The same problem with board power as the last axis."""
        return self if POWER in self.extra else replace(self, extra=(*self.extra, POWER))

    @property
    def empty(self) -> bool:
        """Whether some table has no row left."""
        return any(len(t) == 0 for t in self.tables)

    @property
    def outright(self) -> bool:
        """Whether designs are so few that all are evaluated at once."""
        return bool(np.prod([len(t) for t in self.tables], dtype=float) <= OUTRIGHT)

    def join(self, parts: list[np.ndarray]) -> np.ndarray:
        """Vectors of boxes from the best corners of their sides (`Table.rows`)."""
        columns = [p[:, :-3] for p in parts]
        for axis in self.extra:
            if axis == POWER or self.grid is None:
                columns.append(np.add.reduce([p[:, -3] for p in parts])[:, None])
            else:
                columns.append(self.grid.at(parts)[:, None])
        return np.concatenate(columns, axis=1)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """Vectors of designs, given by their rows."""
        return self.join([t.rows[rows[:, i]] for i, t in enumerate(self.tables)])

    def designs(self) -> np.ndarray:
        """Rows of every design that is allowed; of few designs."""
        rows = np.indices([len(t) for t in self.tables]).reshape(len(self.tables), -1).T
        return np.asarray(rows[self.allowed(rows)])

    def allows(self, rows: tuple[int, ...]) -> bool:
        """Exact verdict of the requirements on one design, by the checker's own evaluation."""
        facts: dict[str, Fraction] = {}
        for table, row in zip(self.tables, rows, strict=True):
            facts.update(exact_row(table, row))
        return bool(evaluate(self.expr, facts))

    def allowed(self, rows: np.ndarray) -> np.ndarray:
        """Exact verdict of the requirements on many designs, given by their rows."""
        must, may = [], []
        for atom in self.atoms:
            if len(atom.tables) == 1:
                table = atom.tables[0]
                truth = self.prints[table][rows[:, table], self.print_of[atom]]
                ends = (truth, truth)
            else:
                columns = (
                    (n, self.tables[t].columns[n][rows[:, t]])
                    for t in atom.tables
                    for n in names(atom.expr) & self.tables[t].columns.keys()
                )
                ends = interval_truth(atom.expr, {n: (column, column) for n, column in columns})
            must.append(ends[0])
            may.append(ends[1])
        met = combine(self.formula, must, len(rows)).copy()
        for i in np.flatnonzero(combine(self.formula, may, len(rows)) & ~met):
            met[i] = self.allows(tuple(rows[i].tolist()))
        return met

    def possible(self) -> tuple[np.ndarray, ...]:
        """Rows of each table with which the condition can still hold."""
        # Atoms of several tables are left to the search.
        some = [
            len(a.tables) > 1 or bool(self.prints[a.tables[0]][:, self.print_of[a]].any())
            for a in self.atoms
        ]
        masks: list[np.ndarray] = []
        for index, table in enumerate(self.tables):
            may = [
                self.prints[index][:, self.print_of[a]]
                if a.tables == (index,)
                else np.full(len(table), anywhere)
                for a, anywhere in zip(self.atoms, some, strict=True)
            ]
            masks.append(combine(self.formula, may, len(table)))
        return tuple(masks)

    def undominated(self, later: Iterable[Compare] = ()) -> Problem:
        """Drop rows that another row beats on every axis without being less allowed.

        Comparisons in `later` are treated as read by the condition, whatever their numbers.

        Rows are compared only within equal truth of all one-table atoms. A column that an atom of
        several tables reads is one more axis where every atom gets easier in one direction, and
        has to be equal otherwise; so dropping is safe for any condition.
        """
        shared = helping([*(a.expr for a in self.atoms if len(a.tables) > 1), *later])
        masks = []
        for index, table in enumerate(self.tables):
            keys = [packed(self.prints[index])]
            axes = [table.resources]
            for name in sorted(shared.keys() & set(table.columns)):
                column = table.columns[name][:, None]
                if shared[name] == 0 or opposed(column, shared[name], table.resources):
                    keys.append(column)
                else:
                    axes.append(shared[name] * column)
            if POWER in self.extra:
                axes.append(-table.power[:, None].astype(float))
            if self.grid is not None:
                axes.append(-table.cost.astype(float))
            masks.append(front(np.concatenate(keys, axis=1), np.concatenate(axes, axis=1)))
        return self.keep(tuple(masks))

    def merged(self, later: Sequence[Compare] = ()) -> Problem:
        """The same problem with two tables as one where a condition reads just these two.

        Their joint rows are then tested exactly, and most are beaten by others: a search need not
        find that out box by box. Rows of the result are not rows of this problem. Comparisons in
        `later` are treated as read by the condition.
        """
        owner = {name: i for i, table in enumerate(self.tables) for name in table.columns}
        read = [names(a.expr) for a in self.atoms] + [names(a) for a in later]
        pairs = {span for each in read if len(span := frozenset(owner[n] for n in each)) > 1}
        if self.grid is not None or len(pairs) != 1:
            return self
        pair = sorted(next(iter(pairs)))
        if len(pair) != 2 or pair[1] - pair[0] != 1:
            return self
        left, right = (self.tables[i] for i in pair)
        if len(left) * len(right) > MOST_PAIRS:
            return self
        tables = (*self.tables[: pair[0]], paired(left, right), *self.tables[pair[1] + 1 :])
        also = frozenset[str]().union(*(names(a) for a in later))
        joint = Problem.compile(tables, self.expr, self.extra, also=also)
        return joint if joint.empty else joint.undominated(later)


def packed(prints: np.ndarray) -> np.ndarray:
    """Columns of truth values as few columns of whole numbers."""
    groups = range(0, prints.shape[1], PACKED)
    weights = 2.0 ** np.arange(PACKED)
    codes = [prints[:, g : g + PACKED] @ weights[: prints.shape[1] - g] for g in groups]
    return np.stack(codes, axis=1) if codes else np.zeros((len(prints), 1))


def settled(expr: Expr, problem: Problem) -> Expr:
    """Drop the atoms of several tables that hold on all the rows left, or on none."""
    match expr:
        case And(args):
            return conjunction(*(settled(a, problem) for a in args))
        case Or(args):
            return disjunction(*(settled(a, problem) for a in args))
        case Compare():
            ends = {}
            for table in problem.tables:
                for name in names(expr) & set(table.columns):
                    column = table.columns[name]
                    ends[name] = (column.min(), column.max())
            must, may = interval_truth(expr, ends)
            if must or not may:
                return Literal(bool(must))
    return expr


def constant_columns(problem: Problem) -> dict[str, Fraction]:
    """Columns with one value on all rows that are left, where an atom reads other tables too."""
    shared = {n for a in problem.atoms if len(a.tables) > 1 for n in names(a.expr)}
    return {
        name: exact_row(table, 0, (name,))[name]
        for table in problem.tables
        for name, column in table.columns.items()
        if name in shared and column.min() == column.max()
    }
