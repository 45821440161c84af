"""Spreads of silicon estimates as plain values."""

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from optimizer.report.numbers import percent, text_number
from optimizer.silicon.uncertainty import Mover, Spread

if TYPE_CHECKING:
    from optimizer.report.result import Design
    from optimizer.report.solve import Case

NESTED = ("fused", "assumptions", "warnings", "errors")
"""What a flat row leaves out."""
MOST_MOVERS, SHOWN_MOVERS = 3, 2
"""So many inputs of an estimate are named, and shown on a page, the strongest first."""
LARGE = 1000
"""Numbers from here on are shown without a fraction."""
MOVED = "most moved by (the estimate with that input alone at its p10 and at its p90)"


def said(of: Spread, hidden: Collection[str] = ()) -> dict[str, Any]:
    """A value, its p10, p50 and p90, and its strongest inputs.

    Parameters
    ----------
    of : Spread
    hidden : collection of str
        Keys of confidential inputs: named, and nothing more.
    """
    ends = {"low": of.low, "median": of.median, "high": of.high}
    return {
        "value": finite(of.middle),
        **{name: finite(value) for name, value in ends.items()},
        "moved_by": [_moved(each, hidden) for each in of.movers[:MOST_MOVERS]],
    }


def interval_note(design: "Design", name: str) -> str:
    """Sentences on the interval of an estimate and on its error out of sample."""
    each = design.derived.get(name)
    if each is None or each.low is None or each.high is None:
        return ""
    low, high = (text_number(value, digits=4) for value in (each.low, each.high))
    err = f"Not validated: {each.untested}."
    if each.relative_error is not None:
        err = f"Out of sample it errs by {percent(each.relative_error)}."
    return f" Over the ranges of its inputs: {low} to {high} (p10 to p90). {err}"


def movers(each: Mapping[str, Any]) -> str:
    """The strongest inputs of an estimate, with the estimate at their ends.

    Examples
    --------
    >>> movers({"moved_by": [{"name": "yield.alpha_cluster", "low": 0.81234, "high": 0.8}]})
    'yield.alpha_cluster, 0.81 to 0.8'
    """
    return "; ".join(map(_mover, each["moved_by"][:SHOWN_MOVERS])) or "nothing"


def _mover(each: Mapping[str, Any]) -> str:
    if each["low"] is None and each["high"] is None:
        return f"{each['name']} (confidential)"
    ends = (each["low"], each["high"])
    digits = 2 if max(abs(end or 0) for end in ends) < LARGE else 0
    low, high = (text_number(end, digits=digits) for end in ends)
    return f"{each['name']}, {low} to {high}"


def _moved(each: Mover, hidden: Collection[str]) -> dict[str, Any]:
    if each.name in hidden:
        return {"name": each.name, "low": None, "high": None}
    return {"name": each.name, "low": finite(each.low), "high": finite(each.high)}


def hidden_of(case: "Case") -> frozenset[str]:
    """Keys of the user's confidential figures."""
    return frozenset(each.key for each in case.overrides if each.confidential)


def finite(value: float) -> float | None:
    """A number, or nothing where it has no end."""
    return value if math.isfinite(value) else None


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row for a table: a spread by its value and its ends.

    Examples
    --------
    >>> flat({"name": "h20", "made": {"value": 2, "low": 1, "high": 3}})
    {'name': 'h20', 'made': 2, 'made_low': 1, 'made_high': 3}
    """
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= {key: value["value"], f"{key}_low": value["low"], f"{key}_high": value["high"]}
        else:
            found[key] = value
    return found


def bare(found: Mapping[str, Any]) -> dict[str, Any]:
    """One flat row, for a table: ranges by their ends, lists joined by semicolons.

    Examples
    --------
    >>> bare({"usd": {"low": 1, "value": 2, "high": 4}, "lines": [5.92, 1.6], "warnings": ()})
    {'usd': 2, 'usd_low': 1, 'usd_high': 4, 'lines': '5.92;1.6'}
    """
    row = flat({key: value for key, value in found.items() if key not in NESTED})
    return {k: ";".join(map(str, v)) if isinstance(v, list) else v for k, v in row.items()}
