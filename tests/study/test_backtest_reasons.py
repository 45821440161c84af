"""Each rule of difference speaks where the data support it, and is silent where they do not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from catalogs import Catalog, Sku
from catalogs.load import load_catalog
from constraints import load_law
from optimizer.projection import prepare
from optimizer.solver import Request, optimize
from optimizer.study.gap import Gap
from optimizer.study.history import law_of, market_of
from optimizer.study.reasons import RULES, reason_for
from optimizer.study.sides import shipped_side, solved_side, unpublished


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ambient=False)


@pytest.fixture(scope="module")
def gap_of(catalog: Catalog):
    """The gap of a derivation, its shipped part with some values changed."""

    def get(derivation: str, workload: str = "default-mix", **changes: Any) -> Gap:
        each = catalog.derivations[derivation]
        rules = law_of(each, load_law())
        assert rules is not None
        mix = catalog.workload(workload)
        ready = prepare(mix, catalog)
        request = Request(rules, mix, (each.base_die,), "CN", market_of(each), prove=False)
        solved = optimize(request, catalog).parents[0].designs[0]
        sku = changed(catalog.sku(each.derived_sku), changes)
        return Gap(
            sku,
            catalog.skus.get(each.base_sku),
            shipped_side(sku, rules, "CN", ready, solved.design),
            solved_side(solved, rules, "CN"),
            solved.design,
        )

    return get


def changed(sku: Sku, changes: dict[str, Any]) -> Sku:
    """A part with other values; a name such as memory__part reaches into a table."""
    for name, value in changes.items():
        table, _, field = name.rpartition("__")
        if table:
            value = getattr(sku, table).model_copy(update={field: value})
        sku = sku.model_copy(update={table or field: value})
    return sku


def spoken(gap: Gap, group: str) -> dict[str, str]:
    found = {name: rule(gap) for name, _, rule in RULES[group]}
    return {name: text for name, text in found.items() if text is not None}


def test_memory_of_the_parent_is_seen_by_comparing_with_the_parent(gap_of):
    said = spoken(gap_of("h100_to_h800"), "memory")["parents_memory"]
    assert said.startswith(
        "it keeps the memory of h100_sxm, 80 GB of hbm3 at 3,350 GB/s, where 96 GB"
    )
    assert "5 memory sites instead of 6 raise the share of dies" in said
    other = gap_of("h100_to_h800", memory__capacity_gb=Decimal(96))
    assert "parents_memory" not in spoken(other, "memory")


def test_a_bandwidth_that_differs_only_by_rounding_is_the_parents(gap_of):
    assert "parents_memory" in spoken(gap_of("l4_to_l2", "chat-8b"), "memory")


def test_without_the_record_of_the_parent_nothing_is_said_of_it(gap_of):
    gap = replace(gap_of("h100_to_h800"), base=None)
    assert "parents_memory" not in spoken(gap, "memory")
    assert "parents_compute" not in spoken(gap, "compute")


def test_another_kind_of_memory_is_named(gap_of):
    said = spoken(gap_of("l40_to_l20"), "memory")["memory_part"]
    assert "48 GB of gddr6 at 864 GB/s where 48 GB of gddr6x at 1,008 GB/s was on sale" in said
    same = gap_of("l40_to_l20", memory__part="gddr6x")
    assert "memory_part" not in spoken(same, "memory")
    assert "memory_grade" in spoken(same, "memory")


def test_a_board_class_is_named_where_the_boards_differ(gap_of):
    gap = gap_of("rtx_5090_d_to_rtx_5090_d_v2", "chat-8b")
    assert "the part stayed on pcie_consumer" in spoken(gap, "memory")["board_class"]
    moved = gap_of("rtx_5090_d_to_rtx_5090_d_v2", "chat-8b", form_factor=gap.design.board)
    assert "board_class" not in spoken(moved, "memory")


def test_salvage_is_cited_only_where_fewer_blocks_raise_it(gap_of):
    gap = gap_of("rtx_pro_6000_server_to_rtx_pro_6000d")
    said = spoken(gap, "memory")["memory_salvage"]
    assert said.startswith("14 memory sites instead of 16 raise the share")
    full = gap_of("rtx_pro_6000_server_to_rtx_pro_6000d", memory__bus_width_bits=512)
    assert "memory_salvage" not in spoken(full, "memory")
    assert "core_salvage" not in spoken(gap_of("h100_to_h20"), "compute")


def test_fewer_cores_are_salvage_where_the_optimum_needs_nearly_all_of_them(gap_of):
    gap = gap_of("rtx_4090_to_rtx_4090_d", "chat-8b")
    assert "core_salvage" not in spoken(gap, "compute")
    nearly_all = replace(
        gap,
        design=replace(gap.design, cores=142),
        optimum=replace(gap.optimum, knobs=replace(gap.optimum.knobs, cores=142)),
    )
    said = spoken(nearly_all, "compute")["core_salvage"]
    assert said.startswith("114 cores instead of 142 raise the share")


def test_a_rate_that_inference_cannot_use_is_set_beside_the_counted_one(gap_of):
    said = spoken(gap_of("rtx_4090_to_rtx_4090_d", "chat-8b"), "compute")["usable_rate"]
    assert said == "sums in FP32 run at TPP 2,354 where the law counts 4,707"
    assert "usable_rate" not in spoken(gap_of("h100_to_h20"), "compute")


def test_a_part_without_the_rate_of_a_format_in_use_is_not_projected(catalog: Catalog):
    ready = prepare(catalog.workload("chat-8b"), catalog)
    sku = catalog.sku("rtx_5090_d")
    assert unpublished(sku, ready, sku.die_record) == ("dense_tflops.fp8",)
    known = changed(sku, {"dense_tflops__fp8": Decimal(419)})
    assert unpublished(known, ready, sku.die_record) == ()
    old = catalog.sku("a800")
    assert unpublished(old, ready, old.die_record) == ()


@pytest.mark.parametrize("derivation", ["a100_to_a800", "l40_to_l20", "h100_to_h20"])
def test_every_reason_is_one_clause(gap_of, derivation: str):
    gap = gap_of(derivation)
    for group in RULES:
        for said in spoken(gap, group).values():
            assert not set(";:") & set(said)
            assert not said.endswith(".")


def test_a_bandwidth_just_under_its_line_is_not_printed_on_it():
    from optimizer.design.shipped import Knobs
    from optimizer.study.gap import memory_text

    knobs = Knobs(1, None, None, "gddr7", 13, Fraction(78), Fraction("1399.84"), 0, None)
    assert memory_text(knobs) == "78 GB of gddr7 at 1,399.84 GB/s"


def test_a_limiter_is_told_from_a_fuse_by_the_record(gap_of):
    said = spoken(gap_of("rtx_5090_to_rtx_5090_d", "chat-8b"), "compute")["limiter"]
    assert said == "170 cores stay enabled behind a limiter ('firmware or driver cap') and no fuse"
    assert "limiter" not in spoken(gap_of("h100_to_h20"), "compute")


def test_compute_of_the_parent_is_seen_by_comparing_with_the_parent(gap_of):
    said = spoken(gap_of("h100_to_h800"), "compute")["parents_compute"]
    assert "132 cores at 1,830 MHz" in said
    assert "parents_compute" not in spoken(gap_of("h100_to_h20"), "compute")


def test_granularity_is_one_more_group_of_cores_against_the_line(gap_of):
    assert "granularity" in spoken(gap_of("h100_to_h20"), "compute")
    assert "granularity" not in spoken(gap_of("h100_to_h800"), "compute")


def test_symmetry_of_links_needs_an_even_spread_and_an_uneven_optimum(gap_of):
    gap = gap_of("a100_to_a800")
    assert spoken(gap, "links")["link_symmetry"].startswith("its 8 links spread evenly")
    assert "link_symmetry" not in spoken(gap_of("a100_to_a800", link__links=6), "links")
    assert reason_for(gap, "links", None).support == "consistent"


def test_what_no_rule_supports_is_said_to_be_unexplained(gap_of):
    reason = reason_for(gap_of("h100_to_h800"), "links", 0.1)
    assert (reason.rule, reason.support) == ("unexplained", "unexplained")


def test_no_rule_knows_a_part_by_name(catalog: Catalog):
    import inspect

    from optimizer.study import gap, reasons

    text = inspect.getsource(reasons) + inspect.getsource(gap)
    assert not [name for name in catalog.skus if len(name) > 2 and f'"{name}"' in text]
    assert Fraction(4, 100) == reasons.TOLERATED
