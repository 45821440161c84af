"""Estimates among the quantities of a design: their p10 and p90, and the error of their models."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from pydantic import Field

from optimizer.design import Design, DesignSpace
from optimizer.design.uncertain import ESTIMATES, POWER, SALVAGE, UNIT_COST_USD, intervals_of
from optimizer.design.unit_cost import UnitCost
from optimizer.report.numbers import percent, text_number
from optimizer.report.result import JsonNumber, Record
from optimizer.report.words import label
from optimizer.silicon.defaults import floorplan
from optimizer.silicon.uncertainty import Draws

# Digits of intervals after the point.
DIGITS: Mapping[str, int] = {SALVAGE: 4}
OTHERWISE = 2
# Board power rests on fitted coefficients (F1).
POWER_GRADE = "C"
Errors = dict[str, JsonNumber | None]


class Ends(Record):
    """Where an estimate lies over the ranges of the inputs of its model."""

    low: JsonNumber | None = Field(description="p10.")
    high: JsonNumber | None = Field(description="p90.")


def ends_of(designs: Sequence[Design], draws: Draws) -> list[dict[str, Ends]]:
    """p10 and p90 of the known estimates of each design, by name."""
    return [
        {name: Ends(low=rounded(name, low), high=rounded(name, high))
         for name, (low, high) in each.items()}
        for each in intervals_of(designs, draws)
    ]  # fmt: skip


def rounded(name: str, value: float | None) -> float | None:
    """An end of an interval with the digits that its estimate has."""
    return None if value is None else round(value, DIGITS.get(name, OTHERWISE))


def errors_of(space: DesignSpace) -> Errors:
    """Error out of sample of each known estimate of a die; None where nothing public tests it."""
    found: Errors = {}
    if isinstance(space.cost, UnitCost):
        found[UNIT_COST_USD] = space.cost.relative_error
    if floorplan(space.parent, space.figures) is not None:
        error = space.figures.floorplans.dies[space.parent].share_error
        found[SALVAGE] = None if error is None else float(error)
    if space.power is not None:
        found[POWER] = space.power.relative_error
    return found


def grade_of(design: Design, name: str) -> str:
    """Grade of the weakest figure of an estimate that is known of a design."""
    if name == UNIT_COST_USD and isinstance(design.space.cost, UnitCost):
        return design.space.cost.grade
    if name == SALVAGE:
        return design.space.figures.floorplans.dies[design.space.parent].block_area_mm2.grade
    return POWER_GRADE


def error_notes(errors: Errors, die: str, names: Sequence[str]) -> tuple[str, ...]:
    """How far estimates of a part err beside their intervals; nothing where it has none."""
    said = error_words({die: errors}, names)
    head = "p10 to p90 of its estimates stand in parentheses; out of sample they err by"
    return (f"{head}: {said}",) if said else ()


def estimated(names: Iterable[str]) -> tuple[str, ...]:
    """Which of some quantities are estimates, in one order everywhere."""
    asked = set(names)
    return tuple(name for name in ESTIMATES if name in asked)


def ends_text(name: str, ends: Ends | None) -> str:
    """An interval in a cell.

    Examples
    --------
    >>> ends_text("salvage_share", Ends(low=0.7741, high=0.8594)), ends_text("power_w", None)
    ('0.774 to 0.859', '-')
    """
    if ends is None or ends.low is None or ends.high is None:
        return "-"
    digits = 3 if name == SALVAGE else 1
    return f"{text_number(ends.low, digits=digits)} to {text_number(ends.high, digits=digits)}"


def drawn_words(draws: object, seed: object) -> str:
    """What the intervals of estimates are made of.

    Examples
    --------
    >>> drawn_words(2000, 0)
    'p10 to p90 of 2,000 draws over the ranges of their inputs, seed 0'
    """
    count = text_number(int(str(draws)))
    return f"p10 to p90 of {count} draws over the ranges of their inputs, seed {seed}"


def error_words(errors: Mapping[str, Errors], names: Collection[str]) -> str:
    """Errors out of sample by estimate and die, one for all dies where they agree.

    Parameters
    ----------
    errors : mapping of str to Errors
        By die.
    names : collection of str
        The estimates that are spoken of.

    Examples
    --------
    >>> error_words({"gh100": {"unit_cost_usd": 0.12, "salvage_share": 0.046},
    ...              "gb202": {"unit_cost_usd": 0.12, "salvage_share": None}},
    ...             ["unit_cost_usd", "salvage_share"])
    'unit cost 12 %; salvage share 4.6 % (gh100), not validated (gb202)'
    """
    said = []
    for name in names:
        each = {die: _error(own[name]) for die, own in errors.items() if name in own}
        if len(set(each.values())) == 1:
            said.append(f"{label(name)} {next(iter(each.values()))}")
        elif each:
            listed = ", ".join(f"{error} ({die})" for die, error in each.items())
            said.append(f"{label(name)} {listed}")
    return "; ".join(said)


def _error(value: JsonNumber | None) -> str:
    return "not validated" if value is None else percent(value, 1)
