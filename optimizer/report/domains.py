"""Which values a knob takes, for a reader whose fix some die cannot have."""

from collections.abc import Sequence

from optimizer.design.space import DesignSpace
from optimizer.solver.domains import choice_names, knob_values, values_words
from optimizer.solver.request import CHOICES, KNOBS

_FIX = "--fix "


def outside_domain(conflict: Sequence[str], space: DesignSpace) -> str | None:
    """Say what a knob takes, if a conflict is one fix of it alone; else nothing.

    Examples
    --------
    >>> outside_domain(("us_ear/3A090.a", "--limit tpp>=5000"), None)
    """
    if len(conflict) != 1 or not conflict[0].startswith(_FIX):
        return None
    name = conflict[0].removeprefix(_FIX).partition("=")[0]
    if name in CHOICES:
        return f"{name} of {space.parent} is {' or '.join(choice_names(space, name))}"
    if name not in KNOBS:
        return None
    return f"{name} of {space.parent} takes {values_words(knob_values(space, name))}"
