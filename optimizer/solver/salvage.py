"""Salvage share of a design, and bounds on it as a staircase over whole knobs.

The share never rises when a design needs one more core, site or link, so a bound on it reads: for
every number of sites and links, at most (or more than) so many cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constraints.expressions import (
    Compare,
    Expr,
    Literal,
    Name,
    Number,
    conjunction,
    disjunction,
)
from optimizer.design import Design, DesignSpace
from optimizer.silicon import floorplan, salvage_share, salvage_table
from optimizer.silicon.defaults import cluster_alpha, defect_density_per_cm2
from optimizer.silicon.salvage import Floorplan

SALVAGE = "salvage_share"


@dataclass(frozen=True, slots=True)
class Bound:
    """``quantity op line``."""

    op: str
    line: Fraction


def salvage_of(design: Design) -> float | None:
    """Share of the parent's dies that can serve as the design; None without a floorplan."""
    plan = floorplan(design.space.parent)
    if plan is None:
        return None
    d0 = _defect_density(plan)
    share = salvage_share(plan, design.cores, design.sites, design.links, d0, cluster_alpha())
    return float(np.asarray(share, dtype=np.float64).item())


def _defect_density(plan: Floorplan) -> float:
    """Defect density of a floorplan's process. [1/cm2]"""
    return float(np.asarray(defect_density_per_cm2(plan.process).value, dtype=np.float64).item())


def salvage_bound(space: DesignSpace, bound: Bound) -> Expr:
    """A bound on the salvage share over cores, sites and links; false without a floorplan."""
    match bound.op:
        case ">=" | ">":
            return _at_least(space, bound.line, strict=bound.op == ">")
        case "<=" | "<":
            return _below(space, bound.line, strict=bound.op == "<")
    within = _at_least(space, bound.line, strict=False)
    return conjunction(within, _below(space, bound.line, strict=False))


def share_table(space: DesignSpace) -> np.ndarray | None:
    """Salvage share over cores, sites and links of a space; None without a floorplan."""
    plan = floorplan(space.parent)
    if plan is None:
        return None
    d0 = _defect_density(plan)
    return salvage_table(plan, space.cores, space.sites, space.links, d0, cluster_alpha())


def _most_cores(
    space: DesignSpace, line: Fraction, *, strict: bool
) -> list[tuple[int, int, int]] | None:
    """For each number of sites and links, the most cores whose share reaches the line."""
    table = share_table(space)
    if table is None:
        return None
    found = []
    for i, sites in enumerate(space.sites):
        for j, links in enumerate(space.links):
            shares = [Fraction(float(s)) for s in table[:, i, j]]
            good = [
                c
                for c, s in zip(space.cores, shares, strict=True)
                if s > line or (s == line and not strict)
            ]
            found.append((sites, links, max(good, default=0)))
    return found


def _at_least(space: DesignSpace, line: Fraction, *, strict: bool) -> Expr:
    steps = _most_cores(space, line, strict=strict)
    if steps is None:
        return Literal(False)
    return conjunction(
        *(
            disjunction(
                _compare("memory_sites", "<", sites),
                _compare("links", "<", links),
                _compare("enabled_cores", "<=", cores),
            )
            for sites, links, cores in steps
        )
    )


def _below(space: DesignSpace, line: Fraction, *, strict: bool) -> Expr:
    steps = _most_cores(space, line, strict=not strict)
    if steps is None:
        return Literal(False)
    return disjunction(
        *(
            conjunction(
                _compare("memory_sites", ">=", sites),
                _compare("links", ">=", links),
                _compare("enabled_cores", ">", cores),
            )
            for sites, links, cores in steps
        )
    )


def _compare(name: str, op: str, value: int) -> Compare:
    return Compare(op, Name(name), Number(Fraction(value)))
