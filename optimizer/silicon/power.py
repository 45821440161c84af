"""Board power at an operating point.

The model is a sum of terms, each of which depends on one part of a design, over the efficiency
of the board's own power conversion::

    P_board = (P_fixed + P_static + P_core + P_tensor + P_dram + P_link) / efficiency

Rated power is a policy of the vendor: a derivative is therefore scaled by its parent, rated
power over modeled power, before it is compared with a board class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalogs.errors import InputError

Array = NDArray[np.float64]
# One number, or one per draw.
Coefficient = float | Array

MHZ_PER_GHZ = 1e3
HZ_PER_MHZ = 1e6
PICO = 1e-12
BYTES_PER_GB = 1e9
BITS_PER_BYTE = 8


def _array(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Activity:
    """Share of each term that is drawn; a board class is set at full activity. [1]"""

    core: Coefficient = 1.0
    tensor: Coefficient = 1.0
    dram: Coefficient = 1.0
    link: Coefficient = 1.0


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What power depends on; scalars or arrays that broadcast.

    Attributes
    ----------
    cores : array_like
        Enabled cores of the package.
    clock_mhz : array_like
        Core clock. [MHz]
    fp16_ops_per_clk_per_core : array_like
        Dense matrix rate at FP16, after the tensor-rate fraction. [operations]
    dram_gb_s : array_like
        DRAM bandwidth. [GB/s]
    dram_kind : str
        Kind of memory part: HBM2, HBM2E, HBM3, HBM3E, HBM4, GDDR6, GDDR6X, GDDR7.
    io_gb_s_bidir : array_like
        Links and PCIe, both directions together. [GB/s]
    die_area_mm2 : array_like
        All logic dies of the package. [mm2]
    low_profile : bool
        A board of the 72 W class.
    """

    cores: ArrayLike
    clock_mhz: ArrayLike
    fp16_ops_per_clk_per_core: ArrayLike
    dram_gb_s: ArrayLike
    dram_kind: str
    io_gb_s_bidir: ArrayLike
    die_area_mm2: ArrayLike
    low_profile: bool = False


@dataclass(frozen=True, slots=True)
class PowerTerms:
    """The terms of board power before conversion loss. [W]"""

    fixed: Array
    static: Array
    core: Array
    tensor: Array
    dram: Array
    link: Array

    def total_w(self) -> Array:
        """Return the sum of the terms. [W]"""
        return self.fixed + self.static + self.core + self.tensor + self.dram + self.link


