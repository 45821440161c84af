"""A die that does not exist yet: its blocks, its area, and what area bought for density costs.

Area follows the regression of a GDDR family; defects follow the blocks of its largest die. Area
above what the blocks need is dark: it takes wafer, adds no defect that matters, and counts in full
where a law divides by area.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from catalogs.economics import Economics, economics
from catalogs.errors import InputError
from optimizer.silicon.bins import BinShare, PlanRanges
from optimizer.silicon.cost import DieLot, Product
from optimizer.silicon.defaults import (
    as_range,
    floorplan,
    gddr_area,
    losses,
    plan_ranges,
    reticle_mm2,
)
from optimizer.silicon.prices import die_lot, interposers_per_wafer, memory_price, package_kind
from optimizer.silicon.salvage import Floorplan
from optimizer.silicon.uncertainty import Array, Range, Reader

FLIP_CHIP, INTERPOSER = "flip_chip", "cowos_s"
# Areas are stated to hundredths; what rounding takes is not missing.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a new die holds, and how much of it a sold part needs.

    Attributes
    ----------
    cores, channels : int
        Needed by the part.
    spare_cores, spare_channels : int
        Built on top, so that a defect does not cost the die.
    """

    family: str
    cores: int
    channels: int
    spare_cores: int = 2
    spare_channels: int = 1

    @property
    def built(self) -> tuple[int, int]:
        """Cores and channels on the die."""
        return self.cores + self.spare_cores, self.channels + self.spare_channels


def largest_die(family: str, figures: Economics | None = None) -> str:
    """Return the die from which a family's rates and blocks are taken.

    Examples
    --------
    >>> largest_die("blackwell_consumer")
    'gb202'
    """
    gddr_area(family, figures)
    return (figures or economics()).area.families[family].largest_die


def needed_area_mm2(blocks: Blocks, figures: Economics | None = None) -> Range:
    """Return the area that the blocks need, with the worst error of the regression. [mm2]

    Its three terms are wrong together, so one error is drawn for all.

    Examples
    --------
    >>> found = needed_area_mm2(Blocks("blackwell_consumer", 38, 13, 2, 1))
    >>> round(float(found.low)), round(float(found.value)), round(float(found.high))
    (403, 421, 440)
    """
    fit = gddr_area(blocks.family, figures)
    area = float(fit.area_mm2(*blocks.built))
    error = (figures or economics()).area.families[blocks.family].worst_error
    low, high = area * (1 - fit.worst_error), area * (1 + fit.worst_error)
    return Range(low, area, high, error.key)


@dataclass(frozen=True, slots=True)
class BuiltArea:
    """Area of the die that is built: that of the law, or what the blocks need if more. [mm2]

    Attributes
    ----------
    needed : Range
        What the blocks need.
    asked_mm2 : float
        What the law asks for, or 0.
    most_mm2 : float
        What one reticle holds; blocks that need more are not built.
    """

    needed: Range
    asked_mm2: float
    most_mm2: float

    def read(self, reader: Reader) -> Array:
        """Return the area."""
        return np.maximum(self.blocks(reader), self.asked_mm2)

    def blocks(self, reader: Reader) -> Array:
        """Return the area that is not dark."""
        return np.minimum(reader(self.needed), self.most_mm2)


def new_floorplan(blocks: Blocks, figures: Economics | None = None) -> Floorplan:
    """Return the blocks of the new die with the areas of its family's largest die."""
    name = largest_die(blocks.family, figures)
    parent = floorplan(name, figures)
    if parent is None:
        raise InputError(f"no floorplan of '{name}' is in the catalog", "new die")
    cores, channels = blocks.built
    per_block = parent.cores_per_block
    if cores % per_block or blocks.cores < 1 or blocks.channels < 1:
        raise InputError(f"cores come in blocks of {per_block}, channels from 1", "new die")
    return replace(
        parent,
        die=f"new {blocks.family}",
        groups=1,
        blocks_per_group=cores // per_block,
        sites=channels,
        links=0,
        must_work_area_mm2=parent.must_work_area_mm2 * _size(blocks, parent, figures),
        min_good_blocks_per_group=1,
        min_live_groups=1,
    )


def new_ranges(blocks: Blocks, figures: Economics | None = None) -> PlanRanges:
    """Return the ranges of the figures of `new_floorplan`, drawn as those of the largest die."""
    name = largest_die(blocks.family, figures)
    own, parent = plan_ranges(name, figures), floorplan(name, figures)
    assert parent is not None  # new_floorplan has said so
    return replace(
        own,
        must_work_area_mm2=own.must_work_area_mm2.scaled(_size(blocks, parent, figures)),
        min_good_blocks_per_group=Range.exactly(1),
        min_live_groups=Range.exactly(1),
    )


