"""A new die for a wished TPP: the least lawful area, its cost, and the volume that pays for it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from catalogs.errors import InputError
from constraints.check import check
from constraints.expressions import compiled
from optimizer.design import Design, DesignSpace, Incomplete, MemoryOption, build_space
from optimizer.design.cost_estimate import cost_estimate, product_of
from optimizer.design.space import RATE_UNITS
from optimizer.design.unit_cost import unit_cost_cents
from optimizer.projection import Prepared, prepare
from optimizer.report.grounds import assumptions_of, warnings_of
from optimizer.report.numbers import json_number
from optimizer.report.ranges import finite, mid, range_of, spread
from optimizer.report.solve import Case
from optimizer.silicon.cost import DEFAULT_SEED, INTERVAL, Product, Range, cost_draws, unit_cost
from optimizer.silicon.defaults import as_range, reticle_mm2
from optimizer.silicon.new_die import (
    Blocks,
    break_even_units,
    largest_die,
    needed_area_mm2,
    new_product,
)
from optimizer.solver.column_reader import constants

SCHEMA = "optimize-new-die/1"
# Areas are compared in hundredths of a square millimeter.
STEPS_PER_MM2 = 100
# Dies and dark dies beside them, in reticles: no package of more is sold.
MOST_RETICLES = 8
DENSITY = "performance_density"
SPEED = "tokens_per_s_per_chip"
# Facts of the parent's own dies, which the new one does not have.
OWN = frozenset({"largest_die_area_mm2", "total_logic_area_mm2", "transistor_count_bn"})
NOTE = (
    "an estimate: area and cost are regressions and public prices, the law is exact on the area "
    "stated; whether dark area counts as area is the letter of the text, ask counsel"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the new die shall be.

    Attributes
    ----------
    family : str
        Area family: 'ada' or 'blackwell_consumer'.
    tpp : Fraction
        Most that the die shall have. [TPP]
    clock_mhz : int or None
        Highest clock; that of the parent where absent. [MHz]
    channels : int or None
        32-bit channels; the fewest that carry the lawful bandwidth where absent.
    filler_process : str or None
        Process of dark dies beyond the reticle; the die's own where absent.
    """

    family: str
    tpp: Fraction
    clock_mhz: int | None = None
    channels: int | None = None
    filler_process: str | None = None


def new_die(case: Case, wish: Wish) -> dict[str, Any]:
    """The answer as plain values.

    Raises
    ------
    InputError
        The family, its largest die or a price is not known, or the blocks fit no reticle.
    """
    figures = case.request.figures
    space = _space(case, wish)
    design, best_mb_s = _design(case, space, wish)
    blocks = Blocks(wish.family, design.cores, design.sites)
    needed = needed_area_mm2(blocks, figures)
    lawful = _least_area(case, design)
    own = replace(case, request=replace(case.request, parents=(space.parent,)))
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "family": wish.family,
        "rules": case.settings.rules,
        "on": case.ruleset.on.isoformat(),
        "changes": list(case.ruleset.changes),
        "destination": case.request.destination,
        "tpp": json_number(design.tpp, [wish.tpp]),
        "wished_tpp": json_number(wish.tpp),
        "cores": design.cores,
        "spare_cores": blocks.spare_cores,
        "core_clock_mhz": design.clock_mhz,
        "channels": design.sites,
        "spare_channels": blocks.spare_channels,
        "memory_part": design.option.part,
        "memory_gb": design.sites * design.option.gb_per_site,
        "dram_bandwidth_gb_s": json_number(Fraction(design.dram_mb_s, 1000)),
        "lawful_bandwidth_gb_s": json_number(Fraction(best_mb_s, 1000)),
        "needed_area_mm2": range_of(needed),
        "least_lawful_area_mm2": None if lawful is None else float(lawful),
        "note": NOTE,
        "assumptions": assumptions_of(own, new_die=True),
        "warnings": warnings_of(own, [space], _classified(case, design).warnings, new_die=True),
    }
    if lawful is None:
        return {**found, "feasible": False}
    area = max(lawful, Decimal(math.ceil(mid(needed) * STEPS_PER_MM2)) / STEPS_PER_MM2)
    built = replace(design, space=replace(space, area_mm2=area))
    return {**found, "feasible": True, **_answer(case, wish, blocks, built, design, area)}


