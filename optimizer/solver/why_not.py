"""Why a design that the user names is not the answer: who forbids it, or what makes it slower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalogs.errors import InputError, near_matches
from constraints.check import Assessment, check
from optimizer.design import Design, DesignSpace, fuse_map
from optimizer.design.memory import RATE_STEPS_PER_GBPS
from optimizer.design.space import RATE_UNITS
from optimizer.solver.binding import broken_by
from optimizer.solver.checked import facts_of, tdp_of
from optimizer.solver.domains import knob_values, member
from optimizer.solver.objective import Objective, power_of
from optimizer.solver.request import CHOICES, KNOBS, Fix, Request
from optimizer.solver.requirements import Requirements
from optimizer.solver.salvage import salvage_of
from optimizer.solver.ties import EQUAL_SHARE


@dataclass(frozen=True, slots=True)
class Loss:
    """One resource of which the named design has another amount than the optimum.

    Attributes
    ----------
    resource : str
        One of the axes of the objective: a resource, or what a ratio divides by.
    here, optimum : float
        Amounts, in the units of these axes.
    alone : float
        Relative change of the optimum's value if only this axis changed. [1]
    """

    resource: str
    here: float
    optimum: float
    alone: float


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A named design beside the optimum.

    Attributes
    ----------
    design : Design
    assessment : Assessment
        Classification by the checker.
    broken : tuple of str
        Labels of requirements that it does not meet; empty where it is lawful and meets all.
    value, optimum : float
        Objective of both.
    speed : float
        Projected throughput of the named design. [token/s per chip]
    losses : tuple of Loss
        Largest loss first.
    tie : str
        Where both are equal in the objective: the stage of the stated order that decides.
    """

    design: Design
    assessment: Assessment
    broken: tuple[str, ...]
    value: float
    optimum: float
    speed: float
    losses: tuple[Loss, ...]
    tie: str
    power: int | None
    tdp_w: int | None
    salvage_share: float | None


def named_design(best: Design, texts: Sequence[str]) -> Design:
    """The optimum with some knobs set otherwise.

    Parameters
    ----------
    best : Design
        Gives the knobs that are not named.
    texts : sequence of str
        ``KNOB=VALUE``, several in one text with spaces or commas between.

    Raises
    ------
    InputError
        An unknown knob, a value that the die does not have, or a knob named twice.
    """
    wanted: dict[str, Fraction | str] = {}
    if any(not text.replace(",", " ").strip() for text in texts):
        raise InputError("no knob is named", "--why-not", "Write KNOB=VALUE")
    for word in (w for text in texts for w in text.replace(",", " ").split()):
        try:
            fix = Fix.parse(word)
        except InputError as error:
            raise InputError(error.what, "--why-not", error.remedy) from None
        if fix.name not in (*KNOBS, *CHOICES):
            raise InputError(
                f"'{fix.name}' is no knob", "--why-not", f"Knobs: {', '.join((*KNOBS, *CHOICES))}"
            )
        if fix.name in wanted:
            raise InputError(f"'{fix.name}' is named twice", "--why-not")
        wanted[fix.name] = fix.value
    return _built(best, wanted)


# Fields of a design behind knobs that are numbers, and their units in one of the knob.
_FIELDS = {
    "enabled_cores": ("cores", 1),
    "core_clock_mhz": ("clock_mhz", 1),
    "memory_sites": ("sites", 1),
    "links": ("links", 1),
    "tensor_rate_fraction": ("rate_units", RATE_UNITS),
}


def _built(best: Design, wanted: dict[str, Fraction | str]) -> Design:
    space = best.space
    changes: dict[str, Any] = {}
    for name, (field, units) in _FIELDS.items():
        if name in wanted:
            fix = Fix(name, wanted[name])
            value = member(fix, knob_values(space, name), space.parent, "--why-not")
            changes[field] = int(value * units)
    if "board_class" in wanted:
        changes["board"] = _board(space, str(wanted["board_class"]))
    option = _option(best, wanted)
    rate = Fraction(best.rate)
    if "memory_data_rate_gbps" in wanted:
        rate = Fraction(wanted["memory_data_rate_gbps"]) * RATE_STEPS_PER_GBPS
    elif not option.rate_min <= best.rate <= option.rate_max:
        rate = Fraction(min(max(best.rate, option.rate_min), option.rate_max))
    rates = (option.rate_min, option.rate_max)
    if rate.denominator != 1 or not rates[0] <= rate <= rates[1]:
        low, high = (float(Fraction(r, RATE_STEPS_PER_GBPS)) for r in rates)
        raise InputError(
            f"{option.part} of {space.parent} has no data rate of {float(rate) / 100:g} Gbit/s",
            "--why-not",
            f"It runs {low:g} to {high:g} in steps of 0.01",
        )
    return replace(best, option=option, rate=int(rate), **changes)


