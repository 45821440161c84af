"""What may be traded against throughput: quantities as integer axes beside the resources.

An *axis* is an integer linear form over the columns of a design of which less is better: TPP in
millionths, bandwidth in MB/s, power in tenths of a milliwatt. An *aspect* is a quantity that a
frontier trades or a limit bounds, read from axes or, for capacity, from the resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalogs.errors import InputError, near_matches
from constraints.expressions import BinOp, Compare, Expr, Name, Number, conjunction
from optimizer.design import Design, DesignSpace
from optimizer.design.unit_cost import CENTS, UNIT_COST, UnitCost, unit_cost_cents
from optimizer.silicon import floorplan
from optimizer.solver.binding import columns_of
from optimizer.solver.costs import COST, axis_bound
from optimizer.solver.limits import printed
from optimizer.solver.lowering import Linear
from optimizer.solver.objective import power_of
from optimizer.solver.request import (
    THROUGHPUT_PER_DOLLAR,
    THROUGHPUT_PER_WAFER,
    THROUGHPUT_PER_WATT,
)
from optimizer.solver.salvage import SALVAGE, Bound, share_table
from optimizer.solver.tables import POWER_STEPS, RESOURCES, Table

CAPACITY = "memory_capacity_gb"
MORE, LESS = 1, -1
# Axis units in one unit of a quantity; every quantity is a whole number of them.
SCALES: Mapping[str, int] = {
    "tpp": 10**6,
    "performance_density": 10**6,
    "dram_bandwidth_gb_s": 1000,
    "io_bandwidth_gb_s": 1000,
    "link_bandwidth_gb_s": 1000,
    "total_bandwidth_gb_s": 1000,
    "dense_bf16_tflops": 4 * 10**6,
    "power_w": POWER_STEPS,
    COST: CENTS,
    CAPACITY: 1,
    "enabled_cores": 1,
    "core_clock_mhz": 1,
    "tensor_rate_fraction": 4,
    "memory_sites": 1,
    "memory_gb_per_site": 1,
    "memory_data_rate_gbps": 100,
    "links": 1,
}
COLUMNS_OF: Mapping[str, tuple[str, ...]] = {
    "performance_density": ("tpp",),
    "total_bandwidth_gb_s": ("dram_bandwidth_gb_s", "io_bandwidth_gb_s"),
    "power_w": ("compute_power_w", "memory_power_w", "wiring_power_w"),
}
# Quantities that a frontier trades, and the direction in which each is better.
TRADED: Mapping[str, int] = {
    "tpp": LESS,
    "performance_density": LESS,
    "dram_bandwidth_gb_s": LESS,
    "io_bandwidth_gb_s": LESS,
    "total_bandwidth_gb_s": LESS,
    "power_w": LESS,
    COST: LESS,
    CAPACITY: MORE,
    SALVAGE: MORE,
}

# Ratios of throughput, and the quantity behind each: a design that is as fast, and as good in that,
# is as good in the ratio. A wafer gives the more dies, the larger the share of them that serves.
BEHIND: Mapping[str, str] = {
    THROUGHPUT_PER_WATT: "power_w",
    THROUGHPUT_PER_DOLLAR: COST,
    THROUGHPUT_PER_WAFER: SALVAGE,
}


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """An integer linear form over columns, or the joint table of unit cost; less is better.

    Attributes
    ----------
    name : str
    terms : mapping of str to int
        Axis units per unit of a column; empty for unit cost.
    """

    name: str
    terms: Mapping[str, int]

    @property
    def joint(self) -> bool:
        """Whether it is read from the joint table of unit cost."""
        return self.name == COST

    @property
    def coordinate(self) -> str:
        """What the exact solver calls it."""
        return UNIT_COST if self.joint else f"less {self.name}"

    @classmethod
    def of(cls, name: str, sense: int = LESS) -> Axis:
        """The axis of a quantity or knob; negated where more is better."""
        columns = COLUMNS_OF.get(name, (name,)) if name != COST else ()
        return cls(name, dict.fromkeys(columns, -sense * SCALES[name]))

    @property
    def form(self) -> Linear:
        """The form for the exact solver."""
        return Linear({name: Fraction(c) for name, c in self.terms.items()})

    def within(self, space: DesignSpace, low: int | None, high: int | None) -> Expr:
        """The condition ``low <= axis < high``."""
        sides = [(op, v) for op, v in ((">=", low), ("<", high)) if v is not None]
        if self.joint:
            bounds = (Bound(op, Fraction(v)) for op, v in sides)
            return conjunction(*(axis_bound(space, UNIT_COST, bound) for bound in bounds))
        return conjunction(*(Compare(op, self._expr, Number(Fraction(v))) for op, v in sides))

    @property
    def _expr(self) -> Expr:
        parts = [BinOp("*", Number(Fraction(c)), Name(n)) for n, c in self.terms.items()]
        whole: Expr = parts[0]
        for part in parts[1:]:
            whole = BinOp("+", whole, part)
        return whole

    def share(self, table: Table) -> np.ndarray:
        """What the rows of one table add to the axis, exact."""
        found = np.zeros(len(table))
        for name, factor in self.terms.items():
            if name in table.columns:
                found += np.rint(table.columns[name] * factor)
        return found

    def at(self, design: Design) -> int:
        """Value of a design."""
        if self.joint:
            return unit_cost_cents(design) or 0
        if self.name == "power_w":
            return int(self.terms["compute_power_w"] // POWER_STEPS) * (power_of(design) or 0)
        columns = columns_of(design)
        return int(sum(factor * columns[name] for name, factor in self.terms.items()))


@dataclass(frozen=True, slots=True)
class Aspect:
    """A quantity, its better direction, and the axes that it is read from.

    Attributes
    ----------
    name : str
    sense : int
        `MORE` or `LESS`.
    axes : tuple of Axis
        Empty for capacity, which is a resource.
    step : int
        Resolution in axis units; values within one step are equal. 1 is exact.
    shares : ndarray or None
        For the salvage share: its table over cores, sites and links.
    """

    name: str
    sense: int
    axes: tuple[Axis, ...]
    step: int = 1
    shares: np.ndarray | None = None
    domains: tuple[tuple[int, ...], ...] = ()

    def read(self, resources: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Values of vectors, oriented so that more is better and rounded to steps.

        Parameters
        ----------
        resources : ndarray, shape (n, 5)
        own : ndarray, shape (n, axes)
            Values of this aspect's axes.
        """
        if self.shares is not None:
            return self._shares_at(own)
        if self.name == CAPACITY:
            capacity = resources[:, RESOURCES.index("capacity")]
            return np.asarray(np.floor_divide(capacity, self.step))
        return np.asarray(-np.ceil(own[:, 0] / self.step))

    def _shares_at(self, own: np.ndarray) -> np.ndarray:
        picks = [
            np.maximum(np.searchsorted(np.array(d), own[:, i], side="right") - 1, 0)
            for i, d in enumerate(self.domains)
        ]
        assert self.shares is not None
        return np.asarray(self.shares[tuple(picks)])

    def at(self, design: Design) -> Fraction | None:
        """Value of a design in the unit of the quantity."""
        return printed(design)[self.name]


