"""Unit cost and share of a wafer: bounds on them, and the axis of a value that reads them.

Both hang on cores, sites and links together. They enter the law-like conditions, the search and
the proof through one table of integers (`optimizer.design.unit_cost`), never through a formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from constraints.expressions import (
    Expr,
    Literal,
    Not,
    conjunction,
    disjunction,
    nnf,
)
from optimizer.design import DesignSpace
from optimizer.design.unit_cost import CENTS, UNIT_COST, WAFER, WAFER_STEPS, UnitCost
from optimizer.solver.salvage import Bound
from optimizer.solver.staircases import compare, within

COST = "unit_cost_usd"
# Steps of an axis in one unit of what a reader sees: cents in a dollar, parts of a wafer.
STEPS = {UNIT_COST: CENTS, WAFER: WAFER_STEPS}


@dataclass(frozen=True, slots=True)
class Grid:
    """A joint table over cores, sites and links, to which the sums of the tables may be added."""

    table: np.ndarray
    adds: bool

    def at(self, parts: list[np.ndarray]) -> np.ndarray:
        """Least value over boxes, from the least places and sums of their sides."""
        places = tuple(p[:, -2].astype(np.int64) for p in parts)
        found = self.table[places].astype(float)
        return found + np.add.reduce([p[:, -1] for p in parts]) if self.adds else found


def grid_of(space: DesignSpace, axis: str) -> Grid:
    """The joint table of an axis; zero where the space has none."""
    cost = space.cost
    shape = (len(space.cores), len(space.sites), len(space.links))
    table = None
    if isinstance(cost, UnitCost):
        table = cost.dies if axis == UNIT_COST else cost.wafers
    return Grid(np.zeros(shape) if table is None else table, axis == UNIT_COST)


def cost_bound(space: DesignSpace, bound: Bound) -> Expr:
    """A bound on unit cost in dollars over the knobs; false where the cost is unknown."""
    return axis_bound(space, UNIT_COST, Bound(bound.op, bound.line * CENTS))


def axis_bound(space: DesignSpace, axis: str, bound: Bound) -> Expr:
    """A bound on an axis in its own integer steps, exact."""
    cost = space.cost
    if not isinstance(cost, UnitCost) or (axis == WAFER and cost.wafers is None):
        return Literal(False)
    line, known = bound.line, priced(space) if axis == UNIT_COST else Literal(True)
    below = {"<=": math.floor(line), "<": math.ceil(line) - 1}
    match bound.op:
        case "<=" | "<":
            return conjunction(known, _at_most(space, cost, axis, below[bound.op]))
        case ">":
            return conjunction(known, nnf(Not(_at_most(space, cost, axis, below["<="]))))
        case ">=":
            return conjunction(known, nnf(Not(_at_most(space, cost, axis, below["<"]))))
        case "!=":
            sides = [Bound(op, line) for op in ("<", ">")]
            return disjunction(*(axis_bound(space, axis, side) for side in sides))
    sides = [Bound(op, line) for op in ("<=", ">=")]
    return conjunction(*(axis_bound(space, axis, side) for side in sides))


def priced(space: DesignSpace) -> Expr:
    """That the memory part of a design has a price."""
    cost = space.cost
    if not isinstance(cost, UnitCost):
        return Literal(False)
    lacking = [i for i, m in enumerate(space.memory) if cost.memory_cents(m) is None]
    return conjunction(*(compare("memory_option", "!=", i) for i in lacking))


def dearest(space: DesignSpace) -> int:
    """A cost that no design of a space exceeds; 0 where it has none. [cent]"""
    cost = space.cost
    if not isinstance(cost, UnitCost):
        return 0
    memory = max(cost.memory.values(), default=0) * max(space.sites)
    return int(cost.dies.max()) + memory + max(cost.boards.values())


def _at_most(space: DesignSpace, cost: UnitCost, axis: str, line: int) -> Expr:
    """That the axis of a design is at most a whole number of steps."""
    if axis == WAFER and cost.wafers is not None:
        return within(space, cost.wafers <= line)
    return conjunction(*_by_category(space, cost, line))


def _by_category(space: DesignSpace, cost: UnitCost, line: int) -> Iterator[Expr]:
    """One staircase for each price of memory and of board; equal prices share it."""
    sites = np.array(space.sites, dtype=np.int64)[None, :, None]
    prices = sorted({c for m in space.memory if (c := cost.memory_cents(m)) is not None})
    for board in sorted(set(cost.boards.values())):
        others = [
            compare("board_class", "!=", i)
            for i, b in enumerate(space.boards)
            if cost.boards[b.form_factor] == board
        ]
        for price in prices:
            options = [
                compare("memory_option", "!=", i)
                for i, m in enumerate(space.memory)
                if cost.memory_cents(m) == price
            ]
            steps = within(space, cost.dies + sites * price + board <= line)
            yield disjunction(conjunction(*options), conjunction(*others), steps)
