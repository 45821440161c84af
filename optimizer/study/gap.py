"""The difference between a shipped part and the optimum of its die, ready for the rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from catalogs import Sku
from optimizer.design import Design
from optimizer.design.shipped import Knobs, knobs_of_sku
from optimizer.report.numbers import exact_text, percent
from optimizer.solver.salvage import salvage_of
from optimizer.study.sides import Side

# Data sheets round a bandwidth by less than this: 300 GB/s for 300.1.
PRINTED = Fraction(1, 100)
# A difference of salvage below one point is inside the model's error.
SALVAGE_POINT = 0.01


@dataclass(frozen=True, slots=True)
class Gap:
    """Everything that a rule may look at.

    Attributes
    ----------
    sku, base : Sku
        What was shipped, and what it was derived from (None where unknown).
    shipped, optimum : Side
    design : Design
        Optimum, with its space.
    """

    sku: Sku
    base: Sku | None
    shipped: Side
    optimum: Side
    design: Design

    @property
    def kept(self) -> Knobs | None:
        """Choices of the part that the shipped one was derived from."""
        return None if self.base is None else knobs_of_sku(self.base)

    @property
    def base_name(self) -> str:
        """Id of that part, for sentences."""
        return "its parent" if self.base is None else self.base.id


def alike(a: Fraction, b: Fraction) -> bool:
    """Whether two printed bandwidths are the same up to rounding.

    Examples
    --------
    >>> alike(Fraction(300), Fraction("300.1")), alike(Fraction(300), Fraction(320))
    (True, False)
    """
    return abs(a - b) <= PRINTED * max(a, b)


def number(value: Fraction | int | None) -> str:
    """A number of a sentence, with every digit: a rounded one could stand on a line."""
    return exact_text(value)


def memory_text(knobs: Knobs) -> str:
    """Memory of a side in words."""
    return f"{number(knobs.memory_gb)} GB of {knobs.memory_part} at {number(knobs.dram_gb_s)} GB/s"


def site_salvage(gap: Gap) -> str | None:
    """What using fewer memory sites than the optimum, and nothing else, does to salvage."""
    own, best = gap.shipped.knobs.memory_sites, gap.optimum.knobs.memory_sites
    if own is None or best is None or own >= best:
        return None
    found = _raised(gap, replace(gap.design, sites=own))
    return f"{own} memory sites instead of {best} {found}" if found else None


def core_salvage(gap: Gap) -> str | None:
    """What using fewer cores than the optimum, and nothing else, does to salvage."""
    own, best = gap.shipped.knobs.cores, gap.optimum.knobs.cores
    if own is None or best is None or own >= best:
        return None
    found = _raised(gap, replace(gap.design, cores=own))
    return f"{own} cores instead of {best} {found}" if found else None


def _raised(gap: Gap, smaller: Design) -> str | None:
    before, after = salvage_of(gap.design), salvage_of(smaller)
    if before is None or after is None or after < before + SALVAGE_POINT:
        return None
    return f"raise the share of dies that can serve from {percent(before)} to {percent(after)}"


__all__ = ["Gap", "alike", "core_salvage", "memory_text", "number", "site_salvage"]
