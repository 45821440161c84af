"""Unit cost of one design beside the error of its model, and what one unit is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optimizer.design.unit_cost import (
    FLOORPLAN,
    NEVER,
    NO_DIE,
    CostUnknown,
    UnitCost,
    bin_share,
    package_of_space,
    recipe_of_space,
    unit_cost_cents,
)
from optimizer.silicon.cost import Product
from optimizer.silicon.defaults import missing_floorplan
from optimizer.silicon.prices import memory_price

if TYPE_CHECKING:
    from optimizer.design.design import Design


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Unit cost of a design [cent], the error to expect of it, and its weakest grade.

    Its interval over the ranges of its inputs is in `optimizer.design.uncertain`.
    """

    cents: int
    relative_error: float
    grade: str


def cost_estimate(design: Design) -> CostEstimate | None:
    """Unit cost of a design; None where it is unknown."""
    cents, cost = unit_cost_cents(design), design.space.cost
    if cents is None or cents >= NEVER or not isinstance(cost, UnitCost):
        return None
    return CostEstimate(cents, cost.relative_error, cost.grade)


def cost_lacking(design: Design) -> tuple[str, ...]:
    """What is missing where the unit cost of a design is unknown."""
    cost = design.space.cost
    if isinstance(cost, CostUnknown):
        why = missing_floorplan(design.space.parent)
        return tuple(f"{n}: {why}" if n == FLOORPLAN and why else n for n in cost.missing)
    return ("memory price",) if unit_cost_cents(design) is None else (NO_DIE,)


def product_of(design: Design) -> Product:
    """What one unit of a design is made of, ready for `optimizer.silicon.unit_cost`.

    Raises
    ------
    InputError
        A figure is not known.
    """
    space = design.space
    recipe = recipe_of_space(space)
    lots = recipe.lots
    if recipe.bins:
        share = bin_share(space, design.cores, design.sites, design.links)
        lots = tuple(replace(lot, good_share=share) for lot in lots)
    return Product(
        dies=lots,
        memory_usd_per_gb=memory_price(design.option.part, space.on.year, space.figures),
        memory_gb=design.sites * design.option.gb_per_site,
        packages=(package_of_space(space, recipe, design.board),),
    )
