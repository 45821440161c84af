"""Salvage share of a design, and bounds on it as a staircase over whole knobs.

The share never rises when a design needs one more core, site or link, so a bound on it reads: for
every number of sites and links, at most (or more than) so many cores.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Bound:
    """``quantity op line``."""

    op: str
    line: Fraction


def salvage_of(design: Design) -> float | None:
    """Share of the parent's dies that can serve as the design; None without a floorplan."""
    figures = design.space.figures
    plan = floorplan(design.space.parent, figures)
    if plan is None:
        return None
    d0, alpha = _defect_density(plan, figures), cluster_alpha(figures)
    share = salvage_share(plan, design.cores, design.sites, design.links, d0, alpha)
    return float(np.asarray(share, dtype=np.float64).item())


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
    """Salvage share over cores, sites and links of a space; None without a floorplan."""
    figures = space.figures
    plan = floorplan(space.parent, figures)
    if plan is None:
        return None
    d0, alpha = _defect_density(plan, figures), cluster_alpha(figures)
    return salvage_table(plan, space.cores, space.sites, space.links, d0, alpha)


def _at_least(space: DesignSpace, line: Fraction, *, strict: bool) -> Expr:
    table = share_table(space)
    if table is None:
        return Literal(False)
    # The float nearest to an exact line, and the side on which it lies, decide as the line does.
    nearest = float(line)
    equal_counts = Fraction(nearest) >= line and not (strict and Fraction(nearest) == line)
    return within(space, table >= nearest if equal_counts else table > nearest)


def _below(space: DesignSpace, line: Fraction, *, strict: bool) -> Expr:
    reaching = _at_least(space, line, strict=not strict)
    known = floorplan(space.parent, space.figures) is not None
    return nnf(Not(reaching)) if known else Literal(False)
