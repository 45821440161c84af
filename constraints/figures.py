"""Printing exact numbers without moving them across a legal line."""

from collections.abc import Iterable
from fractions import Fraction

from constraints.syntax import decimal_text

# A value with at most this many decimals is printed whole; others start from here.
PLACES = 4


def _whole(value: Fraction) -> bool:
    """Whether a number has an exact decimal."""
    return " / " not in decimal_text(value)


def _parted(value: Fraction, rounded: Fraction, lines: Iterable[Fraction]) -> bool:
    """Whether a line lies between a number and what it was rounded to, or on either."""
    low, high = min(value, rounded), max(value, rounded)
    return any(low <= line <= high for line in lines)


def exactly(value: Fraction, lines: Iterable[Fraction] = ()) -> str:
    """Text of a number with every digit that it has; rounded only where it has no end.

    Examples
    --------
    >>> exactly(Fraction("749.6875000001")), exactly(Fraction(1, 3))
    ('749.6875000001', '0.3333')
    """
    return shown(value, [*lines, value])


def shown(value: Fraction, lines: Iterable[Fraction] = ()) -> str:
    """Text of a number, with as many decimals as keep it on its side of every line.

    Examples
    --------
    >>> shown(Fraction(2368, 814)), shown(Fraction(4800))
    ('2.9091', '4,800')
    >>> shown(Fraction("5.91999999"), [Fraction("5.92")])
    '5.91999999'
    """
    if value.denominator == 1:
        return f"{value.numerator:,}"
    places, rounded = PLACES, round(value, PLACES)
    if rounded != value:
        kept = tuple(line for line in lines if line != value or _whole(value))
        while rounded != value and _parted(value, rounded, kept):
            places += 1
            rounded = round(value, places)
    whole, point, decimals = decimal_text(rounded).partition(".")
    return f"{int(whole):,}{point}{decimals}" if whole != "-0" else f"-0{point}{decimals}"
