"""The back-test once more, held to what the shipped part needs: its dies, its power and its cost.

The law alone leaves a vendor free to need better dies, more power or dearer memory than it shipped.
Held to what the shipped part needs of each, the optimum shows how much of the gap these three
account for; the rest has other reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from constraints import Ruleset
from optimizer.design import Design
from optimizer.design.space import RATE_UNITS
from optimizer.design.unit_cost import CENTS, UnitCost, unit_cost_cents
from optimizer.report.numbers import share_text
from optimizer.solver import Limit, Optimal
from optimizer.solver.objective import power_of
from optimizer.solver.outcome import Feasible, Infeasible, ParentOutcome, SolvedDesign, Undecided
from optimizer.solver.tables import POWER_STEPS
from optimizer.study.sides import Knobs, Side, solved_side

SALVAGE, POWER, COST = "salvage_share", "power_w", "unit_cost_usd"
# Salvage shares are estimates: a floor stands at whole parts in ten thousand, rounded down.
SHARE_STEPS = 10_000
# Names of the quantities in a sentence.
WORDS = {SALVAGE: "salvage", POWER: "power", COST: "cost"}
# Differences of throughput below this are equal values. [1]
NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Hold:
    """One quantity that the optimum is held to, or why it is not.

    Attributes
    ----------
    quantity : str
        `salvage_share` (at least), `power_w` or `unit_cost_usd` (at most).
    limit : Limit or None
        None where it is not known of the shipped part.
    note : str
        What is not known, or why the limit is not the published figure.
    """

    quantity: str
    limit: Limit | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The optimum of a row under the shipped part's salvage, power and cost.

    Attributes
    ----------
    holds : tuple of Hold
    side : Side or None
        The optimum; None where there is no answer (see `why`).
    proved : bool or None
        Whether it is proved; None without one.
    share : float or None
        Shipped over this optimum, projected throughput. [1]
    free_usd, held_usd, shipped_usd : float or None
        Estimated unit cost of the free optimum, of this one, and of the shipped part. [USD]
    accounted : float or None
        What holding costs, as a share of the free optimum's throughput. [1]
    why : str
        Why there is no answer.
    """

    holds: tuple[Hold, ...]
    side: Side | None = None
    proved: bool | None = None
    share: float | None = None
    free_usd: float | None = None
    held_usd: float | None = None
    shipped_usd: float | None = None
    accounted: float | None = None
    why: str = ""

    @property
    def held_to(self) -> tuple[Hold, ...]:
        """The quantities that are known of the shipped part."""
        return tuple(hold for hold in self.holds if hold.limit is not None)


def sentence(part: str, held: Held, share: float | None) -> str:
    """How much of what a part gave up its salvage, power and cost account for.

    Parameters
    ----------
    part : str
        Id of the shipped part.
    held : Held
    share : float or None
        Shipped over the free optimum. [1]

    Examples
    --------
    >>> hold = Hold("power_w", Limit("power_w", "<=", Fraction(700)))
    >>> held = Held((hold,), proved=True, share=0.96, accounted=0.25)
    >>> sentence("a_part", held, 0.72)
    'Of the 28 % that a_part gave up, power accounts for 25 % and other reasons for 3 %.'
    """
    names = [WORDS[hold.quantity] for hold in held.held_to]
    if not names:
        return f"What {part} needs is not known, so the optimum is held to nothing."
    if held.accounted is None:
        return f"No held optimum for {part}: {held.why}."
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    many = "" if names[1:] else "s"
    spare = f"the optimum needs no more of {'them' if names[1:] else 'it'} than the part"
    nothing = held.accounted <= NOTHING
    if share is None:
        given = "nothing" if nothing else f"{share_text(held.accounted)} of its throughput"
        return f"Held to the {listed} of {part}, the optimum gives up {given}."
    rest = 1 - held.accounted - share
    if share >= 1:
        return f"{part} gave up nothing."
    head = f"Of the {share_text(1 - share)} that {part} gave up, {listed} account{many} for"
    if nothing:
        return f"{head} nothing: {spare}."
    if rest <= NOTHING:
        return f"{head} all."
    return f"{head} {share_text(held.accounted)} and other reasons for {share_text(rest)}."


def holds_of(shipped: Side, design: Design) -> tuple[Hold, ...]:
    """What the shipped part needs of its dies, its power and its cost, by the solver's own models.

    Parameters
    ----------
    shipped : Side
    design : Design
        The free optimum; gives the die, its models and the parts on sale.
    """
    twin = twin_of(shipped.knobs, design)
    return (_salvage(shipped), _power(shipped, twin, design), _cost(twin, design))


