"""The value that is maximized, as the solver sees it: resource vectors in, no formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.design import Design, DesignSpace
from optimizer.design.design import resources_of
from optimizer.projection import Prepared
from optimizer.solver.request import THROUGHPUT_PER_WATT
from optimizer.solver.tables import POWER_STEPS, RESOURCES


@dataclass(frozen=True, slots=True)
class Objective:
    """Projected throughput of resource vectors, or its ratio to board power.

    Attributes
    ----------
    space : DesignSpace
        Gives what a resource vector leaves out (operations per clock, PCIe).
    prepared : Prepared
        The workload, made ready.
    per_watt : bool
        Divide by board power, the last axis.
    """

    space: DesignSpace
    prepared: Prepared
    per_watt: bool = False

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Value of each vector; never falls when a resource grows or power falls.

        Parameters
        ----------
        vectors : ndarray, shape (n, 5) or (n, 6)
            Columns as `RESOURCES`, then power. [core MHz / 4, core MHz, MB/s, GB, MB/s, 0.1 mW]

        Returns
        -------
        ndarray, shape (n,)
            [token/s per chip], or [token/s per W].
        """
        if not len(vectors):
            return np.zeros(0)
        columns = dict(
            zip(RESOURCES, np.ascontiguousarray(vectors[:, : len(RESOURCES)].T), strict=True)
        )
        rate = self.prepared.tokens_per_s_per_chip(resources_of(self.space, **columns))
        return rate * POWER_STEPS / vectors[:, -1] if self.per_watt else rate

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
        if self.per_watt:
            values.append(power_of(design) or 0)
        return np.array(values, dtype=float)


def power_of(design: Design) -> int | None:
    """Anchored board power of a design, or None where its family has no model. [0.1 mW]"""
    power = design.space.power
    if power is None:
        return None
    clock, units = np.array([design.clock_mhz]), np.array([design.rate_units])
    option = design.space.memory.index(design.option)
    return int(
        design.cores * int(power.per_core(clock, units)[0])
        + design.sites * design.rate * power.per_rate_unit[option]
        + design.links * power.per_link
        + power.base
    )


def objective_of(space: DesignSpace, prepared: Prepared, name: str) -> Objective:
    """The objective of a request on one space."""
    return Objective(space, prepared, name == THROUGHPUT_PER_WATT)


Value = Callable[[np.ndarray], np.ndarray]
