"""The design space as three small tables: compute, memory and wiring. The product is never built.

Each table holds its knobs as integers, the columns that requirements name, and the resources
through which the projection sees a design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from optimizer.design import Design, DesignSpace
from optimizer.design.memory import RATE_STEPS_PER_GBPS
from optimizer.design.space import RATE_UNITS
from optimizer.design.unit_cost import UNIT_COST, WAFER, UnitCost

# Resources of a design, in the order of every corner vector; throughput never falls when one grows.
RESOURCES = ("tensor", "draw", "dram", "capacity", "link")
POWER = "power"
# Axes of a value: the resources, then one where less is better for ratio objectives.
AXES = (*RESOURCES, POWER, UNIT_COST, WAFER)
COMPUTE, MEMORY, WIRING = 0, 1, 2
# Power is kept in tenths of a milliwatt.
POWER_STEPS = 10**4
# Columns are integers over 1, 4, 100, 1e3, 1e6 or 4e6, hence multiples of 1e-8.
COLUMN_STEPS = 10**8
# Which table carries which resource.
RESOURCE_TABLE = (COMPUTE, COMPUTE, MEMORY, MEMORY, WIRING)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of one group of knobs; a table is equal to itself alone.

    Attributes
    ----------
    knobs : ndarray of int64, shape (n, k)
        Knob values that rebuild a design.
    columns : mapping of str to ndarray, shape (n,)
        Values that requirements may name; float64, exact for integers below 2^53.
    resources : ndarray, shape (n, r)
        The group's resources, in the order of `RESOURCES`.
    power : ndarray of int64, shape (n,)
        Board power of this group. [0.1 mW]
    cost : ndarray of int64, shape (n, 2)
        Place of the group's whole knob (cores, sites, links) in the joint cost tables, and what
        the group alone adds to unit cost. [1, cent]
    starts : ndarray of int or None
        First row of each run, along which the last knob alone grows and nothing else falls; each
        row is a run of its own where absent.
    """

    knobs: np.ndarray
    columns: Mapping[str, np.ndarray]
    resources: np.ndarray
    power: np.ndarray
    cost: np.ndarray
    starts: np.ndarray | None = None

    @property
    def runs(self) -> np.ndarray:
        """First row of each run."""
        return np.arange(len(self)) if self.starts is None else self.starts

    def __len__(self) -> int:
        return len(self.knobs)

    def only(self, names: frozenset[str]) -> Table:
        """The same table with some columns."""
        kept = {name: column for name, column in self.columns.items() if name in names}
        return replace(self, columns=kept)

    def take(self, rows: np.ndarray) -> Table:
        """The same table with some rows, in the given order."""
        return Table(
            self.knobs[rows],
            {name: column[rows] for name, column in self.columns.items()},
            self.resources[rows],
            self.power[rows],
            self.cost[rows],
        )

    @property
    def best_row(self) -> np.ndarray:
        """Best value of each column of `rows`; no one row need have them all."""
        highest = [float(column.max()) for column in self.resources.T]
        least = [float(column.min()) for column in (self.power, *self.cost.T)]
        return np.array([*highest, *least])

    @property
    def rows(self) -> np.ndarray:
        """Every row as the sides of a box have it: resources, power, place and cents."""
        return np.column_stack([self.resources, self.power, self.cost]).astype(float)


def build_tables(space: DesignSpace) -> tuple[Table, Table, Table]:
    """Compute, memory and wiring tables of a space."""
    return _compute(space), _memory(space), _wiring(space)


