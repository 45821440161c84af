"""Which bins of a die to sell as which part: a linear program, and what one more of each is worth.

Dies fall into classes by the parts that they can serve. With x_ts dies of class t sold as part s::

    max  sum x_ts margin_s
    s.t. sum_s x_ts <= supply_t,  sum_t x_ts <= demand_s,  sum x_ts use_rs <= limit_r

The dual of a class is the opportunity cost of a die, that of a resource the one of a slot or stack:
a part is worth making when its price is above cash cost plus both. Quantities are continuous.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ortools.linear_solver.python import model_builder

from catalogs.errors import InputError
from optimizer.silicon.classes import DieClass, Part

# A dual or amount within this of zero is zero: GLOP works to some 1e-7.
ZERO = 1e-9


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
        A part uses a resource without a limit, an amount is below 0, or the plan has no optimum.
    """
    _complete(parts, resources)
    _amounts(parts, {"dies": gross_dies * wafers, **resources})
    program = _Program.of(parts, classes, gross_dies * wafers, resources)
    solver = model_builder.Solver("glop")
    status = solver.solve(program.model)
    if status != model_builder.SolveStatus.OPTIMAL:
        raise InputError(
            f"the plan has no optimum ({status.name.lower()})",
            "allocate",
            "Amounts and margins have to be numbers, and amounts not below 0.",
        )

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


def _amounts(parts: Sequence[Part], limits: Mapping[str, float]) -> None:
    """Refuse what no plan can mean: an amount below 0, or one that is no number."""
    amounts = dict(limits)
    for part in parts:
        own = {f"{name} of '{part.name}'": uses for name, uses in part.uses.items()}
        demand = {} if part.demand is None else {f"demand for '{part.name}'": part.demand}
        amounts |= {**own, **demand}
        if not math.isfinite(part.margin_usd):
            raise InputError(f"the margin of '{part.name}' is no number", "allocate")
    for name, amount in amounts.items():
        if not 0 <= amount < math.inf:
            raise InputError(f"{name}: {amount} is no amount", "allocate", "Give a number from 0.")


def _total(
    sold: Mapping[tuple[int, str], model_builder.Variable],
    weights: Mapping[tuple[int, str], float],
) -> model_builder.LinearExpr:
    keys = list(weights)
    return model_builder.LinearExpr.weighted_sum(
        [sold[k] for k in keys], [weights[k] for k in keys], constant=0.0
    )
