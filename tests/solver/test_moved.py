"""One threshold moved over tables that were cut down once: the same optima as from the start."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enumeration import thinned

from optimizer.solver import Limit
from optimizer.solver.breakpoints import Site, best_of
from optimizer.solver.fronts import BLOCK, front
from optimizer.solver.lines import Line, lines
from optimizer.solver.moved import MovedLine
from optimizer.solver.tables import build_tables

TENTHS = (2, 9, 11, 40)


def all_lines(request) -> list[Line]:
    return list(lines(request.ruleset, request.destination))


@pytest.mark.parametrize("parent", ["gh100", "gb202"])
@pytest.mark.parametrize("limits", [(), (Limit.parse("power_w<=250"),)])
def test_a_moved_line_has_the_optimum_of_a_fresh_search(
    parent, limits, ask, ready, space_of
) -> None:
    request = ask("us-2025", limits=limits)
    space = thinned(space_of(parent, request.ruleset.on), 8, 8, 4, 4)
    site = Site(space, ready(), build_tables(space))
    told_apart = set()
    for line in all_lines(request):
        moved = MovedLine.of(request, line, space, ready(), site.tables)
        assert moved.moving is not None, line.path
        for tenths in TENTHS:
            value = line.value * Fraction(tenths, 10)
            fresh, _ = best_of(line.moved(request, value), site)
            got, design = moved.best(value)
            assert got == pytest.approx(fresh, rel=1e-12), (line.path, value)
            assert (design is None) == (got == 0.0)
            told_apart.add(got)
    assert len(told_apart) > 3


def test_a_front_equals_that_of_all_pairs() -> None:
    draw = np.random.default_rng(7)
    for width in (1, 2, 3, 4):
        count = BLOCK // 2 if width > 2 else 3000
        axes = draw.integers(0, 12, (count, width)).astype(float) + 0.5
        keys = draw.integers(0, 3, (count, 1)).astype(float)
        mask = front(keys, axes)
        every = (axes[:, None, :] <= axes[None, :, :]).all(axis=2) & (keys == keys.T)
        equal = every & every.T
        beaten = (every & ~equal).any(axis=1)
        assert not mask[beaten].any()
        kept = {(*k, *a) for k, a in zip(keys[mask], axes[mask], strict=True)}
        assert kept == {(*k, *a) for k, a in zip(keys[~beaten], axes[~beaten], strict=True)}
        assert mask.sum() == len(kept)


def test_a_long_front_drops_no_row_that_is_unbeaten() -> None:
    draw = np.random.default_rng(8)
    axes = draw.integers(0, 40, (1500, 4)).astype(float)
    mask = front(np.zeros((1500, 1)), axes)
    kept = axes[mask]
    for row in axes[~mask]:
        assert (kept >= row).all(axis=1).any()
