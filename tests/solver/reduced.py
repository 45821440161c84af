"""A reduced space of one die with every quantity of its designs at hand, to hold answers to."""

from __future__ import annotations

import numpy as np
from enumeration import columns, lawful, listing, thinned, throughput

from constraints.expressions import Compare, Number, evaluate
from optimizer.solver import Limit
from optimizer.solver.limits import printed

# Integer steps of `columns` in one unit of a limit.
UNITS = {
    "tpp": 10**6,
    "dram_bandwidth_gb_s": 10**6,
    "io_bandwidth_gb_s": 1000,
    "memory_capacity_gb": 1,
    "power_w": 10**4,
}


class Reduced:
    """A reduced space with every quantity of its hundred most telling designs at hand."""

    def __init__(self, ask, ready, space_of, parent: str = "gh100") -> None:
        self.request, self.ready = ask("us-2025", prove=False), ready()
        self.space = thinned(space_of(parent, self.request.ruleset.on), 8, 6, 3, 3)
        self.found = listing(self.space)
        allowed = lawful(self.space, self.found, self.request.ruleset.controlled("CN"))
        rate = throughput(self.space, self.found, self.ready)
        self.rate, self.columns = rate, columns(self.space, self.found)
        self.worth = np.where(allowed, rate, 0.0)
        self.order = [int(i) for i in np.argsort(-self.worth, kind="stable") if self.worth[i] > 0]
        self.values = {i: printed(self.found.design(i)) for i in self.order}

    def best(self, *limits: Limit) -> float:
        for i in self.order:
            if all(self.meets(i, limit) for limit in limits):
                return float(self.worth[i])
        return 0.0

    def holds(self, limit: Limit) -> np.ndarray:
        """Which of all listed designs, lawful or not, meet a limit."""
        if limit.name.startswith("tokens"):
            return self.rate >= float(limit.value)
        column, line = np.abs(self.columns[limit.name]), limit.value * UNITS[limit.name]
        if limit.name == "io_bandwidth_gb_s":
            line -= self.space.pcie_mb_s
        return column >= int(line) if limit.op == ">=" else column <= int(line)

    def meets(self, i: int, limit: Limit) -> bool:
        value = self.values[i][limit.name]
        return bool(evaluate(Compare(limit.op, Number(value), Number(limit.value)), {}))
