"""From a condition to the integer inequalities of CP-SAT; shares no code with the search.

A comparison becomes ``sum(c_i x_i) >= k`` over integer variables with integer coefficients. The
only rounding is that of the right-hand side to the next integer, which is exact because the left
side is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from constraints.expressions import BinOp, Compare, Expr, Name, Number

# OR-Tools 9.15 reports false infeasibility once a row with Booleans has coefficients above 2^31
# (and rarely from 2^30), so every row stays under this sum of |coefficient| x range.
ROW_LIMIT = 2**28
# No row reaches so far, so a right side beyond it may stand at it: CP-SAT takes 64 bits.
BEYOND_ALL = 2**60


class LoweringError(ValueError):
    """A condition that cannot be written as linear integer inequalities."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A rational linear form: coefficient by variable name, and a constant."""

    terms: Mapping[str, Fraction]
    constant: Fraction = Fraction(0)

    def plus(self, other: Linear, sign: int = 1) -> Linear:
        """Sum or difference of two forms."""
        terms = dict(self.terms)
        for name, value in other.terms.items():
            terms[name] = terms.get(name, Fraction(0)) + sign * value
        kept = {n: v for n, v in terms.items() if v}
        return Linear(kept, self.constant + sign * other.constant)

    def times(self, factor: Fraction) -> Linear:
        """The form scaled by a constant."""
        return Linear(
            {n: v * factor for n, v in self.terms.items() if factor}, self.constant * factor
        )


@dataclass(frozen=True, slots=True)
class Row:
    """``sum(coefficient x variable) >= at_least`` in integers."""

    terms: tuple[tuple[str, int], ...]
    at_least: int


@dataclass(frozen=True, slots=True)
class Scale:
    """A form that is compared with many whole numbers: its row but for the right side.

    Attributes
    ----------
    terms : tuple of (str, int)
    constant : Fraction
        Of the form, signed.
    factor : Fraction
        From steps of the form to those of the row.
    sign : int
        1 where more is beyond, -1 where less is.

    Examples
    --------
    >>> Scale.of(Linear({"x": Fraction(1, 1000)}, Fraction(2)), 1).beyond(5)
    Row(terms=(('x', 1),), at_least=3001)
    """

    terms: tuple[tuple[str, int], ...]
    constant: Fraction
    factor: Fraction
    sign: int

    @classmethod
    def of(cls, form: Linear, sign: int) -> Scale:
        """Bring a form to its smallest integer coefficients."""
        signed = form.times(Fraction(sign))
        terms = row(signed, strict=True).terms
        factor = next((c / signed.terms[n] for n, c in terms), Fraction(1))
        return cls(terms, signed.constant, factor, sign)

    def beyond(self, value: int) -> Row:
        """That the form is above a value, or below it."""
        return Row(self.terms, math.floor((self.sign * value - self.constant) * self.factor) + 1)


def linear(expr: Expr, names: Mapping[str, Linear]) -> Linear:
    """Linear form of a numeric expression.

    Parameters
    ----------
    expr : Expr
        Sums, differences, and products or quotients with one constant side.
    names : mapping of str to Linear
        What each name stands for, over integer variables.
    """
    match expr:
        case Number(value):
            return Linear({}, value)
        case Name(name) if name in names:
            return names[name]
        case BinOp("+", left, right):
            return linear(left, names).plus(linear(right, names))
        case BinOp("-", left, right):
            return linear(left, names).plus(linear(right, names), -1)
        case BinOp("*", left, right):
            a, b = linear(left, names), linear(right, names)
            if not a.terms:
                return b.times(a.constant)
            if not b.terms:
                return a.times(b.constant)
        case BinOp("/", left, right):
            b = linear(right, names)
            if not b.terms and b.constant:
                return linear(left, names).times(1 / b.constant)
    raise LoweringError(f"not linear in the design's quantities: {expr}")


def rows(atom: Compare, names: Mapping[str, Linear]) -> tuple[Row, ...]:
    """Integer rows that together say what a comparison says; for ``!=`` either one suffices."""
    form = linear(atom.left, names).plus(linear(atom.right, names), -1)
    match atom.op:
        case ">=":
            return (row(form, strict=False),)
        case ">":
            return (row(form, strict=True),)
        case "<=":
            return (row(form.times(Fraction(-1)), strict=False),)
        case "<":
            return (row(form.times(Fraction(-1)), strict=True),)
        case "==":
            return row(form, strict=False), row(form.times(Fraction(-1)), strict=False)
        case "!=":
            return row(form, strict=True), row(form.times(Fraction(-1)), strict=True)
    raise LoweringError(f"unknown comparison '{atom.op}'")


def row(form: Linear, *, strict: bool) -> Row:
    """``form >= 0`` (or ``> 0``) with the smallest integer coefficients."""
    scale = math.lcm(*(v.denominator for v in form.terms.values())) if form.terms else 1
    coefficients = {n: int(v * scale) for n, v in form.terms.items()}
    common = math.gcd(*coefficients.values()) if coefficients else 1
    bound = -form.constant * scale / (common or 1)
    at_least = math.floor(bound) + 1 if strict else math.ceil(bound)
    within = max(-BEYOND_ALL, min(BEYOND_ALL, at_least))
    return Row(tuple((n, c // common) for n, c in sorted(coefficients.items())), within)
