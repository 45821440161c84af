"""80 % intervals: how far measured throughput lay from projections made without it.

By kind of regime, from held-out workloads; wider for a device, die family or weight format of
which no row took part in the fit, from projections made without that device, family or format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import exp

from pydantic import BaseModel, ConfigDict, Field

from catalogs.load import data_path, read_toml
from optimizer.projection.rows import REGIMES

COVERAGE = 0.8
# The regime whose rows resemble a capacity-limited server, one under latency limits, and requests
# that arrive at random.
SATURATED = "offline_max"
LIMITED = "server_slo"
OPEN = "rate"
ALL = "all"
TWO_POOLS = "disagg_concurrency"
# Groups of what is thin: no row of the device, of its die family, of the weight format.
NEW_DEVICE, NEW_FAMILY, NEW_PRECISION = "new_device", "new_family", "new_precision"
THIN = (NEW_DEVICE, NEW_FAMILY, NEW_PRECISION)
# Rows of a maker, all of it left out: for parts of makers without rows of the software stack.
NEW_MAKER = "new_maker"
# Figures with intervals by regime; then groups of the ratio of two devices on equal work.
THROUGHPUT, TTFT, TPOT = "throughput", "ttft_ms", "tpot_ms"
RATIO = "device_ratio"
# Ratios of which one side (of a format, both) was projected without its family, maker, format.
NEW_FAMILY_RATIO, NEW_MAKER_RATIO = "new_family_ratio", "new_maker_ratio"
NEW_PRECISION_RATIO = "new_precision_ratio"
RATIOS = (RATIO, NEW_FAMILY_RATIO, NEW_MAKER_RATIO, NEW_PRECISION_RATIO)


class Band(BaseModel):
    """Quantiles of log(measured / projected) of one group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(gt=0)
    low_log: float
    high_log: float

    def joined(self, other: Band) -> Band:
        """Return the band that holds both, of these rows."""
        low, high = min(self.low_log, other.low_log), max(self.high_log, other.high_log)
        return Band(rows=self.rows, low_log=low, high_log=high)


class IntervalFile(BaseModel):
    """The stored intervals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calibration: str
    fitted_on: str
    fitted_date: date
    coverage: float
    note: str
    devices: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    groups: dict[str, Band]
    times: dict[str, dict[str, Band]] = {}


@dataclass(frozen=True, slots=True)
class Interval:
    """Factors on a projected figure."""

    low: float
    high: float
    rows: int

    def joined(self, other: Interval) -> Interval:
        """Return the interval that holds both.

        Examples
        --------
        >>> Interval(0.8, 1.1, 50).joined(Interval(0.9, 1.3, 20))
        Interval(low=0.8, high=1.3, rows=50)
        """
        return Interval(min(self.low, other.low), max(self.high, other.high), self.rows)

    def widened(self, thin: Interval, usual: Interval) -> Interval:
        """Return this interval with what `thin` is wider than `usual` on top, at each end.

        Examples
        --------
        >>> Interval(0.5, 1.5, 9).widened(Interval(0.4, 1.1, 8), Interval(0.8, 1.2, 7))
        Interval(low=0.25, high=1.5, rows=9)
        """
        low, high = thin.low / usual.low, thin.high / usual.high
        return Interval(self.low * min(1.0, low), self.high * max(1.0, high), self.rows)


@cache
def stored_intervals() -> IntervalFile:
    """Return the stored file."""
    return IntervalFile.model_validate(read_toml(data_path("calibration", "intervals.toml")))


def thin_groups(family: str, precision: str, *, strange: bool = False) -> tuple[str, ...]:
    """Return the groups of a die family, a weight format and a maker of which no row was measured.

    Parameters
    ----------
    strange : bool
        Whether a maker has no measured row of the software stack; its families are left out with
        it, so they do not count once more.

    Examples
    --------
    >>> thin_groups("Hopper", "fp8"), thin_groups("Gaudi 3", "fp8")
    ((), ('new_family',))
    >>> thin_groups("Gaudi 3", "fp8", strange=True)
    ('new_maker',)
    """
    known = stored_intervals()
    new = {
        NEW_MAKER: strange,
        NEW_FAMILY: not strange and family not in known.families,
        NEW_PRECISION: precision not in known.precisions,
    }
    return tuple(group for group, thin in new.items() if thin)


def widened_by(own: Interval, bands: Mapping[str, Interval], thin: Iterable[str]) -> Interval:
    """Return an interval, wider by what rows projected without their own need more than all rows.

    Examples
    --------
    >>> bands = load_intervals()
    >>> own = bands["offline_max"]
    >>> widened_by(own, bands, ()) == own, widened_by(own, bands, ["new_maker"]).low < own.low
    (True, True)
    """
    for group in thin:
        own = own.widened(bands[group], bands[ALL]) if group in bands else own
    return own


def regime_interval(
    bands: Mapping[str, Interval], regime: str, *, new: bool, thin: Iterable[str]
) -> Interval | None:
    """Return the interval of a regime, joined with that of a new device, wider for what is thin.

    A regime without rows has one that holds those of every regime with rows.
    """
    found = bands.get(regime)
    for name in REGIMES if found is None else ():
        if name in bands:
            found = bands[name] if found is None else found.joined(bands[name])
    if found is None:
        return None
    if new and NEW_DEVICE in bands:
        found = found.joined(bands[NEW_DEVICE])
    return widened_by(found, bands, thin)


def row_interval(
    bands: Mapping[str, Interval],
    regime: str,
    device: str,
    family: str,
    precision: str,
    *,
    strange: bool = False,
) -> Interval | None:
    """Return the interval of a row: of its regime, wider where its kind was never measured."""
    new = device not in stored_intervals().devices
    thin = thin_groups(family, precision, strange=strange)
    return regime_interval(bands, regime, new=new, thin=thin)


@cache
def load_intervals(figure: str = THROUGHPUT) -> Mapping[str, Interval]:
    """Return the stored factors on a figure, by regime.

    Parameters
    ----------
    figure : str
        `THROUGHPUT`, `TTFT` or `TPOT`.

    Examples
    --------
    >>> band = load_intervals()["offline_max"]
    >>> band.low < 1 < band.high
    True
    """
    record = stored_intervals()
    groups = record.groups if figure == THROUGHPUT else record.times.get(figure, {})
    return {name: interval_of(band) for name, band in groups.items() if name not in RATIOS}


def interval_of(band: Band) -> Interval:
    """Return the factors of a band of log errors.

    Examples
    --------
    >>> interval_of(Band(rows=3, low_log=0.0, high_log=0.0))
    Interval(low=1.0, high=1.0, rows=3)
    """
    return Interval(exp(band.low_log), exp(band.high_log), band.rows)


@cache
def figure_interval(name: str) -> Interval | None:
    """Return the factors on the ratio of two devices; None where they are not stored.

    Parameters
    ----------
    name : str
        `RATIO` or one of its wider kinds, of pairs of devices on equal work, symmetric.

    Examples
    --------
    >>> figure_interval("no such figure") is None
    True
    """
    band = stored_intervals().groups.get(name)
    return None if band is None else interval_of(band)
