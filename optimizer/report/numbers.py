"""Numbers as people and files read them, never rounded across a legal line.

A density of 5.9199 printed as ``5.92`` beside "below 5.92" would contradict the
verdict. Here a number gets as many digits as it needs to stay on its own side
of every line that it is compared with.
"""

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from constraints.syntax import decimal_text

Number = int | float | Decimal | Fraction

_MOST_DIGITS = 40
"""Decimals after which no float and no legal number differ any more."""


def json_number(value: Number, lines: Iterable[Number] = ()) -> int | float:
    """The JSON number nearest to an exact value, on its own side of every line.

    Examples
    --------
    >>> json_number(Fraction(2400, 814), [Decimal("1.6")])
    2.9484029484029484
    >>> json_number(Decimal("4800"))
    4800
    >>> json_number(Decimal("4000.0"))
    4000
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a JSON number")
    exact = Fraction(value)
    if exact.denominator == 1 and not isinstance(value, float):
        return int(exact)
    nearest = float(exact)
    for line in lines:
        nearest = _on_side(nearest, exact, as_printed(line))
    return nearest


def _on_side(nearest: float, exact: Fraction, line: Fraction) -> float:
    """The next float beyond a line, where rounding has put a value on it."""
    if exact == line or nearest != float(line):
        return nearest
    return math.nextafter(nearest, math.inf if exact > line else -math.inf)


def as_printed(value: Number) -> Fraction:
    """The exact number that is meant: of a float, its shortest decimal form.

    Examples
    --------
    >>> as_printed(1.6) == Fraction(8, 5)
    True
    """
    return Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)


def text_number(value: Number | None, lines: Iterable[Number] = (), digits: int = 4) -> str:
    """A number for text: thousands separated, at most ``digits`` decimals, more if a line asks.

    Examples
    --------
    >>> text_number(4800)
    '4,800'
    >>> text_number(Fraction(59199, 10000), [Decimal("5.92")], digits=2)
    '5.9199'
    >>> text_number(1.5998976, [1.6], digits=2)
    '1.5999'
    >>> text_number(Decimal("2.50"))
    '2.5'
    >>> text_number(None)
    'unknown'
    """
    if value is None:
        return "unknown"
    exact = as_printed(value)
    targets = [as_printed(line) for line in lines]
    for places in range(digits, _MOST_DIGITS + 1):
        shown = Fraction(round(exact, places))
        if all(_sign(shown - line) == _sign(exact - line) for line in targets):
            break
    whole, point, decimals = decimal_text(shown).partition(".")
    return (
        f"{int(whole):,}{point}{decimals}"
        if int(whole) or shown >= 0
        else f"{whole}{point}{decimals}"
    )


def significant(value: float | None, digits: int = 4) -> str:
    """A projected number with a fixed count of significant digits.

    Examples
    --------
    >>> significant(1234.567), significant(0.0123456), significant(None), significant(0.0)
    ('1,235', '0.01235', '-', '0')
    """
    if value is None:
        return "-"
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return text_number(round(value, places), digits=max(places, 0))


def percent(part: Number, digits: int = 1) -> str:
    """A share as per cent; a share that is not zero never prints as zero.

    Examples
    --------
    >>> percent(Fraction(1, 75)), percent(Fraction(1, 100000)), percent(0)
    ('1.3 %', '0.001 %', '0 %')
    """
    exact = Fraction(part) * 100
    return text_number(exact, [Fraction(0)], digits) + " %"


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)
