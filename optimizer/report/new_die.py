"""A new die for a wished TPP: the least lawful area, its cost, and the volume that pays for it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from catalogs.economics import Economics, economics
from catalogs.errors import InputError
from constraints.check import check
from constraints.expressions import compiled
from optimizer.design import Design, DesignSpace, Incomplete, MemoryOption, build_space
from optimizer.design.space import RATE_UNITS
from optimizer.design.unit_cost import unit_cost_cents
from optimizer.projection import Prepared, prepare
from optimizer.report.grounds import assumptions_of, warnings_of
from optimizer.report.new_die_cost import NewDie
from optimizer.report.numbers import json_number, text_number
from optimizer.report.ranges import hidden_of, said
from optimizer.report.solve import Case
from optimizer.silicon.defaults import defect_density_per_cm2, reticle_mm2
from optimizer.silicon.new_die import Blocks, largest_die, needed_area_mm2
from optimizer.silicon.uncertainty import spread
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
        "needed_area_mm2": said(spread(needed.read, case.draws), hidden_of(case)),
        "least_lawful_area_mm2": None if lawful is None else float(lawful),
        "errors": _errors(wish, figures or economics()),
        "draws": case.draws.count,
        "seed": case.draws.seed,
        "note": NOTE,
        "assumptions": assumptions_of(own, new_die=True),
        "warnings": warnings_of(own, [space], _classified(case, design).warnings, new_die=True),
    }
    if lawful is None:
        return {**found, "feasible": False}
    area = max(lawful, Decimal(math.ceil(needed.value * STEPS_PER_MM2)) / STEPS_PER_MM2)
    built = replace(design, space=replace(space, area_mm2=area))
    answer = _answer(case, wish, blocks, built, design, area)
    warned = (*found["warnings"], *_unread_filler(wish, answer["reticles"], figures))
    return {**found, "feasible": True, **answer, "warnings": warned}


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


def _answer(
    case: Case, wish: Wish, blocks: Blocks, built: Design, fused: Design, area: Decimal
) -> dict[str, Any]:
    law = _classified(case, built)
    prepared = prepare(case.request.workload, case.catalog, stack=case.request.stack)
    tests = [t for finding in law.findings for t in finding.tests]
    lines = [t.threshold for t in tests if t.quantity == DENSITY and t.slack is not None]
    made = NewDie(case, blocks, built, float(area), wish.filler_process)
    beside = fused if fused.cores <= fused.space.cores[-1] and unit_cost_cents(fused) else None
    return {
        "area_mm2": float(area),
        "dark_area_mm2": made.dark_area_mm2,
        "reticles": math.ceil(float(area) / reticle_mm2(case.request.figures)),
        "performance_density": json_number(built.tpp / Fraction(area), lines),
        "density_lines": [json_number(line) for line in lines],
        "verdict": law.verdict,
        "tier": law.tier,
        **_throughput(prepared, built),
        **made.costs(),
        "fused": None if beside is None else {
            "parent": beside.space.parent,
            "verdict": _classified(case, beside).verdict,
            **_throughput(prepared, beside),
            "area_mm2": float(beside.space.area_mm2 or 0),
            **made.against(beside),
        },
    }  # fmt: skip


def _space(case: Case, wish: Wish) -> DesignSpace:
    request = case.request
    parent = largest_die(wish.family, request.figures)
    space = build_space(case.catalog, parent, case.ruleset.on, request.datacenter, request.figures)
    if isinstance(space, Incomplete):
        raise InputError(f"{parent}: {space.reason} {', '.join(space.missing)}", "--family")
    return replace(space, stated=request.facts)


def _design(case: Case, space: DesignSpace, wish: Wish) -> tuple[Design, int]:
    """The part on the parent's knobs: cores for the TPP, channels for the lawful bandwidth."""
    cores, clock = _cores(space, wish)
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
