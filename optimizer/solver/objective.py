"""The value that is maximized, as the solver sees it: resource vectors in, no formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from optimizer.design import Design, DesignSpace
from optimizer.design.board_power import drawn
from optimizer.design.design import resources_of
from optimizer.design.unit_cost import (
    CENTS,
    UNIT_COST,
    WAFER,
    WAFER_STEPS,
    unit_cost_cents,
    wafer_share,
)
from optimizer.projection import Prepared, Resources
from optimizer.solver.costs import Grid, grid_of
from optimizer.solver.request import (
    THROUGHPUT,
    THROUGHPUT_PER_DOLLAR,
    THROUGHPUT_PER_WAFER,
    THROUGHPUT_PER_WATT,
    WORST_THROUGHPUT,
    Request,
    throughput_floor,
)
from optimizer.solver.tables import POWER, POWER_STEPS, RESOURCES

# What a ratio divides by, and the integer steps of that axis in one unit of the ratio.
DIVISORS = {
    THROUGHPUT_PER_WATT: (POWER, POWER_STEPS),
    THROUGHPUT_PER_DOLLAR: (UNIT_COST, CENTS),
    THROUGHPUT_PER_WAFER: (WAFER, WAFER_STEPS),
}


@dataclass(frozen=True, slots=True)
class Objective:
    """Projected throughput of resource vectors, its least member, or a ratio to power or cost.

    Attributes
    ----------
    space : DesignSpace
        Gives what a resource vector leaves out (operations per clock, PCIe).
    prepared : Prepared
        The workload, made ready.
    name : str
        One of `request.OBJECTIVES`; a ratio divides by the axis after the resources.
    floor : float
        Throughput below which a design is worth nothing. It rises with every resource as throughput
        does, so the value stays monotone. [token/s per chip]
    """

    space: DesignSpace
    prepared: Prepared
    name: str = THROUGHPUT
    floor: float = 0.0

    @property
    def throughput(self) -> Objective:
        """Throughput alone, by which conflicts and floors are told."""
        return Objective(self.space, self.prepared)

    @property
    def extra(self) -> tuple[str, ...]:
        """The axis that a ratio divides by, if any."""
        return (DIVISORS[self.name][0],) if self.name in DIVISORS else ()

    @property
    def axes(self) -> tuple[str, ...]:
        """Meaning of each coordinate of a vector."""
        return (*RESOURCES, *self.extra)

    @property
    def grid(self) -> Grid | None:
        """Joint table of a cost axis."""
        joint = [axis for axis in self.extra if axis != POWER]
        return grid_of(self.space, joint[0]) if joint else None

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Value of each vector; never falls when a resource grows or power falls.

        Parameters
        ----------
        vectors : ndarray, shape (n, 5) or (n, 6)
            Columns as `axes`; columns beyond them are not read.
            [core MHz / 4, core MHz, MB/s, GB, MB/s, then 0.1 mW, cent or 1e-9 wafer]

        Returns
        -------
        ndarray, shape (n,)
            [token/s per chip], or [token/s per W, USD or wafer].
        """
        if not len(vectors):
            return np.zeros(0)
        resources = self.resources(vectors)
        if self.name == WORST_THROUGHPUT and not self.floor:
            return self.prepared.worst_tokens_per_s_per_chip(resources)
        rate = self.prepared.tokens_per_s_per_chip(resources)
        if self.name == THROUGHPUT:
            value = rate
        elif self.name == WORST_THROUGHPUT:
            value = self.prepared.worst_tokens_per_s_per_chip(resources)
        else:
            value = rate * DIVISORS[self.name][1] / vectors[:, len(RESOURCES)]
        return np.asarray(np.where(rate >= self.floor, value, 0.0) if self.floor else value)

    def resources(self, vectors: np.ndarray) -> Resources:
        """What vectors offer to the projection; columns beyond the resources are not read."""
        columns = np.ascontiguousarray(vectors[:, : len(RESOURCES)].T)
        return resources_of(self.space, **dict(zip(RESOURCES, columns, strict=True)))

    def vector(self, design: Design) -> np.ndarray:
        """Resource vector of a design, on the axes of this objective."""
        product = design.cores * design.clock_mhz
        values = [
            product * design.rate_units,
            product,
            design.dram_mb_s,
            design.sites * design.option.gb_per_site,
            design.link_mb_s,
        ]
        values += [AXIS_OF[axis](design) or 0 for axis in self.extra]
        return np.array(values, dtype=float)


def power_of(design: Design) -> int | None:
    """Anchored board power of a design, or None where its family has no model. [0.1 mW]"""
    power = design.space.power
    return None if power is None else drawn(design, power)


def objective_of(space: DesignSpace, prepared: Prepared, name: str) -> Objective:
    """An objective on one space, without a floor."""
    return Objective(space, prepared, name)


def requested(request: Request, space: DesignSpace, prepared: Prepared) -> Objective:
    """The objective of a request on one space.

    A floor on throughput is a level of throughput itself, and a part of every other objective.
    """
    objective = Objective(space, prepared, request.objective)
    floor = None if request.objective == THROUGHPUT else throughput_floor(request.limits)
    return objective if floor is None else floored(objective, floor)


def floored(objective: Objective, floor: Fraction) -> Objective:
    """The objective by which a design below a throughput is worth nothing."""
    least = float(floor)
    least = least if Fraction(least) >= floor else float(np.nextafter(least, np.inf))
    return replace(objective, floor=least)


AXIS_OF: Mapping[str, Callable[[Design], int | None]] = {
    POWER: power_of,
    UNIT_COST: unit_cost_cents,
    WAFER: wafer_share,
}


Value = Callable[[np.ndarray], np.ndarray]
