"""The user's own bounds, checked once more on the numbers that are printed.

The search and the proof read a bound as a condition on knobs; this reads it on the quantity itself,
so that a wrong condition cannot pass a design that breaks what the user asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from constraints.expressions import Compare, Number, evaluate
from optimizer.design import Design
from optimizer.design.unit_cost import CENTS, unit_cost_cents
from optimizer.solver.column_reader import TDP, tdp_class
from optimizer.solver.objective import power_of
from optimizer.solver.request import Limit, Request
from optimizer.solver.salvage import SALVAGE, STEPS, salvage_steps
from optimizer.solver.tables import POWER_STEPS


def broken_limits(request: Request, design: Design) -> tuple[str, ...]:
    """Limits and numeric fixes that the printed quantities of a design do not meet."""
    values = printed(design)
    bounds = [(f"--limit {bound}", bound) for bound in request.limits]
    bounds += [
        (f"--fix {fix}", Limit(fix.name, "==", fix.value))
        for fix in request.fixes
        if isinstance(fix.value, Fraction)
    ]
    return tuple(
        label for label, bound in bounds if bound.name in values and not _met(bound, values)
    )


def printed(design: Design) -> dict[str, Fraction | None]:
    """Exact values of every quantity and numeric knob; None where it is unknown."""
    power, cents, share = power_of(design), unit_cost_cents(design), salvage_steps(design)
    tdp = None if power is None else tdp_class(design.space, design.board, power)
    knobs = {k: v for k, v in design.knobs().items() if not isinstance(v, str)}
    return {
        **{k: None if v is None else Fraction(v) for k, v in design.quantities().items()},
        **{k: Fraction(v) for k, v in knobs.items()},
        "power_w": None if power is None else Fraction(power, POWER_STEPS),
        TDP: None if tdp is None else Fraction(tdp),
        SALVAGE: None if share is None else Fraction(share, STEPS),
        "unit_cost_usd": None if cents is None else Fraction(cents, CENTS),
    }


def _met(bound: Limit, values: Mapping[str, Fraction | None]) -> bool:
    value = values[bound.name]
    if value is None:
        return False
    return bool(evaluate(Compare(bound.op, Number(value), Number(bound.value)), {}))
