"""Ranges and intervals as plain values."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from optimizer.silicon.cost import INTERVAL, Range

NESTED = ("fused", "assumptions", "warnings")
"""What a flat row leaves out."""


def spread(value: float, draws: np.ndarray) -> dict[str, float]:
    """A value between the ends of the 80 % interval of its draws."""
    low, _, high = (float(q) for q in np.quantile(draws, INTERVAL))
    return {"value": value, "low": low, "high": high}


def range_of(of: Range) -> dict[str, float]:
    """The ends and the middle of a range."""
    low, value, high = (float(np.asarray(v)) for v in (of.low, of.value, of.high))
    return {"value": value, "low": low, "high": high}


def mid(of: Range) -> float:
    """The preferred value of a range."""
    return float(np.asarray(of.value))


def finite(value: float) -> float | None:
    """A number, or nothing where it has no end."""
    return value if math.isfinite(value) else None


def bare(found: Mapping[str, Any]) -> dict[str, Any]:
    """One flat row, for a table: ranges by their middle, lists joined by semicolons.

    Examples
    --------
    >>> bare({"usd": {"low": 1, "value": 2}, "lines": [5.92, 1.6], "warnings": ()})
    {'usd': 2, 'lines': '5.92;1.6'}
    """
    return {key: _cell(value) for key, value in found.items() if key not in NESTED}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ";".join(map(str, value))
    return value.get("value") if isinstance(value, Mapping) else value
