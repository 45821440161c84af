"""Whether projections put devices in the right order, and how far apart, on equal work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

import numpy as np

from optimizer.projection.accuracy import Pair
from optimizer.projection.declared import run_key

# Devices closer than this on a workload are a tie that noise decides.
TIE = 0.05
# Spearman's coefficient of fewer devices is too coarse to average.
LEAST_DEVICES = 3
# The regime in which a layout may be chosen freely: others state the load.
FULL_LOAD = "offline_max"


@dataclass(frozen=True, slots=True)
class Ranking:
    """Agreement between projected and measured order of devices.

    Parameters
    ----------
    workloads, pairs : int
        Workloads on at least three devices; pairs of devices more than 5 % apart.
    spearman, distinct : float
        Mean rank correlation over the workloads: of all devices, and of those more than 5 %
        apart from each other. [1]
    pair_order : float
        Share of the pairs in the measured order. [1]
    ratio_median, ratio_p90 : float
        Error of the ratio between two devices, all pairs. [1]
    """

    workloads: int
    pairs: int
    spearman: float
    distinct: float
    pair_order: float
    ratio_median: float
    ratio_p90: float


def best_of_each(pair: Pair) -> str:
    """Key of a workload: the best configuration of each device stands for it."""
    return pair.workload


def same_engine(pair: Pair) -> str:
    """Key of a workload, engine, weight format and layout, whatever the engine's version."""
    return "|".join((pair.workload, pair.engine, pair.precision, pair.layout))


def like_for_like(pair: Pair) -> str:
    """Key of a workload, engine and version, weight format and layout.

    Two devices under two versions of an engine tell of both; only one version compares devices.
    """
    return f"{same_engine(pair)}|{pair.software}"


def ranking(pairs: Iterable[Pair], key: Callable[[Pair], str]) -> Ranking:
    """Return how well devices are ordered on equal work, per chip.

    Examples
    --------
    >>> rows = [Pair(g, "rate", "s", 0, m, p, workload="w")
    ...         for g, m, p in (("a", 1.0, 1.0), ("b", 2.0, 2.2), ("c", 3.0, 2.1))]
    >>> found = ranking(rows, best_of_each)
    >>> found.pairs, round(found.pair_order, 2)
    (3, 0.67)
    """
    correlations, distinct, ordered, ratios = [], [], [], []
    for devices in by_work(pairs, key).values():
        best = [best_of(rows) for rows in devices.values()]
        measured, projected = [m for m, _ in best], [p for _, p in best]
        if len(devices) >= LEAST_DEVICES:
            correlations.append(spearman(measured, projected))
            keep = apart(measured)
            if len(keep) >= LEAST_DEVICES:
                distinct.append(spearman(*([x[i] for i in keep] for x in (measured, projected))))
        for a, b in combinations(range(len(devices)), 2):
            real, guess = (log(x[a] / x[b]) for x in (measured, projected))
            if abs(real) > log(1 + TIE):
                ordered.append(real * guess > 0)
            ratios.append(abs(np.expm1(guess - real)))
    return Ranking(
        len(correlations),
        len(ordered),
        _mean(correlations),
        _mean(distinct),
        _mean(ordered),
        float(np.median(ratios)) if ratios else float("nan"),
        float(np.percentile(ratios, 90)) if ratios else float("nan"),
    )


@dataclass(frozen=True, slots=True)
class LayoutChoice:
    """How good a layout the projection picks of those that were measured.

    Parameters
    ----------
    workloads, best : int
        Workloads in several layouts of one device, and those where it picks the measured best.
    median, p10 : float
        Measured throughput of the pick over that of the best: median and 10th percentile. [1]
    """

    workloads: int
    best: int
    median: float
    p10: float


