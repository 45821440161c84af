"""80 % bands made of rows: quantiles of log errors by group, and the file that stores them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import ceil, floor, log

import numpy as np

from optimizer.projection.intervals import ALL, COVERAGE, Band

# Below this many rows an end of the interval is not above the lowest tenth of a real sample, so
# the interval of all rows is joined to the group's own.
FEW_ROWS = 100
STORED_STEP = 1e-4  # of a stored end, in log units: far below what the rows can tell apart


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
