"""The optimum of one space as one threshold moves: searched again and again, on small tables.

The tables are cut down once, to the rows that could be best wherever the threshold stands. What
the threshold does to the condition is learned from a few places and checked at others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constraints.expressions import (
    And,
    BinOp,
    Compare,
    Expr,
    Literal,
    Number,
    Or,
    atoms,
    conjunction,
    names,
)
from constraints.terms import children
from optimizer.design import Design, DesignSpace
from optimizer.projection import Prepared
from optimizer.solver.lines import Line
from optimizer.solver.objective import Objective, requested
from optimizer.solver.problem import Problem
from optimizer.solver.request import Request
from optimizer.solver.requirements import Requirements, requirements
from optimizer.solver.search import Search
from optimizer.solver.tables import Table, build_tables, design_at, with_columns

# Places, as multiples of the present value, where the condition is read: two give the template,
# the third has to agree with it.
PLACES = (Fraction(1), Fraction(7, 8), Fraction(9, 8))

# Designs that are ranked once; of more, each place is searched.
MOST_RANKED = 200_000
# Designs looked at first for one that meets the condition, and at a time after that.
FIRST_LOOK, LATER_LOOKS = 512, 16_384

Template = Callable[[Fraction], Expr]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Designs by falling value.

    Attributes
    ----------
    values : ndarray, shape (n,)
    rows : ndarray of int, shape (n, tables)
        Row of each table.
    """

    values: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, slots=True)
class MovedLine:
    """One space, ready to be searched with one line anywhere.

    Attributes
    ----------
    request : Request
        The question; only the line moves.
    line : Line
    space : DesignSpace
    objective : Objective
    problem : Problem
        Rows that could be best wherever the line stands, and what they must meet besides.
    moving : callable or None
        The conditions that move, from the value of the line; None where they have no template.
    ranked : Ranked or None
        The designs of `problem` by value, where they are few enough.
    """

    request: Request
    line: Line
    space: DesignSpace
    objective: Objective
    problem: Problem
    moving: Template | None
    ranked: Ranked | None

    @classmethod
    def of(
        cls,
        request: Request,
        line: Line,
        space: DesignSpace,
        prepared: Prepared,
        tables: tuple[Table, ...] | None = None,
    ) -> MovedLine:
        """Cut the tables of a space down for one line."""
        objective = requested(request, space, prepared)
        seen = [
            (place * line.value, requirements(line.moved(request, place * line.value), space))
            for place in PLACES
        ]
        fixed, moving = _split(seen)
        whole = with_columns(tables or build_tables(space), seen[0][1].board_columns)
        later = [a for a in atoms(moving(line.value)) if isinstance(a, Compare)] if moving else []
        read = [names(a) for a in later] if moving else [frozenset(t.columns) for t in whole]
        problem = Problem.compile(
            whole, fixed, objective.extra, objective.grid, frozenset().union(*read)
        )
        if moving and not problem.empty:
            problem = problem.undominated(later).merged(later)
        ranked = _ranked(problem, objective) if moving and not problem.empty else None
        return cls(request, line, space, objective, problem, moving, ranked)

    def best(self, value: Fraction) -> tuple[float, Design | None]:
        """Best value and its design with the line at a value; 0 and None where there is none."""
        if self.problem.empty:
            return 0.0, None
        if self.moving is not None and self.ranked is not None:
            return self._first(Problem.read(self.problem.tables, self.moving(value)), self.ranked)
        if self.moving is None:
            needs = requirements(self.line.moved(self.request, value), self.space)
            condition, tables = needs.expr, with_columns(self.problem.tables, needs.board_columns)
        else:
            condition = conjunction(self.problem.expr, self.moving(value))
            tables = self.problem.tables
        problem = Problem.compile(tables, condition, self.problem.extra, self.problem.grid)
        small = problem if problem.empty else problem.undominated().merged()
        found = None if small.empty else Search(small, self.objective).best()
        if found is None or found.rows is None or found.value <= 0:
            return 0.0, None
        return found.value, design_at(self.space, small.tables, found.rows)

    def _first(self, asked: Problem, ranked: Ranked) -> tuple[float, Design | None]:
        """The first design of a ranking that meets a condition."""
        start, size = 0, FIRST_LOOK
        while start < len(ranked.values):
            met = np.flatnonzero(asked.allowed(ranked.rows[start : start + size]))
            if met.size:
                place = start + int(met[0])
                rows = ranked.rows[place].tolist()
                return float(ranked.values[place]), design_at(self.space, asked.tables, rows)
            start, size = start + size, LATER_LOOKS
        return 0.0, None


def _ranked(problem: Problem, objective: Objective) -> Ranked | None:
    """Every design of the tables that meets the condition, best first; None of too many."""
    if np.prod([len(t) for t in problem.tables], dtype=float) > MOST_RANKED:
        return None
    rows = problem.designs()
    values = objective(problem.vectors(rows))
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > 0.0]
    return Ranked(values[order], rows[order])


def _split(seen: Sequence[tuple[Fraction, Requirements]]) -> tuple[Expr, Template | None]:
    """What does not move, and the template of what does; all moves where there is none."""
    (first, a), (second, b), (third, c) = seen
    labels = [[r.label for r in needs.items] for _, needs in seen]
    columns = [needs.board_columns for _, needs in seen]
    if labels[0] == labels[1] == labels[2] and columns[0] == columns[1] == columns[2]:
        pairs = list(zip(a.items, b.items, c.items, strict=True))
        fixed = conjunction(*(x.condition for x, y, _ in pairs if x.condition == y.condition))
        those = [trio for trio in pairs if trio[0].condition != trio[1].condition]
        templates = [_template(x.condition, first, y.condition, second) for x, y, _ in those]
        made = [t for t in templates if t is not None]
        agree = all(t(third) == z.condition for t, (*_, z) in zip(made, those, strict=False))
        if agree and len(made) == len(those):
            return fixed, lambda value: conjunction(*(t(value) for t in made))
    return Literal(True), None


def _rebuilt(like: Expr, parts: tuple[Expr, ...]) -> Expr:
    """The same junction, comparison or arithmetic of other parts."""
    match like:
        case And():
            return And(parts)
        case Or():
            return Or(parts)
        case Compare(op) | BinOp(op):
            return type(like)(op, *parts)
    return like


def _template(a: Expr, at_a: Fraction, b: Expr, at_b: Fraction) -> Template | None:
    """An expression as a function of a number, from two of its values; linear in the number."""
    match a, b:
        case Number(x), Number(y) if x != y:
            factor = (y - x) / (at_b - at_a)
            return lambda value: Number(x + factor * (value - at_a))
        case (And(), And()) | (Or(), Or()) | (Compare(), Compare()) | (BinOp(), BinOp()):
            if len(children(a)) != len(children(b)) or _rebuilt(a, children(b)) != b:
                return None
            found = [
                _template(x, at_a, y, at_b) for x, y in zip(children(a), children(b), strict=True)
            ]
            parts = [t for t in found if t is not None]
            if len(parts) < len(found):
                return None
            return lambda value: _rebuilt(a, tuple(t(value) for t in parts))
    return (lambda value: a) if a == b else None
