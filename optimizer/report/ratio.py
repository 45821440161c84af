"""The ratio of two projected designs, and whether the model can tell them apart."""

from pydantic import Field

from optimizer.projection.intervals import RATIO, figure_interval, told_apart
from optimizer.report.numbers import percent
from optimizer.report.result import JsonNumber, Record

NEAR = "closer to the first than the model can tell, so their order is not certain"
SIGN_RULE = (
    "the sign of a change counts as sure if the ratio of the two leaves the 80 % interval of the "
    "ratio of two devices on equal work (docs/validation.md)"
)
SURE = {True: "sure", False: "unsure", None: "-"}
"""Whether the interval of a ratio leaves out 1, in a column; a dash where nothing differs."""


class Ratio(Record):
    """One projected value over another; errors that both share cancel in it."""

    value: JsonNumber
    low: JsonNumber = Field(description="Lower end of its 80 % interval. [1]")
    high: JsonNumber = Field(description="Upper end of its 80 % interval. [1]")
    told_apart: bool = Field(description="Whether the interval leaves out 1.")


def ratio_of(value: JsonNumber | None, other: JsonNumber | None) -> Ratio | None:
    """A projected value over another; None where one is unknown or nothing.

    The interval is that of the ratio of the throughputs of two devices on equal work.

    Examples
    --------
    >>> ratio_of(100, 101).told_apart, ratio_of(1000, 100).told_apart, ratio_of(1, None)
    (False, True, None)
    """
    band = figure_interval(RATIO)
    if band is None or not value or not other:
        return None
    apart = told_apart(min(value, other), max(value, other))
    share = value / other
    return Ratio(value=share, low=share * band.low, high=share * band.high, told_apart=bool(apart))


def inside(value: JsonNumber | None, first: JsonNumber | None) -> bool | None:
    """Whether the 80 % interval of the ratio of two projected values holds 1; None if unknown."""
    found = ratio_of(value, first)
    return None if found is None else not found.told_apart


def ratio_words(found: Ratio) -> str:
    """The 80 % interval of a ratio, and where it does not say which is faster.

    Examples
    --------
    >>> ratio_words(Ratio(value=0.893, low=0.753, high=1.06, told_apart=False))
    '75.3 % to 106 %, not told apart'
    """
    near = "" if found.told_apart else ", not told apart"
    return f"{percent(found.low, 1)} to {percent(found.high, 1)}{near}"


def ratio_interval_words() -> str:
    """The interval of every ratio of two projected throughputs, as factors."""
    band = figure_interval(RATIO)
    if band is None:
        return "the interval of the ratio of two designs is unknown"
    return (
        "80 % interval of the ratio of two designs: x "
        f"{band.low:.2f} to {band.high:.2f}, from pairs of devices on equal work"
    )
