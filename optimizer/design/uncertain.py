"""What the silicon estimates of one design are worth: spreads over the ranges of their inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.design.board_power import parent_point
from optimizer.design.cost_estimate import cost_estimate, product_of
from optimizer.design.space import RATE_UNITS
from optimizer.design.sustained import PHASE, board_class_w
from optimizer.design.unit_cost import bin_share
from optimizer.silicon import floorplan, power_model, sustained_clock_mhz, unit_cost
from optimizer.silicon.defaults import activity
from optimizer.silicon.power import OperatingPoint, PowerModel
from optimizer.silicon.uncertainty import Array, Draws, Reader, Spread, drawn, quantiles, spreads

if TYPE_CHECKING:
    from optimizer.design.design import Design

UNIT_COST_USD, GOOD_DIE, SALVAGE = "unit_cost_usd", "good_die_usd", "salvage_share"
POWER, CLOCK = "power_w", "sustained_clock_mhz"
ESTIMATES = (UNIT_COST_USD, SALVAGE, POWER)
"""Estimates that are quantities of a design, by which it can be limited and traded."""
MB_PER_GB = 1000
Model = Callable[[Reader], Mapping[str, Array]]


def spreads_of(design: Design, draws: Draws | None = None) -> dict[str, Spread]:
    """Spread of every silicon estimate of a design that is known, by its name.

    Parameters
    ----------
    design : Design
    draws : Draws, optional
        The default number and seed where absent.
    """
    found: dict[str, Spread] = {}
    for model in _models(design).values():
        found |= spreads(model, draws)
    return found


def intervals_of(
    designs: Sequence[Design], draws: Draws | None = None
) -> list[dict[str, tuple[float, float]]]:
    """p10 and p90 of what is known of unit cost, salvage share and power, by name, per design.

    As `spreads_of` has them, without the inputs that move them: cheap enough for hundreds.

    Parameters
    ----------
    designs : sequence of Design
    draws : Draws, optional
        The default number and seed where absent.
    """
    # Designs of one bin one after the other: they share the draws of their dies.
    order = sorted(range(len(designs)), key=lambda i: _bin(designs[i]))
    found = {i: _ends(designs[i], drawn(draws or Draws())) for i in order}
    return [found[i] for i in range(len(designs))]


def _ends(design: Design, read: Reader) -> dict[str, tuple[float, float]]:
    models, found = _models(design), {}
    for name in (each for each in ESTIMATES if each in models):
        low, _, high = quantiles(models[name](read)[name])
        found[name] = (low, high)
    return found


def _bin(design: Design) -> tuple[str, int, int, int]:
    return design.space.parent, design.cores, design.sites, design.links


def point_of(design: Design) -> OperatingPoint:
    """Operating point of a design at its highest clock and full rates."""
    space, parent = design.space, parent_point(design.space)
    wires = design.links * space.link_mb_s + space.pcie_mb_s
    return OperatingPoint(
        cores=design.cores,
        clock_mhz=design.clock_mhz,
        fp16_ops_per_clk_per_core=space.matrix_ops["fp16"] * design.rate_units / RATE_UNITS,
        dram_gb_s=design.dram_mb_s / MB_PER_GB,
        dram_kind=design.option.part,
        io_gb_s_bidir=wires / MB_PER_GB,
        die_area_mm2=float(space.area_mm2 or 0),
        low_profile=parent is not None and parent.low_profile,
    )


def _models(design: Design) -> dict[str, Model]:
    """Models of what is known, each of its own inputs, by the estimate that stands for it."""
    space = design.space
    found: dict[str, Model] = {}
    if cost_estimate(design) is not None:
        found[UNIT_COST_USD] = lambda read: _costs(design, read)
    if floorplan(space.parent, space.figures) is not None:
        found[SALVAGE] = lambda read: {SALVAGE: _share(design, read)}
    if space.power is not None:
        found[POWER] = lambda read: {POWER: _power(design, read)}
        found[CLOCK] = lambda read: {CLOCK: _clock(design, read)}
    return found


def _costs(design: Design, read: Reader) -> dict[str, Array]:
    """Cost of a unit, and of the usable logic dies in it. [USD]"""
    found = unit_cost(product_of(design), read)
    return {UNIT_COST_USD: found.unit_usd, GOOD_DIE: found.logic_usd}


def _share(design: Design, read: Reader) -> Array:
    """Share of the parent's dies that can serve as a design, before speed and leakage. [1]"""
    share = bin_share(design.space, design.cores, design.sites, design.links)
    return share.of_defects.read(read)


def _power(design: Design, read: Reader) -> Array:
    """Board power at full activity. [W]"""
    model, point = power_model(design.space.die.id, design.space.figures, read), point_of(design)
    return model.board_w(model.terms(point), _anchor(design, model))


def _clock(design: Design, read: Reader) -> Array:
    """Clock that the class of the board sustains, minus infinity where there is none. [MHz]"""
    space, clocks = design.space, design.space.clocks_mhz
    model = power_model(space.die.id, space.figures, read)
    held = sustained_clock_mhz(
        model,
        replace(point_of(design), clock_mhz=design.rated_mhz),
        board_class_w(design),
        min_mhz=clocks[0],
        step_mhz=clocks[1] - clocks[0] if len(clocks) > 1 else 1,
        activity=activity(PHASE, space.figures, read),
        anchor=_anchor(design, model),
    )
    return np.nan_to_num(held, nan=-np.inf)


def _anchor(design: Design, model: PowerModel) -> Array:
    """Factor that makes the parent come out at its rated power. [1]"""
    parent, rated = parent_point(design.space), design.space.reference.tdp_w
    assert parent is not None  # a space has power only with both
    assert rated is not None
    return model.anchored(model.terms(parent), float(rated))
