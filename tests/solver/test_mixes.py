"""Several workloads at once: weighted, and the least served first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput

from catalogs.errors import InputError
from optimizer.projection import prepare
from optimizer.projection.answer import open_workload
from optimizer.solver import Optimal
from optimizer.solver.optimize import solve_space

MIX = "chat-70b=0.25,retrieval-32b=0.75"


@pytest.mark.parametrize("parent", ["gb202", "gh100"])
def test_the_least_served_member_is_maximized_as_enumeration_does(
    parent, ask, catalog, space_of
) -> None:
    mix = open_workload(MIX, catalog)
    request = replace(ask("us-2025"), workload=mix, objective="worst_throughput")
    space = thinned(space_of(parent, request.ruleset.on), 10, 8, 4, 6)
    found = listing(space)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    each = [
        throughput(space, found, prepare(open_workload(name, catalog), catalog))
        for name in ("chat-70b", "retrieval-32b")
    ]
    answer = solve_space(request, space, prepare(mix, catalog))
    assert isinstance(answer, Optimal)
    worst = np.where(allowed, np.minimum(*each), -np.inf)
    assert answer.designs[0].value == pytest.approx(worst.max(), rel=1e-12)
    mean = solve_space(replace(request, objective="throughput"), space, prepare(mix, catalog))
    assert isinstance(mean, Optimal)
    with np.errstate(divide="ignore"):
        whole = np.where(allowed, 1 / (0.25 / each[0] + 0.75 / each[1]), -np.inf)
    assert mean.designs[0].value == pytest.approx(whole.max(), rel=1e-12)


def test_a_mix_weighs_the_members_of_its_workloads(catalog) -> None:
    mix = open_workload("default-mix=0.5,chat-70b=0.5", catalog)
    own = catalog.workload("default-mix").members
    assert [m.weight for m in mix.members[:-1]] == [m.weight / 2 for m in own]
    assert mix.members[-1].weight == 0.5
    assert len({m.name for m in mix.members}) == len(mix.members)


@pytest.mark.parametrize("text", ["chat-70b=x", "chat-70b=0.5", "chat-70b=0.5,chat-8b=0.6", "no=1"])
def test_a_mix_that_does_not_add_up_is_refused(text, catalog) -> None:
    with pytest.raises(InputError):
        open_workload(text, catalog)
