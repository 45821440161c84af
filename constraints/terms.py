"""Building blocks of conditions: exact values, names, joining, replacing."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any

from constraints.nodes import And, BinOp, Compare, Expr, Literal, Name, Not, Number, Or

# Conditions about which something is kept: some times those of the largest rule set.
MOST_KEPT = 2**14
HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne,
}  # fmt: skip


def _quotient(left: Fraction, right: Fraction) -> Fraction:
    return left / right if right else Fraction(0)


APPLY: Mapping[str, Callable[[Any, Any], Fraction]] = {
    "+": add, "-": sub, "*": mul, "/": _quotient,
}  # fmt: skip


def exact(value: Any) -> Any:
    """Return a value as the engine computes with it: numbers as Fraction, all else unchanged.

    Raises
    ------
    TypeError
        The value is a binary floating-point number or of a kind that no fact has.

    Examples
    --------
    >>> exact(Decimal("5.92")), exact(True), exact(None)
    (Fraction(148, 25), True, None)
    """
    if value is None or isinstance(value, Fraction | bool | str | date):
        return value
    if isinstance(value, int | Decimal):
        return Fraction(value)
    raise TypeError(f"{value!r} is not exact: give an int, Decimal or Fraction")


def lift(value: Any) -> Expr:
    """Return a value as a constant expression; an expression stays as it is."""
    value = exact(value) if not isinstance(value, Expr) else value
    if isinstance(value, Expr):
        return value
    return Number(value) if isinstance(value, Fraction) else Literal(value)


def conjunction(*args: Expr) -> Expr:
    """Flat, simplified ``and``; true without arguments.

    Examples
    --------
    >>> from constraints.syntax import parse, render
    >>> render(conjunction(parse("a and b"), parse("true"), parse("c or d")))
    'a and b and (c or d)'
    """
    return _joined(And, Literal(True), Literal(False), args)


def disjunction(*args: Expr) -> Expr:
    """Flat, simplified ``or``; false without arguments."""
    return _joined(Or, Literal(False), Literal(True), args)


def _joined(kind: type[And] | type[Or], unit: Expr, zero: Expr, args: tuple[Expr, ...]) -> Expr:
    flat: list[Expr] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, kind) else (arg,))
    kept = list(dict.fromkeys(arg for arg in flat if arg != unit))
    if zero in kept:
        return zero
    return kept[0] if len(kept) == 1 else kind(tuple(kept)) if kept else unit


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct parts of an expression."""
    match expr:
        case And(args) | Or(args):
            return args
        case Not(arg):
            return (arg,)
        case Compare(_, left, right) | BinOp(_, left, right):
            return (left, right)
    return ()


def atoms(expr: Expr) -> Iterator[Expr]:
    """Comparisons and Boolean names of a condition, left to right."""
    if isinstance(expr, And | Or | Not):
        for part in children(expr):
            yield from atoms(part)
    else:
        yield expr


@lru_cache(maxsize=MOST_KEPT)
def names(expr: Expr) -> frozenset[str]:
    """Every name in an expression.

    Examples
    --------
    >>> from constraints.syntax import parse
    >>> sorted(names(parse("tpp / area >= 5.92 and not datacenter")))
    ['area', 'datacenter', 'tpp']
    """
    if isinstance(expr, Name):
        return frozenset({expr.id})
    return frozenset().union(*(names(part) for part in children(expr)))


def substitute(expr: Expr, values: Mapping[str, Any]) -> Expr:
    """Replace names by exact values or expressions, and simplify ``and`` and ``or``.

    Examples
    --------
    >>> from constraints.syntax import parse, render
    >>> render(substitute(parse("pd >= line"), {"line": 2, "pd": Name("x")}))
    'x >= 2'
    """
    match expr:
        case Name(name):
            return lift(values[name]) if name in values else expr
        case And(args):
            return conjunction(*(substitute(arg, values) for arg in args))
        case Or(args):
            return disjunction(*(substitute(arg, values) for arg in args))
        case Not(arg):
            inner = substitute(arg, values)
            return Literal(not inner.value) if isinstance(inner, Literal) else Not(inner)
        case Compare(op, left, right):
            left, right = substitute(left, values), substitute(right, values)
            if isinstance(left, Literal | Number) and isinstance(right, Literal | Number):
                return Literal(HOLDS[op](left.value, right.value))
            return Compare(op, left, right)
        case BinOp(op, left, right):
            left, right = substitute(left, values), substitute(right, values)
            if isinstance(left, Number) and isinstance(right, Number):
                return Number(APPLY[op](left.value, right.value))
            return BinOp(op, left, right)
    return expr