def _answer(
    case: Case, wish: Wish, blocks: Blocks, built: Design, fused: Design, area: Decimal
) -> dict[str, Any]:
    figures, year = case.request.figures, case.ruleset.on.year

    def made(mm2: float) -> Product:
        return new_product(
            blocks, mm2, built.option.part, built.sites * built.option.gb_per_site,
            filler_process=wish.filler_process, year=year, figures=figures,
        )  # fmt: skip

    said = _classified(case, built)
    least = min(float(area), mid(needed_area_mm2(blocks, figures)))
    whole, bare = (float(unit_cost(made(mm2)).unit_usd[0]) for mm2 in (float(area), least))
    dark = float(area) - least
    prepared = prepare(case.request.workload, case.catalog, stack=case.request.stack)
    draws = cost_draws(made(float(area)))[:, 0]
    tests = [t for finding in said.findings for t in finding.tests]
    lines = [t.threshold for t in tests if t.quantity == DENSITY and t.slack is not None]
    return {
        "area_mm2": float(area),
        "dark_area_mm2": dark,
        "reticles": math.ceil(float(area) / reticle_mm2(figures)),
        "performance_density": json_number(built.tpp / Fraction(area), lines),
        "density_lines": [json_number(line) for line in lines],
        "verdict": said.verdict,
        "tier": said.tier,
        **_throughput(prepared, built),
        "unit_cost_usd": spread(whole, draws),
        "dark_area_usd": whole - bare,
        "dark_area_usd_per_mm2": (whole - bare) / dark if dark > 0 else None,
        "fused": _fused(case, fused, draws, blocks, prepared),
    }


def _fused(
    case: Case, design: Design, draws: np.ndarray, blocks: Blocks, prepared: Prepared
) -> dict[str, Any] | None:
    """The same part cut from the family's largest die, and the volume that pays for a new one."""
    space = design.space
    cents = unit_cost_cents(design) if design.cores <= space.cores[-1] else None
    if cents is None:
        return None
    said = _classified(case, design)
    estimate = cost_estimate(design)
    own = cost_draws(product_of(design))[:, 0]
    nre = _nre(case, blocks)
    chance = np.random.default_rng(DEFAULT_SEED + 1).random(len(own))
    units = break_even_units(nre, own - draws, chance)
    usual = break_even_units(nre, np.array([np.median(own - draws)]), np.array([0.5]))
    low, _, high = (float(q) for q in np.quantile(units, INTERVAL, method="lower"))
    return {
        "parent": space.parent,
        "verdict": said.verdict,
        **_throughput(prepared, design),
        "area_mm2": float(space.area_mm2 or 0),
        "unit_cost_usd": {
            "value": cents / 100,
            "low": estimate.low_usd if estimate else None,
            "high": estimate.high_usd if estimate else None,
        },
        "saving_usd": spread(float(np.median(own - draws)), own - draws),
        "nre_usd": range_of(nre),
        "break_even_units": {
            "value": finite(float(usual[0])), "low": finite(low), "high": finite(high),
        },
    }  # fmt: skip


def _nre(case: Case, blocks: Blocks) -> Range:
    """What a new die costs once beyond a fused part."""
    from catalogs.economics import economics

    figures = case.request.figures or economics()
    process = figures.floorplans.dies[largest_die(blocks.family, figures)].process
    known = figures.cost.nre_usd
    if process not in known:
        raise InputError(f"no non-recurring cost for the process '{process}'", "new die")
    new, cut = as_range(known[process]), as_range(known["fused_derivative"])
    return Range(
        float(np.asarray(new.low)) - float(np.asarray(cut.high)),
        mid(new) - mid(cut),
        float(np.asarray(new.high)) - float(np.asarray(cut.low)),
    )


def _space(case: Case, wish: Wish) -> DesignSpace:
    request = case.request
    parent = largest_die(wish.family, request.figures)
    space = build_space(case.catalog, parent, case.ruleset.on, request.datacenter, request.figures)
    if isinstance(space, Incomplete):
        raise InputError(f"{parent}: {space.reason} {', '.join(space.missing)}", "--family")
    return replace(space, stated=request.facts)


