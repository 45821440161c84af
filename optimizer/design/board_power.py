"""Board power of every design of a space, in integers: what the search, the proof and print share.

Power is anchored to the parent: the model's figure times (parent TDP / model of the parent). Each
term hangs on one group of knobs, so the total is a sum over the tables. Rounded up once, here.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catalogs.errors import InputError
from optimizer.design.memory import RATE_STEPS_PER_GBPS
from optimizer.design.space import RATE_UNITS, DesignSpace
from optimizer.silicon import OperatingPoint, power_model
from optimizer.silicon.defaults import activity
from optimizer.silicon.power import Activity, PowerModel

if TYPE_CHECKING:
    from optimizer.design.design import Design

# Tenths of a milliwatt in a watt.
STEPS = 10**4
# Boards of the lowest PCIe class have a smaller fixed draw (catalogs/data/economics/power.toml).
LOW_PROFILE_W = 75


@dataclass(frozen=True, slots=True)
class BoardPower:
    """Separable board power. [0.1 mW]

    Attributes
    ----------
    table : ndarray of int64, shape (rates, clocks)
        Per enabled core, by rate fraction and clock.
    clocks_mhz, rate_units : tuple of int
        What the axes of the table stand for.
    per_rate_unit : tuple of int
        Per site and 0.01 Gbit/s, by memory option.
    per_link : int
        Per chip-to-chip link.
    base : int
        Fixed, static and PCIe.
    relative_error : float
        Error to expect, as a share. [1]
    anchor : float
        Parent TDP over the model's figure for the parent. [1]
    """

    table: np.ndarray
    clocks_mhz: tuple[int, ...]
    rate_units: tuple[int, ...]
    per_rate_unit: tuple[int, ...]
    per_link: int
    base: int
    relative_error: float
    anchor: float

    def per_core(self, clocks_mhz: np.ndarray, rate_units: np.ndarray) -> np.ndarray:
        """Power per enabled core at clocks and rate fractions. [0.1 mW]"""
        clock = np.searchsorted(np.array(self.clocks_mhz), clocks_mhz)
        rate = np.searchsorted(np.array(self.rate_units), rate_units)
        return np.asarray(self.table[rate, clock])

    def of_core(self, clock_mhz: int, rate_units: int) -> int:
        """The same of one clock and rate fraction. [0.1 mW]"""
        rate = bisect_left(self.rate_units, rate_units)
        return int(self.table[rate, bisect_left(self.clocks_mhz, clock_mhz)])


def drawn(design: Design, power: BoardPower) -> int:
    """Power of a whole design. [0.1 mW]"""
    cores = design.cores * power.of_core(design.clock_mhz, design.rate_units)
    return cores + drawn_beside(design, power)


def drawn_beside(design: Design, power: BoardPower) -> int:
    """Power of everything but the cores, which no core clock changes. [0.1 mW]"""
    option = design.space.memory.index(design.option)
    memory = design.sites * design.rate * power.per_rate_unit[option]
    return memory + design.links * power.per_link + power.base


def board_power(space: DesignSpace, phase: str | None = None) -> BoardPower | None:
    """Anchored power of a space, or None where the family has no model or the parent no facts.

    Parameters
    ----------
    space : DesignSpace
    phase : str, optional
        'decode' or 'prefill'; full activity, at which classes are set, where absent. The anchor
        is that of full activity either way.
    """
    try:
        model = power_model(space.die.id, space.figures)
    except InputError:
        return None
    point = parent_point(space)
    if point is None or space.reference.tdp_w is None:
        return None
    anchor = float(model.anchored(model.terms(point), float(space.reference.tdp_w)))
    share = Activity() if phase is None else activity(phase, space.figures)
    return _tabulate(space, model, anchor, bool(point.low_profile), share)


def parent_point(space: DesignSpace) -> OperatingPoint | None:
    """Operating point of the part at whose rated power a space is anchored; None without facts."""
    sku = space.reference
    memory, link, fp16 = sku.memory, sku.link, space.matrix_ops["fp16"]
    clock = sku.peak_rate_clock_mhz or sku.boost_clock_mhz
    if memory is None or memory.bandwidth_gb_s is None or memory.part is None:
        return None
    if clock is None or sku.cores_enabled is None or space.area_mm2 is None:
        return None
    links = float((link.gb_s_bidir if link else None) or 0)
    return OperatingPoint(
        cores=int(sku.cores_enabled),
        clock_mhz=float(clock),
        fp16_ops_per_clk_per_core=fp16 * float(sku.tensor_rate_fraction or 1),
        dram_gb_s=float(memory.bandwidth_gb_s),
        dram_kind=memory.part,
        io_gb_s_bidir=links + space.pcie_mb_s / 1000,
        die_area_mm2=float(space.area_mm2),
        low_profile=float(sku.tdp_w or 0) < LOW_PROFILE_W,
    )


def _tabulate(
    space: DesignSpace, model: PowerModel, anchor: float, low_profile: bool, share: Activity
) -> BoardPower:
    factor = anchor / model.efficiency * STEPS
    clocks = np.array(space.clocks_mhz, dtype=float)
    rows = []
    for units in space.rate_units:
        ops = space.matrix_ops["fp16"] * units / RATE_UNITS
        core = share.core * model.core_w(1, clocks)
        rows.append(core + share.tensor * model.tensor_w(1, clocks, ops))
    area = float(space.area_mm2 or 0)
    fixed = model.fixed_w(low_profile=low_profile) + float(model.static_w(area))
    per_gb_s = [share.dram * float(model.dram_w(1.0, m.part)) for m in space.memory]
    link = [share.link * float(model.link_w(w / 1000)) for w in (space.link_mb_s, space.pcie_mb_s)]
    lanes = [m.width_bits / 8 / RATE_STEPS_PER_GBPS for m in space.memory]
    return BoardPower(
        table=_up(np.array(rows) * factor),
        clocks_mhz=space.clocks_mhz,
        rate_units=space.rate_units,
        per_rate_unit=tuple(int(_up(g * n * factor)) for g, n in zip(per_gb_s, lanes, strict=True)),
        per_link=int(_up(link[0] * factor)),
        base=int(_up((fixed + link[1]) * factor)),
        relative_error=model.relative_error,
        anchor=anchor,
    )


def _up(values: np.ndarray | float) -> np.ndarray:
    return np.asarray(np.ceil(np.asarray(values)), dtype=np.int64)
