"""80 % intervals: how far measured throughput lay from projections made without it.

By kind of regime, from held-out workloads; wider for a device, die family or weight format of
which no row took part in the fit, from projections made without that device, family or format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import ceil, exp, floor, log

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from catalogs.load import data_path, read_toml

COVERAGE = 0.8
# Below this many rows an end of the interval is not above the lowest tenth of a real sample, so
# the interval of all rows is joined to the group's own.
FEW_ROWS = 100
STORED_STEP = 1e-4  # of a stored end, in log units: far below what the rows can tell apart
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


def thin_groups(family: str, precision: str) -> tuple[str, ...]:
    """Return the groups of a die family and a weight format of which no row was measured.

    Examples
    --------
    >>> thin_groups("Hopper", "fp8"), thin_groups("Gaudi 3", "fp8")
    ((), ('new_family',))
    """
    known = stored_intervals()
    new = {
        NEW_FAMILY: family not in known.families,
        NEW_PRECISION: precision not in known.precisions,
    }
    return tuple(group for group, thin in new.items() if thin)


def row_interval(
    bands: Mapping[str, Interval], regime: str, device: str, family: str, precision: str
) -> Interval | None:
    """Return the interval of a row: of its regime, wider where its kind was never measured."""
    found = bands.get(regime) or bands.get(ALL)
    if found is None:
        return None
    if device not in stored_intervals().devices and NEW_DEVICE in bands:
        found = found.joined(bands[NEW_DEVICE])
    for group in thin_groups(family, precision):
        found = found.widened(bands[group], bands[ALL]) if group in bands else found
    return found


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


def band_of(errors: Iterable[float], everything: Band | None = None) -> Band:
    """Return the 80 % band of log errors with the finite-sample correction of split conformal sets.

    Each end is the order statistic at rank (n + 1) (1 - coverage) / 2 from its side; a group of
    few rows takes the wider of its own end and that of all rows.

    References
    ----------
    .. [1] V. Vovk et al., Algorithmic Learning in a Random World, 2005, chapter 4.

    Examples
    --------
    >>> band_of([-0.2, -0.1, 0.0, 0.1, 0.2]).rows
    5
    """
    values = np.sort(np.fromiter(errors, dtype=np.float64))
    n = len(values)
    rank = max(int((n + 1) * (1 - COVERAGE) / 2), 1)
    low, high = float(values[rank - 1]), float(values[n - rank])
    if everything is not None and n < FEW_ROWS:
        low, high = min(low, everything.low_log), max(high, everything.high_log)
    return Band(rows=n, low_log=low, high_log=high)


def fitted(pairs: Iterable[tuple[str, float, float]]) -> dict[str, Band]:
    """Return the bands of (regime, measured, projected) rows, and that of all rows as `all`.

    Examples
    --------
    >>> sorted(fitted([("rate", 9.0, 10.0), ("rate", 11.0, 10.0)]))
    ['all', 'rate']
    """
    groups: dict[str, list[float]] = {}
    for regime, measured, projected in pairs:
        groups.setdefault(regime, []).append(log(measured / projected))
    everything = band_of(error for errors in groups.values() for error in errors)
    bands = {name: band_of(errors, everything) for name, errors in sorted(groups.items())}
    return {ALL: everything} | bands


def thin_bands(groups: Mapping[str, Iterable[tuple[float, float]]]) -> dict[str, Band]:
    """Return the bands of (measured, projected) rows of devices, families, formats left out.

    Examples
    --------
    >>> sorted(thin_bands({"new_device": [(1.0, 2.0), (3.0, 2.0)], "new_family": []}))
    ['new_device']
    """
    errors = {k: [log(m / p) for m, p in rows] for k, rows in groups.items()}
    return {kind: band_of(found) for kind, found in errors.items() if found}


def as_toml(
    bands: Mapping[str, Band],
    calibration: str,
    fitted_on: str,
    day: date,
    known: Mapping[str, Iterable[str]],
    times: Mapping[str, Mapping[str, Band]],
) -> str:
    """Return the text of the stored file; `known` are the devices, families and formats.

    Ends are rounded outwards: a row that makes an end lies in the stored interval too.
    """
    lines = [
        "# 80 % intervals of projected figures: quantiles of log(measured / projected).",
        "# Written by `python -m optimizer.projection.calibrate`; do not edit.",
        f'calibration = "{calibration}"',
        f'fitted_on = "{fitted_on}"',
        f"fitted_date = {day.isoformat()}",
        f"coverage = {COVERAGE}",
        f'note = "groups of fewer than {FEW_ROWS} rows take the wider of their own and all rows"',
    ]
    for name, values in known.items():
        quoted = ", ".join(f'"{value}"' for value in sorted(set(values)))
        lines.append(f"{name} = [{quoted}]")
    tables = {f"groups.{name}": band for name, band in bands.items()}
    for figure, groups in times.items():
        tables |= {f"times.{figure}.{name}": band for name, band in groups.items()}
    for name, band in tables.items():
        lines += [
            "",
            f"[{name}]",
            f"rows = {band.rows}",
            f"low_log = {floor(band.low_log / STORED_STEP) * STORED_STEP:.4f}",
            f"high_log = {ceil(band.high_log / STORED_STEP) * STORED_STEP:.4f}",
        ]
    return "\n".join(lines) + "\n"
