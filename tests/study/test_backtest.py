"""Every derived SKU of history beside the optimum of its die: what is computed, and from what."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.load import load_catalog
from constraints import Law, load_law
from optimizer.projection.devices import assumptions_of_sku
from optimizer.solver import Request, optimize
from optimizer.study.backtest import STATUSES, Row, backtest, ids_of
from optimizer.study.history import law_of, market_of
from optimizer.study.reasons import TOLERATED

# The shortfall of shipped parts under the line that binds them, from published TPP (NVIDIA's
# export table, Form 8-K of 2023-10-17), die areas and bandwidths as the SKU records cite them.
# These are expectations of the test; the program reads none of them.
SHORTFALL = {
    "rtx_pro_6000d": ("dram_bandwidth_gb_s", 0.0014),
    "rtx_5090_d": ("tpp", 0.010),
    "h20": ("tpp", 0.013),
    "rtx_4090_d": ("tpp", 0.019),
    "l20": ("performance_density", 0.018),
    "mi308x": ("performance_density", 0.031),
    "l2": ("tpp", 0.035),
    "rtx_5090_d_v2": ("dram_bandwidth_gb_s", 0.040),
}
COMPARED = (
    "a800", "h800", "h20", "h20_141gb", "l20", "l2", "rtx_4090_d", "rtx_pro_6000d",
)  # fmt: skip
# Fact without which each open row stays open.
OPEN = {
    "hl_225b": "hl_225b: dense_tflops.fp16",
    "max_1450": "ponte_vecchio: link.gb_s_bidir_per_link",
    "mi308x": "mi308x: link.gb_s_bidir",
    "mi309": "mi309: memory.bandwidth_gb_s",
    "rtx_5880_ada": "rtx_5880_ada: memory.bandwidth_gb_s",
    "hl_328": "hl_328: dense_tflops.fp16",
    "b30a": "b300_to_b30a: rule_date",
    "rtx_5090_d": "rtx_5090_d: dense_tflops.fp8",
    "rtx_5090_d_v2": "rtx_5090_d_v2: dense_tflops.fp8",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ambient=False)


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law()


@pytest.fixture(scope="module")
def rows(catalog: Catalog, law: Law) -> dict[str, Row]:
    return {row.derivation.derived_sku: row for row in backtest(catalog, law)}


def test_every_derivation_has_a_row(catalog: Catalog, rows: dict[str, Row]):
    assert {row.derivation.id for row in rows.values()} == set(catalog.derivations)
    assert {row.status for row in rows.values()} <= set(STATUSES)


@pytest.mark.parametrize("part", COMPARED)
def test_a_part_with_facts_is_compared_with_a_proved_optimum(rows: dict[str, Row], part: str):
    row = rows[part]
    assert row.status == "compared"
    assert row.proved is True
    assert row.optimum is not None
    assert row.optimum.verdict == "not_controlled"


@pytest.mark.parametrize("part", COMPARED)
def test_no_shipped_part_is_better_than_the_proved_optimum(rows: dict[str, Row], part: str):
    row = rows[part]
    assert row.share is not None
    assert row.share <= 1


@pytest.mark.parametrize("part", [*COMPARED, "mi308x", "hl_225b", "rtx_5880_ada"])
def test_a_shipped_part_was_outside_every_control_of_its_day(rows: dict[str, Row], part: str):
    shipped = rows[part].shipped
    assert shipped is not None
    assert shipped.verdict == "not_controlled"


@pytest.mark.parametrize("part", OPEN)
def test_an_open_row_names_the_facts_that_it_lacks(rows: dict[str, Row], part: str):
    assert rows[part].status == "undetermined"
    assert OPEN[part] in rows[part].missing


@pytest.mark.parametrize("part", OPEN)
def test_an_open_row_has_no_throughput_no_share_and_no_reason(rows: dict[str, Row], part: str):
    row = rows[part]
    assert (row.share, dict(row.lost), row.reasons) == (None, {}, ())
    assert row.shipped is None or row.shipped.tokens_per_s is None


@pytest.mark.parametrize("part", COMPARED)
def test_a_compared_part_needs_no_assumption_to_be_projected(
    catalog: Catalog, rows: dict[str, Row], part: str
):
    sku, row = catalog.skus[part], rows[part]
    assert assumptions_of_sku(sku) == ()
    used = {m.weight_precision for m in catalog.workload(row.workload).members}
    executed = used & set(sku.die_record.dense_ops_per_clk_per_core.keys())
    assert all(sku.dense_tflops.get(form) is not None for form in executed)
    assert sku.datacenter is row.datacenter


@pytest.mark.parametrize("part", ["h20", "l20", "l2", "h20_141gb"])
def test_a_row_that_is_not_judged_on_its_launch_day_says_why(rows: dict[str, Row], part: str):
    assert any("judged on" in note for note in rows[part].notes)


@pytest.mark.parametrize("part", SHORTFALL)
def test_shipped_parts_stand_just_under_their_binding_line(rows: dict[str, Row], part: str):
    quantity, expected = SHORTFALL[part]
    shipped = rows[part].shipped
    assert shipped is not None
    share = shipped.measure(quantity).share
    assert share is not None
    assert 0 < 1 - share <= Fraction(41, 1000)
    assert float(1 - share) == pytest.approx(expected, abs=0.0011)


def test_the_optimum_comes_nearer_to_its_line_than_what_was_shipped(rows: dict[str, Row]):
    for part, (quantity, _) in SHORTFALL.items():
        row = rows[part]
        assert row.optimum is not None
        assert row.shipped is not None
        best, own = row.optimum.measure(quantity), row.shipped.measure(quantity)
        assert best.line == own.line
        assert own.value < best.value < best.line, part


def test_the_2022_law_leaves_eight_of_twelve_links_in_the_space(catalog: Catalog, law: Law):
    rules = law.ruleset("us-2022", on=date(2022, 11, 30))
    from optimizer.solver import Fix

    request = Request(
        rules, catalog.workload("default-mix"), ("ga100",), fixes=(Fix("links", Fraction(8)),)
    )
    (answer,) = optimize(request, catalog).parents
    quantities = answer.designs[0].design.quantities()
    assert quantities["io_bandwidth_gb_s"] == 464
    assert quantities["tpp"] >= 4800


def test_the_2022_law_binds_links_and_not_arithmetic(rows: dict[str, Row]):
    for part in ("a800", "h800"):
        best = rows[part].optimum
        assert best is not None
        assert best.measure("tpp").line is None
        assert best.measure("io_bandwidth_gb_s").line == 600
        assert best.measure("tpp").value >= 4800


def test_a_difference_above_four_per_cent_has_a_reason_and_a_smaller_one_has_none(
    rows: dict[str, Row],
):
    for part in COMPARED:
        row = rows[part]
        assert row.share is not None
        assert row.reasons or row.share >= 1 - TOLERATED, part
        assert all(reason.support != "unexplained" for reason in row.reasons), part
    assert rows["h20"].reasons == ()


def test_an_optimum_that_its_board_cannot_feed_is_said_to_throttle(rows: dict[str, Row]):
    for part in COMPARED:
        row = rows[part]
        assert row.optimum is not None
        assert row.optimum.power_w is not None
        assert row.optimum.tdp_w is not None
        hungry = row.optimum.power_w > row.optimum.tdp_w
        assert any("would not hold its highest clock" in n for n in row.notes) is hungry, part


def test_a_part_sold_unmodified_is_its_own_parent_and_only_classified(rows: dict[str, Row]):
    for part in ("h200_sxm", "mi325x"):
        row = rows[part]
        assert row.status == "unmodified"
        assert row.optimum is None
        assert row.classification is not None
        assert row.classification.verdict == "controlled"
        assert row.classification.review.paragraph.startswith("us_review/january_2026")
        assert "its own parent" in row.notes[0]


def test_what_was_shipped_changes_no_optimum(catalog: Catalog, law: Law, rows: dict[str, Row]):
    bare = catalog.without({d.derived_sku for d in catalog.derivations.values()})
    assert "h20" not in bare.skus
    again = {row.derivation.derived_sku: row for row in backtest(bare, law)}
    assert set(again) == set(rows)
    for part, row in rows.items():
        left = again[part]
        assert (left.proved, left.workload) == (row.proved, row.workload), part
        assert left.shipped is None
        if row.optimum is None:
            assert left.optimum is None
        else:
            assert left.optimum is not None
            assert left.optimum.knobs == row.optimum.knobs
            assert left.optimum.measures == row.optimum.measures
            assert left.optimum.tokens_per_s == row.optimum.tokens_per_s


def test_a_catalog_without_a_part_leaves_the_whole_one_as_it_was(catalog: Catalog):
    import pickle

    bare = catalog.without(["H20"])
    assert "h20" in catalog.skus
    assert "h20" not in pickle.loads(pickle.dumps(bare)).skus
    with pytest.raises(InputError, match="unknown sku"):
        bare.sku("h20")


def test_the_declared_market_is_the_shipped_parts_own(catalog: Catalog):
    for each in catalog.derivations.values():
        assert market_of(each) is catalog.sku(each.derived_sku).datacenter, each.id


def test_the_law_of_a_row_is_that_of_its_day(catalog: Catalog, law: Law):
    for each in catalog.derivations.values():
        rules = law_of(each, law)
        assert rules is None or rules.on == each.rule_date


def test_a_row_is_named_by_its_derivation_or_by_its_part(catalog: Catalog):
    assert ids_of(catalog, ["h20"]) == ids_of(catalog, ["h100_to_h20"]) == ("h100_to_h20",)
    with pytest.raises(InputError, match="Did you mean 'h100_to_h20'"):
        ids_of(catalog, ["h100_to_h2O"])


def test_a_workload_that_the_user_names_is_kept_or_said_to_be_unserved(catalog: Catalog, law: Law):
    mix = catalog.workload("deepseek-r1")
    names = ["l2", "a800"]
    found = {
        r.derivation.derived_sku: r for r in backtest(catalog, law, derivations=names, workload=mix)
    }
    assert found["l2"].status == "unserved"
    assert any("does not fit" in note for note in found["l2"].notes)
    small = found["a800"]
    assert small.shipped is not None
    assert (small.share, small.shipped.tokens_per_s) == (None, None)
    assert "does not fit" in str(small.shipped.reason)
    assert small.reasons