def twin_of(knobs: Knobs, design: Design) -> Design | str:
    """The shipped part as a bin of the die of a design, or what it lacks to be one.

    Clock, tensor rate and memory rate stay the design's: salvage and cost do not read them.
    """
    space = design.space
    lacking = [
        name
        for name, value in (
            ("enabled cores", knobs.cores),
            ("memory sites", knobs.memory_sites),
            ("links", knobs.links),
            ("memory capacity", knobs.memory_gb),
        )
        if value is None
    ]
    if lacking:
        return f"its {', '.join(lacking)} not known"
    cores, sites, links = knobs.cores or 0, knobs.memory_sites or 0, knobs.links or 0
    # A part may print less than its sites hold, never more.
    options = [
        m
        for m in space.memory
        if m.part == knobs.memory_part and m.gb_per_site * sites >= (knobs.memory_gb or 0)
    ]
    if not options:
        return f"its memory, {knobs.memory_part}, is not on offer for the die"
    if knobs.board not in [b.form_factor for b in space.boards]:
        return f"its board, {knobs.board}, is none of the die's board classes"
    if cores not in space.cores or sites not in space.sites or links not in space.links:
        return "its cores, memory sites and links are no bin of the die"
    option = min(options, key=lambda m: m.gb_per_site)
    return replace(
        design, cores=cores, sites=sites, links=links, option=option, board=str(knobs.board)
    )


def drawn(knobs: Knobs, twin: Design) -> Fraction | None:
    """Power of the shipped part at its clock by the model; None where that is not known. [W]

    The clock is the die's step at or above it, the memory rate that of its bandwidth.
    """
    space, option = twin.space, twin.option
    if knobs.clock_mhz is None or knobs.tensor_rate is None or knobs.dram_gb_s is None:
        return None
    steps = [mhz for mhz in space.clocks_mhz if mhz >= knobs.clock_mhz]
    units = knobs.tensor_rate * RATE_UNITS
    rate = math.ceil(knobs.dram_gb_s * 1000 / (twin.sites * option.mb_s_per_rate))
    if not steps or units not in space.rate_units or space.power is None:
        return None
    own = replace(twin, clock_mhz=min(steps), rate_units=int(units), rate=rate)
    power = power_of(own)
    return None if power is None else Fraction(power, POWER_STEPS)


def held_of(
    answer: ParentOutcome,
    holds: tuple[Hold, ...],
    shipped: Side,
    free: SolvedDesign,
    law: tuple[Ruleset, str],
) -> Held:
    """Compare the answer under the limits with the shipped part.

    Parameters
    ----------
    answer : ParentOutcome
        Of the request with the limits of `holds`.
    free : SolvedDesign
        The optimum without them.
    law : (Ruleset, str)
        Law of the row, and the destination.
    """
    twin = twin_of(shipped.knobs, free.design)
    empty = Held(
        holds,
        free_usd=_usd(unit_cost_cents(free.design)),
        shipped_usd=None if isinstance(twin, str) else _usd(unit_cost_cents(twin)),
        why=_why_not(answer),
    )
    if not isinstance(answer, Optimal | Feasible):
        return empty
    best = answer.designs[0]
    rate = float(best.projection.tokens_per_s_per_chip[0])
    own = float(free.projection.tokens_per_s_per_chip[0])
    return replace(
        empty,
        side=solved_side(best, *law),
        proved=isinstance(answer, Optimal),
        share=None if shipped.tokens_per_s is None else shipped.tokens_per_s / rate,
        held_usd=_usd(unit_cost_cents(best.design)),
        accounted=max(0.0, 1 - rate / own),
        why="",
    )


def _salvage(shipped: Side) -> Hold:
    if shipped.salvage_share is None:
        return Hold(SALVAGE, None, "its bin or the floorplan of the die is not known")
    floor = Fraction(math.floor(shipped.salvage_share * SHARE_STEPS), SHARE_STEPS)
    return Hold(SALVAGE, Limit(SALVAGE, ">=", floor))


def _power(shipped: Side, twin: Design | str, design: Design) -> Hold:
    if design.space.power is None:
        return Hold(POWER, None, "the family of the die has no power model")
    if shipped.tdp_w is None:
        return Hold(POWER, None, "its TDP is not published")
    tdp = Fraction(shipped.tdp_w)
    own = None if isinstance(twin, str) else drawn(shipped.knobs, twin)
    if own is None or own <= tdp:
        return Hold(POWER, Limit(POWER, "<=", tdp))
    note = f"the model gives the part itself more than its TDP of {float(tdp):g} W"
    return Hold(POWER, Limit(POWER, "<=", own), note)


def _cost(twin: Design | str, design: Design) -> Hold:
    cost = design.space.cost
    if not isinstance(cost, UnitCost):
        lacking = ("unit cost",) if cost is None else cost.missing
        return Hold(COST, None, f"{', '.join(lacking)} not known")
    if isinstance(twin, str):
        return Hold(COST, None, twin)
    cents = unit_cost_cents(twin)
    if cents is None:
        return Hold(COST, None, f"price of {twin.option.part} not known")
    return Hold(COST, Limit(COST, "<=", Fraction(cents, CENTS)))


def _why_not(answer: ParentOutcome) -> str:
    match answer:
        case Infeasible(_, conflict):
            return f"no design meets {' with '.join(conflict)}"
        case Undecided(_, why):
            return why
    return "the die has no answer under these limits"


def _usd(cents: int | None) -> float | None:
    return None if cents is None else cents / CENTS
