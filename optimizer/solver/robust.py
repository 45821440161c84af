"""One design for several possible rule sets: safe, least regret, best expected value. Exact.

The design is fixed before the rule is known. Its throughput does not depend on the rule, only
whether it is controlled does; where it is controlled it earns nothing. So each question comes down
to the best design that is lawful in a set of scenarios, and few such sets have to be solved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations

from catalogs.errors import InputError
from optimizer.design import Design, DesignSpace
from optimizer.projection import Prepared
from optimizer.solver.binding import broken_by
from optimizer.solver.optimize import solve_needs
from optimizer.solver.outcome import Feasible, Optimal
from optimizer.solver.request import Request
from optimizer.solver.requirements import LAW, Requirement, Requirements, requirements

# Scenarios up to which every set of them is considered.
MOST = 14


@dataclass(frozen=True, slots=True)
class Scenario:
    """A rule set that may come to apply.

    Attributes
    ----------
    name : str
    weight : Fraction
        Share of the expected value; the weights of all scenarios add up to 1. [1]
    request : Request
        Law of the scenario; everything else is equal in all scenarios.
    """

    name: str
    weight: Fraction
    request: Request


@dataclass(frozen=True, slots=True)
class Choice:
    """A design and how it fares in every scenario.

    Attributes
    ----------
    design : Design
    value : float
        Projected throughput. [token/s per chip]
    lawful : tuple of bool
        Whether it is outside every control, by scenario.
    regrets : tuple of float
        What a scenario's own optimum has more, by scenario. [token/s per chip]
    expected : float
        Weighted throughput, nothing where it is controlled. [token/s per chip]
    """

    parent: str
    design: Design
    value: float
    lawful: tuple[bool, ...]
    regrets: tuple[float, ...]
    expected: float

    @property
    def regret(self) -> float:
        """Largest regret. [token/s per chip]"""
        return max(self.regrets)


@dataclass(frozen=True, slots=True)
class RobustAnswer:
    """Every robust design of a set of scenarios.

    Attributes
    ----------
    optima : tuple of Choice or None
        Best design of each scenario by itself.
    safe : Choice or None
        Best design that no scenario controls.
    least_regret, best_expected : Choice or None
    proved : bool
        Whether every solve behind the answer was proved.
    solves : int
    remarks : tuple of str
        Degenerate cases, said plainly.
    """

    scenarios: tuple[Scenario, ...]
    optima: tuple[Choice | None, ...]
    safe: Choice | None
    least_regret: Choice | None
    best_expected: Choice | None
    proved: bool
    solves: int
    remarks: tuple[str, ...]


@dataclass(slots=True)
class Oracle:
    """The best design that is lawful in a set of scenarios, each set solved once."""

    spaces: tuple[DesignSpace, ...]
    scenarios: tuple[Scenario, ...]
    prepared: Prepared
    proved: bool = True
    found: dict[frozenset[int], tuple[str, Design, float] | None] = field(default_factory=dict)

    def best(self, chosen: frozenset[int]) -> tuple[str, Design, float] | None:
        """Parent, design and throughput; None where nothing is lawful in all of them."""
        if chosen not in self.found:
            answers = [self._on(space, chosen) for space in self.spaces]
            live = [a for a in answers if a is not None]
            self.found[chosen] = max(live, key=lambda a: a[2], default=None)
        return self.found[chosen]

    def _on(self, space: DesignSpace, chosen: frozenset[int]) -> tuple[str, Design, float] | None:
        scenarios = [self.scenarios[i] for i in sorted(chosen)]
        request = replace(scenarios[0].request, top=1)
        answer = solve_needs(request, space, self.prepared, merged(scenarios, space))
        if not isinstance(answer, Optimal | Feasible):
            return None
        self.proved &= isinstance(answer, Optimal)
        best = answer.designs[0]
        for scenario in scenarios:
            broken = broken_by(best.design, requirements(scenario.request, space))
            if broken:
                raise RuntimeError(f"{scenario.name} forbids a design that it allowed: {broken}")
        return space.parent, best.design, best.value

    def lawful(self, design: Design) -> tuple[bool, ...]:
        """Where a design meets everything."""
        return tuple(
            not broken_by(design, requirements(s.request, design.space)) for s in self.scenarios
        )


def merged(scenarios: Sequence[Scenario], space: DesignSpace) -> Requirements:
    """Requirements of several scenarios at once: each law under its scenario's name."""
    needs = [requirements(s.request, space) for s in scenarios]
    items: dict[str, Requirement] = {}
    for scenario, each in zip(scenarios, needs, strict=True):
        for item in each.items:
            label = f"{scenario.name}: {item.label}" if item.kind == LAW else item.label
            while label in items and items[label].condition != item.condition:
                label = f"{scenario.name}: {label}"
            items[label] = replace(item, label=label)
    return Requirements(tuple(items.values()), needs[0].board_columns, needs[0].floor)


