"""A new die for a wished TPP: the least lawful area, its cost, and the volume that pays for it."""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from catalogs.economics import Economics, economics
from catalogs.errors import InputError
from constraints.check import CONTROLLED, NOT_CONTROLLED, Assessment, check
from optimizer.design import Design, DesignSpace, Incomplete, MemoryOption, build_space
from optimizer.design.cost_estimate import cost_estimate, cost_lacking
from optimizer.design.space import RATE_UNITS
from optimizer.projection import Prepared, prepare
from optimizer.report.grounds import assumptions_of, warnings_of
from optimizer.report.new_die_cost import NewDie
from optimizer.report.new_die_law import Reading, of_area
from optimizer.report.numbers import json_number, text_number
from optimizer.report.ranges import hidden_of, said
from optimizer.report.solve import Case
from optimizer.silicon.defaults import defect_density_per_cm2, reticle_mm2
from optimizer.silicon.new_die import Blocks, largest_die, needed_area_mm2
from optimizer.silicon.uncertainty import spread
from optimizer.solver.checked import facts_of

SCHEMA = "optimize-new-die/1"
DENSITY = "performance_density"
SPEED = "tokens_per_s_per_chip"
# What a fused part is compared in.
COMPARED = ("unit_cost_usd", "saving_usd", "nre_usd", "break_even_units")
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
        Highest clock, of those that the parent runs; that of its flagship where absent. [MHz]
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
    reading = Reading.of(case, wish.family, wish.filler_process)
    design, best_mb_s = _design(reading, space, wish)
    blocks = Blocks(wish.family, design.cores, design.sites)
    needed = needed_area_mm2(blocks, figures)
    lawful = reading.least_area(design)
    made = reading.made(of_area(design, lawful or Decimal(0)))
    law = reading.classified(design if lawful is None else made.built)
    own = replace(case, request=replace(case.request, parents=(space.parent,)))
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "family": wish.family,
        "rules": case.settings.rules,
        "on": case.ruleset.on.isoformat(),
        "changes": list(case.ruleset.changes),
        "destination": case.request.destination,
        **_part(design, blocks, wish, best_mb_s),
        "needed_area_mm2": said(spread(needed.read, case.draws), hidden_of(case)),
        "least_lawful_area_mm2": lawful if lawful is None else float(lawful),
        "errors": _errors(wish, figures or economics()),
        "draws": case.draws.count,
        "seed": case.draws.seed,
        "note": NOTE,
        "assumptions": assumptions_of(own, new_die=True),
        "warnings": warnings_of(own, [space], law.warnings, new_die=True),
    }
    if lawful is None or law.verdict == CONTROLLED:
        return {**found, "feasible": False, "needs": []}
    if law.verdict != NOT_CONTROLLED:
        return {**found, "feasible": None, "needs": list(law.needs), "least_lawful_area_mm2": None}
    answer = _answer(made, law, design)
    warned = (*found["warnings"], *_unread_filler(wish, answer["reticles"], figures))
    return {**found, "feasible": True, "needs": [], **answer, "warnings": warned}


def _part(design: Design, blocks: Blocks, wish: Wish, best_mb_s: int) -> dict[str, Any]:
    """The knobs of the part, and the bandwidth that the law leaves it."""
    return {
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
    }


def _unread_filler(wish: Wish, reticles: int, figures: Economics | None) -> tuple[str, ...]:
    """That the process of dark dies changes nothing where one exposure holds all the area."""
    if wish.filler_process is None:
        return ()
    defect_density_per_cm2(wish.filler_process, figures)
    return () if reticles > 1 else ("--filler-process is not used: one exposure holds the die",)


def _errors(wish: Wish, figures: Economics) -> dict[str, float]:
    """Errors out of sample, beside the ranges of the inputs."""
    return {
        "needed_area_mm2": float(figures.area.families[wish.family].leave_one_out_error),
        "unit_cost_usd": float(figures.cost.relative_error),
    }


def _answer(made: NewDie, law: Assessment, fused: Design) -> dict[str, Any]:
    case, area, built = made.case, made.area_mm2, made.built
    prepared = prepare(case.request.workload, case.catalog, stack=case.request.stack)
    tests = [t for finding in law.findings for t in finding.tests]
    lines = [t.threshold for t in tests if t.quantity == DENSITY and t.slack is not None]
    costs = made.costs()
    return {
        "area_mm2": area,
        "dark_area_mm2": made.dark_area_mm2,
        "reticles": math.ceil(area / reticle_mm2(case.request.figures)),
        "performance_density": json_number(built.tpp / Fraction(str(area)), lines),
        "density_lines": [json_number(line) for line in lines],
        "verdict": law.verdict,
        "tier": law.tier,
        **_throughput(prepared, built),
        **costs,
        "fused": None
        if fused.cores > fused.space.cores[-1]
        else _fused(made, fused, prepared, costs["cost_missing"]),
    }


