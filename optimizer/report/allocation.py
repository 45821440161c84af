"""A plan of bins: solved, and shown with what limits it and what that costs."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from catalogs import Catalog
from catalogs.economics import Economics, economics
from catalogs.errors import InputError, collected
from optimizer.report.allocation_draws import WAFERS, Question, limits_of, margin_usd
from optimizer.report.allocation_plan import Plan, SkuPlan
from optimizer.report.ranges import said
from optimizer.silicon.classes import DieClass, Part
from optimizer.silicon.defaults import floorplan, missing_floorplan
from optimizer.silicon.salvage import Bin, Floorplan
from optimizer.silicon.uncertainty import Draws
from optimizer.silicon.wafer import gross_dies
from optimizer.solver.allocation import Allocation

SCHEMA = "optimize-allocation/1"
NOTE = (
    "die cost is cash and sunk once the wafer is bought; effective cost adds what the die and the "
    "slots would earn elsewhere. Units are continuous; at a corner duals hold for one side"
)


def solved_plan(
    plan: Plan,
    catalog: Catalog,
    figures: Economics | None = None,
    draws: Draws | None = None,
    hidden: Collection[str] = (),
) -> dict[str, Any]:
    """The plan's optimum as plain values, each with its p10 to p90 over the ranges of its inputs.

    Parameters
    ----------
    plan : Plan
    catalog : Catalog
    figures : Economics, optional
    draws : Draws, optional
    hidden : collection of str
        Keys of confidential figures: named, and nothing more.
    """
    question, drawn = _question(plan, catalog, figures), draws or Draws()
    best, classes = question.answer()
    sampled = question.sampled(drawn)

    def shown(name: str) -> dict[str, Any]:
        share = {"share_of_draws": sampled.above[name]}
        return {**said(sampled.spreads[name], hidden), **share}

    return {
        "schema": SCHEMA,
        "die": question.layout.die,
        "wafers": plan.wafers,
        "gross_dies_per_wafer": question.gross_dies,
        "limited_by": list(limits_of(best, plan)),
        "regimes": [
            {"regime": regime_of(limits, plan), "limited_by": list(limits), "share_of_draws": share}
            for limits, share in sampled.regimes
        ],
        "value_usd": shown("value"),
        "skus": [
            {**_sku(p, s, shown), "none_because": _none_because(p, classes, question.layout)}
            for p, s in zip(question.parts, plan.skus, strict=True)
        ],
        "classes": _classes(question, best, classes),
        "resources": _resources(question, best, shown),
        "wafer_usd": shown("wafer"),
        "errors": _errors(question),
        "draws": drawn.count,
        "seed": drawn.seed,
        "note": NOTE,
    }


def regime_of(limits: Sequence[str], plan: Plan) -> str:
    """The regime in a word: what the plan is short of.

    Examples
    --------
    >>> sku = SkuPlan(name="h20", cores=78, sites=6, links=18)
    >>> plan = Plan(die="gh100", wafers=1, resources={"cowos_slots": 9}, skus=(sku,))
    >>> regime_of(["wafers", "demand for h20"], plan), regime_of(["cowos_slots"], plan)
    ('wafer- and demand-limited', 'packaging-limited')
    """
    kinds = {
        "wafer": WAFERS in limits,
        "packaging": any(name in limits for name in plan.resources),
        "demand": any(f"demand for {sku.name}" in limits for sku in plan.skus),
    }
    found = [f"{kind}-" for kind, holds in kinds.items() if holds]
    return f"{' and '.join(found)}limited" if found else "not limited by anything that earns"


def _question(plan: Plan, catalog: Catalog, figures: Economics | None) -> Question:
    die = catalog.die(plan.die)
    layout = floorplan(die.id, figures)
    areas = [d.area_mm2 for d in die.logic_dies]
    if layout is None or len(areas) != 1 or areas[0] is None:
        why = missing_floorplan(die.id) or "it is not one die of known area"
        raise InputError(f"{die.id} cannot be binned: {why}", "allocate")
    _possible(plan, layout)
    area, wafer = float(areas[0]), (figures or economics()).cost.wafer
    gross = float(gross_dies(area, float(wafer.diameter_mm)))
    bare = Question(plan, layout, area, gross, (), figures)
    parts = tuple(_part(sku, float(bare.cash_usd(sku)[0])) for sku in plan.skus)
    return replace(bare, parts=parts)


def _possible(plan: Plan, layout: Floorplan) -> None:
    """Refuse parts that ask for more than the die has."""
    faults = [
        f"skus.{sku.name}: {getattr(sku, name)} {name}, {layout.die} has {most}"
        for sku in plan.skus
        for name, most in (
            ("cores", layout.cores), ("sites", layout.sites), ("links", layout.links),
        )
        if getattr(sku, name) > most
    ]  # fmt: skip
    if faults:
        raise collected(faults, "allocate")


def _part(sku: SkuPlan, cash_usd: float) -> Part:
    margin = margin_usd(sku, cash_usd)
    if math.isnan(margin):
        raise InputError(
            f"{sku.name} has no margin",
            "allocate",
            "Give margin_usd, or price_usd with unit_cost_usd or memory_kind and memory_gb.",
        )
    return Part(sku.name, Bin(sku.cores, sku.sites, sku.links), margin, sku.demand, sku.uses)


def _sku(part: Part, sku: SkuPlan, shown: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    names = {
        "cash_cost_usd": "cash", "die_usd": "die", "resources_usd": "resources",
        "effective_cost_usd": "effective", "demand_usd": "demand",
    }  # fmt: skip
    return {
        "name": part.name,
        "made": shown(f"made {part.name}"),
        "demand": part.demand,
        "margin_usd": part.margin_usd,
        **{key: _known(shown(f"{name} {part.name}")) for key, name in names.items()},
        "price_usd": sku.price_usd,
    }


def _none_because(part: Part, classes: Sequence[DieClass], layout: Floorplan) -> str | None:
    """Why no die can be sold as a part; nothing where some can."""
    if any(part.name in kind.serves for kind in classes):
        return None
    cores, sites, links = part.bin
    return (
        f"fewer than one {layout.die} in a billion has {cores} cores, {sites} sites and {links} "
        "links that work, by the defect density and clustering assumed"
    )


def _classes(
    question: Question, best: Allocation, classes: Sequence[DieClass]
) -> list[dict[str, Any]]:
    dies = question.gross_dies * question.plan.wafers
    return [
        {
            "serves": sorted(kind.serves),
            "share": kind.share,
            "dies": kind.share * dies,
            "die_usd": usd,
            "used": sum(v for k, v in best.sold_as.items() if k[0] == t),
        }
        for t, (kind, usd) in enumerate(zip(classes, best.die_usd, strict=True))
    ]


def _resources(
    question: Question, best: Allocation, shown: Callable[[str], dict[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "limit": limit,
            "used": sum(best.made[p.name] * p.uses.get(name, 0.0) for p in question.parts),
            "dual_usd": shown(f"resource {name}"),
        }
        for name, limit in question.plan.resources.items()
    ]


def _errors(question: Question) -> dict[str, float | None]:
    """Errors out of sample; None where nothing public tests a share."""
    figures = question.figures or economics()
    share = figures.floorplans.dies[question.layout.die].share_error
    return {
        "cash_cost_usd": float(figures.cost.relative_error),
        "share": None if share is None else float(share),
    }


def _known(each: dict[str, Any]) -> dict[str, Any] | None:
    """A number with its spread, or nothing where it is unknown."""
    return None if each["value"] is None else each
