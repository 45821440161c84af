"""Unit cost of every design of a space, in integer cents: what search, proof and print share.

The cost of a usable die depends on cores, sites and links together, through the share of dies
that can serve as the design; memory on the part and the sites; package, test and board on the
form factor. Each of the three is rounded up once, here, and divided by package yield where a lost
package takes it along::

    unit cost = die(cores, sites, links) + sites x memory(part) + board(form factor)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from catalogs import Die
from catalogs.economics import Assembly
from catalogs.errors import InputError
from optimizer.silicon.bins import BinShare
from optimizer.silicon.cost import DieLot, Package
from optimizer.silicon.defaults import floorplan, process_of
from optimizer.silicon.prices import (
    ONE,
    die_lot,
    interposers_per_wafer,
    memory_price,
    package_kind,
    salvaged_share,
    unmapped_share,
)
from optimizer.silicon.uncertainty import Range, Readable

if TYPE_CHECKING:
    from optimizer.design.design import Design
    from optimizer.design.memory import MemoryOption
    from optimizer.design.space import DesignSpace

CENTS = 100
# Parts of a billionth of a wafer: one good die takes some 1.8e7 of them.
WAFER_STEPS = 10**9
# A bin that no die can serve; beyond every cost, and sums of it stay exact in floating point.
NEVER = 2**50
FLOORPLAN = "floorplan"
NO_DIE = "no die of a wafer can be used"
FLIP_CHIP, ONE_HBM_DIE = "flip_chip", "cowos_s"
UNIT_COST, WAFER = "unit_cost", "wafer"


@dataclass(frozen=True, slots=True)
class UnitCost:
    """Cost of a space by parts of which each hangs on whole knobs.

    Attributes
    ----------
    cores, sites, links : tuple of int
        Axes of the grids.
    dies : ndarray of int64, shape (cores, sites, links)
        The usable dies of a unit and their loss in packaging; never falls along an axis. [cent]
    wafers : ndarray of int64, same shape, or None
        Share of a wafer that a good die takes; None without a floorplan. [1e-9]
    memory : mapping of (part, GB per site) to int
        Memory of one site with its loss; a part without a price is absent. [cent]
    boards : mapping of str to int
        Package with its loss, test and board, by form factor. [cent]
    unpriced : tuple of str
        Memory parts without a price that year: their designs have no cost.
    relative_error : float
        Error to expect, as a share. [1]
    grade : str
        Of the weakest figure.
    """

    cores: tuple[int, ...]
    sites: tuple[int, ...]
    links: tuple[int, ...]
    dies: np.ndarray
    wafers: np.ndarray | None
    memory: Mapping[tuple[str, int], int]
    boards: Mapping[str, int]
    unpriced: tuple[str, ...]
    relative_error: float
    grade: str

    def index(self, cores: int, sites: int, links: int) -> tuple[int, int, int]:
        """Place of a bin in the grids."""
        return self.cores.index(cores), self.sites.index(sites), self.links.index(links)

    def memory_cents(self, option: MemoryOption) -> int | None:
        """Memory of one site; None where its part has no price. [cent]"""
        return self.memory.get((option.part, option.gb_per_site))


@dataclass(frozen=True, slots=True)
class CostUnknown:
    """Why the designs of a space have no cost."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the cost of a space is made from, before any knob is chosen."""

    lots: tuple[DieLot, ...]
    package: str
    base_mm2: float
    bins: bool


def unit_cost_of_space(space: DesignSpace) -> UnitCost | CostUnknown:
    """Tabulate the cost of a space at the prices of its day, or name what is missing."""
    try:
        recipe = recipe_of_space(space)
        boards = {b.form_factor: _board_cents(space, recipe, b.form_factor) for b in space.boards}
        cores, sites, links = np.ix_(space.cores, space.sites, space.links)
        dies, wafers = _grids(space, recipe, cores, sites, links)
    except InputError as error:
        return CostUnknown((error.what,))
    loss = _middle(package_of_space(space, recipe, space.boards[0].form_factor).package_yield)
    memory, unpriced = _memory(space, loss)
    if not memory:
        return CostUnknown(tuple(f"price of {part}" for part in unpriced))
    return UnitCost(
        cores=space.cores,
        sites=space.sites,
        links=space.links,
        dies=dies,
        wafers=wafers,
        memory=memory,
        boards=boards,
        unpriced=unpriced,
        relative_error=float(space.figures.cost.relative_error),
        grade=_grade(space, recipe),
    )


def unit_cost_cents(design: Design) -> int | None:
    """Unit cost of a design; None where it is unknown. [cent]"""
    cost = design.space.cost
    if not isinstance(cost, UnitCost):
        return None
    memory = cost.memory_cents(design.option)
    if memory is None:
        return None
    place = cost.index(design.cores, design.sites, design.links)
    return int(cost.dies[place]) + design.sites * memory + cost.boards[design.board]


def wafer_share(design: Design) -> int | None:
    """Share of a wafer that one good die of a design takes; None without a floorplan. [1e-9]"""
    cost = design.space.cost
    if not isinstance(cost, UnitCost) or cost.wafers is None:
        return None
    return int(cost.wafers[cost.index(design.cores, design.sites, design.links)])


