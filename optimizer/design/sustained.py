"""The clock that a design sustains within the power class of its board.

The law sees the highest clock that the part can run. A board in a lower class throttles below it
while it computes; this module says how far, by anchored power at the activity of prefill, the
heavier phase. It is an estimate beside the answer unless the sustained clock is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.design.board_power import STEPS, drawn, drawn_beside

if TYPE_CHECKING:
    from optimizer.design.board_power import BoardPower
    from optimizer.design.design import Design

PHASE = "prefill"


@dataclass(frozen=True, slots=True)
class SustainedClock:
    """The clock sustained, None where even the lowest step draws more than the class. [MHz]

    `relative_error` is that of the clock itself, against what two shipped cards were seen to hold.
    """

    mhz: int | None
    relative_error: float


def board_class_w(design: Design) -> int:
    """Largest power class of a design's form factor. [W]"""
    boards = design.space.boards
    return max(next(b.tdp_classes_w for b in boards if b.form_factor == design.board))


def sustained_clock(design: Design) -> SustainedClock | None:
    """The highest step up to a design's rated clock within its class; None without a model."""
    power = design.space.sustained_power
    if power is None:
        return None
    return SustainedClock(
        _highest(design, power, board_class_w(design) * STEPS),
        float(design.space.figures.power.board.sustained_clock_error),
    )


def sustained_draw(design: Design) -> int | None:
    """Anchored power of a design at its clock and the activity of prefill. [0.1 mW]"""
    power = design.space.sustained_power
    return None if power is None else drawn(design, power)


def _highest(design: Design, power: BoardPower, room: int) -> int | None:
    clocks = np.array([c for c in power.clocks_mhz if c <= design.rated_mhz])
    if not len(clocks):
        return None
    each = power.per_core(clocks, np.full(len(clocks), design.rate_units))
    left = room - drawn_beside(design, power)
    fitting = clocks[design.cores * each <= left]
    return int(fitting.max()) if len(fitting) else None
