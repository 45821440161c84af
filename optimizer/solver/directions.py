"""In which direction a column eases a condition."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from constraints.expressions import BinOp, Compare, Expr, Name, Number, names


def opposed(column: np.ndarray, sign: int, resources: np.ndarray) -> bool:
    """Whether a column that had better be low is a resource that had better be high."""
    scale = np.abs(resources).max(axis=0, initial=0.0)
    most = float(np.abs(column).max(initial=0.0))
    if sign > 0 or not most:
        return False
    same = np.abs(column / most - resources / np.maximum(scale, 1e-300)) < 1e-9
    return bool(same.all(axis=0).any())


def helping(atoms: Iterable[Compare]) -> dict[str, int]:
    """Direction in which each column eases every comparison; 0 where they differ."""
    found: dict[str, int] = {}
    for atom in atoms:
        sign = {">": 1, ">=": 1, "<": -1, "<=": -1}.get(atom.op, 0)
        for side, own in ((atom.left, sign), (atom.right, -sign)):
            for name, way in slopes(side).items():
                found[name] = own * way if found.get(name, own * way) == own * way else 0
    return found


def slopes(expr: Expr) -> dict[str, int]:
    """Sign with which each name enters a sum; 0 where it enters in any other way."""
    match expr:
        case Name(name):
            return {name: 1}
        case BinOp("+" | "-" as op, left, right):
            found = slopes(left)
            for name, way in slopes(right).items():
                own = way if op == "+" else -way
                found[name] = own if found.get(name, own) == own else 0
            return found
        case BinOp("*" | "/", left, Number(value)) if value > 0:
            return slopes(left)
    return dict.fromkeys(names(expr), 0)