def _board(space: DesignSpace, text: str) -> str:
    names = {b.form_factor.casefold(): b.form_factor for b in space.boards}
    if text.casefold() not in names:
        remedy = near_matches(text, list(names.values())) or f"It has: {', '.join(names.values())}"
        raise InputError(f"{space.parent} has no board_class '{text}'", "--why-not", remedy)
    return names[text.casefold()]


def _option(best: Design, wanted: dict[str, Fraction | str]) -> Any:
    keys = ("memory_part", "memory_gb_per_site", "clamshell")
    if not set(keys) & set(wanted):
        return best.option
    part = str(wanted.get("memory_part", best.option.part))
    size = wanted.get("memory_gb_per_site")
    clamshell = str(wanted.get("clamshell", "")).casefold()
    options = [
        m
        for m in best.space.memory
        if m.part.casefold() == part.casefold()
        and (size is None or m.gb_per_site == Fraction(size))
        and (not clamshell or m.clamshell is (clamshell == "true"))
    ]
    if not options:
        had = sorted({f"{m.part} {m.gb_per_site} GB" for m in best.space.memory})
        raise InputError(
            f"{best.space.parent} has no such memory", "--why-not", f"It has: {', '.join(had)}"
        )
    now = best.option
    return min(
        options,
        key=lambda m: (
            m.clamshell != now.clamshell,
            abs(m.gb_per_site - now.gb_per_site),
            m.gb_per_site,
        ),
    )


def why_not(
    request: Request, needs: Requirements, objective: Objective, best: Design, named: Design
) -> WhyNot:
    """Compare a named design with the optimum."""
    facts = facts_of(named, request.ruleset)
    value, optimum = (float(objective(objective.vector(d)[None, :])[0]) for d in (named, best))
    speed = float(objective.throughput(objective.vector(named)[None, :])[0])
    equal = abs(value - optimum) <= EQUAL_SHARE * optimum
    broken = (*_impossible(named), *broken_by(named, needs), *_below_floor(needs, speed))
    return WhyNot(
        design=named,
        assessment=check(facts, request.ruleset, request.destination),
        broken=broken,
        value=value,
        optimum=optimum,
        speed=speed,
        losses=_losses(objective, best, named),
        tie=_tie(best, named) if equal and not broken else "",
        power=power_of(named),
        tdp_w=tdp_of(named),
        salvage_share=salvage_of(named),
    )


def _impossible(named: Design) -> tuple[str, ...]:
    """What the board cannot carry."""
    board = next(b for b in named.space.boards if b.form_factor == named.board)
    found = []
    if named.links > board.links_max:
        found.append(f"{named.board} wires at most {board.links_max} links")
    if named.option.clamshell and not board.clamshell:
        found.append(f"{named.board} carries one memory chip per channel")
    return tuple(found)


def _below_floor(needs: Requirements, speed: float) -> tuple[str, ...]:
    return tuple(label for label, floor in needs.floors.items() if speed < floor)


def _losses(objective: Objective, best: Design, named: Design) -> tuple[Loss, ...]:
    """Change one resource of the optimum at a time to what the named design has."""
    ours, theirs = objective.vector(best), objective.vector(named)
    here = float(objective(ours[None, :])[0])
    found = []
    for i, name in enumerate(objective.axes):
        if ours[i] == theirs[i]:
            continue
        trial = ours.copy()
        trial[i] = theirs[i]
        alone = float(objective(trial[None, :])[0]) / here - 1
        found.append(Loss(name, float(theirs[i]), float(ours[i]), alone))
    return tuple(sorted(found, key=lambda loss: (loss.alone, loss.resource)))


def _tie(best: Design, named: Design) -> str:
    """Stage of the stated order of ties that puts the optimum first."""
    stages = (
        ("least power", power_of(named) or 0, power_of(best) or 0),
        ("most salvage", -(salvage_of(named) or 0.0), -(salvage_of(best) or 0.0)),
        (
            "fewest changes from the parent",
            sum(c.changed for c in fuse_map(named)),
            sum(c.changed for c in fuse_map(best)),
        ),
    )
    for stage, theirs, ours in stages:
        if theirs != ours:
            return stage
    return "the same design" if named == best else "the order of knobs"


__all__ = ["Loss", "WhyNot", "named_design", "why_not"]
