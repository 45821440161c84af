"""Whether any design meets a condition: one bounded search, by the box.

The answer is a design, none, or open: past its boxes a question ends with `OpenError`, on every
machine at the same box. Boxes are opened newest first, so that a plain of equal values is crossed
rather than flooded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from constraints.expressions import BinOp, Compare, Expr, Name, Number, conjunction
from optimizer.design import Design, DesignSpace
from optimizer.solver.objective import Objective
from optimizer.solver.problem import Problem
from optimizer.solver.search import Search
from optimizer.solver.tables import Table, design_at
from optimizer.solver.ties import at_least

# Any throughput above this counts as served. [token/s per chip]
SERVED = 1e-300
# Boxes that one question may open, and all questions about one die together. A box costs about
# 3 microseconds (measured on one core at 2.5 GHz), so a die ends within some ten seconds.
BOXES = 200_000
BOXES_IN_ALL = 2_000_000
# Span of a sum below which the question is whether anything is less at all; about the least step
# of power and of bandwidth.
SPAN = Fraction(1, 2000)


class OpenError(Exception):
    """A question was not settled within its boxes."""


@dataclass(slots=True)
class Meter:
    """Boxes that the questions about one die have opened.

    Attributes
    ----------
    most : int
        Boxes that one question may open.
    left : int
        Boxes that are left to all further questions.
    """

    most: int = BOXES
    left: int = BOXES_IN_ALL
    _here: int = field(default=0, init=False)

    def start(self) -> None:
        """Begin a question."""
        self._here = 0

    def take(self, boxes: int) -> None:
        """Count boxes.

        Raises
        ------
        OpenError
            None are left to this question, or to all.
        """
        self._here += boxes
        self.left -= boxes
        if self._here > self.most or self.left < 0:
            raise OpenError


def any_design(problem: Problem, objective: Objective, level: float, meter: Meter) -> Design | None:
    """A design that the problem allows, worth a level or more; None where there is none.

    Raises
    ------
    OpenError
        The boxes of this question did not settle it.
    """
    meter.start()
    if level > SERVED and not problem.empty:
        problem = at_least(problem, objective, level)
    if problem.empty:
        return None
    small = problem.undominated()
    turn = 0

    def newest(vectors: np.ndarray) -> np.ndarray:
        nonlocal turn
        meter.take(len(vectors))
        turn += 1
        return np.where(objective(vectors) >= level, float(turn), -np.inf)

    found = Search(small, newest).collect(0.0, 1)
    return _design(objective.space, small.tables, found[0]) if found else None


def best_design(
    problem: Problem, objective: Objective, meter: Meter
) -> tuple[float, Design | None]:
    """Best value and a design of it, searched and not proved; 0 where nothing serves.

    Raises
    ------
    OpenError
        The boxes of this question did not settle it.
    """
    meter.start()
    if problem.empty:
        return 0.0, None
    small = problem.undominated()

    def value(vectors: np.ndarray) -> np.ndarray:
        meter.take(len(vectors))
        return objective(vectors)

    found = Search(small, value).best()
    if found.rows is None or found.value <= 0:
        return 0.0, None
    return found.value, _design(objective.space, small.tables, found.rows)


def _design(space: DesignSpace, tables: Sequence[Table], rows: Sequence[int]) -> Design:
    compute, memory, wiring = rows
    return design_at(space, tuple(tables), (compute, memory, wiring))


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition over tables whose additive axis (`Table.power`) carries one quantity.

    Attributes
    ----------
    problem : Problem
    objective : Objective
    level : float
        Least value that a design must have. [token/s per chip]
    meter : Meter
    value_of : callable
        Exact quantity of a design.
    ends : tuple of Fraction or None
        Between which values the condition holds the quantity outright; None where it does not.
    """

    problem: Problem
    objective: Objective
    level: float
    meter: Meter
    value_of: Callable[[Design], Fraction]
    ends: tuple[Fraction | None, Fraction | None] = (None, None)

    def least(self) -> tuple[Design, Fraction] | None:
        """The least quantity that a design of the level has, exact, with such a design."""
        found = self._any(self.problem)
        if found is None:
            return None
        tables = self.problem.tables
        spread = [i for i, t in enumerate(tables) if t.power.min() != t.power.max()]
        if len(spread) == 1:
            return self._by_rows(found, spread[0])
        return self._by_halves(found) if spread else (found, self.value_of(found))

    def greatest(self) -> tuple[Design, Fraction] | None:
        """The greatest quantity that a design of the level has, exact, with such a design."""
        tables = tuple(replace(t, power=-t.power) for t in self.problem.tables)
        other = replace(
            self,
            problem=replace(self.problem, tables=tables),
            value_of=lambda design: -self.value_of(design),
            ends=(_negative(self.ends[1]), _negative(self.ends[0])),
        )
        found = other.least()
        return None if found is None else (found[0], -found[1])

    def _any(self, problem: Problem) -> Design | None:
        return any_design(problem, self.objective, self.level, self.meter)

    def _by_rows(self, found: Design, index: int) -> tuple[Design, Fraction]:
        """Of a quantity of one table: halve the list of values that its rows have."""
        share = self.problem.tables[index].power
        steps = np.unique(share)
        low, high = -1, len(steps) - 1
        while high - low > 1:
            middle = (low + high) // 2
            masks = [np.ones(len(t), dtype=bool) for t in self.problem.tables]
            masks[index] = share <= steps[middle]
            there = self._any(self.problem.keep(tuple(masks)))
            if there is None:
                low = middle
            else:
                found, high = there, middle
        return found, self.value_of(found)

    def _by_halves(self, found: Design) -> tuple[Design, Fraction]:
        """Of a sum over tables: halve the span, until nothing lies below what was found."""
        low = Fraction(float(sum(float(t.power.min()) for t in self.problem.tables)))
        # Boxes do not tell that two bounds on one sum exclude each other.
        low = low if self.ends[0] is None else max(low, self.ends[0])
        best = self.value_of(found)
        while low < best:
            middle = (low + best) / 2
            near = best - low < SPAN
            there = self._any(self._bounded("<" if near else "<=", best if near else middle))
            if there is not None:
                found, best = there, self.value_of(there)
            elif near:
                break
            else:
                low = middle
        return found, best

    def _bounded(self, op: str, line: Fraction) -> Problem:
        """The problem with the quantity, read as a sum of columns, on one side of a line."""
        names = [f"share_{i}" for i in range(len(self.problem.tables))]
        tables = tuple(
            replace(t, columns={**t.columns, name: t.power.astype(float)})
            for t, name in zip(self.problem.tables, names, strict=True)
        )
        whole: Expr = Name(names[0])
        for name in names[1:]:
            whole = BinOp("+", whole, Name(name))
        bound = Compare(op, whole, Number(line))
        return Problem.compile(tables, conjunction(self.problem.expr, bound))


def _negative(value: Fraction | None) -> Fraction | None:
    return None if value is None else -value
