"""The search behind a frontier: open boxes until the points found dominate every one left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catalogs.errors import InputError
from optimizer.solver.front import Front
from optimizer.solver.frontier_ties import carrier, lightest
from optimizer.solver.problem import Problem
from optimizer.solver.search import FIRST_WAVE, LAST_WAVE, Search
from optimizer.solver.trade import Trade

# A frontier of more points than this is refused: coarser steps say more.
MOST_POINTS = 20_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the search proposes: its front, every leaf that reached it, and closed corners."""

    front: Front
    rows: np.ndarray
    speed: np.ndarray
    others: np.ndarray
    power: np.ndarray
    corners: np.ndarray
    boxes: int


def candidates(problem: Problem, trade: Trade) -> Candidates:
    """The front of a problem over extended tables, and every design on it of least power."""
    whole = problem.reading_power()
    own = carrier(whole, trade)
    if own is None:
        return FrontSearch(whole, trade).run()
    first = FrontSearch(problem.undominated().reading_power(), trade).run()
    if not len(first.front):
        return first
    rows, left = lightest(whole, trade, first.front, own)
    front, boxes = first.front.with_(*_worth(whole, trade, rows)), first.boxes
    if left.any():
        masks = tuple(
            left if i == own else np.ones(len(t), dtype=bool) for i, t in enumerate(whole.tables)
        )
        more = FrontSearch(whole.keep(masks), trade).run(front)
        again = more.rows.copy()
        again[:, own] = np.flatnonzero(left)[again[:, own]]
        rows = np.concatenate([rows, again])
        front, boxes = more.front, boxes + more.boxes
    speed, others, power = _worth(whole, trade, rows)
    stays = ~front.covers(speed, others, power)
    return Candidates(
        front, rows[stays], speed[stays], others[stays], power[stays], first.corners, boxes
    )


def _worth(
    problem: Problem, trade: Trade, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Throughput, other aspects and power of designs."""
    joined = problem.vectors(rows)
    vectors = trade.vectors(joined)
    return trade.speed(vectors), trade.others(vectors), joined[:, -1]


class FrontSearch:
    """Open boxes until none is left that the points found do not dominate."""

    def __init__(self, problem: Problem, trade: Trade) -> None:
        self.trade = trade
        self.search = Search(problem, trade.objective)

    def run(self, known: Front | None = None) -> Candidates:
        """Search the whole problem for what no point of a known front dominates."""
        trade, search = self.trade, self.search
        front = Front.empty(len(trade.aspects)) if known is None else known
        nodes = np.zeros((1, len(search.trees)), dtype=np.int64)
        state = self._bounds(nodes)
        leaves: list[tuple[np.ndarray, ...]] = []
        closed: list[np.ndarray] = []
        boxes, wave = 1, FIRST_WAVE
        if search._is_leaf(nodes)[0]:
            front = self._meet(front, nodes, state, search.truth(nodes)[0], leaves)
            nodes = nodes[:0]
        while len(nodes):
            vectors, speed, others, power = state
            over = front.covers(speed, others, power)
            closed.append(vectors[over])
            nodes, state = nodes[~over], tuple(part[~over] for part in state)
            # Fastest first: a leaf that no earlier one covers is then on the frontier for good.
            order = np.lexsort([state[3], -state[1]])
            take, rest = order[:wave], order[wave:]
            wave = min(2 * wave, LAST_WAVE)
            children = search._split(nodes[take]) if len(take) else nodes[:0]
            boxes += len(children)
            children = children[search._is_real(children)]
            must, may = search.truth(children)
            children, must = children[may], must[may]
            inner = self._bounds(children)
            leaf = search._is_leaf(children)
            front = self._meet(front, children, inner, must, leaves)
            nodes = np.concatenate([nodes[rest], children[~leaf]])
            state = tuple(
                np.concatenate([a[rest], b[~leaf]]) for a, b in zip(state, inner, strict=True)
            )
            if len(front) > MOST_POINTS:
                raise InputError(
                    f"the frontier has more than {MOST_POINTS:,} points",
                    "--objectives",
                    "Give a coarser --step NAME=VALUE",
                )
        return self._candidates(front, leaves, closed, boxes)

    def _bounds(self, nodes: np.ndarray) -> tuple[np.ndarray, ...]:
        """Best vector of boxes, and what it would be worth."""
        joined = self.search.corners(nodes)
        vectors = self.trade.vectors(joined)
        return vectors, self.trade.speed(vectors), self.trade.others(vectors), joined[:, -1]

    def _meet(
        self,
        front: Front,
        nodes: np.ndarray,
        state: tuple[np.ndarray, ...],
        must: np.ndarray,
        leaves: list[tuple[np.ndarray, ...]],
    ) -> Front:
        """Take the allowed leaves that are not dominated into the front."""
        search = self.search
        _, speed, others, power = state
        fresh = search._is_leaf(nodes) & search._is_real(nodes)
        fresh &= ~front.covers(speed, others, power)
        done = search._settle(nodes, must, fresh)
        if not done.any():
            return front
        leaves.append((nodes[done], *(part[done] for part in state)))
        return front.with_(speed[done], others[done], power[done])

    def _candidates(
        self,
        front: Front,
        leaves: list[tuple[np.ndarray, ...]],
        closed: list[np.ndarray],
        boxes: int,
    ) -> Candidates:
        if not leaves:
            empty = np.zeros(0)
            rows = np.zeros((0, 3), dtype=np.int64)
            return Candidates(front, rows, empty, front.others, empty, np.zeros((0, 0)), boxes)
        nodes, vectors, speed, others, power = (
            np.concatenate([leaf[i] for leaf in leaves]) for i in range(5)
        )
        stays = ~front.covers(speed, others, power)
        rows = self.search.rows(nodes)
        corners = np.concatenate([*closed, vectors])
        return Candidates(
            front, rows[stays], speed[stays], others[stays], power[stays], corners, boxes
        )
