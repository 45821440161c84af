"""Numbers as people and files read them, never rounded across a legal line.

A density of 5.9199 printed as ``5.92`` beside "below 5.92" would contradict the
verdict. Here a number gets as many digits as it needs to stay on its own side
of every line that it is compared with.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from constraints.syntax import decimal_text

Number = int | float | Decimal | Fraction

_MOST_DIGITS = 120
"""Decimals after which a value and a line of at most 40 digits each, or a sum or ratio of such,
cannot differ any more."""

_MOVE_DECIMALS = 9

_FLOAT_DIGITS = 17
"""Significant digits that tell any two floats apart (IEEE 754 binary64)."""


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


def json_exact(value: Number, lines: Iterable[Number] = ()) -> int | float | Decimal:
    """A value for JSON that is exact wherever a decimal is, and never on another side of a line.

    A float is returned where its shortest form is the value itself, or where the value has no
    exact decimal and the float keeps its side of every line; else a decimal with the digits that
    it takes, which the writer of `canonical` prints as a JSON number.

    Parameters
    ----------
    value : int, float, Decimal or Fraction
    lines : iterable of number
        What the value is compared with.

    Examples
    --------
    >>> json_exact(Decimal("2399.99999999999999999")), json_exact(Fraction(592, 100))
    (Decimal('2399.99999999999999999'), 5.92)
    >>> json_exact(Fraction(1, 3)), json_exact(Fraction(1, 3), [Fraction(1, 3)])
    (0.3333333333333333, 0.3333333333333333)
    """
    if isinstance(value, float):
        return json_number(value, lines)
    exact = Fraction(value)
    if exact.denominator == 1:
        return int(exact)
    nearest = float(exact)
    text = decimal_text(exact)
    if as_printed(nearest) == exact:
        return nearest
    if " / " not in text and len(text) <= _MOST_DIGITS:
        return Decimal(text)
    targets = [as_printed(line) for line in lines]
    others = [line for line in targets if line != exact]
    if all(_sign(as_printed(nearest) - line) == _sign(exact - line) for line in others):
        return nearest
    return Decimal(decimal_text(_rounded(exact, _FLOAT_DIGITS, others)))


def _rounded(exact: Fraction, digits: int, lines: Iterable[Fraction]) -> Fraction:
    """A number with at least so many decimals, and with as many as keep it on its sides."""
    targets = tuple(lines)
    for places in range(digits, _MOST_DIGITS + 1):
        shown = Fraction(round(exact, places))
        if all(_sign(shown - line) == _sign(exact - line) for line in targets):
            return shown
    return shown


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
    shown = _rounded(exact, digits, map(as_printed, lines))
    whole, point, decimals = decimal_text(shown).partition(".")
    return (
        f"{int(whole):,}{point}{decimals}"
        if int(whole) or shown >= 0
        else f"{whole}{point}{decimals}"
    )


def faithful(value: Number | None, lines: Iterable[Number] = (), digits: int = 4) -> str:
    """A number for text that never reads rounder than it is, whatever line it is compared with.

    Examples
    --------
    >>> faithful(2400.00001), faithful(2399.469568), faithful(Decimal("3.199996")), faithful(2400)
    ('2,400.00001', '2,399.4696', '3.199996', '2,400')
    """
    if value is None:
        return text_number(value)
    exact = as_printed(value)
    rounder = [Fraction(round(exact, places)) for places in range(digits)]
    return text_number(value, [*lines, *rounder], digits)


def floor_text(value: Number | None, lines: Iterable[Number] = (), digits: int = 4) -> str:
    """A number for text rounded down, and so never above what it is, on its side of every line.

    Examples
    --------
    >>> floor_text(0.82467), floor_text(0.90001, [0.9]), floor_text(None)
    ('0.8246', '0.90001', 'unknown')
    """
    if value is None:
        return text_number(value)
    exact, targets = as_printed(value), [as_printed(line) for line in lines]
    for places in range(digits, _MOST_DIGITS + 1):
        shown = Fraction(math.floor(exact * 10**places), 10**places)
        if all(_sign(shown - line) == _sign(exact - line) for line in targets):
            break
    return text_number(shown, digits=places)


def exact_text(value: Number | None) -> str:
    """A number for text with every digit that it has; one without an exact decimal is rounded.

    Facts are printed so: a reader who divides them gets the printed quotient.

    Examples
    --------
    >>> exact_text(Decimal("749.68750000000000000001")), exact_text(814), exact_text(Fraction(1, 3))
    ('749.68750000000000000001', '814', '0.3333')
    """
    if value is None:
        return text_number(value)
    whole = " / " not in decimal_text(as_printed(value))
    return text_number(value, [as_printed(value)] if whole else ())


def outward_text(value: Number, *, upward: bool) -> str:
    """The value of a move with at most nine decimals, rounded the way it goes, so that it suffices.

    Examples
    --------
    >>> outward_text(Fraction(1, 3), upward=True), outward_text(2399.469568, upward=False)
    ('0.333333334', '2,399.469568')
    """
    step = Fraction(1, 10**_MOVE_DECIMALS)
    exact = as_printed(value) / step
    return exact_text((math.ceil(exact) if upward else math.floor(exact)) * step)


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


def share_text(share: Number) -> str:
    """A share as per cent; one that is neither nothing nor the whole prints as neither.

    Examples
    --------
    >>> share_text(0.99996), share_text(1), share_text(Fraction(1, 8))
    ('99.996 %', '100 %', '12.5 %')
    """
    return text_number(as_printed(share) * 100, [Fraction(100), Fraction(0)], 1) + " %"


def margin_text(margin: Fraction | float | Mapping[str, Fraction | float]) -> str:
    """A guard band, of one share or of one per metric; empty where there is none.

    Examples
    --------
    >>> [margin_text(each) for each in (Fraction(1, 100), {"tpp": Fraction(1, 50)}, Fraction(0))]
    ['1 %', 'tpp 2 %', '']
    """
    if isinstance(margin, Mapping):
        return ", ".join(f"{name} {percent(share)}" for name, share in margin.items())
    return percent(margin) if margin else ""


def law_changes(
    changes: Iterable[str],
    exporter: str | None = None,
    margin: Fraction | float | Mapping[str, Fraction | float] = 0,
) -> tuple[str, ...]:
    """What differs from the law as it stands, in the words of the pages; a cell of every CSV.

    Examples
    --------
    >>> law_changes(["us_letters left out"], "AMD", Fraction(1, 100))
    ('us_letters left out', 'the exporter is AMD', 'guard band 1 %')
    """
    who = (f"the exporter is {exporter}",) if exporter is not None else ()
    band = (f"guard band {margin_text(margin)}",) if margin else ()
    return (*changes, *who, *band)


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)