def _fused(made: NewDie, fused: Design, prepared: Prepared, unknown: str) -> dict[str, Any]:
    """The same part fused from the largest die, compared where law and known costs let it."""
    rules, destination = made.case.ruleset, made.case.request.destination
    verdict = check(facts_of(fused, rules), rules, destination).verdict
    why = ""
    if verdict != NOT_CONTROLLED:
        why = f"the fused part is {verdict}, so there is nothing to compare"
    elif unknown or cost_estimate(fused) is None:
        missing = unknown or ", ".join(cost_lacking(fused))
        why = f"not compared, for a cost is unknown: {missing}"
    return {
        "parent": fused.space.parent,
        "verdict": verdict,
        **_throughput(prepared, fused),
        "area_mm2": float(fused.space.area_mm2 or 0),
        "not_compared": why,
        **(dict.fromkeys(COMPARED) if why else made.against(fused)),
    }


def _space(case: Case, wish: Wish) -> DesignSpace:
    request = case.request
    parent = largest_die(wish.family, request.figures)
    space = build_space(case.catalog, parent, case.ruleset.on, request.datacenter, request.figures)
    if isinstance(space, Incomplete):
        raise InputError(f"{parent}: {space.words}", "--family")
    return replace(space, stated=request.facts)


def _design(reading: Reading, space: DesignSpace, wish: Wish) -> tuple[Design, int]:
    """The part on the parent's knobs: cores for the TPP, channels for the lawful bandwidth."""
    cores, clock = _cores(space, wish)
    option = _widest(space)
    board = space.boards[0].form_factor
    whole = Design(
        space, cores, clock, RATE_UNITS, option, space.sites[-1], option.rate_min, 0, board
    )
    wide = (replace(whole, sites=n) for n in reversed(space.sites))
    whole = next((each for each in wide if reading.fits(each)), whole)
    rate = _highest(reading, whole, "rate", option.rate_min, option.rate_max)
    best = replace(whole, rate=rate).dram_mb_s
    channels = wish.channels or math.ceil(best / (option.rate_max * option.mb_s_per_rate))
    if not 1 <= channels <= space.sites[-1]:
        raise InputError(f"{channels} channels: {space.parent} has {space.sites[-1]}", "--channels")
    part = replace(whole, sites=channels)
    return replace(
        part, rate=_highest(reading, part, "rate", option.rate_min, option.rate_max)
    ), best


def _cores(space: DesignSpace, wish: Wish) -> tuple[int, int]:
    """Fewest cores that carry the TPP at the clock asked for, slowed down to meet it. [1, MHz]

    No die of the family was seen to run outside the clocks of its largest.
    """
    least, most = space.clocks_mhz[0], space.clocks_mhz[-1]
    rated = wish.clock_mhz or int(space.reference.boost_clock_mhz or most)
    if not least <= rated <= most:
        raise InputError(
            f"no {space.parent} runs at {rated:,} MHz", "--clock",
            f"Give {least:,} to {most:,}, or a die record with other clocks by --catalog.",
        )  # fmt: skip
    group = int(space.die.core_group or 1)
    ops = wish.tpp * 10**6 / space.tpp_per_core_mhz(RATE_UNITS)
    cores = max(group, math.ceil(ops / rated / group) * group)
    if ops / cores < least and cores > group:
        cores -= group  # slower than any die runs: a little below the TPP instead
    clock = min(rated, math.floor(ops / cores))
    if clock < least:
        tpp = math.ceil(Fraction(group * least * space.tpp_per_core_mhz(RATE_UNITS), 10**6))
        raise InputError(
            f"{text_number(wish.tpp)} TPP is less than {group} cores of "
            f"{space.parent} have at {least:,} MHz, the least clock", "--tpp",
            f"Give {tpp:,} or more.",
        )  # fmt: skip
    return cores, clock


def _widest(space: DesignSpace) -> MemoryOption:
    """The fastest and largest memory that needs no clamshell board."""
    flat = [m for m in space.memory if not m.clamshell]
    return max(flat, key=lambda m: (m.rate_max, m.gb_per_site, m.part))


def _highest(reading: Reading, design: Design, knob: str, low: int, high: int) -> int:
    """The highest value of a knob that the law leaves at any area, or the lowest there is."""
    while low < high:
        middle = (low + high + 1) // 2
        fits = reading.fits(replace(design, **{knob: middle}))  # type: ignore[arg-type]
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _throughput(prepared: Prepared, design: Design) -> dict[str, float | None]:
    """Projected throughput and its 80 % interval; nothing where it cannot serve. [1/s]"""
    table = prepared.project(design.resources())
    names = ("tokens_per_s_per_chip", "low", "high")
    values = (float(getattr(table, name)[0]) for name in names)
    keys = (SPEED, f"{SPEED}_low", f"{SPEED}_high")
    return {k: v if v > 0 else None for k, v in zip(keys, values, strict=True)}
