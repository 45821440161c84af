"""Two clocks of one part: the highest it can run, which the law counts, and the one it sustains.

The sustained clock is a decision of its own, at most the rated one and bounded by the power class
of the board; the optimum uses all that the bound leaves. Where the user fixes the rated clock, the
two are apart. Where it is free, a rated clock above the sustained one only raises what the law
counts, so the best design has both equal - unless the user asks for *more* of what the law counts.
Such a bound without a fixed clock is refused rather than answered for the wrong set of designs.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from catalogs.errors import InputError
from optimizer.design import DesignSpace
from optimizer.solver.request import Request

CLOCK = "core_clock_mhz"
# What grows with the rated clock.
RATED = frozenset({CLOCK, "tpp", "performance_density", "dense_bf16_tflops"})
LOWER = frozenset({">=", ">", "=="})


def sustaining(request: Request, space: DesignSpace) -> DesignSpace:
    """The space in which a design's clock is the one that its board sustains.

    Raises
    ------
    InputError
        A lower bound on what grows with the rated clock, and no rated clock.
    """
    fixed = rated_clock(request)
    if fixed is None:
        asked = [str(b) for b in request.limits if b.name in RATED and b.op in LOWER]
        asked += [str(f) for f in request.fixes if f.name in RATED]
        if asked:
            raise InputError(
                f"'{asked[0]}' asks for a high rated clock, --sustained for none",
                "--sustained",
                f"Fix the rated clock as well: --fix {CLOCK}=1980",
            )
        return replace(space, sustained=True)
    if fixed not in space.clocks_mhz:
        return replace(space, sustained=True)
    below = tuple(c for c in space.clocks_mhz if c <= fixed)
    narrowed = replace(space, sustained=True, rated_clock_mhz=int(fixed))
    return replace(narrowed, clocks_mhz=below)


def rated_clock(request: Request) -> Fraction | None:
    """The rated clock that the user fixes, if any. [MHz]"""
    bounds = [f.value for f in request.fixes if f.name == CLOCK]
    bounds += [b.value for b in request.limits if b.name == CLOCK and b.op == "=="]
    return next((b for b in bounds if isinstance(b, Fraction)), None)