def recipe_of_space(space: DesignSpace) -> Recipe:
    """Dies and package of a space; an unknown one is an error that names it."""
    die, figures = space.die, space.figures
    assembly = figures.cost.assemblies.get(die.id)
    unspecified = [d.name for d in die.logic_dies if d.area_mm2 is None]
    if unspecified or not die.logic_dies:
        raise InputError("die area", "cost")
    bins = len(die.logic_dies) == 1 and die.logic_dies[0].count == 1
    if bins:
        kind = FLIP_CHIP if die.memory.kind == "GDDR" else ONE_HBM_DIE
        if floorplan(die.id, figures) is None:
            raise InputError(FLOORPLAN, "cost")
    elif assembly is None:
        raise InputError("package kind", "cost")
    else:
        kind = assembly.package
    lots = tuple(_lot(space, name.area_mm2, name.process_node, name.count, bins)
                 for name in die.logic_dies)  # fmt: skip
    return Recipe(lots, kind, _base_mm2(die, assembly), bins)


def _lot(space: DesignSpace, area: object, node: str | None, count: int, bins: bool) -> DieLot:
    figures = space.figures
    process = process_of(node or "", figures)
    if process is None:
        raise InputError(f"wafer price of {node or 'the process'}", "cost")
    mm2 = float(area)  # type: ignore[arg-type]
    # Chiplets are tested before they are packaged, so each is costed alone; how defects are spared
    # within one is not published, and the range spans from nothing to everything.
    share: Readable = Range.exactly(1) if bins else unmapped_share(mm2, process, figures)
    return die_lot(mm2, process, share, count=int(count), year=space.on.year, figures=figures)


def _base_mm2(die: Die, assembly: Assembly | None) -> float:
    """Area of the logic dies that stand on the interposer. [mm2]"""
    standing = [d for d in die.logic_dies if assembly is None or d.name in assembly.on_interposer]
    if assembly is not None and len(standing) != len(assembly.on_interposer):
        raise InputError("dies on the interposer", "cost")
    return sum(float(d.area_mm2 or 0) * d.count for d in standing)


def bin_share(space: DesignSpace, cores: ArrayLike, sites: ArrayLike, links: ArrayLike) -> BinShare:
    """Share of gross dies fit for bins of a space. [1]"""
    plan = floorplan(space.die.id, space.figures)
    if plan is None:
        raise InputError(FLOORPLAN, "cost")
    return salvaged_share(plan, cores, sites, links, space.figures)


def _grids(
    space: DesignSpace, recipe: Recipe, cores: np.ndarray, sites: np.ndarray, links: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Cost of the usable dies of a unit, and share of a wafer, over all bins."""
    shape = np.broadcast_shapes(cores.shape, sites.shape, links.shape)
    loss = _middle(package_of_space(space, recipe, space.boards[0].form_factor).package_yield)
    if not recipe.bins:
        whole = sum(lot.count * float(lot.die_usd()[0]) for lot in recipe.lots)
        if whole * CENTS / loss >= NEVER:
            raise InputError(NO_DIE, "cost")
        return np.full(shape, int(_up(whole / loss * CENTS)), dtype=np.int64), None
    lot = recipe.lots[0]
    share = bin_share(space, cores, sites, links).read(Range.middle)
    good = np.maximum(share, 1 / NEVER)
    each = 1 / (_middle(lot.gross_per_wafer) * good)
    cents = np.minimum(each * _middle(lot.wafer_usd) / loss * CENTS, NEVER)
    if cents.min() >= NEVER:
        raise InputError(NO_DIE, "cost")
    return _up(cents), _up(np.minimum(each * WAFER_STEPS, NEVER))


def _memory(space: DesignSpace, loss: float) -> tuple[dict[tuple[str, int], int], tuple[str, ...]]:
    """Cents of one site by part and capacity, and the parts that have no price."""
    found: dict[tuple[str, int], int] = {}
    unpriced: list[str] = []
    for option in space.memory:
        try:
            price = _middle(memory_price(option.part, space.on.year, space.figures))
        except InputError:
            unpriced.append(option.part)
            continue
        cents = int(_up(option.gb_per_site * price / loss * CENTS))
        found[option.part, option.gb_per_site] = cents
    return found, tuple(dict.fromkeys(unpriced))


def package_of_space(space: DesignSpace, recipe: Recipe, form_factor: str) -> Package:
    """Package, test and board of a form factor."""
    figures = space.figures
    per_wafer: Readable = ONE
    if figures.cost.packages[recipe.package].interposer_wafer_usd is not None:
        # Every site is on the interposer; one without a stack carries a filler.
        per_wafer = interposers_per_wafer([recipe.base_mm2], [space.die.memory.sites or 0], figures)
    return package_kind(recipe.package, per_wafer, figures, board=form_factor)


def _board_cents(space: DesignSpace, recipe: Recipe, form_factor: str) -> int:
    kind = package_of_space(space, recipe, form_factor)
    content = float(kind.content_usd()[0])
    usd = content / _middle(kind.package_yield) + _middle(kind.test_board_usd)
    return int(_up(usd * CENTS))


def _grade(space: DesignSpace, recipe: Recipe) -> str:
    """Grade of the weakest price in the sum."""
    cost = space.figures.cost
    kind = cost.packages[recipe.package]
    grades = [kind.assembly_usd.grade, kind.package_yield.grade, kind.test_board_usd.grade]
    grades += [price.price_usd.grade for price in cost.wafer_prices]
    return max(grades)


def _middle(of: Readable) -> float:
    return float(of.read(Range.middle).reshape(-1)[0])


def _up(values: np.ndarray | float | Sequence[float]) -> np.ndarray:
    return np.asarray(np.ceil(np.asarray(values, dtype=np.float64)), dtype=np.int64)