def layout_choice(pairs: Iterable[Pair], *, piped: bool = False) -> LayoutChoice:
    """Return how good the picks are, per chip, at full load on one device and software.

    Parameters
    ----------
    piped : bool
        Only workloads of which some layout has pipeline stages.

    Examples
    --------
    >>> rows = [Pair("a", "offline_max", "s", 0, m, p, workload="w", layout=x)
    ...         for x, m, p in (("1,1,1,1", 9.0, 7.0), ("1,2,1,1", 10.0, 6.0))]
    >>> layout_choice(rows, piped=True)
    LayoutChoice(workloads=1, best=0, median=0.9, p10=0.9)
    """
    groups: dict[str, dict[str, tuple[float, float]]] = {}
    for p in pairs:
        if p.regime == FULL_LOAD:
            key = "|".join((p.gpu, run_key(p.workload), p.source, p.software, p.precision))
            found = (p.projected / p.chips, p.measured / p.chips)
            groups.setdefault(key, {}).setdefault(f"{p.layout} on {p.chips:g}", found)
    kept = []
    for layouts in groups.values():
        staged = any(layout.split(",")[1] not in ("", "1") for layout in layouts)
        if len(layouts) > 1 and staged >= piped:
            kept.append(max(layouts.values())[1] / max(m for _, m in layouts.values()))
    if not kept:
        return LayoutChoice(0, 0, float("nan"), float("nan"))
    p10 = float(np.percentile(kept, 10))
    return LayoutChoice(len(kept), sum(k == 1 for k in kept), float(np.median(kept)), p10)


def ratio_errors(pairs: Sequence[Pair], key: Callable[[Pair], str]) -> list[tuple[float, float]]:
    """Return measured and projected ratios of two devices on equal work, each pair both ways.

    Examples
    --------
    >>> rows = [Pair(g, "rate", "s", 0, m, p, workload="w")
    ...         for g, m, p in (("a", 1.0, 1.0), ("b", 2.0, 2.5))]
    >>> ratio_errors(rows, best_of_each)
    [(2.0, 2.5), (0.5, 0.4)]
    """
    return ratios_between(pairs, pairs, key, lambda a, b: True)


def ratios_between(
    ones: Iterable[Pair],
    others: Iterable[Pair],
    key: Callable[[Pair], str],
    counts: Callable[[str, str], bool],
) -> list[tuple[float, float]]:
    """Return measured and projected ratios, to each of `ones`, of each of `others` on equal work.

    Parameters
    ----------
    ones, others : iterable of Pair
        Rows of the devices of either side, as projected with or without them.
    key : callable
        What equal work is.
    counts : callable
        Whether two different devices, by name, are a pair.
    """
    beside, out = by_work(others, key), []
    for work, devices in by_work(ones, key).items():
        for a, rows in devices.items():
            m_a, p_a = best_of(rows)
            for b, rows_b in beside.get(work, {}).items():
                if a != b and counts(a, b):
                    m_b, p_b = best_of(rows_b)
                    out.append((m_b / m_a, p_b / p_a))
    return out


def by_work(
    pairs: Iterable[Pair], key: Callable[[Pair], str]
) -> Mapping[str, Mapping[str, list[Pair]]]:
    """Return the rows of each device, by equal work."""
    groups: dict[str, dict[str, list[Pair]]] = {}
    for pair in pairs:
        groups.setdefault(key(pair), {}).setdefault(pair.gpu, []).append(pair)
    return groups


def best_of(rows: Sequence[Pair]) -> tuple[float, float]:
    """Return the best measured and the best projected figure per chip of a device."""
    return max(p.measured / p.chips for p in rows), max(p.projected / p.chips for p in rows)


def apart(values: Sequence[float]) -> list[int]:
    """Return the places of values more than 5 % apart, the highest first.

    Examples
    --------
    >>> apart([1.0, 2.0, 1.02, 4.0])
    [3, 1, 2]
    """
    keep: list[int] = []
    for place in sorted(range(len(values)), key=lambda i: -values[i]):
        if not keep or values[keep[-1]] > values[place] * (1 + TIE):
            keep.append(place)
    return keep


def _mean(values: Sequence[float] | Sequence[bool]) -> float:
    return float(np.mean(values)) if values else float("nan")


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the rank correlation of two lists without ties. [1]

    References
    ----------
    .. [1] C. Spearman, The proof and measurement of association between two things, 1904.

    Examples
    --------
    >>> round(spearman([1.0, 2.0, 3.0], [2.0, 4.0, 9.0]), 9)
    1.0
    """
    ranks = [np.argsort(np.argsort(x)) for x in (a, b)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