def _compute(space: DesignSpace) -> Table:
    units, cores, clocks = (
        a.ravel()
        for a in np.meshgrid(
            np.array(space.rate_units, dtype=np.int64),
            np.array(space.cores, dtype=np.int64),
            np.array(space.clocks_mhz, dtype=np.int64),
            indexing="ij",
        )
    )
    draw = cores * clocks
    per_mhz = np.zeros(max(space.rate_units) + 1, dtype=np.int64)
    for u in space.rate_units:
        per_mhz[u] = space.tpp_per_core_mhz(u)
    # The law sees the rated clock, the projection the one in the table.
    rated = clocks if space.rated_clock_mhz is None else np.full_like(clocks, space.rated_clock_mhz)
    tpp = cores * rated * per_mhz[units] / 1e6
    bf16 = cores * rated * units * space.matrix_ops["fp16"] / (RATE_UNITS * 1e6)
    columns = {
        "enabled_cores": cores.astype(float),
        "core_clock_mhz": rated.astype(float),
        "tensor_rate_fraction": units / RATE_UNITS,
        "tpp": tpp,
        "bit_length_x_tops": tpp,
        "dense_bf16_tflops": bf16,
    }
    power = np.zeros(len(cores), dtype=np.int64)
    if space.power is not None:
        power = cores * space.power.per_core(clocks, units)
        columns["compute_power_w"] = power / POWER_STEPS
    if space.sustained and space.sustained_power is not None:
        drawn = cores * space.sustained_power.per_core(clocks, units)
        columns["compute_sustained_w"] = drawn / POWER_STEPS
    resources = np.stack([draw * units, draw], axis=1).astype(float)
    knobs = np.stack([cores, clocks, units], axis=1)
    return Table(knobs, columns, resources, power, _cost(space.cores, cores), _starts(knobs, 1))


def _memory(space: DesignSpace) -> Table:
    parts: list[np.ndarray] = []
    for index, option in enumerate(space.memory):
        rates = np.arange(option.rate_min, option.rate_max + 1, dtype=np.int64)
        sites, rate = (
            a.ravel()
            for a in np.meshgrid(np.array(space.sites, dtype=np.int64), rates, indexing="ij")
        )
        parts.append(np.stack([np.full_like(sites, index), sites, rate], axis=1))
    knobs = np.concatenate(parts)
    option, sites, rate = knobs.T
    per_site = np.array([m.gb_per_site for m in space.memory], dtype=np.int64)[option]
    per_rate = np.array([m.mb_s_per_rate for m in space.memory], dtype=np.int64)[option]
    dram = sites * rate * per_rate
    capacity = sites * per_site
    columns = {
        "memory_option": option.astype(float),
        "memory_part": np.array(part_codes(space))[option].astype(float),
        "memory_gb_per_site": per_site.astype(float),
        "clamshell": np.array([m.clamshell for m in space.memory])[option].astype(float),
        "memory_sites": sites.astype(float),
        "memory_data_rate_gbps": rate / RATE_STEPS_PER_GBPS,
        "memory_capacity_gb": capacity.astype(float),
        "dram_bandwidth_gb_s": dram / 1e3,
    }
    power = np.zeros(len(knobs), dtype=np.int64)
    if space.power is not None:
        power = sites * rate * np.array(space.power.per_rate_unit, dtype=np.int64)[option]
        columns["memory_power_w"] = power / POWER_STEPS
    if space.sustained and space.sustained_power is not None:
        each = np.array(space.sustained_power.per_rate_unit, dtype=np.int64)
        columns["memory_sustained_w"] = sites * rate * each[option] / POWER_STEPS
    resources = np.stack([dram, capacity], axis=1).astype(float)
    cents = np.zeros(len(knobs), dtype=np.int64)
    if isinstance(space.cost, UnitCost):
        by_option = [space.cost.memory_cents(m) or 0 for m in space.memory]
        cents = sites * np.array(by_option, dtype=np.int64)[option]
    cost = _cost(space.sites, sites, cents)
    return Table(knobs, columns, resources, power, cost, _starts(knobs, 2))