def aspect(space: DesignSpace, name: str, sense: int, step: Fraction | None = None) -> Aspect:
    """An aspect of one space.

    Raises
    ------
    InputError
        The step is no whole number of axis units.
    """
    if name == SALVAGE:
        if step:
            raise InputError("salvage_share takes no step", "--step")
        return _salvage_aspect(space)
    if name == CAPACITY and sense == MORE:
        return Aspect(name, sense, (), _units(name, step, space))
    return Aspect(name, sense, (Axis.of(name, sense),), _units(name, step, space))


def _units(name: str, step: Fraction | None, space: DesignSpace) -> int:
    if not step:
        return 1
    if name == "performance_density":
        step = step * Fraction(space.area_mm2 or 0)
    units = step * SCALES[name]
    if name != "performance_density" and units.denominator != 1:
        raise InputError(f"{name} has no steps so fine", "--step", f"1/{SCALES[name]} is the least")
    return max(1, int(units))


def _salvage_aspect(space: DesignSpace) -> Aspect:
    axes = tuple(Axis.of(name) for name in ("enabled_cores", "memory_sites", "links"))
    domains = (space.cores, space.sites, space.links)
    return Aspect(SALVAGE, MORE, axes, 1, share_table(space), domains)


def behind(names: Sequence[str]) -> tuple[str, ...]:
    """Quantities that a frontier of names is read from: those behind ratios for the ratios.

    Examples
    --------
    >>> behind(["tpp", "throughput_per_dollar", "unit_cost_usd"])
    ('tpp', 'unit_cost_usd')
    """
    return tuple(dict.fromkeys(BEHIND.get(name, name) for name in names))


def unknown_of(space: DesignSpace, names: Sequence[str]) -> tuple[str, ...]:
    """Facts that aspects need and a space lacks."""
    lacking = []
    if "power_w" in names and space.power is None:
        lacking.append("power model")
    if SALVAGE in names and floorplan(space.parent, space.figures) is None:
        lacking.append("floorplan")
    if COST in names and not isinstance(space.cost, UnitCost):
        lacking += space.cost.missing if space.cost else ["unit cost"]
    if "performance_density" in names and space.area_mm2 is None:
        lacking.append("applicable_die_area_mm2")
    return tuple(lacking)


def traded_name(name: str) -> str:
    """A quantity or ratio that can be traded, or an error with near matches."""
    if name not in TRADED and name not in BEHIND:
        known = ["throughput", *TRADED, *BEHIND]
        raise InputError(
            f"'{name}' is no objective of a frontier",
            "--objectives",
            near_matches(name, known) or f"Objectives: {', '.join(known)}",
        )
    return name
