"""Goals in order: most throughput, then the least or most of another quantity within a share of it.

The first stage finds and proves the most throughput. Each further stage keeps a floor on it, and
the levels of the goals before, as limits, and narrows the interval in which the best level of its
own quantity lies, in exact integer units. Its proof is a solve one unit beyond that level: the
exact solver finds that no lawful design there reaches the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from itertools import count

from catalogs import Catalog
from catalogs.errors import InputError, near_matches
from optimizer.projection import Prepared, prepare
from optimizer.solver.aspects import LESS, MORE, SCALES, TRADED
from optimizer.solver.limits import printed
from optimizer.solver.optimize import optimize, solve_parent
from optimizer.solver.outcome import (
    Feasible,
    Infeasible,
    LeftOut,
    Optimal,
    ParentOutcome,
    Unserved,
)
from optimizer.solver.request import QUANTITIES, THROUGHPUT, Limit, Request, show
from optimizer.solver.requirements import THROUGHPUT_NAME
from optimizer.solver.ties import DIGITS

# Quantities that come in whole units: an average over a die and a share of dies do not.
GOALS = tuple(name for name in TRADED if name in SCALES and name != "performance_density")
# Beyond every level of every quantity.
NO_BOUND = 10**12
# Below this share of itself an interval is closed from its upper end.
CLOSE = 1e-3
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Stage:
    """One goal that was reached.

    Attributes
    ----------
    name : str
        Quantity.
    level : Limit
        What the next stages, and the answer, keep of it.
    best : Fraction
        Best level. [unit of the quantity]
    proved : bool
        Whether the exact solver has proved that no lawful design of any ranked parent is better.
    unknown : tuple of str
        Parents that are near enough in throughput, and of which the quantity is not known.
    """

    name: str
    level: Limit
    best: Fraction
    proved: bool
    unknown: tuple[str, ...] = ()


def goal_name(name: str) -> str:
    """A quantity that can be a further goal, or an error with near matches.

    Examples
    --------
    >>> goal_name("power_w")
    'power_w'
    """
    if name not in GOALS:
        remedy = near_matches(name, GOALS) or f"Goals: {', '.join(GOALS)}"
        raise InputError(f"'{name}' is no further goal", "--then", remedy)
    return name


def in_order(
    request: Request, goals: Sequence[str], within: Fraction, catalog: Catalog
) -> tuple[Request, tuple[Stage, ...]]:
    """The request with the levels of all goals as limits, and how each was reached.

    Parameters
    ----------
    request : Request
        Its objective is the first goal and has to be throughput.
    goals : sequence of str
        Further goals, the more important first.
    within : Fraction
        Share of the most throughput that the further goals may cost. [1]
    catalog : Catalog

    Returns
    -------
    Request
        The same request where nothing is feasible, so that its answer says why.
    tuple of Stage
    """
    if request.objective != THROUGHPUT:
        raise InputError("goals in order start with throughput", "--objective", "Leave it out")
    ranked = optimize(replace(request, top=1), catalog).ranked
    if not ranked:
        return request, ()
    most = max(p.designs[0].value for p in ranked)
    floor = Limit(THROUGHPUT_NAME, ">=", _floor(most, within))
    proved = all(isinstance(p, Optimal) for p in ranked)
    stages = [Stage(THROUGHPUT, floor, Fraction(most), proved)]
    request = replace(request, limits=(*request.limits, floor))
    prepared = prepare(request.workload, catalog, stack=request.stack)
    parents = tuple(p.parent for p in ranked if p.designs[0].value >= floor.value)
    for name in goals:
        stage = _Descent(request, catalog, prepared, goal_name(name), floor).over(parents)
        stages.append(stage)
        request = replace(request, limits=(*request.limits, stage.level))
    return request, tuple(stages)


def _floor(most: float, within: Fraction) -> Fraction:
    """Least throughput that still counts as reached, at the digits at which speeds are equal."""
    level = Fraction(most) * (1 - within)
    digits = Context(prec=DIGITS, rounding=ROUND_FLOOR)
    return Fraction(digits.divide(Decimal(level.numerator), Decimal(level.denominator)))


@dataclass(frozen=True, slots=True)
class _Probe:
    """Fastest design within a bound: its level and its throughput."""

    units: int
    value: float


@dataclass(frozen=True, slots=True)
class _Descent:
    """The search for the best level of one goal; in units, of which less is better."""

    request: Request
    catalog: Catalog
    prepared: Prepared
    name: str
    floor: Limit

    @property
    def sense(self) -> int:
        return TRADED[self.name]

    @property
    def loosest(self) -> int:
        """A bound that every design is within."""
        return 0 if self.sense == MORE else NO_BOUND

    def limit(self, units: int) -> Limit:
        """At least as good as so many units."""
        value = Fraction(abs(units), SCALES[self.name])
        return Limit(self.name, ">=" if self.sense == MORE else "<=", value)

    def over(self, parents: Sequence[str]) -> Stage:
        """Best level over parents, proved on each that reaches the floor and knows the quantity."""
        first = {parent: self.solved(parent, None, prove=False) for parent in parents}
        unknown = tuple(p for p, found in first.items() if isinstance(found, LeftOut))
        known = [p for p in parents if p not in unknown]
        if not known:
            what = f"{self.name} is not known of {', '.join(unknown)}"
            raise InputError(what, "--then", "Widen --within, or name another --parent")
        best: int | None = None
        for parent in known:
            start = self.probe(parent, None if best is None else best - 1)
            if start is not None and start.value >= self.floor.value:
                best = self.descended(parent, start)
        if best is None:
            raise InputError(f"no level of {self.name} was found", "--then", "Report this as a bug")
        level = self.limit(best)
        proved = all(self.none_reaches(parent, best - 1) for parent in known)
        return Stage(self.name, level, level.value, proved, unknown)

    def descended(self, parent: str, reached: _Probe) -> int:
        """Least units on one parent: by interpolation between probes and by halves, in turn."""
        low, below = self.least(parent) - 1, 0.0
        high, above, closing = reached.units, reached.value, False
        for step in count(1):
            if high - low <= 1:
                return high
            part = (float(self.floor.value) - below) / max(above - below, TINY)
            guess = low + round((high - low) * (part if step % 2 else 0.5))
            guess = high - 1 if closing else min(max(guess, low + 1), high - 1)
            found = self.probe(parent, guess)
            if found is not None and found.value >= self.floor.value:
                high, above, closing = found.units, found.value, high - low < high * CLOSE
            else:
                low, below, closing = guess, found.value if found else 0.0, False
        raise AssertionError

    def least(self, parent: str) -> int:
        """Units that no design of a parent goes below."""
        if self.sense == LESS:
            return 0
        die = self.catalog.die(parent)
        parts = (self.catalog.memory_part(part) for part in die.memory.parts)
        sizes = [int(c.gb) for part in parts for c in part.capacities]
        return -2 * max(sizes, default=0) * int(die.memory.sites or 0) * SCALES[self.name]

    def probe(self, parent: str, bound: int | None) -> _Probe | None:
        """Fastest design within a bound, or None where there is none."""
        found = self.solved(parent, bound, prove=False)
        if not isinstance(found, Feasible | Optimal):
            return None
        value = printed(found.designs[0].design)[self.name]
        if value is None:
            return None
        return _Probe(-self.sense * int(value * SCALES[self.name]), found.designs[0].value)

    def none_reaches(self, parent: str, bound: int) -> bool:
        """Whether it is proved that nothing within a bound reaches the floor."""
        if bound < self.least(parent):
            return True
        found = self.solved(parent, bound, prove=True)
        if isinstance(found, Optimal):
            return found.certificate.value < self.floor.value
        return isinstance(found, Infeasible | Unserved)

    def solved(self, parent: str, bound: int | None, *, prove: bool) -> ParentOutcome:
        """Fastest design of a parent within a bound; the floor is left to the caller."""
        limits = [limit for limit in self.request.limits if limit != self.floor]
        limits.append(self.limit(self.loosest if bound is None else bound))
        asked = replace(self.request, limits=tuple(limits), top=1, prove=prove)
        return solve_parent(asked, self.catalog, self.prepared, parent)


def stage_words(stages: Sequence[Stage]) -> tuple[str, ...]:
    """Stages as sentences.

    Examples
    --------
    >>> floor = Limit(THROUGHPUT_NAME, ">=", Fraction(99))
    >>> power = Stage("power_w", Limit("power_w", "<=", Fraction(250)), Fraction(250), True)
    >>> stage_words([Stage("throughput", floor, Fraction(100), True), power])[1]
    'goal 2: power_w, at its best 250 W (proved)'
    """
    found = []
    for number, stage in enumerate(stages, start=1):
        proof = "proved" if stage.proved else "not proved"
        if stage.name == THROUGHPUT:
            said = f"throughput, held at {float(stage.level.value):.12g} tokens/s per chip or more"
        else:
            said = f"{stage.name}, at its best {show(stage.best)} {QUANTITIES[stage.name]}"
        unknown = f"; not known of {', '.join(stage.unknown)}" if stage.unknown else ""
        found.append(f"goal {number}: {said} ({proof}{unknown})")
    return tuple(found)