def _wiring(space: DesignSpace) -> Table:
    knobs = np.array(
        [
            (b, n)
            for b, board in enumerate(space.boards)
            for n in space.links
            if n <= board.links_max
        ],
        dtype=np.int64,
    )
    board, links = knobs.T
    link = links * space.link_mb_s
    io = (link + space.pcie_mb_s) / 1e3
    columns = {
        "board_class": board.astype(float),
        "clamshell_allowed": np.array([b.clamshell for b in space.boards])[board].astype(float),
        "links": links.astype(float),
        "link_bandwidth_gb_s": link / 1e3,
        "io_bandwidth_gb_s": io,
        "io_transfer_rate_gb_s": io,
    }
    power = np.zeros(len(knobs), dtype=np.int64)
    if space.power is not None:
        power = links * space.power.per_link + space.power.base
        columns["wiring_power_w"] = power / POWER_STEPS
    if space.sustained and space.sustained_power is not None:
        drawn = links * space.sustained_power.per_link + space.sustained_power.base
        columns["wiring_sustained_w"] = drawn / POWER_STEPS
    cents = np.zeros(len(knobs), dtype=np.int64)
    if isinstance(space.cost, UnitCost):
        by_board = [space.cost.boards[b.form_factor] for b in space.boards]
        cents = np.array(by_board, dtype=np.int64)[board]
    cost = _cost(space.links, links, cents)
    return Table(knobs, columns, link[:, None].astype(float), power, cost, _starts(knobs, 1))


def _starts(knobs: np.ndarray, last: int) -> np.ndarray:
    """Rows at which another knob than the last one changes."""
    others = np.delete(knobs, last, axis=1)
    changes = (others[1:] != others[:-1]).any(axis=1)
    return np.append(0, np.flatnonzero(changes) + 1)


def _cost(domain: tuple[int, ...], knob: np.ndarray, cents: np.ndarray | None = None) -> np.ndarray:
    place = np.searchsorted(np.array(domain), knob)
    return np.stack([place, np.zeros_like(place) if cents is None else cents], axis=1)


def paired(left: Table, right: Table) -> Table:
    """Every row of one table with every row of the next; places in the cost tables are lost."""
    i, j = (a.ravel() for a in np.indices((len(left), len(right))))
    return Table(
        np.hstack([left.knobs[i], right.knobs[j]]),
        {
            **{name: column[i] for name, column in left.columns.items()},
            **{name: column[j] for name, column in right.columns.items()},
        },
        np.hstack([left.resources[i], right.resources[j]]),
        left.power[i] + right.power[j],
        np.zeros_like(left.cost, shape=(len(i), 2)),
    )


def with_columns(
    tables: tuple[Table, ...], board_columns: Mapping[str, tuple[int, ...]]
) -> tuple[Table, ...]:
    """Add the columns that TDP limits made to the wiring table."""
    if not board_columns:
        return tables
    compute, memory, wiring = tables
    board = wiring.knobs[:, 0]
    added = {name: np.array(values)[board] / POWER_STEPS for name, values in board_columns.items()}
    return compute, memory, replace(wiring, columns={**wiring.columns, **added})


def part_codes(space: DesignSpace) -> tuple[int, ...]:
    """An integer for each memory option that is equal for options of one part."""
    names = sorted({m.part for m in space.memory})
    return tuple(names.index(m.part) for m in space.memory)


def design_at(space: DesignSpace, tables: tuple[Table, ...], rows: Sequence[int]) -> Design:
    """The design made of one row of each table; two tables may be joined into one."""
    knobs = [int(v) for table, row in zip(tables, rows, strict=True) for v in table.knobs[row]]
    cores, clock, units, option, sites, rate, board, links = knobs
    return Design(
        space,
        cores,
        clock,
        units,
        space.memory[option],
        sites,
        rate,
        links,
        space.boards[board].form_factor,
    )


def exact_row(table: Table, row: int, names: Iterable[str] | None = None) -> dict[str, Fraction]:
    """One row's columns as exact rationals; every column is a multiple of 1e-8 by construction."""
    return {
        name: Fraction(round(float(table.columns[name][row]) * COLUMN_STEPS), COLUMN_STEPS)
        for name in names or table.columns
    }
