"""The two sides of a back-test row: what the solver designs, and what the vendor shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from catalogs import Die, Sku
from constraints.check import Assessment, check
from constraints.rulesets import Ruleset
from optimizer.design import Design
from optimizer.design.shipped import Knobs, knobs_of_sku
from optimizer.projection import Prepared, Resources
from optimizer.projection.devices import missing_facts, resources_of_sku
from optimizer.solver.outcome import SolvedDesign
from optimizer.solver.salvage import salvage_of
from optimizer.solver.tables import POWER_STEPS
from optimizer.study.lines import Measure, measures


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a row.

    Attributes
    ----------
    verdict : str
        By the checker.
    needs : tuple of str
        Facts that would change the verdict.
    measures : tuple of Measure
        Legal quantities beside their lines.
    resources : Resources or None
        What the projection reads; None where a fact is missing.
    tokens_per_s, low, high : float or None
        Projected, with the 80 % interval; None where it cannot be served or projected. [1/s]
    reason : str or None
        Why it cannot be served.
    salvage_share : float or None
        Share of gross dies that can serve as the part. [1]
    power_w : float or None
        Anchored board power of the optimum; a shipped part's is not modeled. [W]
    tdp_w : float or None
        Power class. [W]
    """

    name: str
    verdict: str
    needs: tuple[str, ...]
    measures: tuple[Measure, ...]
    knobs: Knobs
    resources: Resources | None
    tokens_per_s: float | None
    low: float | None
    high: float | None
    reason: str | None
    salvage_share: float | None
    power_w: float | None
    tdp_w: float | None

    def measure(self, quantity: str) -> Measure:
        """Return one legal quantity."""
        return next(m for m in self.measures if m.quantity == quantity)


def solved_side(solved: SolvedDesign, ruleset: Ruleset, destination: str) -> Side:
    """The left-hand side: the optimum of the die."""
    design = solved.design
    table = solved.projection
    return Side(
        name=design.space.parent,
        verdict=solved.assessment.verdict,
        needs=solved.assessment.needs,
        measures=measures(design.facts(), ruleset, destination),
        knobs=_knobs_of(design),
        resources=design.resources(),
        tokens_per_s=float(table.tokens_per_s_per_chip[0]),
        low=float(table.low[0]),
        high=float(table.high[0]),
        reason=table.reason[0],
        salvage_share=solved.salvage_share,
        power_w=None if solved.power is None else solved.power / POWER_STEPS,
        tdp_w=solved.tdp_w,
    )


def shipped_side(
    sku: Sku, ruleset: Ruleset, destination: str, prepared: Prepared, design: Design | None
) -> Side:
    """The right-hand side: a part as its record has it.

    Parameters
    ----------
    sku : Sku
        What the vendor shipped.
    ruleset : Ruleset
        Law of the row.
    destination : str
        Where it goes. [ISO 3166 code]
    prepared : Prepared
        Workload of the row.
    design : Design or None
        Optimum of the same die; lends its floorplan for the salvage share.
    """
    said = assessed(sku, ruleset, destination)
    known = not unpublished(sku, prepared, sku.die_record)
    resources = resources_of_sku(sku, sku.die_record) if known else None
    rate, low, high, reason = projected(prepared, resources)
    knobs = knobs_of_sku(sku)
    return Side(
        name=sku.id,
        verdict=said.verdict,
        needs=said.needs,
        measures=measures(sku.legal_facts(), ruleset, destination),
        knobs=knobs,
        resources=resources,
        tokens_per_s=rate,
        low=low,
        high=high,
        reason=reason,
        salvage_share=_salvage(knobs, design),
        power_w=None,
        tdp_w=None if sku.tdp_w is None else float(sku.tdp_w),
    )


def unpublished(sku: Sku, prepared: Prepared, die: Die | None) -> tuple[str, ...]:
    """Facts without which a part cannot be projected on a workload.

    The rate of a format that the die executes and the workload uses is one: that such work would
    run no faster than in FP16 is a guess, not a fact.

    Parameters
    ----------
    sku : Sku
        What the vendor shipped.
    prepared : Prepared
        Workload of the row.
    die : Die or None
        What it is cut from; None where no record has it.
    """
    used = {member.weight_precision for member in prepared.workload.members}
    executes = set() if die is None else set(die.dense_ops_per_clk_per_core.keys())
    rates = [f for f in sorted(used & executes) if sku.dense_tflops.get(f) is None]
    facts = (*missing_facts(sku), *(f"dense_tflops.{form}" for form in rates))
    return tuple(dict.fromkeys(facts))


def assessed(sku: Sku, ruleset: Ruleset, destination: str) -> Assessment:
    """Classification of a shipped part on its facts."""
    return check(sku.legal_facts(), ruleset, destination, intervals=sku.legal_intervals())


def projected(
    prepared: Prepared, resources: Resources | None
) -> tuple[float | None, float | None, float | None, str | None]:
    """Throughput, both ends of the interval, and the reason where there is none."""
    if resources is None:
        return None, None, None, None
    table = prepared.project(resources)
    if table.reason[0] is not None:
        return None, None, None, table.reason[0]
    return (
        float(table.tokens_per_s_per_chip[0]),
        float(table.low[0]),
        float(table.high[0]),
        None,
    )


def exchanged(mine: Resources, theirs: Resources, names: tuple[str, ...]) -> Resources:
    """Resources with some of another part's put in."""
    changes: Mapping[str, Any] = {
        name: np.atleast_1d(np.asarray(getattr(theirs, name), dtype=np.float64)) for name in names
    }
    return replace(mine, **changes)


def _knobs_of(design: Design) -> Knobs:
    return Knobs(
        cores=design.cores,
        clock_mhz=Fraction(design.clock_mhz),
        tensor_rate=Fraction(design.knobs()["tensor_rate_fraction"]),
        memory_part=design.option.part,
        memory_sites=design.sites,
        memory_gb=Fraction(design.sites * design.option.gb_per_site),
        dram_gb_s=Fraction(design.dram_mb_s, 1000),
        links=design.links,
        board=design.board,
    )


def _salvage(knobs: Knobs, design: Design | None) -> float | None:
    """Salvage share of a shipped part on the floorplan of the design's die."""
    if design is None or knobs.cores is None or knobs.memory_sites is None or knobs.links is None:
        return None
    bin_ = replace(design, cores=knobs.cores, sites=knobs.memory_sites, links=knobs.links)
    return salvage_of(bin_)


__all__ = [
    "Side", "assessed", "exchanged", "projected", "shipped_side", "solved_side", "unpublished",
]  # fmt: skip
