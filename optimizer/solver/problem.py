"""A problem ready to search: tables cut down to the rows that can still be part of an answer."""

from __future__ import annotations

from collections.abc import Mapping
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
from optimizer.solver.reading import (
    Atom,
    Formula,
    combine,
    compile_formula,
    interval_truth,
    point_truths,
)
from optimizer.solver.tables import POWER, Table, exact_row


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
    ) -> Problem:
        """Read a condition over the tables; drop the columns and rows that play no part in it."""
        read = names(expr)
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
        whole = cls(tables, expr, formula, atoms, tuple(prints), print_of, extra, grid)
        kept = whole.keep(whole._possible())
        if kept.empty:
            return kept
        simpler = settled(substitute(expr, constant_columns(kept)), kept)
        if simpler == expr:
            return kept
        return cls.compile(kept.tables, simpler, extra, grid)

    def keep(self, masks: tuple[np.ndarray, ...]) -> Problem:
        """The same problem on some rows of each table."""
        picks = [np.flatnonzero(m) for m in masks]
        return Problem(
            tuple(t.take(p) for t, p in zip(self.tables, picks, strict=True)),
            self.expr,
            self.formula,
            self.atoms,
            tuple(r[p] for r, p in zip(self.prints, picks, strict=True)),
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

    def join(self, parts: list[np.ndarray]) -> np.ndarray:
        """Vectors of boxes from the best corners of their sides (`Table.rows`)."""
        columns = [p[:, :-3] for p in parts]
        for axis in self.extra:
            if axis == POWER or self.grid is None:
                columns.append(np.add.reduce([p[:, -3] for p in parts])[:, None])
            else:
                columns.append(self.grid.at(parts)[:, None])
        return np.concatenate(columns, axis=1)

    def allows(self, rows: tuple[int, ...]) -> bool:
        """Exact verdict of the requirements on one design, by the checker's own evaluation."""
        facts: dict[str, Fraction] = {}
        for table, row in zip(self.tables, rows, strict=True):
            facts.update(exact_row(table, row))
        return bool(evaluate(self.expr, facts))

    def _possible(self) -> tuple[np.ndarray, ...]:
        """Rows of each table with which the condition can still hold."""
        masks: list[np.ndarray] = []
        for index, table in enumerate(self.tables):
            may = [
                self.prints[index][:, self.print_of[a]]
                if a.tables == (index,)
                else np.full(len(table), self._anywhere(a))
                for a in self.atoms
            ]
            masks.append(combine(self.formula, may, len(table)))
        return tuple(masks)

    def _anywhere(self, atom: Atom) -> bool:
        """Whether an atom may hold somewhere; atoms of several tables are left to the search."""
        if len(atom.tables) != 1:
            return True
        table = atom.tables[0]
        return bool(self.prints[table][:, self.print_of[atom]].any())

    def undominated(self) -> Problem:
        """Drop rows that another row beats on every axis without being less allowed.

        Rows are compared only within equal truth of all one-table atoms and equal values of the
        columns that atoms of several tables read, so dropping is safe for any condition.
        """
        shared = {n for a in self.atoms if len(a.tables) > 1 for n in names(a.expr)}
        masks = []
        for index, table in enumerate(self.tables):
            keys = [self.prints[index].astype(float)]
            keys += [table.columns[n][:, None] for n in sorted(shared & set(table.columns))]
            axes = table.resources
            if POWER in self.extra:
                axes = np.concatenate([axes, -table.power[:, None].astype(float)], axis=1)
            if self.grid is not None:
                axes = np.concatenate([axes, -table.cost.astype(float)], axis=1)
            masks.append(_front(np.concatenate(keys, axis=1), axes))
        return self.keep(tuple(masks))


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


def _front(keys: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Rows not beaten by another row of equal keys; one of several equal rows is kept."""
    columns = [axes[:, i] for i in range(axes.shape[1] - 1, -1, -1)]
    order = np.lexsort([*columns, *(keys[:, i] for i in range(keys.shape[1]))])[::-1]
    k, a = keys[order], axes[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (k[1:] != k[:-1]).any(axis=1)
    group = np.cumsum(new) - 1
    keep = np.ones(len(order), dtype=bool)
    if axes.shape[1] == 1:
        keep = new
    elif axes.shape[1] == 2:
        # Within a group the first axis falls, so a row survives if its second axis is a new high.
        offset = np.abs(a[:, 1]).max(initial=0.0) * 2 + 1
        running = np.maximum.accumulate(a[:, 1] + group * offset)
        keep[1:] = (running[1:] > running[:-1]) | new[1:]
    mask = np.zeros(len(order), dtype=bool)
    mask[order[keep]] = True
    return mask
