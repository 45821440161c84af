"""Best-first branch and bound over the product of the tables; it proposes, the proof disposes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.solver.problem import Problem
from optimizer.solver.reading import combine, interval_truth
from optimizer.solver.tree import Tree

# Boxes opened per wave: small while the front is narrow, wide once NumPy's overhead is paid; and
# boxes up to which those of a wave are halved again before they are evaluated.
FIRST_WAVE, LAST_WAVE = 64, 2048
# Of a wide front at least one box in so many is opened in a wave: each wave looks at all of them.
SHARE = 8
FULL_WAVE = 512

Value = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search proposes.

    Attributes
    ----------
    value : float
        Best value; -inf where nothing is allowed.
    rows : tuple of int or None
        Row of each table of one best design.
    corners : ndarray, shape (n, axes)
        Best corners of the boxes pruned by bound and of the leaves; every allowed design of the
        searched tables lies under one of them.
    worth : ndarray, shape (n,)
        Value of each corner, or a bound on it.
    boxes : int
        Boxes evaluated.
    """

    value: float
    rows: tuple[int, ...] | None
    corners: np.ndarray
    worth: np.ndarray
    boxes: int


class Search:
    """One search over the tables of a problem.

    Parameters
    ----------
    problem : Problem
        Tables, formula and atoms.
    value : callable
        Value of resource vectors, shape (n, axes) to (n,); never falls when a coordinate grows.
    """

    def __init__(self, problem: Problem, value: Value) -> None:
        self.problem = problem
        self.value = value

    @cached_property
    def trees(self) -> tuple[Tree, ...]:
        """A tree over each table; few designs are evaluated without."""
        pairs = zip(self.problem.tables, self.problem.prints, strict=True)
        return tuple(Tree.grow(t, p) for t, p in pairs)

    def truth(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether boxes are certainly allowed and whether they may be, by the requirements."""
        must: list[np.ndarray] = []
        may: list[np.ndarray] = []
        for atom in self.problem.atoms:
            if len(atom.tables) == 1:
                table = atom.tables[0]
                index = self.problem.print_of[atom]
                must.append(self.trees[table].all_true[nodes[:, table], index])
                may.append(self.trees[table].any_true[nodes[:, table], index])
                continue
            env = {}
            for table in atom.tables:
                tree = self.trees[table]
                for name, (low, high) in tree.columns.items():
                    env[name] = (low[nodes[:, table]], high[nodes[:, table]])
            a, b = interval_truth(atom.expr, env)
            must.append(a)
            may.append(b)
        size = len(nodes)
        formula = self.problem.formula
        return combine(formula, must, size), combine(formula, may, size)

    def corners(self, nodes: np.ndarray) -> np.ndarray:
        """Best corner of each box, on every axis of the value."""
        parts = [tree.best[nodes[:, i]] for i, tree in enumerate(self.trees)]
        return self.problem.join(parts)

    def best(self, count: int = 1, above: float = -np.inf) -> Found:
        """Search for the highest value, or for the `count`-th highest of distinct row triples.

        Only values above a level that is known to be passed are looked for.
        """
        tops: list[tuple[float, np.ndarray]] = []
        closed: list[tuple[np.ndarray, np.ndarray]] = []

        def line() -> float:
            return max(above, tops[count - 1][0]) if len(tops) >= count else above

        def close(corners: np.ndarray, values: np.ndarray) -> None:
            closed.append((corners, values))

        def meet(rows: np.ndarray, values: np.ndarray, corners: np.ndarray) -> None:
            close(corners, values)
            order = np.argsort(-values, kind="stable")[:count]
            tops.extend((float(values[i]), rows[i]) for i in order if values[i] > line())
            tops.sort(key=lambda pair: -pair[0])
            del tops[count:]

        boxes = self._walk(line, meet, close, strict=True)
        value = tops[-1][0] if tops else -np.inf
        rows = tuple(tops[0][1].tolist()) if tops else None
        none = self.problem.vectors(np.zeros((0, len(self.problem.tables)), dtype=np.int64))
        corners = np.concatenate([none, *(c for c, _ in closed)])
        worth = np.concatenate([np.zeros(0), *(v for _, v in closed)])
        return Found(value, rows, corners, worth, boxes)

    def collect(self, at_least: float, limit: int) -> list[tuple[int, ...]]:
        """Rows of every allowed design with a value not below a level, up to a number of them."""
        found: list[tuple[int, ...]] = []

        def line() -> float:
            return at_least if len(found) < limit else np.inf

        def meet(rows: np.ndarray, values: np.ndarray, corners: np.ndarray) -> None:
            found.extend(map(tuple, rows[values >= at_least].tolist()))

        self._walk(line, meet, lambda corners, values: None, strict=False)
        return sorted(set(found))[:limit]

    def _walk(
        self,
        line: Callable[[], float],
        meet: Callable[[np.ndarray, np.ndarray, np.ndarray], None],
        close: Callable[[np.ndarray, np.ndarray], None],
        *,
        strict: bool,
    ) -> int:
        """Open boxes best first until none is above the line; `meet` gets the allowed leaves."""
        if self.problem.outright:
            return self._outright(meet)
        nodes = np.zeros((1, len(self.trees)), dtype=np.int64)
        corner = self.corners(nodes)
        bound = self.value(corner)
        boxes, wave = 1, FIRST_WAVE
        while len(nodes):
            order = np.argsort(-bound, kind="stable")
            count = max(wave, len(order) // SHARE)
            take, rest = order[:count], order[count:]
            wave = min(2 * wave, LAST_WAVE)
            children = self._opened(nodes[take])
            boxes += len(children)
            must, may = self.truth(children)
            children, must = children[may], must[may]
            child_corner = self.corners(children)
            child_bound = self.value(child_corner) if len(children) else np.zeros(0)
            leaf = self._is_leaf(children)
            done = self._settle(children, must, leaf & self._is_real(children))
            meet(self.rows(children[done]), child_bound[done], child_corner[done])
            nodes = np.concatenate([nodes[rest], children[~leaf]])
            bound = np.concatenate([bound[rest], child_bound[~leaf]])
            corner = np.concatenate([corner[rest], child_corner[~leaf]])
            alive = bound > line() if strict else bound >= line()
            close(corner[~alive], bound[~alive])
            nodes, bound, corner = nodes[alive], bound[alive], corner[alive]
        return boxes

    def _outright(self, meet: Callable[[np.ndarray, np.ndarray, np.ndarray], None]) -> int:
        """Evaluate every design at once."""
        rows = self.problem.designs()
        corners = self.problem.vectors(rows)
        meet(rows, self.value(corners), corners)
        return int(np.prod([len(t) for t in self.problem.tables]))

    def rows(self, nodes: np.ndarray) -> np.ndarray:
        """Table rows of boxes whose every side is a leaf."""
        own = [t.order[nodes[:, i] - t.first_leaf] for i, t in enumerate(self.trees)]
        return np.stack(own, axis=1)

    def _is_leaf(self, nodes: np.ndarray) -> np.ndarray:
        flags = [nodes[:, i] >= tree.first_leaf for i, tree in enumerate(self.trees)]
        return np.asarray(np.logical_and.reduce(flags))

    def _is_real(self, nodes: np.ndarray) -> np.ndarray:
        """Whether no side of a box is a leaf that only pads its tree."""
        flags = [~tree.padding[nodes[:, i]] for i, tree in enumerate(self.trees)]
        return np.asarray(np.logical_and.reduce(flags))

    def _split(self, nodes: np.ndarray) -> np.ndarray:
        """Halve each box on the side whose resources spread most; leaves have a spread of -1."""
        spread = np.stack([t.spread[nodes[:, i]] for i, t in enumerate(self.trees)], axis=1)
        side, rows = spread.argmax(axis=1), np.arange(len(nodes))
        left, right = nodes.copy(), nodes.copy()
        left[rows, side] = 2 * nodes[rows, side] + 1
        right[rows, side] = 2 * nodes[rows, side] + 2
        return np.concatenate([left, right])

    def _opened(self, nodes: np.ndarray) -> np.ndarray:
        """Parts of boxes: halved once, and again while they are few."""
        parts, whole = self._split(nodes), np.zeros((0, nodes.shape[1]), dtype=np.int64)
        while len(parts) and len(parts) + len(whole) < FULL_WAVE:
            leaf = self._is_leaf(parts)
            whole = np.concatenate([whole, parts[leaf]])
            parts = self._split(parts[~leaf])
        return np.concatenate([whole, parts])

    def _settle(self, nodes: np.ndarray, must: np.ndarray, leaf: np.ndarray) -> np.ndarray:
        """Which leaves are allowed; exact where floating point leaves it open."""
        allowed = np.asarray(must & leaf)
        open_ = np.flatnonzero(leaf & ~must)
        for i, rows in zip(open_, self.rows(nodes[open_]).tolist(), strict=True):
            allowed[i] = self.problem.allows(tuple(rows))
        return allowed
