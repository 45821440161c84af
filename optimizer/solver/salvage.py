"""Salvage share of a design, and bounds on it as a staircase over whole knobs.

The share never rises when a design needs one more core, site or link, so a bound on it reads: for
every number of sites and links, at most (or more than) so many cores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalogs.economics import Economics
from constraints.expressions import Expr, Literal, Not, conjunction, disjunction, nnf
from optimizer.design import Design, DesignSpace
from optimizer.silicon import floorplan, salvage_share, salvage_table
from optimizer.silicon.defaults import cluster_alpha, defect_density_per_cm2
from optimizer.silicon.salvage import Floorplan
from optimizer.solver.staircases import within

SALVAGE = "salvage_share"
# A share is counted in whole steps, rounded down: what the integral behind it gives beyond its
# twelfth digit is noise of the summation.
STEPS = 10**12


@dataclass(frozen=True, slots=True)
class Bound:
    """``quantity op line``."""

    op: str
    line: Fraction


def salvage_of(design: Design) -> float | None:
    """Share of the parent's dies that can serve as the design; None without a floorplan."""
    steps = salvage_steps(design)
    return None if steps is None else steps / STEPS


def salvage_steps(design: Design) -> int | None:
    """The same in whole steps. [1e-12]"""
    figures = design.space.figures
    plan = floorplan(design.space.parent, figures)
    if plan is None:
        return None
    d0, alpha = _defect_density(plan, figures), cluster_alpha(figures)
    share = salvage_share(plan, design.cores, design.sites, design.links, d0, alpha)
    return int(_stepped(np.asarray(share)).item())


def _stepped(shares: np.ndarray) -> np.ndarray:
    return np.floor(shares.astype(np.float64) * STEPS).astype(np.int64)


def _defect_density(plan: Floorplan, figures: Economics) -> float:
    """Defect density of a floorplan's process. [1/cm2]"""
    density = defect_density_per_cm2(plan.process, figures).value
    return float(np.asarray(density, dtype=np.float64).item())


def salvage_bound(space: DesignSpace, bound: Bound) -> Expr:
    """A bound on the salvage share over cores, sites and links; false without a floorplan."""
    match bound.op:
        case ">=":
            return _at_least(space, bound.line, strict=False)
        case ">":
            return _at_least(space, bound.line, strict=True)
        case "<=":
            return _below(space, bound.line, strict=False)
        case "<":
            return _below(space, bound.line, strict=True)
        case "!=":
            return disjunction(*(salvage_bound(space, Bound(op, bound.line)) for op in ("<", ">")))
    within_it = _at_least(space, bound.line, strict=False)
    return conjunction(within_it, _below(space, bound.line, strict=False))


def share_table(space: DesignSpace) -> np.ndarray | None:
    """Salvage share over cores, sites and links of a space; None without a floorplan. [1e-12]"""
    figures = space.figures
    plan = floorplan(space.parent, figures)
    if plan is None:
        return None
    d0, alpha = _defect_density(plan, figures), cluster_alpha(figures)
    return _stepped(salvage_table(plan, space.cores, space.sites, space.links, d0, alpha))


def _at_least(space: DesignSpace, line: Fraction, *, strict: bool) -> Expr:
    table = share_table(space)
    if table is None:
        return Literal(False)
    scaled = line * STEPS
    least = math.floor(scaled) + 1 if strict else math.ceil(scaled)
    return within(space, table >= min(max(least, 0), STEPS + 1))


def _below(space: DesignSpace, line: Fraction, *, strict: bool) -> Expr:
    reaching = _at_least(space, line, strict=not strict)
    known = floorplan(space.parent, space.figures) is not None
    return nnf(Not(reaching)) if known else Literal(False)