def _size(blocks: Blocks, parent: Floorplan, figures: Economics | None) -> float:
    """Return the area of a new die over that of its family's largest. [1]"""
    fit = gddr_area(blocks.family, figures)
    return float(fit.area_mm2(*blocks.built)) / float(fit.area_mm2(parent.cores, parent.sites))


def new_product(
    blocks: Blocks,
    area_mm2: float | None,
    memory_kind: str,
    memory_gb: float,
    *,
    filler_process: str | None = None,
    board: str | None = None,
    year: int | None = None,
    figures: Economics | None = None,
) -> Product:
    """Return a unit of a new die of an area, or of what its blocks need, at catalog prices.

    Test and board are those of the form factor `board`. Area beyond the reticle stands beside the
    die as dark dies of `filler_process` (the die's own where absent) on an interposer that carries
    them all. At draws in which the blocks need more than the area, the die is as large as they
    need.

    Examples
    --------
    >>> from optimizer.silicon.cost import unit_cost
    >>> blocks = Blocks("blackwell_consumer", 38, 13)
    >>> small, large = (new_product(blocks, a, "GDDR7", 84, year=2025) for a in (421.3, 750))
    >>> [round(float(unit_cost(p).logic_usd[0])) for p in (small, large)]
    [159, 308]
    """
    plan, ranges = new_floorplan(blocks, figures), new_ranges(blocks, figures)
    most = reticle_mm2(figures)
    built = BuiltArea(needed_area_mm2(blocks, figures), area_mm2 or 0.0, most)
    needed = built.needed.value
    if area_mm2 is not None and area_mm2 < needed * (1 - ROUNDING):
        raise InputError(f"the blocks need {needed:.1f} mm2, not {area_mm2:.1f}", "new die")
    if needed > most:
        raise InputError(f"the blocks need {needed:.0f} mm2, a reticle holds {most:.0f}", "new die")
    lost = losses(plan.process, figures)
    share = BinShare(plan, ranges, lost, blocks.cores, blocks.channels, 0)
    if built.asked_mm2 <= most:
        lots = [die_lot(built, plan.process, share, year=year, figures=figures)]
        package = package_kind(FLIP_CHIP, figures=figures, board=board)
    else:
        live = BuiltArea(built.needed, 0.0, most)
        lots = [die_lot(live, plan.process, share, year=year, figures=figures)]
        lots.append(_dark(built, filler_process or plan.process, year, figures))
        per_wafer = interposers_per_wafer([built.asked_mm2], [0], figures)
        package = package_kind(INTERPOSER, per_wafer, figures, board=board)
    price = memory_price(memory_kind, year, figures)
    return Product(tuple(lots), price, memory_gb, (package,))


@dataclass(frozen=True, slots=True)
class _DarkArea:
    """Area of one of equal dark dies. [mm2]"""

    built: BuiltArea
    count: int

    def read(self, reader: Reader) -> Array:
        """Return the area."""
        return np.asarray((self.built.read(reader) - self.built.blocks(reader)) / self.count)


def _dark(built: BuiltArea, process: str, year: int | None, figures: Economics | None) -> DieLot:
    """Equal dark dies, as many as hold the rest of an area; nothing in them can fail that matters.

    Blocks that turn out smaller leave more dark area on the same dies, within a reticle each.
    """
    count = math.ceil((built.asked_mm2 - built.needed.low) / built.most_mm2)
    losses(process, figures)  # names an unknown process before its price is sought
    area, works = _DarkArea(built, count), Range.exactly(1)
    return die_lot(area, process, works, count=count, year=year, figures=figures)


def nre_usd(family: str, read: Reader, figures: Economics | None = None) -> Array:
    """Return what a new die costs once beyond a part fused from the family's largest. [USD]

    Examples
    --------
    >>> float(nre_usd("blackwell_consumer", Range.middle)[0])
    530000000.0
    """
    known = (figures or economics()).cost.nre_usd
    process = (figures or economics()).floorplans.dies[largest_die(family, figures)].process
    if process not in known:
        raise InputError(f"no non-recurring cost for the process '{process}'", "new die")
    return read(as_range(known[process])) - read(as_range(known["fused_derivative"]))


def break_even_units(once_usd: Array, saving_usd: Array) -> Array:
    """Return the volume at which a saving pays for what is paid once; infinite where none does.

    Examples
    --------
    >>> break_even_units(np.array([530e6]), np.array([155.0, -5.0])).tolist()
    [3419354.8387096776, inf]
    """
    with np.errstate(divide="ignore"):
        return np.where(saving_usd > 0, once_usd / np.maximum(saving_usd, 0), np.inf)
