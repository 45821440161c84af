"""A plan of bins: read from a file, solved, and shown with what limits it and what that costs."""

import math
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalogs import Catalog
from catalogs.economics import Economics
from catalogs.errors import InputError, collected
from catalogs.load import read_toml
from optimizer.silicon.cost import DEFAULT_SEED, INTERVAL, unit_cost
from optimizer.silicon.defaults import (
    cluster_alpha,
    defect_density_per_cm2,
    floorplan,
    missing_floorplan,
    parametric_yield,
)
from optimizer.silicon.prices import die_lot, product, salvaged_share
from optimizer.silicon.salvage import Bin, Floorplan
from optimizer.silicon.wafer import gross_dies
from optimizer.solver.allocation import (
    Allocation,
    Part,
    allocate,
    cheapest_die,
    die_classes,
    slots_usd,
)

SCHEMA = "optimize-allocation/1"
# Draws of the interval: each is one linear program of a few rows.
DRAWS = 200
NONE_LEFT = 1e-6
NOTE = (
    "die cost is cash and sunk once the wafer is bought; effective cost adds what the die and the "
    "slots would earn elsewhere. Units are continuous; at a corner duals hold for one side"
)


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SkuPlan(_Closed):
    """One part of the plan; its margin as given, or price less fees and cash cost."""

    name: str
    cores: int = Field(ge=0)
    sites: int = Field(ge=0)
    links: int = Field(ge=0)
    demand: float | None = Field(default=None, ge=0)
    margin_usd: float | None = None
    price_usd: float | None = Field(default=None, ge=0)
    fee_share: float = Field(default=0, ge=0, lt=1)
    duty_usd: float = Field(default=0, ge=0)
    unit_cost_usd: float | None = Field(default=None, ge=0)
    memory_kind: str | None = None
    memory_gb: float | None = Field(default=None, ge=0)
    package: str | None = None
    uses: dict[str, float] = Field(default_factory=dict)


class Plan(_Closed):
    """The file of ``optimize allocate``."""

    die: str
    wafers: float = Field(gt=0)
    year: int | None = None
    resources: dict[str, float] = Field(default_factory=dict)
    skus: tuple[SkuPlan, ...] = Field(min_length=1)


def read_plan(path: Path) -> Plan:
    """Read a plan; all faults at once.

    Raises
    ------
    InputError
    """
    try:
        return Plan.model_validate(_floats(read_toml(path)))
    except ValidationError as error:
        faults = [".".join(map(str, e["loc"])) + f": {e['msg']}" for e in error.errors()]
        raise collected(faults, str(path)) from error


