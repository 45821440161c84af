"""One design: its knobs, the exact quantities that follow, and the cut from the parent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from catalogs import Sku
from optimizer.design.memory import RATE_STEPS_PER_GBPS, MemoryOption
from optimizer.design.space import RATE_UNITS, DesignSpace
from optimizer.projection import Resources, usable_rates
from optimizer.projection.devices import l2_bytes
from optimizer.projection.layouts import HOST_CHIPS
from optimizer.projection.resources import FALLBACK

Exact = int | Fraction | Decimal
# A printed GB of HBM or GDDR is 2^30 bytes (JEDEC densities are binary; the memory part says so).
BYTES_PER_PRINTED_GB = 2**30


@dataclass(frozen=True, slots=True)
class Design:
    """A point of a `DesignSpace`.

    Attributes
    ----------
    space : DesignSpace
        The space it belongs to.
    cores : int
        Enabled cores.
    clock_mhz : int
        Highest clock the part can run; in a sustained space the clock that it sustains. [MHz]
    rate_units : int
        Tensor rate in quarters of the die's full rate.
    option : MemoryOption
        Memory part and capacity on each site.
    sites : int
        Stacks or 32-bit channels in use.
    rate : int
        Memory data rate. [0.01 Gbit/s per pin]
    links : int
        Chip-to-chip links in use.
    board : str
        Form factor.
    """

    space: DesignSpace
    cores: int
    clock_mhz: int
    rate_units: int
    option: MemoryOption
    sites: int
    rate: int
    links: int
    board: str

    @property
    def rated_mhz(self) -> int:
        """Highest clock the part can run, which the law sees. [MHz]"""
        rated = self.space.rated_clock_mhz
        return self.clock_mhz if rated is None else rated

    @property
    def tpp(self) -> Fraction:
        """Total processing performance: cores x clock x ops x bits, dense, not doubled. [TPP]"""
        per_mhz = self.space.tpp_per_core_mhz(self.rate_units)
        return Fraction(self.cores * self.rated_mhz * per_mhz, 10**6)

    @property
    def dram_mb_s(self) -> int:
        """DRAM bandwidth. [MB/s]"""
        return self.sites * self.rate * self.option.mb_s_per_rate

    @property
    def link_mb_s(self) -> int:
        """Bidirectional sum of the chip-to-chip links. [MB/s]"""
        return self.links * self.space.link_mb_s

    def knobs(self) -> dict[str, int | str | bool | Fraction]:
        """Chosen values under the names of the result."""
        return {
            "enabled_cores": self.cores,
            "core_clock_mhz": self.rated_mhz,
            "tensor_rate_fraction": Fraction(self.rate_units, RATE_UNITS),
            "memory_part": self.option.part,
            "memory_gb_per_site": self.option.gb_per_site,
            "clamshell": self.option.clamshell,
            "memory_sites": self.sites,
            "memory_data_rate_gbps": Fraction(self.rate, RATE_STEPS_PER_GBPS),
            "links": self.links,
            "board_class": self.board,
        }

    def quantities(self) -> dict[str, Exact | None]:
        """Exact quantities that law and limits speak of, by name; None where a fact is missing."""
        area = self.space.area_mm2
        tpp = self.tpp
        io = Fraction(self.link_mb_s + self.space.pcie_mb_s, 1000)
        return {
            "tpp": tpp,
            "applicable_die_area_mm2": area,
            "performance_density": None if area is None else tpp / Fraction(area),
            "dram_bandwidth_gb_s": Fraction(self.dram_mb_s, 1000),
            "io_bandwidth_gb_s": io,
            "total_bandwidth_gb_s": Fraction(self.dram_mb_s, 1000) + io,
            "link_bandwidth_gb_s": Fraction(self.link_mb_s, 1000),
            "memory_capacity_gb": self.sites * self.option.gb_per_site,
            "enabled_cores": self.cores,
            "core_clock_mhz": self.rated_mhz,
            "dense_bf16_tflops": Fraction(
                self.cores * self.rated_mhz * self.space.matrix_ops["fp16"] * self.rate_units,
                RATE_UNITS * 10**6,
            ),
        }

    def facts(self) -> dict[str, object]:
        """Facts under the names of the law, for the checker."""
        q = self.quantities()
        facts: dict[str, object] = {
            "item_kind": "ic",
            "datacenter": self.space.datacenter,
            "tpp": q["tpp"],
            "bit_length_x_tops": q["tpp"],
            "dram_bandwidth_gb_s": q["dram_bandwidth_gb_s"],
            "io_bandwidth_gb_s": q["io_bandwidth_gb_s"],
            "io_transfer_rate_gb_s": q["io_bandwidth_gb_s"],
            "dense_bf16_tflops": q["dense_bf16_tflops"],
            "first_marketed": self.space.on,
        }
        if q["applicable_die_area_mm2"] is not None:
            facts["applicable_die_area_mm2"] = q["applicable_die_area_mm2"]
        return facts

    def resources(self) -> Resources:
        """The device as the projection sees it; arrays of length 1."""
        return resources_of(
            self.space,
            tensor=np.array([self.cores * self.clock_mhz * self.rate_units], dtype=float),
            draw=np.array([self.cores * self.clock_mhz], dtype=float),
            dram=np.array([self.dram_mb_s], dtype=float),
            capacity=np.array([self.sites * self.option.gb_per_site], dtype=float),
            link=np.array([self.link_mb_s], dtype=float),
        )


def resources_of(
    space: DesignSpace,
    *,
    tensor: np.ndarray,
    draw: np.ndarray,
    dram: np.ndarray,
    capacity: np.ndarray,
    link: np.ndarray,
) -> Resources:
    """Resource record of many designs of one space.

    Parameters
    ----------
    space : DesignSpace
        Gives operations per clock, PCIe and the scale-up domain.
    tensor : ndarray, shape (n,)
        Cores x clock x rate units. [core MHz / 4]
    draw : ndarray, shape (n,)
        Cores x clock. [core MHz]
    dram, link : ndarray, shape (n,)
        DRAM and bidirectional link bandwidth. [MB/s]
    capacity : ndarray, shape (n,)
        Printed memory capacity. [GB]
    """
    ops = space.matrix_ops
    hertz = tensor * (1e6 / RATE_UNITS)
    reference = space.reference
    return Resources(
        **usable_rates({f: hertz * ops[f] for f in ("fp16", *FALLBACK) if f in ops}),
        dram_bytes_per_s=dram * 1e6,
        core_draw_bytes_per_s=draw * (1e6 * float(space.core_draw_bytes_per_clk)),
        memory_bytes=capacity * float(BYTES_PER_PRINTED_GB),
        link_bytes_per_s_per_dir=link * (1e6 / 2),
        pcie_bytes_per_s_per_dir=np.full_like(link, space.pcie_mb_s * (1e6 / 2)),
        l2_bytes=np.full_like(link, l2_bytes(reference, space.die)),
        scale_up_domain=int(reference.scale_up_domain or HOST_CHIPS),
        scale_out_bytes_per_s=float(reference.scale_out_gb_s or 0) * 1e9,
        nvlink_class=space.link_mb_s > 0,
        native=frozenset(f for f in FALLBACK if f in ops),
        family=space.die.architecture or "",
        maker=space.die.vendor,
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """One line of the fuse map: what the die has, what the parent ships, what the design keeps."""

    name: str
    die: str
    parent: str
    design: str
    changed: bool


def fuse_map(design: Design) -> tuple[Cut, ...]:
    """What is disabled, capped or re-populated, as a difference from the parent SKU."""
    space, ref, die = design.space, design.space.reference, design.space.die
    unit = die.core_unit or "core"
    memory, link = ref.memory, ref.link
    rows: list[tuple[str, object, object, object]] = [
        (f"{unit}s enabled", die.cores_full, ref.cores_enabled, design.cores),
        (
            "tensor rate",
            Fraction(1),
            ref.tensor_rate_fraction,
            Fraction(design.rate_units, RATE_UNITS),
        ),
        ("core clock cap, MHz", space.clocks_mhz[-1], ref.boost_clock_mhz, design.rated_mhz),
        ("memory part", None, memory.part if memory else None, design.option.part),
        ("memory sites", die.memory.sites, _sites(space, ref), design.sites),
        (
            "memory data rate, Gbit/s",
            die.memory.rate_max_gbps,
            memory.data_rate_gbps if memory else None,
            Decimal(design.rate) / RATE_STEPS_PER_GBPS,
        ),
        (
            "memory capacity, GB",
            None,
            memory.capacity_gb if memory else None,
            design.sites * design.option.gb_per_site,
        ),
        ("links", die.link.links_max, link.links if link else None, design.links),
        ("board", None, ref.form_factor, design.board),
    ]
    return tuple(
        Cut(name, _show(a), _show(b), _show(c), b is None or _differs(b, c))
        for name, a, b, c in rows
    )


def _sites(space: DesignSpace, sku: Sku) -> int | None:
    memory = sku.memory
    width = space.die.memory.site_width_bits
    if memory is None or memory.bus_width_bits is None or not width:
        return None
    return round(memory.bus_width_bits / width)


def _differs(a: object, b: object) -> bool:
    if isinstance(a, Decimal | int | Fraction) and isinstance(b, Decimal | int | Fraction):
        return Fraction(a) != Fraction(b)
    return a != b


def _show(value: object) -> str:
    match value:
        case None:
            return "-"
        case Fraction() if value.denominator == 1:
            return str(value.numerator)
        case Decimal():
            return format(value.normalize(), "f")
        case _:
            return str(value)
