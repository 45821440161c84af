"""What holds a design where it is: the requirement or the end of a domain behind each knob."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from constraints.expressions import evaluate
from optimizer.design import Design
from optimizer.design.space import DesignSpace
from optimizer.design.sustained import sustained_draw
from optimizer.solver.objective import Objective, power_of
from optimizer.solver.requirements import STRUCTURE, Requirements
from optimizer.solver.tables import POWER_STEPS, part_codes


@dataclass(frozen=True, slots=True)
class Binding:
    """A knob that would raise the value by its next step, and what forbids that step.

    Attributes
    ----------
    knob : str
    by : tuple of str
        Labels of requirements; empty where the domain ends.
    gain : float
        Relative rise of the value at the next step; 0 where the domain ends. [1]
    step : Design or None
        The design of the next step.
    """

    knob: str
    by: tuple[str, ...]
    gain: float
    step: Design | None = None


def binding_of(design: Design, needs: Requirements, objective: Objective) -> tuple[Binding, ...]:
    """Try the next step of every knob: who forbids it, and would it have helped?"""
    steps = list(next_steps(design))
    tried = [objective.vector(design if step is None else step) for _, step in steps]
    here, *there = objective(np.array([objective.vector(design), *tried])).tolist()
    found: list[Binding] = []
    for (knob, step), value in zip(steps, there, strict=True):
        gain = value / here - 1
        if step is None:
            found.append(Binding(knob, (), 0.0))
        elif gain > 0 and (broken := broken_by(step, needs)):
            found.append(Binding(knob, broken, gain, step))
    return tuple(found)


def broken_by(design: Design, needs: Requirements) -> tuple[str, ...]:
    """Labels of the requirements that a design does not meet; exact."""
    facts = {**columns_of(design), **board_facts(design, needs)}
    return tuple(
        r.label for r in needs.items if r.kind != STRUCTURE and not evaluate(r.condition, facts)
    )


def columns_of(design: Design) -> dict[str, Fraction]:
    """Exact values of every column of a design's row, for conditions over columns."""
    space = design.space
    board = [b.form_factor for b in space.boards].index(design.board)
    option = space.memory.index(design.option)
    quantities = {k: Fraction(v) for k, v in design.quantities().items() if v is not None}
    knobs = {k: Fraction(v) for k, v in design.knobs().items() if not isinstance(v, str)}
    facts = {**quantities, **knobs}
    facts["bit_length_x_tops"] = facts["tpp"]
    facts["io_transfer_rate_gb_s"] = facts["io_bandwidth_gb_s"]
    facts["board_class"] = Fraction(board)
    facts["memory_option"] = Fraction(option)
    facts["memory_part"] = Fraction(part_codes(space)[option])
    facts["clamshell_allowed"] = Fraction(space.boards[board].clamshell)
    power = power_of(design)
    if power is not None:
        facts["compute_power_w"] = Fraction(power, POWER_STEPS)
        facts["memory_power_w"] = facts["wiring_power_w"] = Fraction(0)
    drawn = sustained_draw(design) if space.sustained else None
    if drawn is not None:
        facts["compute_sustained_w"] = Fraction(drawn, POWER_STEPS)
        facts["memory_sustained_w"] = facts["wiring_sustained_w"] = Fraction(0)
    return facts


def board_facts(design: Design, needs: Requirements) -> dict[str, Fraction]:
    """Values of the columns that TDP limits gave to a design's board class."""
    board = [b.form_factor for b in design.space.boards].index(design.board)
    return {name: Fraction(v[board], POWER_STEPS) for name, v in needs.board_columns.items()}


def next_steps(design: Design) -> Iterator[tuple[str, Design | None]]:
    """The next better step of each knob, all else equal; None at the end of its domain."""
    space = design.space
    yield "enabled_cores", _next(design, "cores", space.cores)
    yield "core_clock_mhz", _next(design, "clock_mhz", space.clocks_mhz)
    yield "tensor_rate_fraction", _next(design, "rate_units", space.rate_units)
    yield "memory_sites", _next(design, "sites", space.sites)
    yield "memory_data_rate_gbps", _faster(design)
    yield "memory_gb_per_site", _larger(design)
    yield "links", _next(design, "links", _links(space, design.board))


def _next(design: Design, name: str, domain: tuple[int, ...]) -> Design | None:
    above = [v for v in domain if v > getattr(design, name)]
    change: dict[str, Any] = {name: min(above, default=0)}
    return replace(design, **change) if above else None


def _links(space: DesignSpace, board: str) -> tuple[int, ...]:
    most = next(b.links_max for b in space.boards if b.form_factor == board)
    return tuple(n for n in space.links if n <= most)


def _faster(design: Design) -> Design | None:
    return replace(design, rate=design.rate + 1) if design.rate < design.option.rate_max else None


def _larger(design: Design) -> Design | None:
    allowed = next(b.clamshell for b in design.space.boards if b.form_factor == design.board)
    above = [
        m
        for m in design.space.memory
        if m.part == design.option.part
        and m.gb_per_site > design.option.gb_per_site
        and (allowed or not m.clamshell)
    ]
    return replace(design, option=min(above, key=lambda m: m.gb_per_site)) if above else None


__all__ = ["Binding", "binding_of", "broken_by", "columns_of", "next_steps"]
