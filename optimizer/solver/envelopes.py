"""Straight lines that a table of whole numbers never crosses: few rows instead of its cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# Lines kept of one side of one table. 32 place the power of a core within 0.1 mW of a table of
# 1,000 clock steps; where they are too loose for an answer, it is asked again (`Model.solve`).
LINES = 32


@dataclass(frozen=True, slots=True)
class Line:
    """``run x (y - value) >= rise x (x - at)`` holds at every cell of a table.

    Attributes
    ----------
    run : int
        Positive.
    rise, at, value : int
    """

    run: int
    rise: int
    at: int
    value: int


@lru_cache(maxsize=32)
def below(places: tuple[int, ...], values: tuple[int, ...]) -> tuple[Line, ...]:
    """Lines under a table: sides of its lower convex hull, evenly picked.

    Parameters
    ----------
    places : tuple of int
        Ascending.
    values : tuple of int

    Examples
    --------
    >>> below((0, 1, 2), (0, 1, 4))
    (Line(run=1, rise=1, at=0, value=0), Line(run=1, rise=3, at=1, value=1))
    """
    hull: list[tuple[int, int]] = []
    for point in zip(places, values, strict=True):
        while len(hull) > 1 and _bends_down(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    if len(hull) == 1:
        return (Line(1, 0, *hull[0]),)
    picks = np.unique(np.linspace(0, len(hull) - 2, min(LINES, len(hull) - 1)).round())
    return tuple(_through(hull[i], hull[i + 1]) for i in picks.astype(int).tolist())


def _bends_down(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    """Whether the middle one of three points is not under the line through the others."""
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])


def _through(a: tuple[int, int], b: tuple[int, int]) -> Line:
    run, rise = b[0] - a[0], b[1] - a[1]
    common = math.gcd(run, rise)
    return Line(run // common, rise // common, *a)
