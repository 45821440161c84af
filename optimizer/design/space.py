"""The design space of one die on one day: every knob with its finite, physical domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from catalogs import Catalog, Die, Sku
from catalogs.economics import Economics, economics
from optimizer.design.boards import Board, boards_of, is_hosted, parents_skus
from optimizer.design.memory import MemoryOption, clamshell, memory_options

if TYPE_CHECKING:
    from optimizer.design.board_power import BoardPower
    from optimizer.design.unit_cost import CostUnknown, UnitCost

# Steps by which vendors cut the rate of every matrix format: H20 ships a quarter, L20 a half
# (catalogs/data/derivations.toml).
RATE_FRACTIONS = (Fraction(1), Fraction(1, 2), Fraction(1, 4))
RATE_UNITS = 4
# Bit length of one element of each format (ECCN 3A090 technical notes: inputs to the multiply).
FORMAT_BITS: Mapping[str, int] = {
    "fp64": 64, "fp64_tensor": 64, "fp32": 32, "fp32_tensor": 32, "fp16": 16, "bf16": 16,
    "fp8": 8, "int8": 8, "fp6": 6, "fp4": 4, "int4": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A die whose space cannot be built, with the facts that are missing or the reason."""

    parent: str
    missing: tuple[str, ...]
    reason: str

    @property
    def words(self) -> str:
        """The reason and what is missing, as one phrase."""
        return f"{self.reason} {', '.join(self.missing)}".rstrip()


