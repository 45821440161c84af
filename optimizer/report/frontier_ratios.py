"""Objectives of a frontier as typed: ratios of throughput, and steps.

The set of throughput and the quantity behind a ratio holds the set of throughput and the ratio: of
two designs the one that is as fast and as good in the quantity is as good in the ratio. So the
proved set is thinned to the points that no other point beats in what was asked for.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from catalogs.errors import InputError
from optimizer.design import Design, DesignSpace
from optimizer.solver.aspects import BEHIND, TRADED, behind, unknown_of
from optimizer.solver.costs import COST
from optimizer.solver.front import Front
from optimizer.solver.frontier import ParentFrontier
from optimizer.solver.limits import printed
from optimizer.solver.objective import AXIS_OF, DIVISORS, power_of
from optimizer.solver.request import THROUGHPUT_PER_WAFER, Fix
from optimizer.solver.trade import rounded


def ratio_of(name: str, design: Design, speed: float) -> float:
    """A ratio of a design. [tokens/s per W, USD or wafer]"""
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


def read_steps(texts: Sequence[str], others: Sequence[str]) -> dict[str, Fraction]:
    """Steps as typed: ``tpp=50``; a ratio has the step of the quantity behind it.

    Examples
    --------
    >>> read_steps(["tpp=50"], ["tpp"])
    {'tpp': Fraction(50, 1)}
    """
    found: dict[str, Fraction] = {}
    read = behind(others)
    for text in texts:
        name = text.partition("=")[0].strip()
        if name in BEHIND:
            remedy = f"Give one of the quantity behind it: --step {BEHIND[name]}=NUMBER"
            raise InputError(f"{name} takes no step", "--step", remedy)
        try:
            step = Fix.parse(text)
        except InputError as error:
            raise InputError(error.what, "--step", error.remedy) from None
        if step.name not in read or isinstance(step.value, str) or step.value <= 0:
            raise InputError(
                f"'{text}' is no step of an objective", "--step", f"Of {', '.join(read)} only"
            )
        found[step.name] = step.value
    return found
