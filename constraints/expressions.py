"""What can be done with a condition: evaluate, substitute, normalize, widen. Exact throughout.

An unknown fact is ``None``; a comparison with it is ``None``, and Kleene's logic does the rest.
A quotient with a zero divisor counts as 0, so that a limb on it is not met (``check`` flags it).
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from catalogs.errors import InputError
from constraints.nodes import (
    And,
    BinOp,
    Compare,
    Expr,
    Literal,
    Name,
    Not,
    Number,
    Or,
    Value,
)
from constraints.syntax import parse, render
from constraints.terms import (
    APPLY,
    HOLDS,
    MOST_KEPT,
    atoms,
    conjunction,
    disjunction,
    exact,
    names,
    substitute,
)

__all__ = [
    "And", "BinOp", "Compare", "Expr", "Literal", "Name", "Not", "Number", "Or", "Value",
    "atoms", "compiled", "conjunction", "disjunction", "evaluate", "exact", "names", "nnf", "parse",
    "render", "substitute", "widen",
]  # fmt: skip

Facts = Mapping[str, Any]
Reader = Callable[[Facts], Any]
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def nnf(expr: Expr) -> Expr:
    """Negation normal form: ``not`` stands only before Boolean names.

    Examples
    --------
    >>> render(nnf(parse("not (not datacenter and tpp < 4800)")))
    'datacenter or tpp >= 4800'
    """
    match expr:
        case Not(And(args)):
            return disjunction(*(nnf(Not(arg)) for arg in args))
        case Not(Or(args)):
            return conjunction(*(nnf(Not(arg)) for arg in args))
        case Not(Not(arg)):
            return nnf(arg)
        case Not(Compare(op, left, right)):
            return Compare(NEGATED[op], left, right)
        case Not(Literal(value)):
            return Literal(not value)
        case And(args):
            return conjunction(*(nnf(arg) for arg in args))
        case Or(args):
            return disjunction(*(nnf(arg) for arg in args))
    return expr


def _widened(atom: Expr, margin: Fraction) -> Expr:
    match atom:
        case Compare(op, left, right) if op in MIRRORED and margin:
            if isinstance(left, Number):
                return _widened(Compare(MIRRORED[op], right, left), margin)
            step = margin if op in ("<", "<=") else -margin
            if isinstance(right, Number):
                return Compare(op, left, Number(right.value + abs(right.value) * step))
            if isinstance(right, Literal):
                return atom
            if any(isinstance(part, BinOp) and part.op == "-" for part in (left, right)):
                raise InputError(f"no margin can be put on '{render(atom)}'")
            return Compare(op, left, BinOp("*", right, Number(1 + step)))
    return atom


def widen(
    expr: Expr, margin: Fraction | Mapping[str, Fraction], only: frozenset[str] | None = None
) -> Expr:
    """Guard band: move every line of a condition so that it can only hold more often.

    Parameters
    ----------
    expr : Expr
        A condition in negation normal form. Quantities are never negative.
    margin : Fraction, or mapping of name to Fraction
        Share of the line by which it moves. [1]
    only : frozenset of str, optional
        Move only the lines on these names.

    Examples
    --------
    >>> render(widen(nnf(parse("tpp >= 4800 or not (tpp >= 1600)")), Fraction(1, 100)))
    'tpp >= 4752 or tpp < 1616'
    """
    match expr:
        case And(args):
            return conjunction(*(widen(arg, margin, only) for arg in args))
        case Or(args):
            return disjunction(*(widen(arg, margin, only) for arg in args))
        case Compare():
            found = names(expr) if only is None else names(expr) & only
            shares = margin if isinstance(margin, Mapping) else dict.fromkeys(found, margin)
            moved = (shares.get(name, Fraction(0)) for name in found)
            return _widened(expr, max(moved, default=Fraction(0)))
    return expr


@lru_cache(maxsize=MOST_KEPT)
def compiled(expr: Expr) -> Reader:
    """Return a function from facts (numbers as Fraction) to the value of an expression.

    Examples
    --------
    >>> compiled(parse("tpp >= 4800 and datacenter"))({"tpp": Fraction(900), "datacenter": None})
    False
    """
    match expr:
        case Number(value) | Literal(value):
            return lambda _facts: value
        case Name(name):
            return lambda facts: facts.get(name)
        case Not(arg):
            inner = compiled(arg)
            return lambda facts: None if (found := inner(facts)) is None else not found
        case And(args):
            return _junction(tuple(compiled(arg) for arg in args), stop=False)
        case Or(args):
            return _junction(tuple(compiled(arg) for arg in args), stop=True)
        case Compare(op, left, right):
            return _binary(HOLDS[op], compiled(left), compiled(right))
        case BinOp(op, left, right):
            return _binary(APPLY[op], compiled(left), compiled(right), divides=op == "/")


def _junction(parts: tuple[Reader, ...], *, stop: bool) -> Reader:
    def read(facts: Facts) -> bool | None:
        answer: bool | None = not stop
        for part in parts:
            found: bool | None = part(facts)
            if found is stop:
                return stop
            if found is None:
                answer = None
        return answer

    return read


def _binary(
    apply: Callable[[Any, Any], Any], left: Reader, right: Reader, *, divides: bool = False
) -> Reader:
    def read(facts: Facts) -> Any:
        first, second = left(facts), right(facts)
        if divides and second == 0:
            return Fraction(0)
        return None if first is None or second is None else apply(first, second)

    return read


def evaluate(expr: Expr, facts: Facts) -> Any:
    """Truth value or number of an expression; ``None`` where the facts do not settle it.

    Parameters
    ----------
    expr : Expr
        A condition or a quantity.
    facts : mapping
        Exact values by name; absent or ``None`` is unknown.

    Examples
    --------
    >>> rule = parse("tpp >= 4800 or (tpp >= 1600 and tpp / area >= 5.92)")
    >>> evaluate(rule, {"tpp": 900}), evaluate(rule, {"tpp": 2000})
    (False, None)
    >>> evaluate(rule, {"tpp": 2000, "area": 300})
    True
    """
    return compiled(expr)({name: exact(value) for name, value in facts.items()})