def _floats(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case Mapping():
            return {k: _floats(v) for k, v in value.items()}
        case list():
            return [_floats(v) for v in value]
    return value


def solved_plan(plan: Plan, catalog: Catalog, figures: Economics | None = None) -> dict[str, Any]:
    """The plan's optimum as plain values, with 80 % intervals over defects and speed."""
    die = catalog.die(plan.die)
    layout = floorplan(die.id, figures)
    areas = [d.area_mm2 for d in die.logic_dies]
    if layout is None or len(areas) != 1 or areas[0] is None:
        why = missing_floorplan(die.id) or "it is not one die of known area"
        raise InputError(f"{die.id} cannot be binned: {why}", "allocate")
    area = float(areas[0])
    gross = float(gross_dies(area, _diameter(figures)))
    costs = {s.name: _cash_usd(s, plan, layout, area, figures) for s in plan.skus}
    parts = [_part(s, costs[s.name]) for s in plan.skus]
    middle, classes = _at(plan, parts, layout, gross, figures, None)
    spread = _spread(plan, parts, layout, gross, figures)
    return {
        "schema": SCHEMA,
        "die": die.id,
        "wafers": plan.wafers,
        "gross_dies_per_wafer": gross,
        "limited_by": limits_of(middle, parts, plan),
        "value_usd": _with(spread, "value", middle.value_usd),
        "skus": [_sku(p, s, costs[p.name], middle, classes, spread)
                 for p, s in zip(parts, plan.skus, strict=True)],
        "classes": [
            {"serves": sorted(kind.serves), "share": kind.share,
             "dies": kind.share * gross * plan.wafers, "die_usd": usd,
             "used": sum(v for k, v in middle.sold_as.items() if k[0] == t)}
            for t, (kind, usd) in enumerate(zip(classes, middle.die_usd, strict=True))
        ],
        "resources": [
            {"name": name, "limit": limit,
             "used": sum(middle.made[p.name] * p.uses.get(name, 0.0) for p in parts),
             "dual_usd": _with(spread, f"resource {name}", middle.resource_usd[name])}
            for name, limit in plan.resources.items()
        ],
        "wafer_usd": _with(spread, "wafer", middle.wafer_usd),
        "draws": DRAWS,
        "seed": DEFAULT_SEED,
        "note": NOTE,
    }  # fmt: skip


def _sku(
    part: Part, sku: SkuPlan, cash: float | None, plan: Allocation, classes: Any, spread: Any
) -> dict[str, Any]:
    die, slots = cheapest_die(part, classes, plan), slots_usd(part, plan)
    return {
        "name": part.name,
        "made": _with(spread, f"made {part.name}", plan.made[part.name]),
        "demand": part.demand,
        "margin_usd": part.margin_usd,
        "cash_cost_usd": cash,
        "die_usd": None if math.isnan(die) else die,
        "resources_usd": slots,
        "effective_cost_usd": None if cash is None or math.isnan(die) else cash + die + slots,
        "demand_usd": plan.demand_usd.get(part.name, 0.0),
        "price_usd": sku.price_usd,
    }


def limits_of(plan: Allocation, parts: list[Part], given: Plan) -> list[str]:
    """What one more of would be worth something: wafers, resources, demand."""
    found = ["wafers"] if plan.wafer_usd > NONE_LEFT else []
    found += [name for name in given.resources if plan.resource_usd[name] > NONE_LEFT]
    return found + [
        f"demand for {p.name}" for p in parts if plan.demand_usd.get(p.name, 0.0) > NONE_LEFT
    ]


def _diameter(figures: Economics | None) -> float:
    from catalogs.economics import economics

    return float((figures or economics()).cost.wafer.diameter_mm)


def _part(sku: SkuPlan, cash: float | None) -> Part:
    margin = sku.margin_usd
    if margin is None:
        if sku.price_usd is None or cash is None:
            raise InputError(
                f"{sku.name} has no margin",
                "allocate",
                "Give margin_usd, or price_usd with unit_cost_usd or memory_kind and memory_gb.",
            )
        margin = sku.price_usd * (1 - sku.fee_share) - sku.duty_usd - cash
    return Part(sku.name, Bin(sku.cores, sku.sites, sku.links), margin, sku.demand, sku.uses)


def _cash_usd(
    sku: SkuPlan, plan: Plan, layout: Floorplan, area: float, figures: Economics | None
) -> float | None:
    """Cash cost of a unit: given, or that of the model; None where neither can be had. [USD]"""
    if sku.unit_cost_usd is not None or sku.memory_kind is None or sku.memory_gb is None:
        return sku.unit_cost_usd
    share = salvaged_share(layout, sku.cores, sku.sites, sku.links, figures)
    lot = die_lot(area, layout.process, share, year=plan.year, figures=figures)
    kind = sku.package or ("cowos_s" if sku.memory_kind.upper().startswith("HBM") else "flip_chip")
    made = product(
        [lot], sku.memory_kind, sku.memory_gb, package=kind, stacks=layout.sites,
        base_mm2=area if kind != "flip_chip" else None, year=plan.year, figures=figures,
    )  # fmt: skip
    return float(unit_cost(made).unit_usd[0])


def _at(
    plan: Plan, parts: list[Part], layout: Floorplan, gross: float,
    figures: Economics | None, chances: np.ndarray | None,
) -> Any:  # fmt: skip
    """The optimum at the middle of defects and speed, or at quantiles of their ranges."""
    density, speed = defect_density_per_cm2(layout.process, figures), parametric_yield(figures)
    if chances is None:
        d0, kept = float(density.middle()[0]), float(speed.middle()[0])
    else:
        d0, kept = float(density.quantile(chances[0])), float(speed.quantile(chances[1]))
    classes = die_classes(layout, parts, d0, cluster_alpha(figures), kept)
    return allocate(parts, classes, gross, plan.wafers, plan.resources), classes


def _spread(
    plan: Plan, parts: list[Part], layout: Floorplan, gross: float, figures: Economics | None
) -> dict[str, tuple[float, float]]:
    """80 % intervals of what the answer states, over defect density and speed yield."""
    generator = np.random.default_rng(DEFAULT_SEED)
    rows: dict[str, list[float]] = {}
    for chances in generator.random((DRAWS, 2)):
        drawn, _ = _at(plan, parts, layout, gross, figures, chances)
        said = {"value": drawn.value_usd, "wafer": drawn.wafer_usd}
        said |= {f"made {name}": made for name, made in drawn.made.items()}
        said |= {f"resource {name}": usd for name, usd in drawn.resource_usd.items()}
        for name, value in said.items():
            rows.setdefault(name, []).append(value)
    low, _, high = INTERVAL
    return {k: (float(np.quantile(v, low)), float(np.quantile(v, high))) for k, v in rows.items()}


def _with(spread: Mapping[str, tuple[float, float]], name: str, value: float) -> dict[str, float]:
    low, high = spread[name]
    return {"value": value, "low": low, "high": high}
