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
from optimizer.silicon.cost import DieLot, Product, Range
from optimizer.silicon.defaults import floorplan, gddr_area, reticle_mm2
from optimizer.silicon.prices import (
    die_lot,
    interposers_per_wafer,
    memory_price,
    package_kind,
    salvaged_share,
    unmapped_share,
)
from optimizer.silicon.salvage import Floorplan

FLIP_CHIP, INTERPOSER = "flip_chip", "cowos_s"


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

    Examples
    --------
    >>> found = needed_area_mm2(Blocks("blackwell_consumer", 38, 13, 2, 1))
    >>> round(float(found.low)), round(float(found.value)), round(float(found.high))
    (403, 421, 440)
    """
    fit = gddr_area(blocks.family, figures)
    area = float(fit.area_mm2(*blocks.built))
    return Range(area * (1 - fit.worst_error), area, area * (1 + fit.worst_error))


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
    fit = gddr_area(blocks.family, figures)
    whole = float(fit.area_mm2(parent.cores, parent.sites))
    return replace(
        parent,
        die=f"new {blocks.family}",
        groups=1,
        blocks_per_group=cores // per_block,
        sites=channels,
        links=0,
        must_work_area_mm2=parent.must_work_area_mm2 * float(fit.area_mm2(cores, channels)) / whole,
        min_good_blocks_per_group=1,
        min_live_groups=1,
    )


def new_product(
    blocks: Blocks,
    area_mm2: float,
    memory_kind: str,
    memory_gb: float,
    *,
    filler_process: str | None = None,
    year: int | None = None,
    figures: Economics | None = None,
) -> Product:
    """Return a unit of a new die of an area, at catalog prices.

    Area beyond the reticle stands beside the die as dark dies of `filler_process` (the die's own
    where absent) on an interposer that carries them all.

    Examples
    --------
    >>> from optimizer.silicon.cost import unit_cost
    >>> blocks = Blocks("blackwell_consumer", 38, 13)
    >>> small, large = (new_product(blocks, a, "GDDR7", 84, year=2025) for a in (421.3, 750))
    >>> [round(float(unit_cost(p).logic_usd[0])) for p in (small, large)]
    [159, 308]
    """
    plan = new_floorplan(blocks, figures)
    needed = float(np.asarray(needed_area_mm2(blocks, figures).value))
    if area_mm2 < needed * (1 - 1e-9):
        raise InputError(f"the blocks need {needed:.1f} mm2, not {area_mm2:.1f}", "new die")
    share = salvaged_share(plan, blocks.cores, blocks.channels, 0, figures)
    most = reticle_mm2(figures)
    if needed > most:
        raise InputError(f"the blocks need {needed:.0f} mm2, a reticle holds {most:.0f}", "new die")
    if area_mm2 <= most:
        lots = [die_lot(area_mm2, plan.process, share, year=year, figures=figures)]
        package = package_kind(FLIP_CHIP, figures=figures)
    else:
        lots = [die_lot(needed, plan.process, share, year=year, figures=figures)]
        lots.append(_dark(area_mm2 - needed, filler_process or plan.process, most, year, figures))
        per_wafer = interposers_per_wafer([area_mm2], [0], figures)
        board = package_kind(FLIP_CHIP, figures=figures).test_board_usd
        package = replace(package_kind(INTERPOSER, per_wafer, figures), test_board_usd=board)
    price = memory_price(memory_kind, year, figures)
    return Product(tuple(lots), price, memory_gb, (package,))


def _dark(
    area_mm2: float, process: str, reticle: float, year: int | None, figures: Economics | None
) -> DieLot:
    """Equal dark dies of an area in all; nothing in them can fail that matters."""
    count = math.ceil(area_mm2 / reticle)
    works = Range.exactly(1)
    unmapped_share(1, process, figures)  # names an unknown process before its price is sought
    return die_lot(area_mm2 / count, process, works, count=count, year=year, figures=figures)


def break_even_units(nre_usd: Range, saving_usd: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the volume at which a saving pays for non-recurring cost; infinite where none does.

    Examples
    --------
    >>> break_even_units(Range.exactly(530e6), np.array([155.0, -5.0]), np.array([0.5])).tolist()
    [3419354.8387096776, inf]
    """
    paid = nre_usd.quantile(chance)
    with np.errstate(divide="ignore"):
        return np.where(saving_usd > 0, paid / np.maximum(saving_usd, 0), np.inf)
