"""How much of what a part gave up its salvage, power and cost account for, in a sentence."""

from __future__ import annotations

from optimizer.report.numbers import share_text
from optimizer.study.held import COST, POWER, SALVAGE, Held

# Names of the quantities in a sentence.
WORDS = {SALVAGE: "salvage", POWER: "power", COST: "cost"}
# Differences of throughput below this are equal values. [1]
NOTHING = 1e-9


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
    >>> from fractions import Fraction
    >>> from optimizer.solver import Limit
    >>> from optimizer.study.held import Hold
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
