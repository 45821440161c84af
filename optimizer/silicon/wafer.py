"""Dies on a wafer, and the share of them without a defect."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalogs.errors import InputError

Array = NDArray[np.float64]

MM2_PER_CM2 = 100.0
CACHE_SIZE = 1000
# Offsets of the grid tried along each axis; twice as many find no die more (tests/silicon).
GRID_OFFSETS = 24


def gross_dies(area_mm2: ArrayLike, diameter_mm: float) -> Array:
    """Return dies per wafer: pi (d/2)^2 / A - pi d / sqrt(2 A). [1]

    Good to some 2 % up to the reticle limit; it undercounts larger parts, see `packed`.

    Parameters
    ----------
    area_mm2 : array_like
        Die area, scribe line included. [mm2]
    diameter_mm : float
        Wafer diameter. [mm]

    References
    ----------
    .. [1] D. K. de Vries, "Investigation of gross die per wafer formulas", IEEE Transactions on
       Semiconductor Manufacturing 18(1), 2005, doi:10.1109/TSM.2004.836656.

    Examples
    --------
    >>> float(gross_dies(814, 300).round(1))
    63.5
    """
    area = np.asarray(area_mm2, dtype=np.float64)
    if np.any(area <= 0):
        raise InputError("a die area must be above 0", "cost")
    return np.pi * (diameter_mm / 2) ** 2 / area - np.pi * diameter_mm / np.sqrt(2 * area)


@lru_cache(maxsize=CACHE_SIZE)
def packed(width_mm: float, height_mm: float, diameter_mm: float) -> int:
    """Return how many rectangles of a grid fit in a circle, at the best offset of the grid. [1]

    Examples
    --------
    >>> packed(26.0, 31.3, diameter_mm=294)
    67
    """
    radius = diameter_mm / 2

    def edges(side: float) -> Array:
        reach = int(radius // side) + 2
        start = np.arange(GRID_OFFSETS)[:, None] / GRID_OFFSETS + np.arange(-reach, reach)
        return np.maximum(np.abs(start), np.abs(start + 1)) * side

    x, y = edges(width_mm), edges(height_mm)
    inside = x[:, None, :, None] ** 2 + y[None, :, None, :] ** 2 <= radius**2
    return int(inside.sum(axis=(2, 3)).max())


def poisson_yield(area_mm2: ArrayLike, d0_per_cm2: ArrayLike) -> Array:
    """Return exp(-m), m = A D0 / 100: defects strike independently. [1]"""
    return np.exp(-_mean(area_mm2, d0_per_cm2))


def murphy_yield(area_mm2: ArrayLike, d0_per_cm2: ArrayLike) -> Array:
    """Return ((1 - exp(-m)) / m)^2 (Murphy, 1964, doi:10.1109/PROC.1964.3442). [1]"""
    mean = _mean(area_mm2, d0_per_cm2)
    safe = np.where(mean > 0, mean, 1.0)
    return np.where(mean > 0, (-np.expm1(-safe) / safe) ** 2, 1.0)


def seeds_yield(area_mm2: ArrayLike, d0_per_cm2: ArrayLike) -> Array:
    """Return 1 / (1 + m): the most clustered of the models (Seeds, 1967). [1]"""
    return 1 / (1 + _mean(area_mm2, d0_per_cm2))


def negative_binomial_yield(area_mm2: ArrayLike, d0_per_cm2: ArrayLike, alpha: ArrayLike) -> Array:
    """Return (1 + m / alpha)^-alpha: the model of the defaults, alpha = 3. [1]

    Examples
    --------
    >>> float(negative_binomial_yield(814, 0.07, alpha=3).round(3))
    0.594
    """
    shape = np.asarray(alpha, dtype=np.float64)
    return np.asarray((1 + _mean(area_mm2, d0_per_cm2) / shape) ** -shape)


def _mean(area_mm2: ArrayLike, d0_per_cm2: ArrayLike) -> Array:
    """Return the mean number of defects on a die."""
    area, density = np.asarray(area_mm2, np.float64), np.asarray(d0_per_cm2, np.float64)
    return np.asarray(area * density / MM2_PER_CM2)
