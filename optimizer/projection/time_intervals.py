"""80 % intervals of the times: of the first token and of each further one, by kind of regime."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from optimizer.projection.intervals import TPOT, TTFT, Interval, load_intervals, row_interval
from optimizer.projection.planned import planned_interval

TIMES = (TTFT, TPOT)


@dataclass(frozen=True, slots=True)
class TimeBands:
    """Factors on a projected first token and on each further one; None where none is stored."""

    ttft: Interval | None
    tpot: Interval | None


@cache
def planned_times(
    family: str, precision: str, *, two_pools: bool = False, strange: bool = False
) -> TimeBands:
    """Return the intervals of the times of a plan: requests arrive at random, as in `rate` rows.

    Parameters
    ----------
    family, precision : str
        Of the die and of the weights; one without any measured row widens both.
    two_pools : bool
        Whether another pool reads the prompts: then they hold those of rows of two pools, too.
    strange : bool
        Whether a maker has no measured row of the software stack.

    Examples
    --------
    >>> one, two = (planned_times("Hopper", "fp8", two_pools=pools) for pools in (False, True))
    >>> two.ttft.high >= one.ttft.high > 1 > one.ttft.low
    True
    """
    found = (
        planned_interval(
            True, family, precision, two_pools=two_pools, figure=figure, strange=strange
        )
        for figure in TIMES
    )
    return TimeBands(*found)


@cache
def row_times(
    regime: str, device: str, family: str, precision: str, *, strange: bool = False
) -> TimeBands:
    """Return the intervals of the times of a measured row, of its own regime.

    Examples
    --------
    >>> row_times("concurrency", "h20", "Hopper", "fp8").tpot == load_intervals(TPOT)["concurrency"]
    True
    """
    ttft, tpot = (
        row_interval(load_intervals(figure), regime, device, family, precision, strange=strange)
        for figure in TIMES
    )
    return TimeBands(ttft, tpot)


def times_between(
    ttft_ms: float | None, tpot_ms: float | None, bands: TimeBands | None
) -> dict[str, float | None]:
    """Ends of the 80 % intervals of a first token and of each further one. [ms]

    Examples
    --------
    >>> band = Interval(0.5, 2.0, 9)
    >>> times_between(None, 20.0, TimeBands(band, band))["tpot_high_ms"]
    40.0
    """
    out: dict[str, float | None] = {}
    for name, value in (("ttft", ttft_ms), ("tpot", tpot_ms)):
        band: Interval | None = getattr(bands, name, None)
        for end in ("low", "high"):
            known = value is not None and band is not None
            out[f"{name}_{end}_ms"] = value * getattr(band, end) if known else None
    return out


def of_slowest(members: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    """Longest first and further token of some members, each with its own interval. [ms]

    Examples
    --------
    >>> of_slowest([{"ttft_ms": 5.0, "ttft_low_ms": 4.0}, {"ttft_ms": 3.0}])["ttft_low_ms"]
    4.0
    """
    kept = list(members)
    out: dict[str, float | None] = {}
    for name in ("ttft", "tpot"):
        known = [m for m in kept if m.get(f"{name}_ms") is not None]
        worst: Mapping[str, Any] = max(known, key=lambda m: m[f"{name}_ms"], default={})
        out |= {f"{name}{end}_ms": worst.get(f"{name}{end}_ms") for end in ("", "_low", "_high")}
    return out