def robust(
    scenarios: Sequence[Scenario], spaces: Sequence[DesignSpace], prepared: Prepared
) -> RobustAnswer:
    """Safe design, least largest regret, and best expected value over scenarios.

    Parameters
    ----------
    scenarios : sequence of Scenario
        At most `MOST`.
    spaces : sequence of DesignSpace
        Parents to choose from, each on the day on which the design is made.
    prepared : Prepared
        The workload.
    """
    if not 1 <= len(scenarios) <= MOST:
        raise InputError(f"{len(scenarios)} scenarios", "scenarios", f"Give 1 to {MOST}")
    oracle = Oracle(tuple(spaces), tuple(scenarios), prepared)
    every = range(len(scenarios))
    own = [oracle.best(frozenset({i})) for i in every]
    values = tuple(0.0 if o is None else o[2] for o in own)
    optima = tuple(None if o is None else _choice(oracle, o, values) for o in own)
    live = [i for i in every if own[i] is not None]
    whole = oracle.best(frozenset(every)) if len(live) == len(own) else None
    safe = None if whole is None else _choice(oracle, whole, values)
    regret = _least_regret(oracle, live, values)
    expected = _best_expected(oracle, live, values)
    answer = RobustAnswer(
        tuple(scenarios), optima, safe, regret, expected, oracle.proved, len(oracle.found), ()
    )
    return replace(answer, remarks=tuple(_remarks(answer)))


def _choice(oracle: Oracle, found: tuple[str, Design, float], values: Sequence[float]) -> Choice:
    parent, design, value = found
    lawful = oracle.lawful(design)
    regrets = tuple(max(0.0, v - value if ok else v) for v, ok in zip(values, lawful, strict=True))
    weights = [s.weight for s in oracle.scenarios]
    expected = sum((float(w) * value for w, ok in zip(weights, lawful, strict=True) if ok), 0.0)
    return Choice(parent, design, value, lawful, regrets, expected)


def _least_regret(oracle: Oracle, live: list[int], values: Sequence[float]) -> Choice | None:
    """Lawful in the j scenarios of highest own optimum, for each j: one of these is the answer.

    A design that is controlled in a scenario regrets its whole optimum there. So if the best
    largest regret is below the optimum of scenario j in that order, the design is lawful in
    scenarios 1 to j, and the fastest such design regrets least.
    """
    order = sorted(live, key=lambda i: (-values[i], i))
    found: list[Choice] = []
    for j in range(1, len(order) + 1):
        best = oracle.best(frozenset(order[:j]))
        if best is None:
            break
        found.append(_choice(oracle, best, values))
    # Of equal regrets, the one with the better expected value, then lawful in more scenarios.
    return min(found, key=lambda c: (c.regret, -c.expected, -sum(c.lawful)), default=None)


def _best_expected(oracle: Oracle, live: list[int], values: Sequence[float]) -> Choice | None:
    """Sets of scenarios by an upper bound of what they can earn, until none can earn more."""
    weight = [float(s.weight) for s in oracle.scenarios]
    sets = [frozenset(c) for n in range(1, len(live) + 1) for c in combinations(live, n)]
    bounds = {c: sum(weight[i] for i in c) * min(values[i] for i in c) for c in sets}
    best: Choice | None = None
    for chosen in sorted(sets, key=lambda c: (-bounds[c], -len(c), sorted(c))):
        if best is not None and bounds[chosen] <= best.expected:
            break
        found = oracle.best(chosen)
        if found is None:
            continue
        choice = _choice(oracle, found, values)
        if best is None or choice.expected > best.expected:
            best = choice
    return best


def _remarks(answer: RobustAnswer) -> list[str]:
    names = [s.name for s in answer.scenarios]
    found = []
    for name, own in zip(names, answer.optima, strict=True):
        if own is None:
            found.append(f"no design is lawful and serves the workload under '{name}'")
    if answer.safe is None:
        found.append("no design is lawful under all scenarios")
    elif len(names) == 1:
        found.append("one scenario: every answer is its optimum")
    elif any(o is not None and o.value == answer.safe.value for o in answer.optima):
        tight = [n for n, o in zip(names, answer.optima, strict=True)
                 if o is not None and o.value == answer.safe.value]  # fmt: skip
        found.append(f"the safe design is as fast as the optimum under {_listed(tight)} alone")
    choice = answer.least_regret
    if choice is not None and not all(choice.lawful):
        lost = [n for n, ok in zip(names, choice.lawful, strict=True) if not ok]
        found.append(
            f"least regret gives up {_listed(lost)}: the design is controlled there and earns "
            "nothing; regret is led by the most permissive scenario"
        )
    choice = answer.best_expected
    if choice is not None and not all(choice.lawful):
        lost = [n for n, ok in zip(names, choice.lawful, strict=True) if not ok]
        found.append(f"best expected value gives up {_listed(lost)}")
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


__all__ = ["Choice", "RobustAnswer", "Scenario", "merged", "robust"]
