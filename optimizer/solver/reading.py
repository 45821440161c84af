"""The search's own reading of a condition: three-valued over boxes, in NumPy.

It shares the expression with the checker and with the proof, and no code with either. Floating
point only proposes here: a comparison within one part in 1e12 of its line is settled by the exact
evaluation of `constraints`, and the proof repeats everything in integers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from constraints.expressions import (
    MIRRORED,
    And,
    BinOp,
    Compare,
    Expr,
    Literal,
    Name,
    Number,
    Or,
    evaluate,
    names,
)
from optimizer.solver.tables import COLUMN_STEPS, Table, exact_row

Bounds = tuple[np.ndarray, np.ndarray]
# Relative width of the band around a line in which floating point may not decide.
GUARD = 1e-12


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison, and the tables whose columns it names."""

    expr: Compare
    tables: tuple[int, ...]


# A formula is a truth value, the index of an atom, or a junction of formulas.
Formula = bool | int | tuple[str, tuple["Formula", ...]]


def compile_formula(expr: Expr, tables: Sequence[Table]) -> tuple[Formula, tuple[Atom, ...]]:
    """Split a condition in negation normal form into atoms and the formula that joins them."""
    owner = {name: i for i, table in enumerate(tables) for name in table.columns}
    atoms: dict[Expr, int] = {}

    def walk(node: Expr) -> Formula:
        match node:
            case Literal(bool(value)):
                return value
            case And(args):
                return ("and", tuple(walk(a) for a in args))
            case Or(args):
                return ("or", tuple(walk(a) for a in args))
            case Compare():
                if node not in atoms:
                    atoms[node] = len(atoms)
                index = atoms[node]
                return ("atom", (index,))
        raise TypeError(f"not in normal form: {node}")

    formula = walk(expr)
    found = tuple(
        Atom(atom, tuple(sorted({owner[n] for n in names(atom)})))
        for atom in atoms
        if isinstance(atom, Compare)
    )
    return formula, found


def combine(formula: Formula, truths: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Truth of a formula from the truths of its atoms; monotone, so it maps must and may alike."""
    match formula:
        case bool(value):
            return np.full(size, value)
        case ("atom", (int(index),)):
            return truths[index]
        case ("and", parts):
            return np.asarray(np.logical_and.reduce([combine(p, truths, size) for p in parts]))
        case ("or", parts):
            return np.asarray(np.logical_or.reduce([combine(p, truths, size) for p in parts]))
    raise TypeError(f"not a formula: {formula!r}")


def point_truths(atom: Atom, table: Table) -> np.ndarray:
    """Truth of an atom of one table on each of its rows, exact."""
    line = line_of(atom.expr)
    if line is not None:
        return _beside(*line, table)
    env = {n: (table.columns[n], table.columns[n]) for n in names(atom.expr)}
    must, may = interval_truth(atom.expr, env)
    must = np.broadcast_to(must, (len(table),)).copy()
    may = np.broadcast_to(may, (len(table),))
    open_ = np.flatnonzero(must != may)
    if len(open_):
        values = np.stack([table.columns[n][open_] for n in env], axis=1)
        _, first, inverse = np.unique(values, axis=0, return_index=True, return_inverse=True)
        exact = [evaluate(atom.expr, exact_row(table, int(open_[i]), env)) for i in first]
        must[open_] = np.array(exact, dtype=bool)[inverse.ravel()]
    return must


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@lru_cache(maxsize=4096)
def line_of(atom: Compare) -> tuple[str, str, Fraction] | None:
    """``column op number`` where a comparison comes down to it; exact."""
    read = names(atom)
    if len(read) != 1 or atom.op not in _OPERATORS:
        return None
    (name,) = read
    form = _affine(BinOp("-", atom.left, atom.right))
    if form is None or not form[0]:
        return None
    op = atom.op if form[0] > 0 else MIRRORED.get(atom.op, atom.op)
    return name, op, -form[1] / form[0]


def _affine(expr: Expr) -> tuple[Fraction, Fraction] | None:
    """Factor and constant of an expression in one name."""
    match expr:
        case Number(value):
            return Fraction(0), value
        case Name():
            return Fraction(1), Fraction(0)
        case BinOp(op, left, right):
            a, b = _affine(left), _affine(right)
            if a is None or b is None:
                return None
            match op:
                case "+":
                    return a[0] + b[0], a[1] + b[1]
                case "-":
                    return a[0] - b[0], a[1] - b[1]
                case "*" if not a[0]:
                    return a[1] * b[0], a[1] * b[1]
                case "*" if not b[0]:
                    return a[0] * b[1], a[1] * b[1]
                case "/" if not b[0] and b[1]:
                    return a[0] / b[1], a[1] / b[1]
    return None


def _beside(name: str, op: str, line: Fraction, table: Table) -> np.ndarray:
    """Truth of ``column op line``: by floating point, and exactly next to the line."""
    column, near = table.columns[name], float(line)
    truth = np.asarray(_OPERATORS[op](column, near))
    guard = GUARD * max(1.0, abs(near))
    open_ = np.flatnonzero(np.abs(column - near) <= guard)
    for value in np.unique(column[open_]).tolist():
        own = Fraction(round(value * COLUMN_STEPS), COLUMN_STEPS)
        truth[open_[column[open_] == value]] = bool(_OPERATORS[op](own, line))
    return truth


def interval_truth(atom: Compare, env: Mapping[str, Bounds]) -> Bounds:
    """Whether a comparison certainly holds and whether it may hold, over boxes.

    Parameters
    ----------
    atom : Compare
        Linear or not; every name is in `env`.
    env : mapping of str to (low, high)
        Interval of each name; arrays of one shape.
    """
    left, right = _bounds(atom.left, env), _bounds(atom.right, env)
    match atom.op:
        case ">=" | ">":
            return _not_below(left, right)
        case "<=" | "<":
            return _not_below(right, left)
        case "==":
            return _equal(left, right)
        case "!=":
            must, may = _equal(left, right)
            return ~may, ~must
    raise TypeError(f"no reading for '{atom.op}'")


def _not_below(a: Bounds, b: Bounds) -> Bounds:
    """Interval truth of a >= b; a strict comparison differs only inside the guard band."""
    guard = GUARD * np.maximum(1.0, np.maximum(np.abs(a[1]), np.abs(b[1])))
    return a[0] - b[1] > guard, a[1] - b[0] >= -guard


def _equal(a: Bounds, b: Bounds) -> Bounds:
    guard = GUARD * np.maximum(1.0, np.maximum(np.abs(a[1]), np.abs(b[1])))
    may = (a[1] - b[0] >= -guard) & (b[1] - a[0] >= -guard)
    return np.zeros_like(may), may


def _bounds(expr: Expr, env: Mapping[str, Bounds]) -> Bounds:
    match expr:
        case Number(value):
            constant = np.float64(float(value))
            return np.asarray(constant), np.asarray(constant)
        case Name(name):
            return env[name]
        case BinOp(op, left, right):
            return _apply(op, _bounds(left, env), _bounds(right, env))
    raise TypeError(f"not a number: {expr}")


def _apply(op: str, a: Bounds, b: Bounds) -> Bounds:
    match op:
        case "+":
            return a[0] + b[0], a[1] + b[1]
        case "-":
            return a[0] - b[1], a[1] - b[0]
        case "*":
            ends = [x * y for x in a for y in b]
        case "/":
            ends = [x / y for x in a for y in b]
        case _:
            raise TypeError(f"no reading for '{op}'")
    return np.minimum.reduce(ends), np.maximum.reduce(ends)
