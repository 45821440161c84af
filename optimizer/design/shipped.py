"""A shipped part as a design of its die: its knobs, its bin, and what it lacks to be one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalogs import Sku
from optimizer.design.design import Design
from optimizer.design.space import RATE_UNITS, DesignSpace


@dataclass(frozen=True, slots=True)
class Knobs:
    """Choices that both sides make; None where a part does not publish one.

    Units as in the result: MHz, printed GB, GB/s.
    """

    cores: int | None
    clock_mhz: Fraction | None
    tensor_rate: Fraction | None
    memory_part: str | None
    memory_sites: int | None
    memory_gb: Fraction | None
    dram_gb_s: Fraction | None
    links: int | None
    board: str | None


def knobs_of_sku(sku: Sku) -> Knobs:
    """Choices that a shipped part shows."""
    memory, die = sku.memory, sku.die_record
    width = die.memory.site_width_bits if die else None
    clock = sku.peak_rate_clock_mhz or sku.boost_clock_mhz
    return Knobs(
        cores=sku.cores_enabled,
        clock_mhz=_fraction(clock),
        tensor_rate=_fraction(sku.tensor_rate_fraction),
        memory_part=memory.part,
        memory_sites=round(memory.bus_width_bits / width)
        if width and memory.bus_width_bits is not None
        else None,
        memory_gb=_fraction(memory.capacity_gb),
        dram_gb_s=_fraction(memory.bandwidth_gb_s),
        links=sku.link.links,
        board=sku.form_factor,
    )


def bin_of(knobs: Knobs, design: Design) -> Design | None:
    """The design with the cores, sites and links of a shipped part, where its die has that bin."""
    axes = (design.space.cores, design.space.sites, design.space.links)
    cores, sites, links = knobs.cores, knobs.memory_sites, knobs.links
    if cores not in axes[0] or sites not in axes[1] or links not in axes[2]:
        return None
    return replace(design, cores=cores or 0, sites=sites or 0, links=links or 0)


def twin_of(knobs: Knobs, design: Design) -> Design | str:
    """The shipped part as a bin of the die of a design, or what it lacks to be one.

    Clock, tensor rate and memory rate stay the design's: salvage and cost do not read them.
    """
    space = design.space
    lacking = [
        name
        for name, value in (
            ("enabled cores", knobs.cores),
            ("memory sites", knobs.memory_sites),
            ("links", knobs.links),
            ("memory capacity", knobs.memory_gb),
        )
        if value is None
    ]
    if lacking:
        return f"its {', '.join(lacking)} not known"
    cores, sites, links = knobs.cores or 0, knobs.memory_sites or 0, knobs.links or 0
    # A part may print less than its sites hold, never more.
    options = [
        m
        for m in space.memory
        if m.part == knobs.memory_part and m.gb_per_site * sites >= (knobs.memory_gb or 0)
    ]
    if not options:
        return f"its memory, {knobs.memory_part}, is not on offer for the die"
    if knobs.board not in [b.form_factor for b in space.boards]:
        return f"its board, {knobs.board}, is none of the die's board classes"
    if cores not in space.cores or sites not in space.sites or links not in space.links:
        return "its cores, memory sites and links are no bin of the die"
    option = min(options, key=lambda m: m.gb_per_site)
    return replace(
        design, cores=cores, sites=sites, links=links, option=option, board=str(knobs.board)
    )


def at_own_rates(knobs: Knobs, twin: Design) -> Design | None:
    """The shipped part at its clock and rates; None where they are not known or not the die's.

    The clock is the die's step at or above it, the memory rate that of its bandwidth.
    """
    space, option = twin.space, twin.option
    if knobs.clock_mhz is None or knobs.tensor_rate is None or knobs.dram_gb_s is None:
        return None
    steps = [mhz for mhz in space.clocks_mhz if mhz >= knobs.clock_mhz]
    units = knobs.tensor_rate * RATE_UNITS
    rate = math.ceil(knobs.dram_gb_s * 1000 / (twin.sites * option.mb_s_per_rate))
    if not steps or units not in space.rate_units or space.power is None:
        return None
    return replace(twin, clock_mhz=min(steps), rate_units=int(units), rate=rate)


def any_design(space: DesignSpace) -> Design:
    """A design of a space, whichever; its models read the knobs of what takes its place."""
    option, board = space.memory[0], space.boards[0].form_factor
    clock, links = space.clocks_mhz[-1], space.links[-1]
    return Design(space, space.cores[-1], clock, RATE_UNITS, option, space.sites[-1],
                  option.rate_max, links, board)  # fmt: skip


def _fraction(value: Any) -> Fraction | None:
    return None if value is None else Fraction(value)
