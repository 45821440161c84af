"""A plan of bins at the middle of its inputs and at draws of them: one linear program a row.

Defects, block areas, speed yield and modeled cash costs are drawn; prices, demand and amounts of
the plan are the user's own and are not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from catalogs.economics import Economics
from optimizer.report.allocation_plan import Plan, SkuPlan
from optimizer.silicon.bins import BinShare
from optimizer.silicon.classes import ClassTable, DieClass, Part, class_table
from optimizer.silicon.cost import unit_cost
from optimizer.silicon.defaults import losses, plan_ranges
from optimizer.silicon.prices import die_lot, product
from optimizer.silicon.salvage import Bin, Floorplan
from optimizer.silicon.uncertainty import Array, Draws, Range, Reader, Spread, drawn, spreads
from optimizer.solver.allocation import Allocation, allocate, cheapest_die, slots_usd

# Below this a dual is worth nothing and a quantity is none.
NONE_LEFT = 1e-6
WAFERS = "wafers"


# One optimum: the plan, its classes of dies, its parts with their cash costs.
Row = tuple[Allocation, tuple[DieClass, ...], tuple[tuple[Part, float], ...]]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the draws say.

    Attributes
    ----------
    spreads : mapping of str to Spread
    above : mapping of str to float
        Share of draws in which a number is above nothing. [1]
    regimes : tuple of (what limits the plan, share of draws)
        The most frequent first.
    """

    spreads: Mapping[str, Spread]
    above: Mapping[str, float]
    regimes: tuple[tuple[tuple[str, ...], float], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A plan with the die that it is about.

    Attributes
    ----------
    plan : Plan
    layout : Floorplan
    area_mm2, gross_dies : float
        Of one die [mm2], and on one wafer [1].
    parts : tuple of Part
        With their margins at the middle.
    """

    plan: Plan
    layout: Floorplan
    area_mm2: float
    gross_dies: float
    parts: tuple[Part, ...]
    figures: Economics | None

    def answer(self) -> tuple[Allocation, tuple[DieClass, ...]]:
        """The optimum at the middle of all inputs."""
        classes = self._classes(Range.middle).row(0)
        return self._optimum(self.parts, classes), classes

    def sampled(self, draws: Draws) -> Sampled:
        """Spreads and shares of every number that the answer states, and what limits the plan."""
        rows = self._rows(drawn(draws))
        numbers = _columns(rows)
        found = Counter(limits_of(best, self.plan) for best, _, _ in rows)
        regimes = [(limits, count / len(rows)) for limits, count in found.items()]
        return Sampled(
            spreads(lambda read: _columns(self._rows(read)), draws, numbers),
            {name: float(np.mean(values > NONE_LEFT)) for name, values in numbers.items()},
            tuple(sorted(regimes, key=lambda pair: (-pair[1], pair[0]))),
        )

    def _rows(self, read: Reader) -> list[Row]:
        table, costs = self._classes(read), [np.ravel(self.cash_usd(s, read)) for s in self._skus]
        rows = max(len(each) for each in (table.shares[0], *costs))
        shares = np.broadcast_to(table.shares, (len(table.serves), rows))
        cash = np.array([np.broadcast_to(each, (rows,)) for each in costs])
        wide = ClassTable(table.serves, shares)
        found = []
        for row in range(rows):
            priced = tuple(
                (replace(part, margin_usd=margin_usd(sku, usd)), usd)
                for part, sku, usd in zip(self.parts, self._skus, cash[:, row], strict=True)
            )
            classes = wide.row(row)
            best = self._optimum(tuple(part for part, _ in priced), classes)
            found.append((best, classes, priced))
        return found

    @property
    def _skus(self) -> tuple[SkuPlan, ...]:
        return self.plan.skus

    def _optimum(self, parts: tuple[Part, ...], classes: tuple[DieClass, ...]) -> Allocation:
        plan = self.plan
        return allocate(parts, classes, self.gross_dies, plan.wafers, plan.resources)

    def _classes(self, read: Reader) -> ClassTable:
        return class_table(self.parts, lambda of: self._share(of).read(read))

    def _share(self, of: Bin) -> BinShare:
        ranges = plan_ranges(self.layout.die, self.figures)
        lost = losses(self.layout.process, self.figures)
        return BinShare(self.layout, ranges, lost, *of)

    def cash_usd(self, sku: SkuPlan, read: Reader = Range.middle) -> Array:
        """Cash cost of a unit: given, or that of the model; NaN where neither can be had. [USD]"""
        if sku.unit_cost_usd is not None or sku.memory_kind is None or sku.memory_gb is None:
            return np.array([math.nan if sku.unit_cost_usd is None else sku.unit_cost_usd])
        year, figures = self.plan.year, self.figures
        share = self._share(Bin(sku.cores, sku.sites, sku.links))
        lot = die_lot(self.area_mm2, self.layout.process, share, year=year, figures=figures)
        hbm = sku.memory_kind.upper().startswith("HBM")
        kind = sku.package or ("cowos_s" if hbm else "flip_chip")
        made = product(
            [lot], sku.memory_kind, sku.memory_gb, package=kind, stacks=self.layout.sites,
            base_mm2=None if kind == "flip_chip" else self.area_mm2, year=year, figures=figures,
        )  # fmt: skip
        return unit_cost(made, read).unit_usd


def margin_usd(sku: SkuPlan, cash_usd: float) -> float:
    """Margin of a unit: as given, or price less fees and cash cost; NaN without both. [USD]"""
    if sku.margin_usd is not None:
        return sku.margin_usd
    if sku.price_usd is None:
        return math.nan
    return sku.price_usd * (1 - sku.fee_share) - sku.duty_usd - cash_usd


def _columns(rows: list[Row]) -> dict[str, Array]:
    said = [_said(*row) for row in rows]
    return {name: np.array([each[name] for each in said]) for name in said[0]}


def limits_of(best: Allocation, plan: Plan) -> tuple[str, ...]:
    """What one more of would be worth something: wafers, resources, demand."""
    found = [WAFERS] if best.wafer_usd > NONE_LEFT else []
    found += [n for n in plan.resources if best.resource_usd[n] > NONE_LEFT]
    demand = best.demand_usd
    found += [f"demand for {n}" for n in demand if demand[n] > NONE_LEFT]
    return tuple(found)


def _said(
    best: Allocation, classes: tuple[DieClass, ...], priced: tuple[tuple[Part, float], ...]
) -> Mapping[str, float]:
    """Every number of one optimum, under the name by which its spread is found."""
    said = {"value": best.value_usd, "wafer": best.wafer_usd}
    said |= {f"resource {name}": usd for name, usd in best.resource_usd.items()}
    for part, cash in priced:
        die, slots = cheapest_die(part, classes, best), slots_usd(part, best)
        said |= {
            f"made {part.name}": best.made[part.name],
            f"cash {part.name}": cash,
            f"die {part.name}": die,
            f"resources {part.name}": slots,
            f"effective {part.name}": cash + die + slots,
            f"demand {part.name}": best.demand_usd.get(part.name, 0.0),
        }
    return said
