"""What may be traded against throughput: quantities as integer axes beside the resources.

An *axis* is an integer linear form over the columns of a design of which less is better: TPP in
millionths, bandwidth in MB/s, power in tenths of a milliwatt. An *aspect* is a quantity that a
frontier trades or a limit bounds, read from axes or, for capacity, from the resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from catalogs.errors import InputError, near_matches
from constraints.expressions import BinOp, Expr, Name, Number
from optimizer.design import Design, DesignSpace
from optimizer.silicon import floorplan
from optimizer.solver.binding import columns_of
from optimizer.solver.lowering import Linear
from optimizer.solver.objective import Objective, power_of
from optimizer.solver.salvage import SALVAGE, salvage_of, share_table
from optimizer.solver.tables import POWER_STEPS, RESOURCES, WIRING, Table

CAPACITY = "memory_capacity_gb"
MORE, LESS = 1, -1
# Significant digits at which two projected values are one.
DIGITS = 12
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
    CAPACITY: MORE,
    SALVAGE: MORE,
}


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """An integer linear form over columns; less of it is better.

    Attributes
    ----------
    name : str
    terms : mapping of str to int
        Axis units per unit of a column.
    """

    name: str
    terms: Mapping[str, int]

    @classmethod
    def of(cls, name: str, sense: int = LESS) -> Axis:
        """The axis of a quantity or knob; negated where more is better."""
        columns = COLUMNS_OF.get(name, (name,))
        return cls(name, dict.fromkeys(columns, -sense * SCALES[name]))

    @property
    def form(self) -> Linear:
        """The form for the exact solver."""
        return Linear({name: Fraction(c) for name, c in self.terms.items()})

    @property
    def expr(self) -> Expr:
        """The form as an expression over columns."""
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
            return np.asarray(resources[:, RESOURCES.index("capacity")] // self.step)
        return np.asarray(-np.ceil(own[:, 0] / self.step))

    def _shares_at(self, own: np.ndarray) -> np.ndarray:
        picks = [
            np.maximum(np.searchsorted(np.array(d), own[:, i], side="right") - 1, 0)
            for i, d in enumerate(self.domains)
        ]
        assert self.shares is not None
        return np.asarray(self.shares[tuple(picks)])

    def at(self, design: Design) -> Fraction | float | int | None:
        """Value of a design in the unit of the quantity."""
        match self.name:
            case "salvage_share":
                return salvage_of(design)
            case "power_w":
                power = power_of(design)
                return None if power is None else Fraction(power, POWER_STEPS)
        value = {**design.knobs(), **design.quantities()}[self.name]
        return None if value is None else Fraction(value)


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


def unknown_of(space: DesignSpace, names: Sequence[str]) -> tuple[str, ...]:
    """Facts that aspects need and a space lacks."""
    lacking = []
    if "power_w" in names and space.power is None:
        lacking.append("power model")
    if SALVAGE in names and floorplan(space.parent, space.figures) is None:
        lacking.append("floorplan")
    if "performance_density" in names and space.area_mm2 is None:
        lacking.append("applicable_die_area_mm2")
    return tuple(lacking)


def traded_name(name: str) -> str:
    """A quantity that can be traded, or an error with near matches."""
    if name not in TRADED:
        known = ["throughput", *TRADED]
        raise InputError(
            f"'{name}' is no objective of a frontier",
            "--objectives",
            near_matches(name, known) or f"Objectives: {', '.join(known)}",
        )
    return name


@dataclass(frozen=True, slots=True)
class Trade:
    """Throughput and the aspects it is traded against, over one space.

    A *vector* has the resources first, then the axes; resources are better larger, axes smaller.
    """

    objective: Objective
    aspects: tuple[Aspect, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Axes of all aspects, in order."""
        return tuple(axis for each in self.aspects for axis in each.axes)

    def extended(self, tables: tuple[Table, ...]) -> tuple[Table, ...]:
        """Tables whose rows carry their share of every axis, negated, beside the resources."""
        return tuple(
            replace(t, resources=np.column_stack([t.resources, *(-a.share(t) for a in self.axes)]))
            for t in tables
        )

    def vectors(self, joined: np.ndarray) -> np.ndarray:
        """Vectors of joined rows of the extended tables."""
        count, width = len(self.axes), 2 + len(self.axes)
        starts = (0, width, 2 * width)
        heads = (0, 1, starts[1], starts[1] + 1, starts[2])
        firsts = (2, starts[1] + 2, starts[WIRING] + 1)
        axes = -np.add.reduce([joined[:, f : f + count] for f in firsts])
        return np.concatenate([joined[:, heads], axes], axis=1)

    def speed(self, vectors: np.ndarray) -> np.ndarray:
        """Throughput of vectors, at 12 significant digits."""
        return rounded(self.objective(vectors[:, : len(RESOURCES)]))

    def others(self, vectors: np.ndarray) -> np.ndarray:
        """Every aspect of vectors, oriented so that more is better; shape (n, aspects)."""
        resources = vectors[:, : len(RESOURCES)]
        found, at = [], len(RESOURCES)
        for each in self.aspects:
            found.append(each.read(resources, vectors[:, at : at + len(each.axes)]))
            at += len(each.axes)
        return np.stack(found, axis=1) if found else np.zeros((len(vectors), 0))

    def vector(self, design: Design) -> np.ndarray:
        """Vector of a design."""
        axes = [axis.at(design) for axis in self.axes]
        return np.concatenate([self.objective.vector(design), np.array(axes, dtype=float)])


def rounded(values: np.ndarray) -> np.ndarray:
    """Values at 12 significant digits.

    Examples
    --------
    >>> rounded(np.array([0.0, 1.23456789012345, 98765.4321098765])).tolist()
    [0.0, 1.23456789012, 98765.4321099]
    """
    size = np.where(values > 0, values, 1.0)
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    return np.asarray(np.rint(values * scale) / scale)
