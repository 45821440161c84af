"""The clock that a board class sustains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.silicon.power import Activity, Array, OperatingPoint, PowerModel

# Steps of a fractional width divide to a hair under a whole number.
STEP_TOLERANCE = 1e-9


def sustained_clock_mhz(
    model: PowerModel,
    point: OperatingPoint,
    budget_w: ArrayLike,
    *,
    min_mhz: float,
    step_mhz: float,
    activity: Activity | None = None,
    anchor: ArrayLike | None = None,
) -> Array:
    """Return the highest clock step at which board power is within the budget. [MHz]

    Power never falls with the clock, so steps are bisected for all designs at once.

    Parameters
    ----------
    point : OperatingPoint
        `clock_mhz` is the highest clock to consider, per design.
    budget_w : array_like
        Board class. [W]
    min_mhz, step_mhz : float
        Steps are min_mhz, min_mhz + step_mhz, ... [MHz]

    Returns
    -------
    ndarray
        NaN where even the lowest step exceeds the budget.

    Examples
    --------
    >>> from optimizer.silicon import OperatingPoint, power_model, sustained_clock_mhz
    >>> ada = power_model("ada")
    >>> rtx_4090 = OperatingPoint(128, 2520, 512, 1008, "GDDR6X", 64, 608.5)
    >>> sustained_clock_mhz(ada, rtx_4090, [300, 450], min_mhz=210, step_mhz=15).tolist()
    [1695.0, 2415.0]
    """
    top = np.minimum(np.asarray(point.clock_mhz, dtype=np.float64), model.top_clock_mhz())
    budget = np.asarray(budget_w, dtype=np.float64)

    def fits(step: NDArray[Any]) -> NDArray[np.bool_]:
        trial = replace(point, clock_mhz=min_mhz + step * step_mhz)
        within: NDArray[np.bool_] = model.board_w(model.terms(trial, activity), anchor) <= budget
        return within

    last = np.floor((top - min_mhz) / step_mhz + STEP_TOLERANCE)
    shape = np.broadcast_shapes(last.shape, fits(np.zeros(())).shape)
    high = np.broadcast_to(last, shape).astype(np.float64)
    low = np.full(shape, -1.0)
    while np.any(low < high):
        middle = np.ceil((low + high) / 2)
        ok = fits(np.maximum(middle, 0))
        low, high = np.where(ok, middle, low), np.where(ok, high, middle - 1)
    return np.where(low < 0, np.nan, min_mhz + low * step_mhz)
