"""Which values a knob of a die takes, and fixes that no die can take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from catalogs.errors import InputError, near_matches
from optimizer.design import DesignSpace
from optimizer.design.memory import RATE_STEPS_PER_GBPS
from optimizer.design.space import RATE_UNITS
from optimizer.solver.request import CHOICES, KNOBS, Fix, show
from optimizer.solver.salvage import SALVAGE, STEPS, share_table

CLOCK = "core_clock_mhz"
# Values that are listed; of more the ends and the step are said.
LISTED = 8


def knob_values(space: DesignSpace, name: str) -> tuple[Fraction, ...]:
    """Values of a knob that is a number, ascending."""
    rates = {r for m in space.memory for r in range(m.rate_min, m.rate_max + 1)}
    found: Mapping[str, Sequence[int | Fraction]] = {
        "enabled_cores": space.cores,
        "core_clock_mhz": space.clocks_mhz,
        "tensor_rate_fraction": [Fraction(units, RATE_UNITS) for units in space.rate_units],
        "memory_sites": space.sites,
        "memory_gb_per_site": [m.gb_per_site for m in space.memory],
        "memory_data_rate_gbps": [Fraction(rate, RATE_STEPS_PER_GBPS) for rate in rates],
        "links": space.links,
    }
    return tuple(sorted({Fraction(value) for value in found[name]}))


def choice_names(space: DesignSpace, name: str) -> tuple[str, ...]:
    """Values of a knob that is a word: memory parts, boards, or true and false."""
    match name:
        case "memory_part":
            return tuple(dict.fromkeys(m.part for m in space.memory))
        case "board_class":
            return tuple(b.form_factor for b in space.boards)
    return ("false", "true")


def values_words(values: Sequence[Fraction]) -> str:
    """Few values one by one, of many the ends and the step.

    Examples
    --------
    >>> values_words([Fraction(1), Fraction(2)])
    '1 or 2'
    >>> values_words([Fraction(n) for n in range(10, 110, 10)])
    '10 values from 10 to 100 in steps of 10'
    """
    texts = [show(value) for value in values]
    if len(values) <= LISTED:
        return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
    steps = {b - a for a, b in pairwise(values)}
    step = f" in steps of {show(min(steps))}" if len(steps) == 1 else ""
    return f"{len(values)} values from {texts[0]} to {texts[-1]}{step}"


def nearest_words(values: Sequence[Fraction], value: Fraction) -> str:
    """The nearest values below and above.

    Examples
    --------
    >>> nearest_words([Fraction(1), Fraction(2), Fraction(4)], Fraction(3))
    '2 and 4'
    """
    below = [each for each in values if each < value][-1:]
    above = [each for each in values if each > value][:1]
    return " and ".join(show(each) for each in (*below, *above))


def refuse_foreign(fixes: Sequence[Fix], spaces: Sequence[DesignSpace]) -> None:
    """Refuse a fix of a knob at a value that no die takes.

    Raises
    ------
    InputError
        With the nearest values and the whole domain.
    """
    for fix in fixes if spaces else ():
        whose = spaces[0].parent if len(spaces) == 1 else "any of these dies"
        if fix.name in CHOICES:
            names = tuple(dict.fromkeys(n for s in spaces for n in choice_names(s, fix.name)))
            if str(fix.value).casefold() not in (name.casefold() for name in names):
                remedy = near_matches(str(fix.value), names) or f"It takes {', '.join(names)}."
                raise InputError(f"{whose} has no {fix.name} '{fix.value}'", "--fix", remedy)
        elif fix.name in KNOBS and isinstance(fix.value, Fraction):
            if fix.name == CLOCK and any(space.sustained for space in spaces):
                # There it is the clock that the law sees, whatever the part's own steps.
                continue
            member(fix, {v for s in spaces for v in knob_values(s, fix.name)}, whose, "--fix")
        elif fix.name == SALVAGE and isinstance(fix.value, Fraction):
            tables = [t for s in spaces if (t := share_table(s)) is not None]
            if tables and not any(np.any(t == fix.value * STEPS) for t in tables):
                raise InputError(
                    f"no bin of {whose} has a {SALVAGE} of exactly {show(fix.value)}",
                    "--fix",
                    f"Bound it instead: --limit '{SALVAGE}>={show(fix.value)}'.",
                )


def member(fix: Fix, domain: Iterable[Fraction], whose: str, option: str) -> Fraction:
    """The value of a fix, if it is one that a knob takes.

    Raises
    ------
    InputError
        It is not; with the nearest values and the whole domain.
    """
    value, values = Fraction(fix.value), sorted(domain)
    if value not in values:
        raise InputError(
            f"{fix.name} of {whose} is never {show(value)}",
            option,
            f"Nearest: {nearest_words(values, value)}. It takes {values_words(values)}.",
        )
    return value
