"""Designs that differ: each pick is the farthest one, by plain comparison with every design."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput

from catalogs.errors import InputError
from optimizer.report.settings import read_share
from optimizer.solver import Optimal
from optimizer.solver.diverse import KNOBS, SMALL
from optimizer.solver.optimize import solve_space

SHARE = Fraction(3, 100)


def knobs(space, found) -> np.ndarray:
    """Every design's knobs, scaled to their ranges; names as whole numbers."""
    names = sorted({m.part for m in space.memory})

    def scaled(values, domain):
        return values / (float(max(domain) - min(domain)) or 1.0)

    size = np.array([m.gb_per_site for m in space.memory])
    rates = [r for m in space.memory for r in (m.rate_min, m.rate_max)]
    return np.stack([
        scaled(found.cores, space.cores),
        scaled(found.clock, space.clocks_mhz),
        scaled(found.units, space.rate_units),
        np.array([names.index(m.part) for m in space.memory])[found.option],
        scaled(size[found.option], size.tolist()),
        np.array([int(m.clamshell) for m in space.memory])[found.option],
        scaled(found.sites, space.sites),
        scaled(found.rate, rates),
        found.board,
        scaled(found.links, space.links),
    ], axis=1).astype(float)  # fmt: skip


def apart(rows: np.ndarray, one: np.ndarray) -> np.ndarray:
    gap = np.abs(rows - one)
    return (gap > 0).sum(axis=1) + SMALL / KNOBS * np.minimum(gap, 1.0).sum(axis=1)


@pytest.mark.parametrize("parent", ["gh100", "gb202"])
def test_every_pick_is_the_farthest_of_all(parent, ask, ready, space_of) -> None:
    request = ask("us-2025", top=5, diverse=SHARE)
    space = thinned(space_of(parent, request.ruleset.on), 10, 8, 4, 6)
    answer = solve_space(request, space, ready())
    assert isinstance(answer, Optimal)
    assert len(answer.designs) == 5
    found = listing(space)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    worth = np.where(allowed, throughput(space, found, ready()), 0.0)
    near = np.flatnonzero(worth >= answer.designs[0].value * (1 - float(SHARE)))
    rows = knobs(space, found)[near]
    index = {str(found.design(int(i)).knobs()): k for k, i in enumerate(near)}
    picks = [index[str(d.design.knobs())] for d in answer.designs]
    least = np.full(len(near), np.inf)
    for before, pick in pairwise(picks):
        least = np.minimum(least, apart(rows, rows[before]))
        assert least[pick] == pytest.approx(least.max(), abs=1e-9)
        equal = np.flatnonzero(least >= least.max() - 1e-9)
        assert worth[near][pick] == pytest.approx(worth[near][equal].max(), rel=1e-12)


def test_a_share_of_nothing_gives_ties_only(ask, ready, space_of) -> None:
    request = ask("us-2025", top=4, diverse=Fraction(0))
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    answer = solve_space(request, space, ready())
    assert {d.value for d in answer.designs} == {answer.designs[0].value}


@pytest.mark.parametrize("text", ["2", "tpp=2%", "100%", "-1%", "1.2.3%"])
def test_a_share_is_written_as_per_cent(text) -> None:
    with pytest.raises(InputError, match="--diverse"):
        read_share(text, "--diverse")
