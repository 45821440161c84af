"""Levels of a goal on one die, as whole steps of which less is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from typing import Protocol

import numpy as np

from optimizer.design import DesignSpace
from optimizer.solver.aspects import CAPACITY, LESS, MORE, SCALES, TRADED
from optimizer.solver.request import Limit
from optimizer.solver.salvage import SALVAGE, STEPS, share_table

DENSITY = "performance_density"
# Beyond every level of every quantity: cents of a board of hundreds of GB, each at the highest
# figure that a user may state (`catalogs.economics_overlay.LARGEST`), included.
NO_BOUND = 10**17


class Ladder(Protocol):
    """The levels that a quantity takes on one die."""

    @property
    def least(self) -> int:
        """A step that no design goes below."""
        ...

    @property
    def loosest(self) -> int:
        """A step that every design is within."""
        ...

    def limit(self, step: int) -> Limit:
        """At least as good as a step."""
        ...

    def step(self, value: Fraction) -> int:
        """The step of a value that a design has."""
        ...

    def beyond(self, value: Fraction) -> int:
        """The last step that is better than a value, of this die or of another."""
        ...


def ladder(name: str, space: DesignSpace) -> Ladder:
    """The levels of a goal on a space of which it is known."""
    if name == SALVAGE:
        table = share_table(space)
        assert table is not None
        return Listed(name, tuple(Fraction(v, STEPS) for v in np.unique(table)[::-1].tolist()))
    if name == DENSITY:
        # On one die a density is a TPP: its steps are those of the TPP.
        return Even(name, LESS, SCALES["tpp"] * Fraction(space.area_mm2 or 0), 0)
    sites, sizes = space.sites[-1], [m.gb_per_site for m in space.memory]
    top = sites * max(sizes) * SCALES[name] if name == CAPACITY else 0
    return Even(name, TRADED[name], Fraction(SCALES[name]), -top)


def in_few_digits(best: Limit, ladders: Sequence[Ladder]) -> Limit:
    """The same bound, on these ladders, at a number of as few digits as there is.

    Examples
    --------
    >>> shares = Listed("salvage_share", (Fraction(2, 3), Fraction(1, 2)))
    >>> str(in_few_digits(shares.limit(0), [shares]))
    'salvage_share>=0.6'
    """
    levels = {level for each in ladders if isinstance(each, Listed) for level in each.levels}
    if best.value not in levels:
        return best
    below = max((level for level in levels if level < best.value), default=Fraction(-1))
    places = next(n for n in count() if Fraction(math.floor(best.value * 10**n), 10**n) > below)
    return replace(best, value=Fraction(math.floor(best.value * 10**places), 10**places))


@dataclass(frozen=True, slots=True)
class Even:
    """Levels that are whole multiples of one over a scale; negative where more is better."""

    name: str
    sense: int
    scale: Fraction
    least: int

    @property
    def loosest(self) -> int:
        """A step that every design is within."""
        return 0 if self.sense == MORE else NO_BOUND

    def limit(self, step: int) -> Limit:
        """At least as good as a step.

        Examples
        --------
        >>> str(Even("power_w", LESS, Fraction(10_000), 0).limit(2_500_000))
        'power_w<=250'
        """
        return Limit(self.name, ">=" if self.sense == MORE else "<=", abs(step) / self.scale)

    def step(self, value: Fraction) -> int:
        """The step of a value that a design has."""
        return -self.sense * int(value * self.scale)

    def beyond(self, value: Fraction) -> int:
        """The last step that is better than a value."""
        scaled = value * self.scale
        return -math.floor(scaled) - 1 if self.sense == MORE else math.ceil(scaled) - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """Levels that stand in a table, the best first; more is better."""

    name: str
    levels: tuple[Fraction, ...]
    least: int = 0

    @property
    def loosest(self) -> int:
        """A step that every design is within."""
        return len(self.levels) - 1

    def limit(self, step: int) -> Limit:
        """At least as good as a step."""
        return Limit(self.name, ">=", self.levels[step])

    def step(self, value: Fraction) -> int:
        """The step of a value that a design has."""
        return self.levels.index(value)

    def beyond(self, value: Fraction) -> int:
        """The last step that is better than a value; -1 where none is."""
        return sum(level > value for level in self.levels) - 1
