"""The ratio of two projected designs, and whether the model can tell them apart."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from optimizer.projection.ratios import RatioBand, kin_of_die, ratio_band, same_die, told_apart
from optimizer.report.numbers import percent
from optimizer.report.result import JsonNumber, Record

if TYPE_CHECKING:
    from optimizer.report.solve import Case

NEAR = "closer to the first than the model can tell, so their order is not certain"
SIGN_RULE = (
    "the sign of a change counts as sure if the ratio of the two leaves the 80 % interval of the "
    "ratio of two devices on equal work (docs/validation.md)"
)
SURE = {True: "sure", False: "unsure", None: "-"}
"""Whether the interval of a ratio leaves out 1, in a column; a dash where nothing differs."""


Speed = Annotated[JsonNumber | None, Field(description="Throughput of that design. [1/s per chip]")]
Low = Annotated[JsonNumber | None, Field(description="Lower end of its 80 % interval.")]
High = Annotated[JsonNumber | None, Field(description="Upper end of its 80 % interval.")]


class Ratio(Record):
    """One projected value over another; errors that both share cancel in it."""

    value: JsonNumber
    low: JsonNumber = Field(description="Lower end of its 80 % interval. [1]")
    high: JsonNumber = Field(description="Upper end of its 80 % interval. [1]")
    told_apart: bool = Field(description="Whether the interval leaves out 1.")
    band: str = Field(description="Group of the stored intervals that the ends are from.")


def band_of(case: "Case", one: str, other: str) -> RatioBand | None:
    """The band that holds for designs of two dies, by id, in a solved case."""
    formats = [member.weight_precision for member in case.request.workload.members]
    kin = [kin_of_die(case.catalog.die(name)) for name in (one, other)]
    return ratio_band(case.request.stack, formats, *kin)


def group_of(band: RatioBand | None) -> str | None:
    """Name of a band in the stored intervals."""
    return None if band is None else band.group


def ratio_of(value: JsonNumber | None, other: JsonNumber | None) -> Ratio | None:
    """A projected value over another of the same die; None where one is unknown or nothing.

    Examples
    --------
    >>> ratio_of(100, 101).told_apart, ratio_of(1000, 100).told_apart, ratio_of(1, None)
    (False, True, None)
    """
    band = same_die()
    if band is None or not value or not other:
        return None
    apart = bool(told_apart(value, other, band))
    share = value / other
    low, high = share * band.low, share * band.high
    return Ratio(value=share, low=low, high=high, told_apart=apart, band=band.group)


def inside(
    value: JsonNumber | None, first: JsonNumber | None, band: RatioBand | None
) -> bool | None:
    """Whether the 80 % interval of the ratio of two projected values holds 1; None if unknown."""
    apart = told_apart(value, first, band) if value and first else None
    return None if apart is None else not apart


def apart(value: JsonNumber | None, other: JsonNumber | None) -> bool | None:
    """Whether two projected values of one die are told apart; None where one is nothing."""
    near = inside(value, other, same_die())
    return None if near is None else not near


def ratio_words(found: Ratio) -> str:
    """The 80 % interval of a ratio, and where it does not say which is faster.

    Examples
    --------
    >>> ratio_words(Ratio(value=0.893, low=0.753, high=1.06, told_apart=False, band="device_ratio"))
    '75.3 % to 106 %, not told apart'
    """
    near = "" if found.told_apart else ", not told apart"
    return f"{percent(found.low, 1)} to {percent(found.high, 1)}{near}"
