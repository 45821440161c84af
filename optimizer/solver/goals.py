"""Goals in order: most throughput, then the least or most of another quantity within a share of it.

The first stage finds and proves the most throughput. Each further stage keeps a floor on it, and
the levels of the goals before, as limits, and narrows the interval in which the best level of its
own quantity lies, in exact steps (`optimizer.solver.ladders`). Its proof is a solve one step beyond
that level: the exact solver finds that no lawful design there reaches the floor. A ratio of
throughput can be the last goal: it becomes the objective of what is left.
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
from optimizer.solver.aspects import TRADED, unknown_of
from optimizer.solver.ladders import Ladder, in_few_digits, ladder
from optimizer.solver.limits import printed
from optimizer.solver.objective import DIVISORS
from optimizer.solver.optimize import optimize, solve_parent, space_of
from optimizer.solver.outcome import (
    Feasible,
    Infeasible,
    LeftOut,
    Optimal,
    ParentOutcome,
    Unserved,
)
from optimizer.solver.request import QUANTITIES, THROUGHPUT, THROUGHPUT_NAME, Limit, Request, show
from optimizer.solver.ties import DIGITS

# Ratios of throughput, which may stand last.
RATIOS = tuple(DIVISORS)
GOALS = (*TRADED, *RATIOS)
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
    level : Limit or None
        What the next stages, and the answer, keep of it; None for a ratio, which nothing follows.
    best : Fraction
        Best level; of a ratio, that of throughput to which it is held. [unit of the quantity]
    proved : bool
        Whether the exact solver has proved that no lawful design of any ranked parent is better;
        of a ratio the answer itself says so.
    unknown : tuple of str
        Parents that are near enough in throughput, and of which the quantity is not known.
    """

    name: str
    level: Limit | None
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
        The same request where nothing is feasible, and one that only asks for the quantity where
        a goal is known of no parent that is near enough, so that its answer says why.
    tuple of Stage
    """
    if request.objective != THROUGHPUT:
        raise InputError("goals in order start with throughput", "--objective", "Leave it out")
    twice = next((name for name in goals if goals.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"'{twice}' is given twice", "--then", "Name each goal once")
    ranked = optimize(replace(request, top=1), catalog).ranked
    if not ranked:
        return request, ()
    most = max(p.designs[0].value for p in ranked)
    early = [name for name in goals[:-1] if name in RATIOS]
    if early:
        raise InputError(f"'{early[0]}' is not the last goal", "--then", "A ratio stands last")
    floor = Limit(THROUGHPUT_NAME, ">=", _floor(most, within))
    proved = all(isinstance(p, Optimal) for p in ranked)
    stages = [Stage(THROUGHPUT, floor, Fraction(most), proved)]
    request = replace(request, limits=(*request.limits, floor))
    prepared = prepare(request.workload, catalog, stack=request.stack)
    parents = tuple(p.parent for p in ranked if p.designs[0].value >= floor.value)
    for name in map(goal_name, goals):
        if name in RATIOS:
            stages.append(Stage(name, None, floor.value, True))
            return replace(request, objective=name), tuple(stages)
        found = _Descent(request, catalog, prepared, name, floor).over(parents)
        if found is None:
            return replace(request, limits=(*request.limits, _known(name))), tuple(stages)
        level, stage = found
        stages.append(stage)
        request = replace(request, limits=(*request.limits, level))
    return request, tuple(stages)


def _known(name: str) -> Limit:
    """A bound that asks nothing of a quantity but to be known."""
    return Limit(name, ">=", Fraction(0))


def _floor(most: float, within: Fraction) -> Fraction:
    """Least throughput that still counts as reached, at the digits at which speeds are equal."""
    level = Fraction(most) * (1 - within)
    digits = Context(prec=DIGITS, rounding=ROUND_FLOOR)
    return Fraction(digits.divide(Decimal(level.numerator), Decimal(level.denominator)))


@dataclass(frozen=True, slots=True)
class _Probe:
    """Fastest design within a bound: its step and its throughput."""

    step: int
    value: float


@dataclass(frozen=True, slots=True)
class _Descent:
    """The search for the best level of one goal, die by die."""

    request: Request
    catalog: Catalog
    prepared: Prepared
    name: str
    floor: Limit

    def over(self, parents: Sequence[str]) -> tuple[Limit, Stage] | None:
        """Best level over parents, proved on each that reaches the floor and knows the quantity.

        None where the quantity is known of none.
        """
        dies = {parent: self.die(parent) for parent in parents}
        unknown = tuple(parent for parent, die in dies.items() if die is None)
        known = [die for die in dies.values() if die is not None]
        if not known:
            return None
        best: Limit | None = None
        for die in known:
            ladder = die.ladder
            start = die.probe(ladder.loosest if best is None else ladder.beyond(best.value))
            if start is not None and start.value >= self.floor.value:
                best = ladder.limit(die.descended(start))
        if best is None:
            raise InputError(f"no level of {self.name} was found", "--then", "Report this as a bug")
        proved = all(die.none_reaches(die.ladder.beyond(best.value)) for die in known)
        level = in_few_digits(best, [die.ladder for die in known])
        return level, Stage(self.name, level, best.value, proved, unknown)

    def die(self, parent: str) -> _Die | None:
        """The search on one die; None where the quantity is not known of it."""
        space = space_of(self.request, self.catalog, parent)
        if isinstance(space, LeftOut) or unknown_of(space, (self.name,)):
            return None
        return _Die(self, parent, ladder(self.name, space))


@dataclass(frozen=True, slots=True)
class _Die:
    """The search on one die, of which the quantity is known."""

    asked: _Descent
    parent: str
    ladder: Ladder

    def descended(self, reached: _Probe) -> int:
        """Least step: by interpolation between probes and by halves, in turn."""
        floor = self.asked.floor.value
        low, below = self.ladder.least - 1, 0.0
        high, above, closing = reached.step, reached.value, False
        for turn in count(1):
            if high - low <= 1:
                return high
            part = (float(floor) - below) / max(above - below, TINY)
            guess = low + round((high - low) * (part if turn % 2 else 0.5))
            guess = high - 1 if closing else min(max(guess, low + 1), high - 1)
            found = self.probe(guess)
            if found is not None and found.value >= floor:
                high, above, closing = found.step, found.value, high - low < abs(high) * CLOSE
            else:
                low, below, closing = guess, found.value if found else 0.0, False
        raise AssertionError

    def probe(self, step: int) -> _Probe | None:
        """Fastest design within a step, or None where there is none."""
        if step < self.ladder.least:
            return None
        found = self.solved(step, prove=False)
        if not isinstance(found, Feasible | Optimal):
            return None
        value = printed(found.designs[0].design)[self.asked.name]
        if value is None:
            return None
        return _Probe(self.ladder.step(value), found.designs[0].value)

    def none_reaches(self, step: int) -> bool:
        """Whether it is proved that nothing within a step reaches the floor."""
        if step < self.ladder.least:
            return True
        found = self.solved(step, prove=True)
        if isinstance(found, Optimal):
            return found.certificate.value < self.asked.floor.value
        return isinstance(found, Infeasible | Unserved)

    def solved(self, step: int, *, prove: bool) -> ParentOutcome:
        """Fastest design within a step; the floor is left to the caller."""
        asked = self.asked
        limits = [limit for limit in asked.request.limits if limit != asked.floor]
        limits.append(self.ladder.limit(step))
        request = replace(asked.request, limits=tuple(limits), top=1, prove=prove)
        return solve_parent(request, asked.catalog, asked.prepared, self.parent)


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
        if stage.level is None:
            found.append(f"goal {number}: {stage.name}, the most of it is the objective from here")
            continue
        if stage.name == THROUGHPUT:
            said = f"throughput, held at {float(stage.level.value):.12g} tokens/s per chip or more"
        else:
            said = (
                f"{stage.name}, at its best {_short(stage.best)} {QUANTITIES[stage.name]}".rstrip()
            )
        unknown = f"; not known of {', '.join(stage.unknown)}" if stage.unknown else ""
        found.append(f"goal {number}: {said} ({proof}{unknown})")
    return tuple(found)


def _short(value: Fraction) -> str:
    """A level, exactly where it is short."""
    exact = show(value)
    return exact if len(exact) <= DIGITS else f"{float(value):.{DIGITS}g}"
