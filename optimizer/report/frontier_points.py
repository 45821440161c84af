"""The points of a frontier as they are written down: projected, classified, with quantities."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from constraints.screening import screen
from optimizer.design import Design
from optimizer.projection.ratios import RatioBand
from optimizer.report.canonical import plain
from optimizer.report.estimates import Ends, ends_of
from optimizer.report.flags import flags_of
from optimizer.report.frontier_document import FrontierPoint
from optimizer.report.frontier_ratios import ratio_of
from optimizer.report.numbers import json_number
from optimizer.report.ratio import band_of, group_of, inside
from optimizer.report.result import JsonNumber
from optimizer.report.solve import Case
from optimizer.solver.aspects import BEHIND
from optimizer.solver.checked import facts_of
from optimizer.solver.frontier import ParentFrontier
from optimizer.solver.limits import printed
from optimizer.solver.objective import power_of
from optimizer.solver.tables import POWER_STEPS

NOT_CONTROLLED: Literal["not_controlled"] = "not_controlled"


def points_of(
    case: Case, listed: Sequence[tuple[ParentFrontier, int]], others: Sequence[str]
) -> tuple[FrontierPoint, ...]:
    """Listed points with the interval of their throughput and the verdict of the checker."""
    ready = screen(case.ruleset, case.request.destination)
    ratios = [name for name in others if name in BEHIND]
    speeds = {id(front): _intervals(front) for front in {id(f): f for f, _ in listed}.values()}
    best = max(((front.points[i].speed, front.parent) for front, i in listed), default=(0.0, ""))
    bands = {front.parent: band_of(case, front.parent, best[1]) for front, _ in listed}
    estimates = ends_of([front.points[i].design for front, i in listed], case.draws)
    found = []
    for (front, i), intervals in zip(listed, estimates, strict=True):
        facts = facts_of(front.points[i].design, case.ruleset)
        verdict = ready.classify(facts)[0]
        if verdict != NOT_CONTROLLED:
            raise RuntimeError(f"the checker calls a point of the frontier {verdict}: {facts}")
        band = bands[front.parent]
        near = inside(front.points[i].speed, best[0], band)
        point = _point(front, i, speeds[id(front)][i], near, band, ratios, intervals)
        flags = flags_of(front.points[i].design, case)
        found.append(point.model_copy(update={"flags": flags}))
    return tuple(found)


def _intervals(front: ParentFrontier) -> list[tuple[float, float]]:
    """80 % interval of the throughput of every point of a parent. [1/s per chip]"""
    objective = front.trade.objective
    vectors = np.array([objective.vector(point.design) for point in front.points])
    table = objective.prepared.project(objective.resources(vectors))
    return list(zip(table.low.tolist(), table.high.tolist(), strict=True))


def _point(
    front: ParentFrontier,
    index: int,
    ends: tuple[float, float],
    near: bool | None,
    band: RatioBand | None,
    ratios: Sequence[str],
    intervals: dict[str, Ends],
) -> FrontierPoint:
    design, speed = front.points[index].design, front.points[index].speed
    power = power_of(design)
    return FrontierPoint(
        parent=front.parent,
        tokens_per_s_per_chip=speed,
        low=ends[0],
        high=ends[1],
        within_interval=near,
        ratio_band=group_of(band),
        tokens_per_s_per_watt=None if power is None else speed * POWER_STEPS / power,
        verdict=NOT_CONTROLLED,
        quantities=quantities_of(design) | {n: ratio_of(n, design, speed) for n in ratios},
        intervals=intervals,
        knobs=plain(design.knobs()),
    )


def quantities_of(design: Design) -> dict[str, JsonNumber | None]:
    """Every quantity of a design that is no knob."""
    knobs = design.knobs()
    return {
        name: None if value is None else json_number(value)
        for name, value in printed(design).items()
        if name not in knobs
    }
