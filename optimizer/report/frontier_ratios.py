"""Ratios of throughput as objectives of a frontier.

The set of throughput and the quantity behind a ratio holds the set of throughput and the ratio: of
two designs the one that is as fast and as good in the quantity is as good in the ratio. So the
proved set is thinned to the points that no other point beats in what was asked for.
"""

from collections.abc import Sequence

import numpy as np

from catalogs.errors import InputError
from optimizer.design import Design, DesignSpace
from optimizer.solver.aspects import BEHIND, TRADED, unknown_of
from optimizer.solver.costs import COST
from optimizer.solver.front import Front
from optimizer.solver.frontier import ParentFrontier
from optimizer.solver.limits import printed
from optimizer.solver.objective import AXIS_OF, DIVISORS, power_of
from optimizer.solver.request import (
    THROUGHPUT_PER_DOLLAR,
    THROUGHPUT_PER_WAFER,
    THROUGHPUT_PER_WATT,
)
from optimizer.solver.trade import rounded

UNITS = {
    THROUGHPUT_PER_WATT: "token/s per W",
    THROUGHPUT_PER_DOLLAR: "token/s per USD",
    THROUGHPUT_PER_WAFER: "token/s per wafer",
}


def ratio_of(name: str, design: Design, speed: float) -> float:
    """A ratio of a design. [token/s per W, USD or wafer]"""
    axis, steps = DIVISORS[name]
    divisor = AXIS_OF[axis](design)
    if divisor is None:
        raise InputError(f"{name} is not known of {design.space.parent}", "--objectives")
    return speed * steps / divisor


def thinned(
    fronts: Sequence[ParentFrontier], others: Sequence[str]
) -> list[tuple[ParentFrontier, int]]:
    """Points of all parents that no other point beats in what was asked for, slowest first.

    Parents are compared in the ratios themselves: a share of dies is not one of another die.
    """
    listed = sorted(
        ((front, i) for front in fronts for i in range(len(front.points))),
        key=lambda pair: pair[0].points[pair[1]].speed,
    )
    if not listed:
        return []
    points = [front.points[i] for front, i in listed]
    speed = rounded(np.array([point.speed for point in points]))
    values = np.array([[_value(n, p.design, p.speed) for n in others] for p in points])
    power = np.array([float(power_of(point.design) or 0) for point in points])
    stays = ~Front.of(speed, values, power).covers(speed, values, power)
    kept: dict[tuple[float, ...], tuple[ParentFrontier, int]] = {}
    for i in np.flatnonzero(stays).tolist():
        kept.setdefault((float(speed[i]), *values[i].tolist()), listed[i])
    return list(kept.values())


def lacking(space: DesignSpace, others: Sequence[str]) -> tuple[str, ...]:
    """Facts that ratios need beyond the quantity behind them."""
    return unknown_of(space, (COST,)) if THROUGHPUT_PER_WAFER in others else ()


def _value(name: str, design: Design, speed: float) -> float:
    """A value of which more is better."""
    if name in BEHIND:
        return float(rounded(np.array([ratio_of(name, design, speed)]))[0])
    return TRADED[name] * float(printed(design)[name] or 0)
