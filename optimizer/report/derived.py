"""What the silicon models say of a design: the value, its range, the error of the model."""

import numpy as np

from catalogs.economics import Economics
from optimizer.design.unit_cost import CENTS, CostUnknown
from optimizer.report.numbers import json_number
from optimizer.report.result import Estimate
from optimizer.silicon.defaults import (
    cluster_alpha,
    defect_density_per_cm2,
    floorplan,
    missing_floorplan,
)
from optimizer.silicon.salvage import Floorplan, salvage_share
from optimizer.solver.costs import COST
from optimizer.solver.outcome import SolvedDesign
from optimizer.solver.salvage import SALVAGE
from optimizer.solver.tables import POWER_STEPS

EIGHTY = "80 %"
BY_ERROR = "model error"
BY_DEFECTS = "defect density"
POWER_MODEL = "power model"


def derived_of(solved: SolvedDesign) -> dict[str, Estimate]:
    """Every number of the silicon models under its name; what is unknown names what it lacks."""
    return {
        COST: _cost(solved),
        SALVAGE: _salvage(solved),
        "power_w": _power(solved),
        "sustained_clock_mhz": _clock(solved),
    }


def _cost(solved: SolvedDesign) -> Estimate:
    cost, found = solved.design.space.cost, solved.unit_cost
    if found is None:
        missing = cost.missing if isinstance(cost, CostUnknown) else ("memory price",)
        return Estimate(estimate=None, missing=missing)
    return Estimate(
        estimate=json_number(found.cents / CENTS),
        low=round(found.low_usd, 2),
        high=round(found.high_usd, 2),
        spans=EIGHTY,
        relative_error=found.relative_error,
        grade=found.grade,
    )


def _salvage(solved: SolvedDesign) -> Estimate:
    """The range is that of the defect density; no shipped share is public to test it on."""
    space = solved.design.space
    plan = floorplan(space.parent, space.figures)
    if plan is None or solved.salvage_share is None:
        return Estimate(estimate=None, missing=(missing_floorplan(space.parent) or "floorplan",))
    density = defect_density_per_cm2(plan.process, space.figures)
    low, high = (_share(solved, plan, float(np.max(d))) for d in (density.high, density.low))
    return Estimate(
        estimate=solved.salvage_share,
        low=low,
        high=high,
        spans=BY_DEFECTS,
        grade=_worst(space.figures),
    )


def _share(solved: SolvedDesign, plan: Floorplan, d0_per_cm2: float) -> float:
    design = solved.design
    alpha = cluster_alpha(design.space.figures)
    found = salvage_share(plan, design.cores, design.sites, design.links, d0_per_cm2, alpha)
    return float(np.max(found))


def _worst(figures: Economics) -> str:
    plans = figures.floorplans.dies.values()
    return max(plan.block_area_mm2.grade for plan in plans)


def _power(solved: SolvedDesign) -> Estimate:
    power = solved.design.space.power
    if power is None or solved.power is None:
        return Estimate(estimate=None, missing=(POWER_MODEL,))
    watts, error = solved.power / POWER_STEPS, power.relative_error
    return Estimate(
        estimate=json_number(watts),
        low=round(watts * (1 - error), 2),
        high=round(watts * (1 + error), 2),
        spans=BY_ERROR,
        relative_error=error,
        grade="C",
    )


def _clock(solved: SolvedDesign) -> Estimate:
    found = solved.sustained
    if found is None:
        return Estimate(estimate=None, missing=(POWER_MODEL,))
    return Estimate(
        estimate=found.mhz,
        low=found.low_mhz,
        high=found.high_mhz,
        spans=BY_ERROR,
        relative_error=found.relative_error,
        grade="C",
        missing=() if found.mhz is not None else ("a clock within the board class",),
    )