@dataclass(frozen=True, slots=True)
class DesignSpace:
    """Knobs and constants of one parent die; a value, so a narrowed space is a new one.

    Integer units: clock in MHz, data rate in 0.01 Gbit/s, bandwidth in MB/s, capacity in GB.
    Where `sustained`, the clock of a design is the one it sustains within its board's class; the
    law then sees `rated_clock_mhz`, or the same clock where that is None. `stated` is what the user
    says of the shipment or the part.
    """

    parent: str
    on: date
    datacenter: bool
    reference: Sku
    die: Die
    cores: tuple[int, ...]
    clocks_mhz: tuple[int, ...]
    rate_units: tuple[int, ...]
    sites: tuple[int, ...]
    memory: tuple[MemoryOption, ...]
    boards: tuple[Board, ...]
    links: tuple[int, ...]
    matrix_ops: Mapping[str, int]
    vector_ops: Mapping[str, int]
    core_draw_bytes_per_clk: Fraction
    link_mb_s: int
    pcie_mb_s: int
    area_mm2: Decimal | None
    not_offered: tuple[str, ...]
    power: BoardPower | None = None
    sustained_power: BoardPower | None = field(default=None, repr=False)
    sustained: bool = False
    rated_clock_mhz: int | None = None
    cost: UnitCost | CostUnknown | None = field(default=None, repr=False)
    figures: Economics = field(default_factory=economics, repr=False)
    stated: tuple[tuple[str, Any], ...] = ()

    @property
    def points(self) -> int:
        """Number of designs, before any rule."""
        memory = sum(len(self.sites) * (m.rate_max - m.rate_min + 1) for m in self.memory)
        wiring = sum(sum(1 for n in self.links if n <= b.links_max) for b in self.boards)
        compute = len(self.cores) * len(self.clocks_mhz) * len(self.rate_units)
        return compute * memory * wiring

    def tpp_per_core_mhz(self, rate_units: int) -> int:
        """Ops x bits per core and clock of the format that gives the largest TPP.

        The maximum runs over every matrix format at the rate fraction and every vector format at
        full rate, because vector formats are not cut.
        """
        matrix = max(ops * FORMAT_BITS[f] for f, ops in self.matrix_ops.items() if f in FORMAT_BITS)
        vector = max((ops * FORMAT_BITS[f] for f, ops in self.vector_ops.items()), default=0)
        return max(matrix * rate_units // RATE_UNITS, vector)


def build_space(
    catalog: Catalog,
    die_id: str,
    on: date,
    datacenter: bool = True,
    figures: Economics | None = None,
) -> DesignSpace | Incomplete:
    """Derive the knobs of a die from its record and the parts on sale that day.

    Parameters
    ----------
    catalog : Catalog
        Silicon records.
    die_id : str
        Parent die.
    on : date
        Parts first sold after this day are not offered.
    datacenter : bool
        Declared market of the derived part; picks the board classes.
    figures : Economics, optional
        Prices, defects and coefficients; the built-in ones where absent.

    Returns
    -------
    DesignSpace or Incomplete
    """
    die = catalog.die(die_id)
    skus = parents_skus(catalog, die.id, on, datacenter)
    missing = _missing_facts(die)
    if missing:
        return Incomplete(die.id, missing, "the record lacks facts")
    if not skus:
        return Incomplete(die.id, (), f"no part of this die on sale by {on}")
    memory, not_offered = memory_options(catalog, die, on)
    if not memory:
        return Incomplete(die.id, ("memory part on sale",), "; ".join(not_offered))
    chips = [m.gb_per_site for m in memory]
    boards = boards_of(skus, chips, die.memory.kind == "GDDR")
    if not boards:
        return Incomplete(die.id, ("board class with a TDP",), "no board class is known")
    if any(b.clamshell for b in boards):
        memory += tuple(clamshell(m) for m in memory)
    space = _assemble(die, skus, on, datacenter, memory, boards, not_offered)
    return priced(replace(space, figures=figures) if figures else space)


def priced(space: DesignSpace) -> DesignSpace:
    """The same space with the power and cost that follow from its knobs and its figures."""
    from optimizer.design.board_power import board_power
    from optimizer.design.sustained import PHASE
    from optimizer.design.unit_cost import unit_cost_of_space

    return replace(
        space,
        power=board_power(space),
        sustained_power=board_power(space, PHASE),
        cost=unit_cost_of_space(space),
    )


def _missing_facts(die: Die) -> tuple[str, ...]:
    wanted = {
        "cores_max_shipped": die.cores_max_shipped,
        "core_group": die.core_group,
        "clock_min_mhz": die.clock_min_mhz,
        "clock_max_mhz": die.clock_max_mhz,
        "clock_step_mhz": die.clock_step_mhz,
        "core_draw_bytes_per_clk": die.core_draw_bytes_per_clk,
        "dense_ops_per_clk_per_core": die.dense_ops_per_clk_per_core.get("fp16"),
        "memory.sites": die.memory.sites,
        "memory.site_width_bits": die.memory.site_width_bits,
        "memory.rate_max_gbps": die.memory.rate_max_gbps,
        "link.links_max": die.link.links_max,
        "link.gb_s_bidir_per_link": die.link.gb_s_bidir_per_link if die.link.links_max else 0,
        "pcie.gb_s_bidir": die.pcie.gb_s_bidir,
    }
    return tuple(name for name, value in wanted.items() if value is None)


def _assemble(
    die: Die,
    skus: tuple[Sku, ...],
    on: date,
    datacenter: bool,
    memory: tuple[MemoryOption, ...],
    boards: tuple[Board, ...],
    not_offered: tuple[str, ...],
) -> DesignSpace:
    group = int(die.core_group or 1)
    step = int(die.clock_step_mhz or 1)
    area = die.applicable_die_area_mm2
    return DesignSpace(
        parent=die.id,
        on=on,
        datacenter=datacenter,
        reference=_reference(skus),
        die=die,
        cores=tuple(range(group, int(die.cores_max_shipped or 0) + 1, group)),
        clocks_mhz=_clocks(int(die.clock_min_mhz or 0), int(die.clock_max_mhz or 0), step),
        rate_units=tuple(int(f * RATE_UNITS) for f in reversed(RATE_FRACTIONS)),
        sites=tuple(range(1, int(die.memory.sites or 0) + 1)),
        memory=memory,
        boards=boards,
        links=_links(int(die.link.links_max or 0), int(die.link.step or 2)),
        matrix_ops={k: int(v) for k, v in die.dense_ops_per_clk_per_core.items() if k != "tf32"},
        vector_ops={k: int(v) for k, v in die.vector_ops_per_clk_per_core.items()},
        core_draw_bytes_per_clk=Fraction(die.core_draw_bytes_per_clk or 0),
        link_mb_s=int(Fraction(die.link.gb_s_bidir_per_link or 0) * 1000),
        pcie_mb_s=int(Fraction(die.pcie.gb_s_bidir or 0) * 1000),
        area_mm2=None if area is None else Decimal(area),
        not_offered=not_offered,
    )


def _reference(skus: tuple[Sku, ...]) -> Sku:
    """The parent's flagship: highest power class, then most cores, then first on sale.

    A module with a host processor stands in only where the die ships in nothing else: its power
    class is that of no board here.
    """
    return min(
        skus,
        key=lambda s: (
            is_hosted(s.form_factor or ""),
            -(s.tdp_w or 0),
            -(s.cores_enabled or 0),
            s.on_sale_from or date.max,
            s.id,
        ),
    )


def _clocks(low: int, high: int, step: int) -> tuple[int, ...]:
    """Clock steps counted down from the highest clock, so that the top bin stays reachable."""
    return tuple(range(high - (high - low) // step * step, high + 1, step))


def _links(most: int, step: int) -> tuple[int, ...]:
    """Link counts in whole steps from none up to the die's, which is always among them."""
    return tuple(sorted({*range(0, most + 1, step), most}))
