"""Coverage of the intervals of times and of the ratio of two devices, for the accuracy page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np

from optimizer.projection.heldout import HeldOut, pairs
from optimizer.projection.intervals import TPOT, TTFT, Band, band_of, figure_interval
from optimizer.projection.thin_ratios import RATIO_LABELS, held_out_ratios

TIMES = {TTFT: "TTFT", TPOT: "TPOT"}
Errors = Sequence[float]


def coverage_table(rows: Sequence[Mapping[str, str]], held: HeldOut) -> list[str]:
    """Return the stored interval of each figure beside the share of held-out pairs inside."""
    lines = [
        "Intervals of other figures, one for all regimes, as factors on what is projected; each "
        "pair of devices counts both ways.",
        "",
        "| Figure | count | interval | inside | out of fold |",
        "|---|---:|---:|---:|---:|",
    ]
    errors = errors_by_fold(rows, held)
    for name, label in (TIMES | RATIO_LABELS).items():
        band, parts = figure_interval(name), errors[name]
        everything = [error for part in parts for error in part]
        if band is None or not everything:
            continue
        stored = Band(rows=len(everything), low_log=log(band.low), high_log=log(band.high))
        lines.append(
            f"| {label} | {len(everything)} | x {band.low:.2f} to {band.high:.2f} | "
            f"{np.mean(inside(everything, stored)):.1%} | {out_of_fold(parts):.1%} |"
        )
    return lines


def errors_by_fold(
    rows: Sequence[Mapping[str, str]], held: HeldOut
) -> dict[str, list[list[float]]]:
    """Return log(measured / projected) of each figure, for each part of the workloads."""
    times = {name: pairs(rows, held, name) for name in TIMES}
    out: dict[str, list[list[float]]] = {}
    for fold, found in enumerate(held_out_ratios(rows, held)):
        for name, each in times.items():
            found[name] = [(p.measured, p.projected) for p in each if p.fold == fold]
        for name, values in found.items():
            out.setdefault(name, []).append([log(m / p) for m, p in values])
    return out


def inside(errors: Errors, band: Band) -> list[bool]:
    """Return which errors lie in a band.

    Examples
    --------
    >>> inside([0.0, 0.3], Band(rows=2, low_log=-0.1, high_log=0.1))
    [True, False]
    """
    return [band.low_log <= error <= band.high_log for error in errors]


def out_of_fold(parts: Sequence[Errors]) -> float:
    """Return the coverage of bands made without the part that they are judged on. [1]

    Examples
    --------
    >>> out_of_fold([[0.0, 0.1], [0.05, 0.2]])
    0.5
    """
    hits: list[bool] = []
    for index, part in enumerate(parts):
        others = [error for i, each in enumerate(parts) if i != index for error in each]
        if part and others:
            hits += inside(part, band_of(others))
    return float(np.mean(hits))
