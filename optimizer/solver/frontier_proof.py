"""The proof of a frontier: every lawful design lies under a corner that a listed point dominates.

A corner holds resources that are worth no more than a listed point, at axes (TPP, power ...) that
are not below that point's. A design with no more resources and no less on the axes is then matched
or beaten by the point. CP-SAT shows that no lawful design is outside all corners, slice by slice
of the first axis so that no single statement grows large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from optimizer.design import Design
from optimizer.solver.aspects import aspect
from optimizer.solver.front import Front
from optimizer.solver.proof import Claim, prove
from optimizer.solver.requirements import Requirements
from optimizer.solver.staircase import LIFT_SHARE, axis_levels, lift, undominated
from optimizer.solver.tables import RESOURCES, Table
from optimizer.solver.trade import Trade

# Corners lifted at once, and corners of one statement.
LIFTED, STATED = 512, 800
SLICE = "slice of the frontier"
Bounds = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Cover:
    """What is to be proved of a frontier.

    Attributes
    ----------
    trade : Trade
    needs : Requirements
    front : Front
        Points without any floor on throughput.
    designs : tuple of Design
        One design per listed point, for the positive controls.
    corners : ndarray
        Best vectors of the boxes that the search closed.
    tables : tuple of Table
        The whole space.
    """

    trade: Trade
    needs: Requirements
    front: Front
    designs: tuple[Design, ...]
    corners: np.ndarray
    tables: tuple[Table, ...]

    def excess(self, vectors: np.ndarray) -> np.ndarray:
        """Throughput of vectors over the best point that is as good in every aspect."""
        speed = self.trade.objective(vectors[:, : len(RESOURCES)])
        level, _ = self.front.reached(self.trade.others(vectors))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = speed / level
        return np.asarray(np.where(speed <= 0.0, 0.0, ratio))


def coarser(cover: Cover, steps: Mapping[str, Fraction]) -> Cover:
    """The same claim at the multiples of steps only: fewer, larger corners."""
    space = cover.trade.objective.space
    old, others = cover.trade.aspects, cover.front.others.copy()
    new = tuple(aspect(space, a.name, a.sense, steps.get(a.name)) for a in old)
    for column, (was, now) in enumerate(zip(old, new, strict=True)):
        if now.step > was.step and now.step % was.step == 0:
            others[:, column] = -np.ceil(-others[:, column] * was.step / now.step)
        else:
            new = (*new[:column], was, *new[column + 1 :])
    front = Front.of(cover.front.speed, others, cover.front.power)
    return replace(cover, trade=Trade(cover.trade.objective, new), front=front)


def prove_cover(cover: Cover) -> tuple[int, int]:
    """Prove that every lawful design that serves is matched or beaten; statements and corners.

    Raises
    ------
    ProofRefusedError, TimeoutError
        As `optimizer.solver.proof.prove`.
    """
    levels = _levels(cover)
    steps = covering(cover, levels)
    total = 0
    parts = _slices(cover, steps)
    for bounds, corners in parts:
        total += len(prove(_claim(cover, bounds), corners, levels))
    return len(parts), total


def _levels(cover: Cover) -> tuple[np.ndarray, ...]:
    """Values to which an axis of a corner may be lifted, worst first."""
    levels = list(axis_levels(cover.tables))
    for column, each in enumerate(cover.trade.aspects):
        if each.shares is not None:
            levels += [np.array(d, dtype=float)[::-1] for d in each.domains]
        elif each.axes:
            # The least value of an axis that counts as no better than a point of the front.
            cells = -np.unique(cover.front.others[:, column])
            least = sum(float(each.axes[0].share(t).min()) for t in cover.tables)
            levels.append(np.unique([*((cells - 1) * each.step + 1), least])[::-1])
    return tuple(levels)


def covering(cover: Cover, levels: tuple[np.ndarray, ...]) -> np.ndarray:
    """Few lifted corners over many: lift some, drop what they cover, and so on."""
    left = cover.corners
    kept = np.zeros((0, left.shape[1]))
    draw = np.random.default_rng(0)
    while len(left):
        picked = draw.choice(len(left), min(LIFTED, len(left)), replace=False)
        raised = lift(left[picked], cover.excess, 1 + LIFT_SHARE, levels)
        raised = undominated(raised, levels)
        kept = np.concatenate([kept, raised])
        left = np.delete(left, picked, axis=0)
        left = left[~_under(left, raised)]
    return undominated(kept, levels)


def _under(rows: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Rows that lie under a corner: no more resources, no less on the axes."""
    width, found = len(RESOURCES), np.zeros(len(rows), dtype=bool)
    for start in range(0, len(rows), 4096):
        block = rows[start : start + 4096]
        inside = np.ones((len(block), len(corners)), dtype=bool)
        for axis in range(rows.shape[1]):
            a, b = block[:, axis, None], corners[None, :, axis]
            inside &= (a <= b) if axis < width else (a >= b)
        found[start : start + 4096] = inside.any(axis=1)
    return found


def _slices(cover: Cover, corners: np.ndarray) -> list[tuple[Bounds, np.ndarray]]:
    """Ranges of the first axis, each with a listed point and the corners that reach into it."""
    axis, axes = len(RESOURCES), cover.trade.axes
    if not axes or len(corners) <= STATED:
        return [((None, None), corners)]
    own = np.unique([axes[0].at(design) for design in cover.designs])
    steps = np.sort(corners[:, axis])
    count = -(-len(corners) // (STATED // 2))
    wanted = steps[np.linspace(0, len(steps) - 1, count + 1).astype(int)[1:-1]]
    cuts = np.unique(own[np.clip(np.searchsorted(own, wanted), 1, len(own) - 1)])
    ends: list[int | None] = [None, *cuts.tolist(), None] if len(own) > 1 else [None, None]
    found = []
    sign = np.array([1.0] * axis + [-1.0] * len(axes))
    ascending = tuple(np.array([0.0, s]) for s in sign)
    for low, high in pairwise(ends):
        part = corners if high is None else corners[corners[:, axis] < high]
        if low is not None:
            part = part.copy()
            part[:, axis] = np.maximum(part[:, axis], low)
        found.append(((low, high), undominated(part, ascending)))
    return found


def _claim(cover: Cover, bounds: Bounds) -> Claim:
    trade, needs = cover.trade, cover.needs
    conditions, designs = needs.by_label(), cover.designs
    if bounds != (None, None):
        axis, (low, high) = trade.axes[0], bounds
        conditions = {**conditions, SLICE: axis.within(trade.objective.space, low, high)}
        designs = tuple(
            d
            for d in designs
            if (low is None or axis.at(d) >= low) and (high is None or axis.at(d) < high)
        )
    return Claim(
        space=trade.objective.space,
        requirements=conditions,
        design=designs[-1],
        value=1.0,
        objective=cover.excess,
        vector=trade.vector,
        board_columns=needs.board_columns,
        axes=trade.coordinates,
        forms=trade.forms,
    )
