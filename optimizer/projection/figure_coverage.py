"""Coverage of the 80 % intervals, for the accuracy page: by figure, by regime, of ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np

from catalogs.load import load_catalog
from optimizer.projection.accuracy import Pair, out_of_fold_hits
from optimizer.projection.bands import band_of
from optimizer.projection.heldout import HeldOut, pairs
from optimizer.projection.intervals import (
    ALL,
    NEW_DEVICE,
    NEW_FAMILY,
    NEW_MAKER,
    THIN,
    THROUGHPUT,
    TPOT,
    TTFT,
    Band,
    Interval,
    figure_interval,
    load_intervals,
    regime_interval,
)
from optimizer.projection.measured import Devices
from optimizer.projection.thin_ratios import RATIO_LABELS, alone, held_out_ratios

FIGURES = {THROUGHPUT: "tokens/s", TTFT: "TTFT", TPOT: "TPOT"}
Errors = Sequence[float]
Rows = Sequence[Mapping[str, str]]
Lines = list[str]


def coverage_section(rows: Rows, held: HeldOut) -> Lines:
    """Return the section of the page on coverage."""
    found = {figure: pairs(rows, held, figure) for figure in FIGURES}
    return [
        "## Coverage of the 80 % intervals",
        "",
        "Held-out rows inside the interval of their regime; `out of fold`: the interval too is "
        "made without the workload. Thin: projections without the device, family, format or all "
        "rows of the maker, against the wider interval that such a part gets; a new family and a "
        "new maker are a new device as well, and both count, so they cover more than 80 %.",
        "",
        *_by_kind(rows, held, found),
        "",
        "By regime, as factors on what is projected. A plan takes throughput of `server_slo` or "
        "`offline_max`, times of `rate`, of two pools also `disagg_concurrency`, each joined with "
        "that of a new device.",
        "",
        *_by_regime(found),
        "",
        *_of_ratios(rows, held),
        "",
    ]


def _by_kind(rows: Rows, held: HeldOut, found: Mapping[str, Sequence[Pair]]) -> Lines:
    heads = " | ".join(f"{label} | inside" for label in FIGURES.values())
    whole = [f"{len(ps)} | {coverage(ps, load_intervals(f)):.1%}" for f, ps in found.items()]
    apart = [f"{len(ps)} | {_mean(out_of_fold_hits(ps)):.1%}" for ps in found.values()]
    lines = [
        f"| Rows | {heads} |",
        "|---|" + "---:|" * (2 * len(FIGURES)),
        f"| held-out workloads | {' | '.join(whole)} |",
        f"| out of fold | {' | '.join(apart)} |",
    ]
    lone = alone(rows, Devices(load_catalog(ambient=False)))
    for kind in (*THIN, NEW_MAKER):
        cells = []
        for figure in FIGURES:
            bands = load_intervals(figure)
            # A maker that stands alone in its families is left out with them.
            left_out = NEW_FAMILY if kind == NEW_MAKER else kind
            thin = pairs(rows, held, left_out if figure == THROUGHPUT else f"{left_out}_{figure}")
            thin = [p for p in thin if kind != NEW_MAKER or p.gpu in lone]
            known = bool(thin) and kind in bands
            share = f"{coverage(thin, bands, kind):.1%}" if known else "unknown"
            cells.append(f"{len(thin)} | {share}")
        lines.append(f"| {kind.replace('_', ' ')} | {' | '.join(cells)} |")
    return lines


def _by_regime(found: Mapping[str, Sequence[Pair]]) -> Lines:
    lines = [
        "| Figure | Regime | count | interval | inside | out of fold |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for figure, each in found.items():
        bands, hits = load_intervals(figure), out_of_fold_hits(each)
        for regime in sorted({pair.regime for pair in each}):
            mine = [pair for pair in each if pair.regime == regime]
            band = bands.get(regime, bands[ALL])
            apart = _mean([h for pair, h in zip(each, hits, strict=True) if pair.regime == regime])
            lines.append(
                f"| {FIGURES[figure]} | {regime} | {len(mine)} | x {band.low:.2f} to "
                f"{band.high:.2f} | {coverage(mine, bands):.1%} | {apart:.1%} |"
            )
    return lines


def coverage(found: Sequence[Pair], bands: Mapping[str, Interval], kind: str = "") -> float:
    """Return the share of pairs whose measurement lies in the interval of its regime. [1]

    Parameters
    ----------
    kind : str
        What is thin of all of them, as a group of the intervals; nothing where blank.
    """
    new = kind in (NEW_DEVICE, NEW_FAMILY, NEW_MAKER)
    thin = () if kind in ("", NEW_DEVICE) else (kind,)
    hits = []
    for pair in found:
        band = regime_interval(bands, pair.regime, new=new, thin=thin)
        ratio = pair.measured / pair.projected
        hits.append(band is not None and band.low <= ratio <= band.high)
    return _mean(hits)


def _mean(hits: Sequence[bool]) -> float:
    return float(np.mean(hits))


def _of_ratios(rows: Rows, held: HeldOut) -> Lines:
    lines = [
        "Intervals of the ratio of two devices, one for all regimes; each pair counts both ways.",
        "",
        "| Figure | count | interval | inside | out of fold |",
        "|---|---:|---:|---:|---:|",
    ]
    errors = ratio_errors_by_fold(rows, held)
    for name, label in RATIO_LABELS.items():
        band, parts = figure_interval(name), errors[name]
        everything = [error for part in parts for error in part]
        if band is None or not everything:
            continue
        stored = Band(rows=len(everything), low_log=log(band.low), high_log=log(band.high))
        lines.append(
            f"| {label} | {len(everything)} | x {band.low:.2f} to {band.high:.2f} | "
            f"{_mean(inside(everything, stored)):.1%} | {out_of_fold(parts):.1%} |"
        )
    return lines


def ratio_errors_by_fold(rows: Rows, held: HeldOut) -> dict[str, list[list[float]]]:
    """Return log(measured / projected) of each kind of ratio, for each part of the workloads."""
    out: dict[str, list[list[float]]] = {}
    for found in held_out_ratios(rows, held):
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
