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
from optimizer.design.shipped import at_own_rates, bin_of, twin_of
from optimizer.design.uncertain import intervals_of
from optimizer.design.unit_cost import CENTS, UnitCost, unit_cost_cents
from optimizer.report.estimates import errors_of
from optimizer.solver import Limit, Optimal
from optimizer.solver.objective import power_of
from optimizer.solver.outcome import Feasible, Infeasible, ParentOutcome, SolvedDesign, Undecided
from optimizer.solver.tables import POWER_STEPS
from optimizer.study.sides import Side, solved_side

SALVAGE, POWER, COST = "salvage_share", "power_w", "unit_cost_usd"
# Salvage shares are estimates: a floor stands at whole parts in ten thousand, rounded down.
SHARE_STEPS = 10_000
# So is the power of a part by the model: its ceiling stands at whole tenths of a watt, rounded up.
WATT_STEPS = 10


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
    ends : (float, float) or None
        p10 and p90 where the limit is an estimate; None where it is published or not known.
    error : float or None
        Error of the estimate out of sample; None where nothing public tests it. [1]
    """

    quantity: str
    limit: Limit | None
    note: str = ""
    ends: tuple[float, float] | None = None
    error: float | None = None


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


def holds_of(shipped: Side, design: Design) -> tuple[Hold, ...]:
    """What the shipped part needs of its dies, its power and its cost, by the solver's own models.

    Parameters
    ----------
    shipped : Side
    design : Design
        The free optimum; gives the die, its models and the parts on sale.
    """
    twin = twin_of(shipped.knobs, design)
    holds = (
        (_salvage(shipped), bin_of(shipped.knobs, design)),
        _power(shipped, twin, design),
        (_cost(twin, design), None if isinstance(twin, str) else twin),
    )
    return tuple(hold if of is None else _estimated(hold, of) for hold, of in holds)


def _estimated(hold: Hold, of: Design) -> Hold:
    """A hold with the interval and the error of the estimate that it is."""
    (ends,), errors = intervals_of([of]), errors_of(of.space)
    if hold.limit is None or hold.quantity not in ends:
        return hold
    return replace(hold, ends=ends[hold.quantity], error=errors[hold.quantity])


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


def _power(shipped: Side, twin: Design | str, design: Design) -> tuple[Hold, Design | None]:
    """The published class, or the model's own figure of the part where that is more."""
    if design.space.power is None:
        return Hold(POWER, None, "the family of the die has no power model"), None
    if shipped.tdp_w is None:
        return Hold(POWER, None, "its TDP is not published"), None
    tdp = Fraction(shipped.tdp_w)
    part = None if isinstance(twin, str) else at_own_rates(shipped.knobs, twin)
    steps = None if part is None else power_of(part)
    if steps is None or Fraction(steps, POWER_STEPS) <= tdp:
        return Hold(POWER, Limit(POWER, "<=", tdp)), None
    note = f"the model gives the part itself more than its TDP of {float(tdp):g} W"
    ceiling = Fraction(math.ceil(Fraction(steps * WATT_STEPS, POWER_STEPS)), WATT_STEPS)
    return Hold(POWER, Limit(POWER, "<=", ceiling), note), part


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
