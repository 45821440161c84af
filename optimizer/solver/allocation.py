"""Which bins of a die to sell as which part: a linear program, and what one more of each is worth.

Dies fall into classes by the parts that they can serve. With x_ts dies of class t sold as part s::

    max  sum x_ts margin_s
    s.t. sum_s x_ts <= supply_t,  sum_t x_ts <= demand_s,  sum x_ts use_rs <= limit_r

The dual of a class is the opportunity cost of a die, that of a resource the one of a slot or stack:
a part is worth making when its price is above cash cost plus both. Quantities are continuous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from ortools.linear_solver.python import model_builder

from catalogs.errors import InputError
from optimizer.silicon.salvage import Bin, Floorplan, salvage_share

# Every subset of the parts is a possible class of die.
MOST_PARTS = 12
# A dual or share within this of zero is zero: GLOP works to some 1e-7.
ZERO = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """A part that dies can be sold as.

    Attributes
    ----------
    name : str
    bin : Bin
        What a die must offer.
    margin_usd : float
        Price less fees and cash cost of a unit. [USD]
    demand : float or None
        Most that can be sold; None for no limit.
    uses : mapping of str to float
        Resources that a unit takes.
    """

    name: str
    bin: Bin
    margin_usd: float
    demand: float | None
    uses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DieClass:
    """Dies that can serve exactly these parts. `share` is of gross dies. [1]"""

    serves: frozenset[str]
    share: float


@dataclass(frozen=True, slots=True)
class Allocation:
    """An optimal plan with its duals.

    Attributes
    ----------
    value_usd : float
        Sum of margins. [USD]
    made : mapping of str to float
        Units of each part.
    sold_as : mapping of (class index, part) to float
        Dies of each class by what they become.
    die_usd : tuple of float
        Worth of one more die of each class. [USD]
    demand_usd : mapping of str to float
        Worth of one more unit of demand. [USD]
    resource_usd : mapping of str to float
        Worth of one more unit of each resource. [USD]
    wafer_usd : float
        Worth of one more wafer. [USD]
    """

    value_usd: float
    made: Mapping[str, float]
    sold_as: Mapping[tuple[int, str], float]
    die_usd: tuple[float, ...]
    demand_usd: Mapping[str, float]
    resource_usd: Mapping[str, float]
    wafer_usd: float


def die_classes(
    plan: Floorplan, parts: Sequence[Part], d0_per_cm2: float, alpha: float, kept: float = 1.0
) -> tuple[DieClass, ...]:
    """Exclusive shares of the dies of a wafer, by the set of parts that they can serve.

    Parameters
    ----------
    plan : Floorplan
    parts : sequence of Part
    d0_per_cm2 : float
        Defect density. [1/cm2]
    alpha : float
        Clustering of defects.
    kept : float
        Share that speed and leakage leave, the same for every class. [1]

    Examples
    --------
    >>> from optimizer.silicon import floorplan
    >>> whole = Part("h200", Bin(132, 6, 18), 1.0, None, {})
    >>> cut = Part("h100", Bin(132, 5, 18), 1.0, None, {})
    >>> [(sorted(c.serves), round(c.share, 3))
    ...  for c in die_classes(floorplan("gh100"), [whole, cut], 0.07, 3)]
    [(['h100'], 0.061), (['h100', 'h200'], 0.851)]
    """
    if len(parts) > MOST_PARTS:
        raise InputError(f"{len(parts)} parts are too many", "allocate", f"Give {MOST_PARTS}.")
    bins = [p.bin for p in parts]
    count = len(parts)
    at_least = np.ones(2**count)
    for members in range(1, 2**count):
        chosen = [bins[i] for i in range(count) if members >> i & 1]
        both = Bin(*np.max(np.array(chosen), axis=0).tolist())
        at_least[members] = float(salvage_share(plan, *both, d0_per_cm2, alpha))
    exactly = at_least.copy()
    # Inclusion and exclusion over supersets, one part after the other.
    for i in range(count):
        for members in range(2**count):
            if not members >> i & 1:
                exactly[members] -= exactly[members | 1 << i]
    return tuple(
        DieClass(frozenset(parts[i].name for i in range(count) if members >> i & 1), share * kept)
        for members, share in enumerate(exactly.tolist())
        if members and share > ZERO
    )


def allocate(
    parts: Sequence[Part],
    classes: Sequence[DieClass],
    gross_dies: float,
    wafers: float,
    resources: Mapping[str, float],
) -> Allocation:
    """Sell the dies of all wafers for the greatest sum of margins.

    Parameters
    ----------
    parts, classes : sequences
    gross_dies : float
        On one wafer. [1]
    wafers : float
        How many there are.
    resources : mapping of str to float
        What there is of each resource that parts use.

    Raises
    ------
    InputError
        A part uses a resource without a limit, or nothing limits the plan.
    """
    _complete(parts, resources)
    program = _Program.of(parts, classes, gross_dies * wafers, resources)
    solver = model_builder.Solver("glop")
    status = solver.solve(program.model)
    if status != model_builder.SolveStatus.OPTIMAL:
        raise InputError(f"the plan has no optimum ({status.name})", "allocate")

    def worth(of: model_builder.LinearConstraint) -> float:
        value = float(solver.dual_value(of))
        return 0.0 if abs(value) < ZERO else value

    die_usd = tuple(worth(row) for row in program.dies)
    units = {key: float(solver.value(var)) for key, var in program.sold.items()}
    each = zip(classes, die_usd, strict=True)
    return Allocation(
        value_usd=float(solver.objective_value),
        made={p.name: sum(v for k, v in units.items() if k[1] == p.name) for p in parts},
        sold_as={key: value for key, value in units.items() if value > ZERO},
        die_usd=die_usd,
        demand_usd={name: worth(row) for name, row in program.demand.items()},
        resource_usd={name: worth(row) for name, row in program.used.items()},
        wafer_usd=sum(kind.share * usd for kind, usd in each) * gross_dies,
    )


@dataclass(frozen=True, slots=True)
class _Program:
    """The linear program, its variables by class and part, and its rows."""

    model: model_builder.Model
    sold: Mapping[tuple[int, str], model_builder.Variable]
    dies: tuple[model_builder.LinearConstraint, ...]
    demand: Mapping[str, model_builder.LinearConstraint]
    used: Mapping[str, model_builder.LinearConstraint]

    @classmethod
    def of(
        cls,
        parts: Sequence[Part],
        classes: Sequence[DieClass],
        supply: float,
        resources: Mapping[str, float],
    ) -> _Program:
        model = model_builder.Model()  # type: ignore[no-untyped-call]
        sold = {
            (t, p.name): model.new_num_var(0, float("inf"), f"{t} as {p.name}")
            for t, kind in enumerate(classes)
            for p in parts
            if p.name in kind.serves
        }
        by_name = {p.name: p for p in parts}

        def most(weights: Mapping[tuple[int, str], float], limit: float) -> Any:
            return model.add(_total(sold, weights) <= limit)

        dies = tuple(
            most({(t, p): 1.0 for p in kind.serves}, supply * kind.share)
            for t, kind in enumerate(classes)
        )
        demand = {
            p.name: most({k: 1.0 for k in sold if k[1] == p.name}, p.demand)
            for p in parts
            if p.demand is not None
        }
        used = {
            name: most({k: by_name[k[1]].uses.get(name, 0.0) for k in sold}, limit)
            for name, limit in resources.items()
        }
        model.maximize(_total(sold, {k: by_name[k[1]].margin_usd for k in sold}))
        return cls(model, sold, dies, demand, used)


def cheapest_die(part: Part, classes: Sequence[DieClass], plan: Allocation) -> float:
    """Opportunity cost of the die of a part: the least among classes that can serve it. [USD]"""
    found = [
        usd for kind, usd in zip(classes, plan.die_usd, strict=True) if part.name in kind.serves
    ]
    return min(found, default=float("nan"))


def slots_usd(part: Part, plan: Allocation) -> float:
    """Opportunity cost of the resources of a unit. [USD]"""
    return sum(count * plan.resource_usd[name] for name, count in part.uses.items())


def _complete(parts: Sequence[Part], resources: Mapping[str, float]) -> None:
    names = [p.name for p in parts]
    twice = {a for a, b in combinations(names, 2) if a == b}
    if twice:
        raise InputError(f"two parts are named '{min(twice)}'", "allocate")
    for part in parts:
        lacking = sorted(set(part.uses) - set(resources))
        if lacking:
            raise InputError(
                f"'{part.name}' uses '{lacking[0]}', of which no amount is given",
                "allocate",
                f"Add {lacking[0]} = NUMBER under [resources].",
            )


def _total(
    sold: Mapping[tuple[int, str], model_builder.Variable],
    weights: Mapping[tuple[int, str], float],
) -> model_builder.LinearExpr:
    keys = list(weights)
    return model_builder.LinearExpr.weighted_sum(
        [sold[k] for k in keys], [weights[k] for k in keys], constant=0.0
    )