def _design(case: Case, space: DesignSpace, wish: Wish) -> tuple[Design, int]:
    """The part on the parent's knobs: cores for the TPP, channels for the lawful bandwidth."""
    per_mhz = space.tpp_per_core_mhz(RATE_UNITS)
    reference = space.reference
    rated = wish.clock_mhz or int(reference.boost_clock_mhz or space.clocks_mhz[-1])
    group = int(space.die.core_group or 1)
    ops = wish.tpp * 10**6 / per_mhz
    cores = max(group, math.ceil(ops / rated / group) * group)
    clock = min(rated, math.floor(ops / cores))
    if clock < 1:
        raise InputError(f"{wish.tpp} TPP is less than one core has", "--tpp")
    option = _widest(space)
    board = space.boards[0].form_factor
    whole = Design(
        space, cores, clock, RATE_UNITS, option, space.sites[-1], option.rate_max, 0, board
    )
    rate = _highest(case, whole, "rate", option.rate_min, option.rate_max)
    best = replace(whole, rate=rate).dram_mb_s
    channels = wish.channels or math.ceil(best / (option.rate_max * option.mb_s_per_rate))
    if not 1 <= channels <= space.sites[-1]:
        raise InputError(f"{channels} channels: {space.parent} has {space.sites[-1]}", "--channels")
    part = replace(whole, sites=channels)
    return replace(part, rate=_highest(case, part, "rate", option.rate_min, option.rate_max)), best


def _widest(space: DesignSpace) -> MemoryOption:
    """The fastest and largest memory that needs no clamshell board."""
    flat = [m for m in space.memory if not m.clamshell]
    return max(flat, key=lambda m: (m.rate_max, m.gb_per_site, m.part))


def _highest(case: Case, design: Design, knob: str, low: int, high: int) -> int:
    """The highest value of a knob that the law leaves at any area, or the lowest there is."""
    lawful = _reader(case, design)
    ample = _most_area(case)

    def fits(value: int) -> bool:
        return lawful(replace(design, **{knob: value}), ample)  # type: ignore[arg-type]

    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _least_area(case: Case, design: Design) -> Decimal | None:
    """The least area at which a design is outside every control; None where none is. [mm2]"""
    lawful = _reader(case, design)
    low, high = 0, int(_most_area(case) * STEPS_PER_MM2)
    if not lawful(design, Decimal(high) / STEPS_PER_MM2):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        fits = lawful(design, Decimal(middle) / STEPS_PER_MM2)
        low, high = (low, middle) if fits else (middle, high)
    return Decimal(high) / STEPS_PER_MM2


def _most_area(case: Case) -> Decimal:
    return Decimal(str(reticle_mm2(case.request.figures))) * MOST_RETICLES


def _reader(case: Case, design: Design) -> Callable[[Design, Decimal], bool]:
    controlled = compiled(case.ruleset.controlled(case.request.destination))
    fixed = {k: v for k, v in constants(design.space).items() if k not in OWN}

    def lawful(of: Design, area: Decimal) -> bool:
        facts = {**fixed, **of.facts(), "applicable_die_area_mm2": area}
        exact = {k: Fraction(v) if isinstance(v, Decimal) else v for k, v in facts.items()}
        return controlled(exact) is False

    return lawful


def _classified(case: Case, design: Design) -> Any:
    fixed = {k: v for k, v in constants(design.space).items() if k not in OWN}
    return check({**fixed, **design.facts()}, case.ruleset, case.request.destination)


def _throughput(prepared: Prepared, design: Design) -> dict[str, float | None]:
    """Projected throughput and its 80 % interval; nothing where it cannot serve. [1/s]"""
    table = prepared.project(design.resources())
    names = ("tokens_per_s_per_chip", "low", "high")
    values = (float(getattr(table, name)[0]) for name in names)
    keys = (SPEED, f"{SPEED}_low", f"{SPEED}_high")
    return {k: v if v > 0 else None for k, v in zip(keys, values, strict=True)}
