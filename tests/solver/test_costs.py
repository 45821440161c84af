"""Unit cost and share of a wafer: limits, ratios and their proofs against enumeration."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from enumeration import lawful, listing, thinned, throughput
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.economics import economics
from constraints.expressions import Literal, evaluate
from optimizer.design.cost_estimate import cost_estimate, product_of
from optimizer.design.space import priced
from optimizer.design.sustained import sustained_clock
from optimizer.design.uncertain import ESTIMATES, intervals_of, spreads_of
from optimizer.design.unit_cost import CostUnknown, UnitCost, unit_cost_cents, wafer_share
from optimizer.silicon import unit_cost
from optimizer.solver import Infeasible, LeftOut, Limit, Optimal, Undecided, Unserved
from optimizer.solver.binding import columns_of
from optimizer.solver.costs import axis_bound, cost_bound
from optimizer.solver.objective import objective_of, power_of
from optimizer.solver.optimize import solve_parent, solve_space
from optimizer.solver.proof import ProofRefusedError
from optimizer.solver.salvage import Bound, salvage_bound, salvage_of, salvage_steps

OPS = {"<=": np.less_equal, "<": np.less, ">=": np.greater_equal, ">": np.greater}
SIZES = {"gh100": (10, 8, 4, 6), "gb202": (20, 14, 6, 8), "mi300x_package": (14, 10, 8, 7),
         "ga100": (10, 8, 4, 6), "ad102": (20, 14, 6, 8)}  # fmt: skip


def attribute(found, of) -> np.ndarray:
    """A quantity of every design, asked once per distinct knobs that it hangs on."""
    knobs = np.stack([found.cores, found.option, found.sites, found.links, found.board], axis=1)
    _, first, inverse = np.unique(knobs, axis=0, return_index=True, return_inverse=True)
    values = [of(found.design(int(i))) for i in first]
    return np.array([np.nan if v is None else v for v in values], dtype=float)[inverse.ravel()]


LIMITS = [
    ("gh100", "unit_cost_usd<=2600"), ("gh100", "unit_cost_usd<2200.01"),
    ("gh100", "unit_cost_usd>=3900"), ("gh100", "unit_cost_usd<=900"),
    ("gb202", "unit_cost_usd<=1100"), ("gb202", "unit_cost_usd<=1010.55"),
    ("gb202", "unit_cost_usd<1250.55"),
    ("mi300x_package", "unit_cost_usd<=3400"), ("ga100", "unit_cost_usd<=1800"),
    ("ad102", "unit_cost_usd<=780"), ("ad102", "unit_cost_usd>820"),
    ("gh100", "salvage_share>=0.05"), ("gh100", "salvage_share<0.9"),
]  # fmt: skip


@pytest.mark.parametrize(("parent", "limit"), LIMITS)
def test_a_limit_gives_the_optimum_of_enumeration(parent, limit, ask, ready, space_of) -> None:
    request = ask("us-2025", limits=(Limit.parse(limit),))
    space = thinned(space_of(parent, request.ruleset.on), *SIZES[parent])
    found = listing(space)
    assert len(found) >= 100_000
    own = request.limits[0]
    value = attribute(found, salvage_of)
    if own.name == "unit_cost_usd":
        value = attribute(found, unit_cost_cents) / 100
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    allowed &= OPS[own.op](value, float(own.value))
    worth = np.where(allowed, throughput(space, found, ready()), -np.inf)
    answer = solve_space(request, space, ready())
    if not allowed.any():
        assert isinstance(answer, Infeasible)
        assert f"--limit {own}" in answer.conflict
        return
    if worth.max() <= 0:
        assert isinstance(answer, Unserved)
        return
    assert isinstance(answer, Optimal)
    assert answer.designs[0].value == pytest.approx(worth.max(), rel=1e-12)


RATIOS = [
    ("gh100", "throughput_per_dollar", "default-mix"),
    ("gb202", "throughput_per_dollar", "default-mix"),
    ("mi300x_package", "throughput_per_dollar", "default-mix"),
    ("ga100", "throughput_per_dollar", "chat-70b"),
    ("gh100", "throughput_per_wafer", "default-mix"),
    ("gb202", "throughput_per_wafer", "chat-70b"),
]


@pytest.mark.parametrize(("parent", "objective", "workload"), RATIOS)
def test_a_ratio_gives_the_optimum_of_enumeration(
    parent, objective, workload, ask, ready, space_of
) -> None:
    request = ask("us-2025", workload, objective=objective)
    space = thinned(space_of(parent, request.ruleset.on), *SIZES[parent])
    found = listing(space)
    per_dollar = objective == "throughput_per_dollar"
    steps, of = (100, unit_cost_cents) if per_dollar else (10**9, wafer_share)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    ratio = throughput(space, found, ready(workload)) * steps / attribute(found, of)
    worth = np.where(allowed & np.isfinite(ratio), ratio, -np.inf)
    answer = solve_space(request, space, ready(workload))
    assert isinstance(answer, Optimal)
    assert answer.designs[0].value == pytest.approx(worth.max(), rel=1e-12)
    reader = objective_of(space, ready(workload), objective)
    assert answer.certificate.axes[-1] == reader.extra[0]
    assert (reader(answer.certificate.corners) <= answer.designs[0].value * (1 + 1e-9)).all()
    below = (reader(np.array([reader.vector(answer.designs[0].design)])) / worth.max())[0]
    assert below == pytest.approx(1.0, rel=1e-12)


def test_the_best_n_by_dollar_are_those_of_enumeration(ask, ready, space_of) -> None:
    request = ask("us-2025", objective="throughput_per_dollar", prove=False, top=12)
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    found = listing(space)
    allowed = lawful(space, found, request.ruleset.controlled("CN"))
    ratio = throughput(space, found, ready()) * 100 / attribute(found, unit_cost_cents)
    expected = np.sort(np.where(allowed, ratio, -np.inf))[::-1][:12]
    answer = solve_space(request, space, ready())
    assert [d.value for d in answer.designs] == pytest.approx(expected.tolist(), rel=1e-12)


@settings(max_examples=60)
@given(data=st.data())
def test_a_bound_on_knobs_says_what_the_cost_says(data, space_of) -> None:
    parent = data.draw(st.sampled_from(["gh100", "gb202", "mi300x_package", "ga100"]))
    space = space_of(parent, date(2025, 12, 31))
    design = any_design(space, data)
    cents, wafer, share = unit_cost_cents(design), wafer_share(design), salvage_steps(design)
    op = data.draw(st.sampled_from(["<=", "<", ">=", ">", "==", "!="]))
    facts = columns_of(design)
    near = data.draw(st.sampled_from([-1, 0, 1]))
    if cents is not None:
        line = Fraction(cents + near, 100)
        assert evaluate(cost_bound(space, Bound(op, line)), facts) == said(op, near)
    else:
        assert evaluate(cost_bound(space, Bound(op, Fraction(5000))), facts) is False
    if wafer is not None:
        bound = axis_bound(space, "wafer", Bound(op, Fraction(wafer + near)))
        assert evaluate(bound, facts) == said(op, near)
    if share is not None:
        line = Fraction(share, 10**12) + Fraction(near, 10**20)
        assert evaluate(salvage_bound(space, Bound(op, line)), facts) == said(op, near)


def said(op: str, line_above: int) -> bool:
    """Whether x op x + line_above."""
    return {"<=": line_above >= 0, "<": line_above > 0, ">=": line_above <= 0,
            ">": line_above < 0, "==": line_above == 0, "!=": line_above != 0}[op]  # fmt: skip


def any_design(space, data):
    from optimizer.design import Design

    pick = lambda values: data.draw(st.sampled_from(list(values)))  # noqa: E731
    option, board = pick(space.memory), pick(space.boards)
    links = pick([n for n in space.links if n <= board.links_max])
    return Design(space, pick(space.cores), pick(space.clocks_mhz), pick(space.rate_units),
                  option, pick(space.sites), option.rate_max, links, board.form_factor)  # fmt: skip


@settings(max_examples=40)
@given(data=st.data())
def test_the_table_is_the_model_rounded_up(data, space_of) -> None:
    parent = data.draw(st.sampled_from(["gh100", "gb202", "mi300x_package", "ad102"]))
    design = any_design(space_of(parent, date(2025, 12, 31)), data)
    cents = unit_cost_cents(design)
    assert cents is not None
    exact = float(unit_cost(product_of(design)).unit_usd[0]) * 100
    assert exact - 1e-6 <= cents <= exact + 2 + design.sites


@settings(max_examples=40)
@given(data=st.data())
def test_cost_never_falls_with_cores_sites_or_links(data, space_of) -> None:
    space = space_of(data.draw(st.sampled_from(["gh100", "gb202"])), date(2025, 12, 31))
    design = any_design(space, data)
    for name, domain in (("cores", space.cores), ("sites", space.sites), ("links", space.links)):
        more = [v for v in domain if v >= getattr(design, name)]
        chain = [unit_cost_cents(replace(design, **{name: v})) for v in more]
        assert chain == sorted(chain)


def test_what_is_not_priced_is_named_and_never_free(ask, catalog, ready, space_of) -> None:
    request = ask("us-2025", limits=(Limit.parse("unit_cost_usd<=4000"),))
    left = solve_parent(request, catalog, ready(), "ga102")
    assert isinstance(left, LeftOut)
    assert left.missing == ("floorplan",)
    ga100 = space_of("ga100", date(2025, 12, 31))
    assert isinstance(ga100.cost, UnitCost)
    assert ga100.cost.unpriced == ("hbm2",)
    ratio = solve_space(replace(request, objective="throughput_per_dollar"), ga100, ready())
    assert isinstance(ratio, Optimal)
    assert ratio.designs[0].design.option.part != "hbm2"
    wafer = solve_parent(
        replace(request, limits=(), objective="throughput_per_wafer"),
        catalog, ready(), "mi300x_package",
    )  # fmt: skip
    assert isinstance(wafer, LeftOut)
    assert "floorplan" in wafer.missing


def test_prices_of_a_year_before_the_first_are_unknown(space_of) -> None:
    space = space_of("gh100", date(2022, 12, 31))
    assert isinstance(space.cost, CostUnknown)
    assert space.cost.missing == ("no wafer price for the process 'n4' as early as 2022",)


def test_every_estimate_stands_inside_its_interval_and_repeats(space_of, catalog) -> None:
    from optimizer.design import Design

    space = space_of("gh100", date(2025, 12, 31))
    option = next(m for m in space.memory if m.part == "hbm3" and m.gb_per_site == 16)
    h100 = Design(space, 132, 1980, 4, option, 5, 523, 18, "sxm5")
    first, found = cost_estimate(h100), spreads_of(h100)
    assert first is not None
    assert found == spreads_of(h100)
    ends = {name: (found[name].low, found[name].high) for name in ESTIMATES}
    assert intervals_of([h100, h100]) == [ends, ends]
    assert found["unit_cost_usd"].middle == pytest.approx(first.cents / 100, abs=0.03)
    assert found["salvage_share"].middle == pytest.approx(salvage_of(h100), abs=1e-12)
    assert found["power_w"].middle == pytest.approx((power_of(h100) or 0) / 10_000, abs=0.5)
    assert found["sustained_clock_mhz"].middle == sustained_clock(h100).mhz
    for name, each in found.items():
        assert each.low <= each.middle <= each.high, name
        assert each.low < each.high or name == "sustained_clock_mhz"
    assert first.relative_error == float(economics().cost.relative_error)
    assert first.grade == "C"


def test_other_prices_make_another_space_and_leave_this_one(space_of) -> None:
    space = space_of("gh100", date(2025, 12, 31))
    own = economics()
    dearer = own.cost.memory_prices[0].model_copy(
        update={"kind": "HBM3", "year": 2025, "price_usd_per_gb":
                own.cost.memory_prices[0].price_usd_per_gb.model_copy(
                    update={"value": 40, "low": 40, "high": 40})}
    )  # fmt: skip
    prices = tuple(p for p in own.cost.memory_prices if p.kind != "HBM3")
    cost = own.cost.model_copy(update={"memory_prices": (*prices, dearer)})
    other = priced(replace(space, figures=own.model_copy(update={"cost": cost})))
    assert isinstance(space.cost, UnitCost)
    assert isinstance(other.cost, UnitCost)
    assert other.cost.memory["hbm3", 16] > 2 * space.cost.memory["hbm3", 16]
    assert space.figures is economics()


@pytest.mark.parametrize("said", [False, True])
@pytest.mark.parametrize("objective", ["throughput_per_dollar", "throughput_per_wafer"])
def test_a_lowering_of_cost_that_says_always_or_never_is_refused(
    said, objective, ask, ready, space_of, monkeypatch
) -> None:
    request = ask("us-2025", objective=objective)
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    monkeypatch.setattr(
        sys.modules["optimizer.solver.model"], "axis_bound", lambda *_: Literal(said)
    )
    answer = solve_space(request, space, ready())
    assert isinstance(answer, Undecided)
    assert "misplaces the optimum" in answer.why or "forbids the design" in answer.why


def test_a_search_that_reads_another_cost_is_refused(ask, ready, space_of, monkeypatch) -> None:
    request = ask("us-2025", objective="throughput_per_dollar")
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    honest = sys.modules["optimizer.solver.objective"].grid_of

    def dearer(space, axis):
        # Bins of all sites look dearer than they are, so that the search passes them by.
        grid = honest(space, axis)
        table = grid.table.copy()
        table[:, -1, :] *= 4
        return replace(grid, table=table)

    true = solve_space(request, space, ready())
    monkeypatch.setattr(sys.modules["optimizer.solver.objective"], "grid_of", dearer)
    answer = solve_space(request, space, ready())
    assert isinstance(true, Optimal)
    best = true.designs[0].design.sites
    assert isinstance(answer, Undecided) or best != space.sites[-1]


def test_a_condition_that_lets_too_much_through_is_refused(
    ask, ready, space_of, monkeypatch
) -> None:
    request = ask("us-2025", limits=(Limit.parse("unit_cost_usd<=2200"),))
    space = thinned(space_of("gh100", request.ruleset.on), 10, 8, 4, 6)
    monkeypatch.setattr(
        sys.modules["optimizer.solver.column_reader"], "cost_bound", lambda *_: Literal(True)
    )
    with pytest.raises(ProofRefusedError, match="does not meet --limit unit_cost_usd<=2200"):
        solve_space(request, space, ready())
