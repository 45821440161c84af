"""Memory parts and capacities that can sit on the sites of a die on a day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from catalogs import Catalog, Die, MemoryPart

# Memory data rates move in steps of 0.01 Gbit/s: RTX PRO 6000D runs 24.96 of 28.
RATE_STEPS_PER_GBPS = 100


@dataclass(frozen=True, slots=True)
class MemoryOption:
    """One memory part and capacity that can sit on every site.

    Attributes
    ----------
    part : str
        Memory part id.
    gb_per_site : int
        Printed capacity of a stack, or of the chips on a 32-bit channel. [GB]
    clamshell : bool
        Two chips share a channel; the board must allow it.
    width_bits : int
        Interface width of a site. [bit]
    rate_min, rate_max : int
        Data-rate range in hundredths. [0.01 Gbit/s per pin]
    """

    part: str
    gb_per_site: int
    clamshell: bool
    width_bits: int
    rate_min: int
    rate_max: int

    @property
    def mb_s_per_rate(self) -> int:
        """Bandwidth of one site per 0.01 Gbit/s per pin. [MB/s]"""
        return self.width_bits * 1000 // (8 * RATE_STEPS_PER_GBPS)


def memory_options(
    catalog: Catalog, die: Die, on: date
) -> tuple[tuple[MemoryOption, ...], tuple[str, ...]]:
    """Return what can sit on a site of a die on a day, and what is not on offer and why."""
    options: list[MemoryOption] = []
    not_offered: list[str] = []
    for part_id in die.memory.parts:
        part = catalog.memory_part(part_id)
        ceiling = _rate_ceiling(part, die, on)
        capacities = sorted({c.gb for c in part.capacities if c.on_sale_from <= on})
        if ceiling is None or part.data_rate_min_gbps is None or not capacities:
            not_offered.append(f"{part_id}: not on sale by {on}")
            continue
        floor = math.ceil(part.data_rate_min_gbps * RATE_STEPS_PER_GBPS)
        if floor > ceiling:
            not_offered.append(f"{part_id}: its floor is above the die's highest shipped rate")
            continue
        width = int(part.width_bits)
        options += [
            MemoryOption(part_id, int(gb), False, width, floor, ceiling) for gb in capacities
        ]
    return tuple(options), tuple(not_offered)


def _rate_ceiling(part: MemoryPart, die: Die, on: date) -> int | None:
    """Lower of the part's fastest grade on sale and the die's highest shipped rate."""
    grades = [r.gbps for r in part.data_rates if r.on_sale_from <= on]
    if not grades or die.memory.rate_max_gbps is None:
        return None
    return int(min(max(grades), die.memory.rate_max_gbps) * RATE_STEPS_PER_GBPS)


def clamshell(option: MemoryOption) -> MemoryOption:
    """Return the option with two chips on a channel."""
    return MemoryOption(
        option.part,
        2 * option.gb_per_site,
        True,
        option.width_bits,
        option.rate_min,
        option.rate_max,
    )
