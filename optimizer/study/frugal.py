"""The back-test once more with the shipped part's salvage, power class and cost as requirements.

The law alone leaves a vendor free to need better dies, a hotter board or dearer memory than it
shipped. Held to what the shipped part needs of each, the optimum shows how much of the gap these
three account for; the rest has other reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from constraints import Ruleset
from optimizer.design import Design
from optimizer.design.unit_cost import CENTS, unit_cost_cents
from optimizer.solver import Limit, Optimal
from optimizer.solver.outcome import Feasible, SolvedDesign
from optimizer.study.sides import Knobs, Side, solved_side

# Salvage shares are estimates: a floor stands at whole parts in ten thousand, rounded down.
SHARE_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Frugal:
    """The optimum of a row under the shipped part's salvage, power class and cost.

    Attributes
    ----------
    limits : tuple of Limit
        What it is held to; a quantity that is not known of the shipped part is left free.
    side : Side or None
        The optimum; None where no design meets the limits.
    proved : bool or None
        Whether it is proved; None without one.
    share : float or None
        Shipped over this optimum, projected throughput. [1]
    optimum_usd, frugal_usd, shipped_usd : float or None
        Estimated unit cost of the free optimum, of this one, and of the shipped part. [USD]
    """

    limits: tuple[Limit, ...]
    side: Side | None
    proved: bool | None
    share: float | None
    optimum_usd: float | None
    frugal_usd: float | None
    shipped_usd: float | None


def bin_of(knobs: Knobs, design: Design) -> Design | None:
    """The shipped part on the die of a design, if its knobs are known."""
    space = design.space
    if knobs.cores is None or knobs.memory_sites is None or knobs.links is None:
        return None
    options = [
        m
        for m in space.memory
        if m.part == knobs.memory_part and m.gb_per_site * knobs.memory_sites == knobs.memory_gb
    ]
    boards = [b.form_factor for b in space.boards if b.form_factor == knobs.board]
    if not options or not boards:
        return None
    return replace(
        design,
        cores=knobs.cores,
        sites=knobs.memory_sites,
        links=knobs.links,
        option=options[0],
        board=boards[0],
    )


def limits_of(shipped: Side, design: Design) -> tuple[Limit, ...]:
    """What the shipped part needs of its dies, its board and its cost, as limits.

    Parameters
    ----------
    shipped : Side
    design : Design
        The free optimum; gives the die.
    """
    found = []
    if shipped.salvage_share is not None:
        floor = math.floor(shipped.salvage_share * SHARE_STEPS)
        found.append(Limit("salvage_share", ">=", Fraction(floor, SHARE_STEPS)))
    if shipped.tdp_w is not None and design.space.power is not None:
        found.append(Limit("tdp_w", "<=", Fraction(shipped.tdp_w)))
    cents = _cents(shipped, design)
    if cents is not None:
        found.append(Limit("unit_cost_usd", "<=", Fraction(cents, CENTS)))
    return tuple(found)


def frugal_of(
    answer: object, limits: tuple[Limit, ...], shipped: Side, free: SolvedDesign, ruleset: Ruleset
) -> Frugal:
    """Compare the answer under the limits with the shipped part.

    Parameters
    ----------
    answer : ParentOutcome
        Of the request with `limits`.
    free : SolvedDesign
        The optimum without them.
    """
    best = answer.designs[0] if isinstance(answer, Optimal | Feasible) else None
    side = None if best is None else solved_side(best, ruleset, "CN")
    rate = None if side is None else side.tokens_per_s
    share = None if not rate or shipped.tokens_per_s is None else shipped.tokens_per_s / rate
    own = _cents(shipped, free.design)
    return Frugal(
        limits,
        side,
        None if best is None else isinstance(answer, Optimal),
        share,
        _usd(unit_cost_cents(free.design)),
        None if best is None else _usd(unit_cost_cents(best.design)),
        _usd(own),
    )


def _cents(shipped: Side, design: Design) -> int | None:
    bin_ = bin_of(shipped.knobs, design)
    return None if bin_ is None else unit_cost_cents(bin_)


def _usd(cents: int | None) -> float | None:
    return None if cents is None else cents / CENTS
