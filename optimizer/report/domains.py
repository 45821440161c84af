"""Which values a knob takes, for a reader whose fix no design of a die can have."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from optimizer.design.space import RATE_STEPS_PER_GBPS, RATE_UNITS, DesignSpace
from optimizer.report.numbers import text_number

_FIX = "--fix "
_LISTED = 8
"""Values that are listed; of more the ends and the step are said."""


def outside_domain(conflict: Sequence[str], space: DesignSpace) -> str | None:
    """Say what a knob takes, if a conflict is one fix of it alone; else nothing.

    Examples
    --------
    >>> outside_domain(("us_ear/3A090.a", "--limit tpp>=5000TPP"), None)
    """
    if len(conflict) != 1 or not conflict[0].startswith(_FIX):
        return None
    name = conflict[0].removeprefix(_FIX).partition("=")[0]
    values = _domains(space).get(name)
    return None if not values else f"{name} of {space.parent} takes {_said(values)}"


def _domains(space: DesignSpace) -> Mapping[str, list[Fraction]]:
    rates = {r for m in space.memory for r in range(m.rate_min, m.rate_max + 1)}
    found = {
        "enabled_cores": map(Fraction, space.cores),
        "core_clock_mhz": map(Fraction, space.clocks_mhz),
        "tensor_rate_fraction": (Fraction(units, RATE_UNITS) for units in space.rate_units),
        "memory_sites": map(Fraction, space.sites),
        "memory_gb_per_site": (Fraction(m.gb_per_site) for m in space.memory),
        "memory_data_rate_gbps": (Fraction(rate, RATE_STEPS_PER_GBPS) for rate in rates),
        "links": map(Fraction, space.links),
    }
    return {name: sorted(set(values)) for name, values in found.items()}


def _said(values: list[Fraction]) -> str:
    texts = [text_number(value) for value in values]
    if len(values) <= _LISTED:
        return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
    steps = {b - a for a, b in pairwise(values)}
    step = f" in steps of {text_number(min(steps))}" if len(steps) == 1 else ""
    return f"{len(values)} values from {texts[0]} to {texts[-1]}{step}"