@dataclass(frozen=True, slots=True)
class PowerModel:
    """Power coefficients of one family of dies, or of draws of them; see `defaults.power_model`.

    Coefficients are numbers, or columns of one row per draw. The methods named `*_w`, all but
    `board_w`, are the separable terms before conversion loss: each reads one part of a design, so a
    solver may tabulate it.

    Attributes
    ----------
    relative_error : float
        Error to expect of an anchored estimate, as a share of it. [1]
    anchored_only : bool
        The family has no fit of its own: only its ratio to a parent is meaningful.
    """

    family: str
    basis: str
    grade: str
    anchored_only: bool
    relative_error: float
    v_floor: Coefficient
    v_slope: Coefficient
    v_exponent: Coefficient
    v_speed: Coefficient
    v_max: Coefficient
    reference_voltage_v: float
    core_w_per_core_ghz_v2: Coefficient
    tensor_pj_per_flop: Coefficient
    static_w_per_mm2: Coefficient
    fixed_full_w: Coefficient
    fixed_low_profile_w: Coefficient
    dram_pj_per_bit: Mapping[str, Coefficient]
    link_pj_per_bit: Coefficient
    efficiency: Coefficient

    def voltage_v(self, clock_mhz: ArrayLike) -> Array:
        """Return the core voltage at a clock: v_floor + v_slope (v_speed f)^v_exponent. [V]

        Parameters
        ----------
        clock_mhz : array_like
            Core clock. [MHz]

        Examples
        --------
        >>> from optimizer.silicon import power_model
        >>> power_model("blackwell_consumer").voltage_v([430, 1770, 2770]).round(2).tolist()
        [0.7, 0.8, 1.04]
        """
        scaled = self.v_speed * _array(clock_mhz) / MHZ_PER_GHZ
        return self.v_floor + self.v_slope * scaled**self.v_exponent

    def top_clock_mhz(self) -> Array:
        """Return the clock at which the voltage reaches its limit. [MHz]"""
        share = np.maximum(self.v_max - _array(self.v_floor), 0) / self.v_slope
        return _array(share ** (1 / _array(self.v_exponent)) / self.v_speed * MHZ_PER_GHZ)

    def fixed_w(self, *, low_profile: bool = False) -> Coefficient:
        """Return what a board draws whatever its chip. [W]"""
        return self.fixed_low_profile_w if low_profile else self.fixed_full_w

    def static_w(self, die_area_mm2: ArrayLike) -> Array:
        """Return leakage: static_w_per_mm2 x area, switched-off blocks included. [W]"""
        return self.static_w_per_mm2 * _array(die_area_mm2)

    def core_w(self, cores: ArrayLike, clock_mhz: ArrayLike) -> Array:
        """Return dynamic power of cores without their matrix units: N c f V(f)^2. [W]

        Examples
        --------
        >>> from optimizer.silicon import power_model
        >>> power_model("hopper").core_w([78, 132], 1830).round(0).tolist()
        [16.0, 27.0]
        """
        dynamic = _array(clock_mhz) / MHZ_PER_GHZ * self.voltage_v(clock_mhz) ** 2
        return _array(cores) * self.core_w_per_core_ghz_v2 * dynamic

    def tensor_w(
        self, cores: ArrayLike, clock_mhz: ArrayLike, fp16_ops_per_clk_per_core: ArrayLike
    ) -> Array:
        """Return power of the matrix units at full FP16 rate: e N ops f (V/V_ref)^2. [W]

        Narrower formats run at twice the rate and half the energy, so they draw the same.

        Examples
        --------
        >>> from optimizer.silicon import power_model
        >>> power_model("hopper").tensor_w(132, 1830, [4096, 1024]).round(0).tolist()
        [313.0, 78.0]
        """
        per_s = _array(cores) * _array(fp16_ops_per_clk_per_core) * _array(clock_mhz) * HZ_PER_MHZ
        square = (self.voltage_v(clock_mhz) / self.reference_voltage_v) ** 2
        return self.tensor_pj_per_flop * PICO * per_s * square

    def dram_w(self, bandwidth_gb_s: ArrayLike, part_kind: str) -> Array:
        """Return power of the memory and its interface: 8 e_dram BW. [W]

        Examples
        --------
        >>> from optimizer.silicon import power_model
        >>> float(power_model("hopper").dram_w(4000, "HBM3"))
        176.0
        """
        energy = self.dram_pj_per_bit.get(part_kind.upper())
        if energy is None:
            known = ", ".join(self.dram_pj_per_bit)
            raise InputError(
                f"no energy per bit for memory of kind '{part_kind}'", "power", f"Known: {known}"
            )
        return energy * PICO * BITS_PER_BYTE * BYTES_PER_GB * _array(bandwidth_gb_s)

    def link_w(self, io_gb_s_bidir: ArrayLike) -> Array:
        """Return power of links and PCIe, both directions: 8 e_link L. [W]"""
        per_gb = self.link_pj_per_bit * PICO * BITS_PER_BYTE * BYTES_PER_GB
        return per_gb * _array(io_gb_s_bidir)

    def terms(self, point: OperatingPoint, activity: Activity | None = None) -> PowerTerms:
        """Return the terms of one or many operating points at an activity (default full)."""
        share = activity or Activity()
        ops = point.fp16_ops_per_clk_per_core
        return PowerTerms(
            fixed=_array(self.fixed_w(low_profile=point.low_profile)),
            static=self.static_w(point.die_area_mm2),
            core=share.core * self.core_w(point.cores, point.clock_mhz),
            tensor=share.tensor * self.tensor_w(point.cores, point.clock_mhz, ops),
            dram=share.dram * self.dram_w(point.dram_gb_s, point.dram_kind),
            link=share.link * self.link_w(point.io_gb_s_bidir),
        )

    def anchored(self, parent: PowerTerms, tdp_w: float) -> Array:
        """Return the factor that makes the parent come out at its rated power, per draw. [1]

        Examples
        --------
        >>> from optimizer.silicon import OperatingPoint, power_model
        >>> model = power_model("hopper")
        >>> h100 = OperatingPoint(132, 1830, 4096, 3352, "HBM3", 1028, 814)
        >>> h20 = OperatingPoint(78, 1853, 1024, 4022, "HBM3", 1028, 814)
        >>> scale = model.anchored(model.terms(h100), tdp_w=700)
        >>> round(float(model.board_w(model.terms(h20), scale)))
        415
        """
        return _array(tdp_w / (parent.total_w() / self.efficiency))

    def board_w(self, terms: PowerTerms, anchor: ArrayLike | None = None) -> Array:
        """Return board power: sum of the terms over efficiency, times the anchor. [W]

        Raises
        ------
        InputError
            The family is `anchored_only` and no anchor is given.
        """
        if anchor is None and self.anchored_only:
            raise InputError(
                f"power of the family '{self.family}' is known only against a parent",
                "power",
                "Give the anchor: PowerModel.anchored(terms of the parent, its rated power)",
            )
        return terms.total_w() / self.efficiency * (1.0 if anchor is None else _array(anchor))
