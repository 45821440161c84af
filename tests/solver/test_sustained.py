"""The sustained clock as a decision of its own: enumeration of pairs of clocks, proof, refusals."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput

from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.design.sustained import sustained_clock, sustained_draw
from optimizer.solver import Fix, LeftOut, Limit, Optimal
from optimizer.solver.optimize import solve_parent, solve_space
from optimizer.solver.rated import sustaining

CASES = [
    ("gh100", "us-2023", 180, ()),
    ("gh100", "us-2025", 150, ()),
    ("gb202", "us-2025", 170, ()),
    ("ga100", "us-2022", 150, ()),
    ("mi300x_package", "us-2025", 300, ()),
    ("gb202", "us-2025", 170, ("core_clock_mhz=2617",)),
    ("gh100", "us-2023", 180, ("core_clock_mhz=1980",)),
]


def reduced(space_of, parent: str, on, class_w: int):
    """A reduced space of tens of thousands of designs whose boards are of one low class."""
    sizes = {
        "gb202": (14, 12, 5, 6), "mi300x_package": (10, 8, 6, 6), "ga100": (10, 9, 4, 6),
    }  # fmt: skip
    space = thinned(space_of(parent, on), *sizes.get(parent, (8, 8, 4, 5)))
    return replace(space, boards=tuple(replace(b, tdp_classes_w=(class_w,)) for b in space.boards))


def power_at(space, found, clock: np.ndarray) -> np.ndarray:
    """Power at the activity of prefill, from the coefficients alone. [0.1 mW]"""
    power = space.sustained_power
    each = np.array(power.per_rate_unit)[found.option]
    rest = found.sites * found.rate * each + found.links * power.per_link + power.base
    return found.cores * power.per_core(clock, found.units) + rest


@pytest.mark.parametrize(("parent", "ruleset", "class_w", "fixes"), CASES)
def test_the_optimum_is_that_over_all_pairs_of_clocks(
    parent, ruleset, class_w, fixes, ask, ready, space_of
) -> None:
    request = ask(ruleset, sustained=True, fixes=tuple(Fix.parse(f) for f in fixes))
    space = reduced(space_of, parent, request.ruleset.on, class_w)
    found = listing(space)
    assert len(found) >= 20_000
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    for fix in fixes:
        allowed &= found.clock == int(fix.partition("=")[2])
    best, throttled = -np.inf, False
    for clock in space.clocks_mhz:
        run = replace(found, clock=np.full(len(found), clock))
        possible = allowed & (found.clock >= clock)
        fitting = possible & (power_at(space, found, run.clock) <= class_w * 10**4)
        throttled |= bool((possible & ~fitting).any())
        best = max(best, np.where(fitting, throughput(space, run, ready()), -np.inf).max())
    assert throttled
    answer = solve_space(request, sustaining(request, space), ready())
    assert isinstance(answer, Optimal)
    assert answer.designs[0].value == pytest.approx(best, rel=1e-12)
    design = answer.designs[0].design
    assert sustained_draw(design) <= class_w * 10**4
    assert design.clock_mhz <= design.rated_mhz
    free = solve_space(replace(request, sustained=False), space, ready())
    assert free.designs[0].value >= answer.designs[0].value


def test_a_higher_class_never_lowers_the_sustained_optimum(ask, ready, space_of) -> None:
    request = ask("us-2023", sustained=True, prove=False)
    values = []
    for class_w in (120, 180, 260, 400, 700):
        space = reduced(space_of, "gh100", request.ruleset.on, class_w)
        answer = solve_space(request, sustaining(request, space), ready())
        values.append(answer.designs[0].value if hasattr(answer, "designs") else 0.0)
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_the_fixed_clock_is_what_the_law_sees(ask, ready, space_of) -> None:
    fix = (Fix.parse("core_clock_mhz=1980"),)
    request = ask("us-2023", sustained=True, fixes=fix)
    space = reduced(space_of, "gh100", request.ruleset.on, 120)
    answer = solve_space(request, sustaining(request, space), ready())
    assert isinstance(answer, Optimal)
    best = answer.designs[0]
    assert best.design.clock_mhz < 1980
    assert best.design.knobs()["core_clock_mhz"] == 1980
    per_mhz = best.design.space.tpp_per_core_mhz(best.design.rate_units)
    assert best.design.tpp == Fraction(best.design.cores * 1980 * per_mhz, 10**6)
    assert best.sustained.mhz >= best.design.clock_mhz


@pytest.mark.parametrize("bound", ["tpp>=1600", "core_clock_mhz>1500", "dense_bf16_tflops==100"])
def test_asking_for_a_high_rated_clock_without_fixing_it_is_refused(bound, ask, space_of) -> None:
    request = ask("us-2023", sustained=True, limits=(Limit.parse(bound),))
    with pytest.raises(InputError, match="Fix the rated clock"):
        sustaining(request, space_of("gh100", request.ruleset.on))


def test_the_page_tells_the_load_of_power_from_that_of_the_sustained_clock(capsys) -> None:
    words = ["--rules", "us-2022", "--parent", "ad104", "-w", "chat-8b"]
    pages = []
    for more in ([], ["--sustained"]):
        assert main([*words, *more]) == 0
        pages.append(" ".join(capsys.readouterr().out.split()))
    assert "that clock is not sustained" not in pages[0]
    assert "modeled at full activity of all units is more than" in pages[0]
    assert "sustains 2,040 MHz, its rated clock, so --sustained changes nothing" in pages[0]
    assert "sustains at the activity of prefill" in pages[1]
    assert "salvage share is not validated: no count of good dies is public" in pages[0]


def test_without_a_power_model_nothing_is_sustained(ask, catalog, ready) -> None:
    found = solve_parent(ask("us-2025", sustained=True), catalog, ready(), "ga102")
    assert isinstance(found, LeftOut)
    assert found.missing == ("power model",)


def test_the_estimate_falls_with_cores_and_never_passes_the_rated_clock(space_of, ask) -> None:
    request = ask("us-2023")
    space = reduced(space_of, "gh100", request.ruleset.on, 300)
    found = listing(space)
    for i in range(0, len(found), 9973):
        design = found.design(i)
        mine = sustained_clock(design)
        more = sustained_clock(replace(design, cores=space.cores[-1]))
        assert (more.mhz or 0) <= (mine.mhz or 0) <= design.clock_mhz
