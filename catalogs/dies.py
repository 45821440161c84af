"""Silicon dies and packages: full structure, rates per clock, and what has shipped of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from catalogs.facts import Fact
from catalogs.records import Record, Table
from catalogs.values import (
    CoreUnit,
    Count,
    DieStatus,
    Flag,
    Id,
    MemoryKind,
    Quantity,
    Text,
)

AREA = "applicable_die_area_mm2"


class LogicDie(Table):
    """One kind of logic die in the package; HBM and passive interposers are none."""

    name: Text
    count: Count = 1
    area_mm2: Quantity | None = None
    process_node: Text | None = None
    non_planar: Flag | None = None


class MatrixRates(Table):
    """Dense operations of the matrix units, per clock and core; one multiply-add is two."""

    fp64_tensor: Count | None = None
    fp32_tensor: Count | None = None
    tf32: Count | None = None
    fp16: Count | None = None
    fp8: Count | None = None
    int8: Count | None = None
    fp6: Count | None = None
    fp4: Count | None = None
    int4: Count | None = None


class VectorRates(Table):
    """Dense operations of the vector units, per clock and core."""

    fp64: Count | None = None
    fp32: Count | None = None
    fp16: Count | None = None


class DieMemory(Table):
    """Memory interface: stacks of HBM, or 32-bit channels of GDDR."""

    kind: MemoryKind | None = None
    sites: Count | None = None
    site_width_bits: Count | None = None
    parts: tuple[Id, ...] = ()
    rate_max_gbps: Quantity | None = None


class DieLink(Table):
    """Chip-to-chip links; links_max 0 means that the die has none."""

    part: Id | None = None
    links_max: Count | None = None
    step: Count | None = None
    gb_s_bidir_per_link: Quantity | None = None
    gb_s_bidir_total: Quantity | None = None


class DiePcie(Table):
    """PCI Express port, both directions together."""

    gen: Count | None = None
    lanes: Count | None = None
    gb_s_bidir: Quantity | None = None


class AreaBreakdown(Table):
    """Where the area of a die goes, from a die photograph. [mm2]"""

    cores: Quantity | None = None
    interconnect_on_die: Quantity | None = None
    l2: Quantity | None = None
    memory_phy: Quantity | None = None
    memory_controller: Quantity | None = None
    off_chip_phy: Quantity | None = None
    off_chip_controller: Quantity | None = None
    other: Quantity | None = None


class Die(Record):
    """A die, or the package of dies that is sold as one chip.

    `applicable_die_area_mm2` is the sum over the non-planar logic dies unless the file states it;
    one die of unknown area leaves it unknown. `boards_of` names the package whose parts and boards
    stand in while no part of this die alone is on sale. `lower_bounds` names the values of which no
    more than a lower bound is known.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> gh100 = load_catalog().die("gh100")
    >>> gh100.applicable_die_area_mm2, gh100.cores_full, gh100.cores_max_shipped
    (Decimal('814'), 144, 132)
    """

    vendor: Text
    architecture: Text | None = None
    status: DieStatus = "hypothetical"
    process_node: Text | None = None
    foundry: Text | None = None
    logic_dies: tuple[LogicDie, ...] = ()
    applicable_die_area_mm2: Quantity | None = None
    transistors_billion: Quantity | None = None
    core_unit: CoreUnit | None = None
    cores_full: Count | None = None
    cores_max_shipped: Count | None = None
    core_group: Count | None = None
    gpcs: Count | None = None
    tpcs: Count | None = None
    dense_ops_per_clk_per_core: MatrixRates = Field(default_factory=MatrixRates)
    vector_ops_per_clk_per_core: VectorRates = Field(default_factory=VectorRates)
    clock_min_mhz: Quantity | None = None
    clock_max_mhz: Quantity | None = None
    clock_step_mhz: Quantity | None = None
    core_draw_bytes_per_clk: Quantity | None = None
    lower_bounds: tuple[Text, ...] = ()
    memory: DieMemory = Field(default_factory=DieMemory)
    link: DieLink = Field(default_factory=DieLink)
    pcie: DiePcie = Field(default_factory=DiePcie)
    tdp_min_w: Quantity | None = None
    tdp_max_w: Quantity | None = None
    dies_per_package: Count = 1
    boards_of: Id | None = None
    l2_cache_mb: Quantity | None = None
    last_level_cache_mb: Quantity | None = None
    area_breakdown_mm2: AreaBreakdown = Field(default_factory=AreaBreakdown)

    def model_post_init(self, context: Any, /) -> None:
        """Sum the area where the file leaves it to the logic dies."""
        super().model_post_init(context)
        if self.applicable_die_area_mm2 is None:
            object.__setattr__(self, AREA, summed_area(self.logic_dies))

    @property
    def non_planar(self) -> bool | None:
        """Whether the package has a logic die on a non-planar node; None if a node is unknown."""
        nodes = [die.non_planar for die in self.logic_dies]
        return True if any(nodes) else None if not nodes or None in nodes else False

    def fact(self, name: str) -> Fact:
        """Return a value as a fact; a summed area is as good as the areas of its dies."""
        if name != AREA or self.stated(AREA) or not self.logic_dies:
            return super().fact(name)
        several = len(self.logic_dies) > 1 or self.logic_dies[0].count > 1
        own = self._fact("logic_dies", self.applicable_die_area_mm2, "derived" if several else None)
        return Fact(
            AREA, own.value, "mm2", own.basis, own.sources, own.grade, self.rivals(AREA),
            self.notes.get(AREA), own.confidential,
        )  # fmt: skip


def summed_area(dies: tuple[LogicDie, ...]) -> Decimal | None:
    """Return the area of all non-planar logic dies. [mm2]

    Unknown as soon as one die that may count has no area or no known node.

    Examples
    --------
    >>> summed_area((LogicDie(name="XCD", count=8, area_mm2=Decimal(115), non_planar=True),))
    Decimal('920')
    """
    counted = [die for die in dies if die.non_planar is not False]
    if not dies or any(d.area_mm2 is None or d.non_planar is None for d in counted):
        return None
    return sum((d.area_mm2 * d.count for d in counted if d.area_mm2 is not None), Decimal(0))
