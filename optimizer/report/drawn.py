"""A flag where throughput rests on a lower bound of the bytes that cores can draw."""

import numpy as np

from optimizer.design import Design
from optimizer.report.numbers import text_number

DRAW = "core_draw_bytes_per_clk"
BYTES_PER_GB = 1e9


def drawn_low(design: Design) -> tuple[str, ...]:
    """Say so where the cores, by a lower bound of theirs, draw less than the memory gives."""
    die, offered = design.space.die, design.resources()
    ends = (offered.core_draw_bytes_per_s, offered.dram_bytes_per_s)
    drawn, dram = (float(np.max(value)) / BYTES_PER_GB for value in ends)
    if DRAW not in die.lower_bounds or drawn >= dram:
        return ()
    fact = die.fact(DRAW)
    rival = "" if fact.high == fact.value else f" (another source: {text_number(fact.high)})"
    return (
        f"for the projection: the cores draw {text_number(drawn, digits=0)} of the memory's "
        f"{text_number(dram, digits=0)} GB/s, by a lower bound of {text_number(fact.value)} bytes "
        f"per clock and core{rival}, so throughput may be higher; put your own into an overlay of "
        "the catalog",
    )
