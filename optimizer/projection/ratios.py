"""The band of the ratio of two projected parts: wider where one of them was never measured.

Errors that two parts share cancel in their ratio; those of a die family, a weight format or a maker
of which no row was measured do not. Each band is from pairs of devices on equal work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from catalogs.dies import Die
from catalogs.skus import Sku
from optimizer.projection.intervals import (
    NEW_FAMILY_RATIO,
    NEW_MAKER_RATIO,
    NEW_PRECISION_RATIO,
    RATIO,
    Interval,
    figure_interval,
    stored_intervals,
)
from optimizer.projection.releases import vendors_behind

_WHOSE = {
    RATIO: "",
    NEW_FAMILY_RATIO: " of which one is of a die family without measured rows",
    NEW_PRECISION_RATIO: " in a weight format without measured rows",
    NEW_MAKER_RATIO: " of which one is of a maker without measured rows of the software stack",
}


@dataclass(frozen=True, slots=True)
class Kin:
    """What a part shares errors of the projection with: its maker, in any case, and die family."""

    maker: str
    family: str

    @property
    def named(self) -> tuple[str, str]:
        """Maker in lower case, and family."""
        return self.maker.casefold(), self.family


def kin_of_die(die: Die) -> Kin:
    """Return the maker and family of a die."""
    return Kin(die.vendor, die.architecture or "")


def kin_of_sku(sku: Sku) -> Kin:
    """Return the maker and family of the die of a part, of the part itself where it names none."""
    return Kin(sku.vendor, "") if sku.die_record is None else kin_of_die(sku.die_record)


@dataclass(frozen=True, slots=True)
class RatioBand:
    """Factors on the ratio of two projected throughputs.

    Parameters
    ----------
    group : str
        Its name in the stored intervals.
    low, high : float
        Ends of the 80 % interval, as factors. [1]
    pairs : int
        Pairs of devices that it is from.
    """

    group: str
    low: float
    high: float
    pairs: int


def _stored(group: str) -> RatioBand | None:
    found: Interval | None = figure_interval(group)
    return None if found is None else RatioBand(group, found.low, found.high, found.rows)


def same_die() -> RatioBand | None:
    """Return the band of two parts of one die family, or of two that were measured."""
    return _stored(RATIO)


def ratio_band(stack: str, precisions: Iterable[str], one: Kin, other: Kin) -> RatioBand | None:
    """Return the widest band that holds for two parts; None where it is not stored.

    Two parts of one family share what is unknown of it: pairs of one family, both left out of the
    fit, lie within the band of measured devices.

    Parameters
    ----------
    stack : str
        Software stack that the projection assumes.
    precisions : iterable of str
        Weight formats of the workload.
    one, other : Kin
        The two parts.

    Examples
    --------
    >>> hopper, cdna = Kin("NVIDIA", "Hopper"), Kin("AMD", "CDNA 3")
    >>> ratio_band("tensorrt-llm", ["fp8"], hopper, Kin("NVIDIA", "Ampere")).group
    'device_ratio'
    >>> ratio_band("tensorrt-llm", ["fp8"], hopper, cdna).group
    'new_maker_ratio'
    """
    groups = [RATIO]
    if one.named != other.named or not one.family:
        groups += _unmeasured(stack, precisions, one, other)
    found = [_stored(group) for group in groups]
    known = [band for band in found if band is not None]
    return max(known, key=lambda band: band.high) if len(known) == len(found) else None


def _unmeasured(stack: str, precisions: Iterable[str], one: Kin, other: Kin) -> list[str]:
    """Groups of what was not measured of two parts of different families."""
    known = stored_intervals()
    groups = []
    makers = {one.named[0], other.named[0]}
    if not makers <= set(map(str.casefold, vendors_behind(stack))):
        groups.append(NEW_FAMILY_RATIO if len(makers) == 1 else NEW_MAKER_RATIO)
    if not {one.family, other.family} <= set(known.families):
        groups.append(NEW_FAMILY_RATIO)
    if not set(precisions) <= set(known.precisions):
        groups.append(NEW_PRECISION_RATIO)
    return groups


def wider_words(stack: str, precisions: Sequence[str], kin: Iterable[Kin]) -> tuple[str, ...]:
    """Return in words the bands of pairs of these parts wider than that of measured ones.

    Examples
    --------
    >>> wider_words("tensorrt-llm", ["fp8"], [Kin("NVIDIA", "Hopper"), Kin("NVIDIA", "Ampere")])
    ()
    """
    pairs = combinations(dict.fromkeys(kin), 2)
    bands = (ratio_band(stack, precisions, one, other) for one, other in pairs)
    return tuple(dict.fromkeys(band_words(b) for b in bands if b is None or b.group != RATIO))


def told_apart(one: float, other: float, band: RatioBand | None) -> bool | None:
    """Whether the 80 % interval of the ratio of two projections leaves out 1; None if unknown.

    Parameters
    ----------
    one, other : float
        Projected throughputs on one workload. [tokens/s]
    band : RatioBand or None
        The band that holds for the two.

    Examples
    --------
    >>> told_apart(101.0, 100.0, same_die()), told_apart(100.0, 1000.0, same_die())
    (False, True)
    """
    return None if band is None else min(one, other) * band.high < max(one, other)


def band_words(band: RatioBand | None) -> str:
    """Return the band of a ratio in words, and what it is from.

    Examples
    --------
    >>> band_words(RatioBand("device_ratio", 0.8, 1.25, 100))
    '80 % interval of the ratio of two designs: x 0.80 to 1.25, from pairs of devices on equal work'
    """
    if band is None:
        return "the interval of the ratio of two designs is unknown"
    source = "pairs of devices" if band.group == RATIO else f"{band.pairs} pairs of a device left "
    source += "" if band.group == RATIO else "out of the fit and another, both ways,"
    return (
        f"80 % interval of the ratio of two designs{_WHOSE[band.group]}: x {band.low:.2f} to "
        f"{band.high:.2f}, from {source} on equal work"
    )
