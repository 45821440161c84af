"""Why nothing fits: the smallest set of requirements that no design meets together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from optimizer.design import Design, DesignSpace
from optimizer.solver.model import Model
from optimizer.solver.objective import Objective
from optimizer.solver.requirements import STRUCTURE, THROUGHPUT_NAME, Requirements
from optimizer.solver.staircase import lift

# Conflicts of up to this many requirements are found smallest first; beyond it, one that has no
# superfluous member is returned.
SMALL = 3
# Designs that one question about a throughput floor may reject before it is left open.
FLOOR_ROUNDS = 200


def smallest_conflict(
    space: DesignSpace, needs: Requirements, objective: Objective, levels: tuple[object, ...]
) -> tuple[str, ...]:
    """Smallest set of requirements that conflict, in the user's words.

    Parameters
    ----------
    space : DesignSpace
    needs : Requirements
        All conditions, the throughput floor included.
    objective : Objective
        Decides the floor.
    levels : tuple of ndarray
        Attainable values of each axis.

    Returns
    -------
    tuple of str
        Labels; empty where the space itself is at odds with its structure.
    """
    fixed = [r.label for r in needs.items if r.kind == STRUCTURE]
    open_ = [r.label for r in needs.items if r.kind != STRUCTURE]
    floor = None if needs.floor is None else f"--limit {THROUGHPUT_NAME}>={float(needs.floor):g}"
    if floor is not None:
        open_.append(floor)
    possible = _oracle(space, needs, objective, levels, floor)

    def conflict(labels: Sequence[str]) -> bool:
        return not possible([*fixed, *labels])

    for size in range(SMALL + 1):
        for chosen in combinations(open_, size):
            if conflict(chosen):
                return chosen
    return _shrink(open_, conflict)


def _shrink(labels: Sequence[str], conflict: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    kept = list(labels)
    for label in labels:
        rest = [x for x in kept if x != label]
        if conflict(rest):
            kept = rest
    return tuple(kept)


def _oracle(
    space: DesignSpace,
    needs: Requirements,
    objective: Objective,
    levels: tuple[object, ...],
    floor: str | None,
) -> Callable[[Sequence[str]], bool]:
    """Whether some design meets a set of requirements."""
    model = Model(space, needs.by_label(), named=True, board_columns=needs.board_columns)
    if floor is not None:
        model.switch(floor)
    least = 0.0 if needs.floor is None else float(needs.floor)
    below = least * (1 - 1e-12)

    def fast_enough(design: Design) -> bool:
        return float(objective(objective.vector(design)[None, :])[0]) >= least

    def possible(labels: Sequence[str]) -> bool:
        for _ in range(FLOOR_ROUNDS):
            design = model.solve(labels)
            if design is None:
                return False
            if floor is None or floor not in labels or fast_enough(design):
                return True
            corner = lift(objective.vector(design)[None, :], objective, below, levels)  # type: ignore[arg-type]
            model.exclude(corner[0], model.switch(floor), objective.axes)
        return True

    return possible
