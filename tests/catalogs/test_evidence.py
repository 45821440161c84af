"""Sources, grades, claims, and what is left out because nobody was read on it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs import Catalog
from catalogs.audit import unopened_vendor
from catalogs.facts import Source, graded

GRADES = st.sampled_from(["A", "B", "C"])


@pytest.mark.parametrize(
    ("kind", "seen", "grade"),
    [
        ("rule", "opened", "A"), ("vendor", "opened", "A"), ("filing", "opened", "A"),
        ("bill", "opened", "A"), ("vendor", "not_opened", "B"), ("rule", "not_opened", "B"),
        ("vendor", "copy", "B"), ("vendor_copy", "opened", "B"), ("press", "opened", "B"),
        ("database", "copy", "B"), ("measured", "opened", "B"), ("paper", "opened", "B"),
        ("secondary", "opened", "C"), ("weak", "opened", "C"), ("computed", "opened", "C"),
    ],
)  # fmt: skip
def test_grade_of_a_source(kind: str, seen: str, grade: str) -> None:
    source = Source.model_validate({"id": "x", "title": "X", "kind": kind, "seen": seen})
    assert source.grade == grade


@given(st.lists(GRADES, min_size=1), st.booleans())
def test_an_estimate_is_c_whoever_made_it(grades: list[str], named: bool) -> None:
    assert graded("estimated", grades, named=named) == "C"  # type: ignore[arg-type]


@given(st.lists(GRADES, min_size=1))
def test_a_record_list_is_as_weak_as_its_weakest(grades: list[str]) -> None:
    assert graded("published", grades, named=False) == max(grades)  # type: ignore[arg-type]
    assert graded("published", grades, named=True) == min(grades)  # type: ignore[arg-type]
    assert graded("derived", grades, named=True) == max(grades)  # type: ignore[arg-type]


def test_a_value_without_source_is_c() -> None:
    assert graded("published", [], named=True) == "C"


def test_an_unopened_data_sheet_gives_at_most_b(catalog: Catalog) -> None:
    for kind in ("dies", "skus", "memory", "links"):
        for record in catalog.records(kind).values():
            for fact in record.facts():
                if unopened_vendor(fact, catalog):
                    opened = [s for s in fact.sources if catalog.sources[s].grade == "A"]
                    assert fact.grade != "A" or opened


def test_the_area_of_h20_is_found_with_its_source(catalog: Catalog) -> None:
    fact = catalog.sku("h20").fact("applicable_die_area_mm2")
    assert (fact.value, fact.unit, fact.grade) == (Decimal(814), "mm2", "A")
    assert fact.sources == ("nv_hopper_blog",)


@pytest.mark.parametrize(
    ("sku", "path"),
    [
        ("a30", "link.gb_s_bidir"), ("a30", "dense_tflops.fp64"), ("a30", "dense_tflops.tf32"),
        ("l40s", "dense_tflops.tf32"), ("rtx_4090", "dense_tflops.tf32"),
        ("rtx_4090", "l2_cache_mb"), ("rtx_4090_d", "l2_cache_mb"), ("rtx_6000_ada", "tdp_w"),
        ("rtx_6000_ada", "boost_clock_mhz"), ("rtx_5880_ada", "launch_date"),
        ("rtx_5880_ada", "on_sale_from"), ("h800_pcie", "dense_tflops.fp64"),
        ("gh200_96gb", "tdp_w"), ("rtx_5090", "dense_tflops.tf32"), ("gb200", "dense_tflops.tf32"),
        ("gb300", "dense_tflops.tf32"), ("mi308x", "link.gb_s_bidir"), ("mi308x", "tdp_w"),
        ("rx_7900_xtx", "tdp_w"), ("hl_225b", "dense_tflops.fp16"), ("hl_225b", "tdp_w"),
        ("max_1100", "link.links"), ("max_1100", "memory.bus_width_bits"),
        ("ascend_910b4", "tdp_w"), ("ascend_950dt", "memory.capacity_gb"),
        ("mtt_s4000", "link.gb_s_bidir"), ("mtt_s4000", "dense_tflops.tf32"),
        ("mtt_s4000", "memory.bus_width_bits"), ("mlu370_x8", "link.gb_s_bidir"),
    ],
)  # fmt: skip
def test_what_nobody_was_read_on_is_left_out(catalog: Catalog, sku: str, path: str) -> None:
    assert catalog.sku(sku).value(path) is None


@pytest.mark.parametrize(
    ("die", "path"),
    [
        ("ga100", "l2_cache_mb"), ("ga102", "gpcs"), ("ad103", "gpcs"), ("ad103", "tdp_max_w"),
        ("ad104", "tdp_max_w"), ("gb203", "tdp_max_w"), ("b30a_die", "tdp_max_w"),
        ("navi31", "last_level_cache_mb"), ("navi31", "l2_cache_mb"), ("navi31", "tdp_max_w"),
        ("gaudi_2_die", "dense_ops_per_clk_per_core.fp16"), ("gaudi_2_die", "l2_cache_mb"),
        ("ascend_910_die", "link.links_max"), ("ascend_910_die", "pcie.gen"),
        ("biren_br100", "link.links_max"), ("mi355x_package", "applicable_die_area_mm2"),
        ("gaudi_3_package", "applicable_die_area_mm2"),
    ],
)  # fmt: skip
def test_unsourced_structure_is_left_out(catalog: Catalog, die: str, path: str) -> None:
    assert catalog.die(die).value(path) is None


@pytest.mark.parametrize(
    ("sku", "field", "value", "superseded"),
    [
        ("l40", "dense_tflops.fp8", 724, True), ("l4", "cores_enabled", 60, False),
        ("h20", "memory.bandwidth_gb_s", 4096, False),
        ("h20", "memory.bandwidth_gb_s", 4022, False),
        ("mi308x", "dense_tflops.fp8", 414, False), ("mi308x", "dense_tflops.fp16", 115, True),
        ("mi308x", "memory.bandwidth_gb_s", 10300, True), ("mi308x", "tpp", 2368, True),
        ("a100_sxm_40gb", "declared_tpp", 3822, True), ("b200", "dense_tflops.fp16", 2500, True),
        ("rtx_pro_6000d", "memory.bandwidth_gb_s", 1700, True),
        ("rtx_pro_6000_server", "memory.bandwidth_gb_s", 1792, True),
        ("b30a", "memory.bandwidth_gb_s", 7700, True), ("h100_nvl", "memory.capacity_gb", 80, True),
        ("b300", "dense_tflops.fp4", 13500, False), ("gaudi_2", "dense_tflops.fp16", 450, False),
        ("mi300a", "applicable_die_area_mm2", 1017, False),
    ],
)  # fmt: skip
def test_rival_claims_are_kept(
    catalog: Catalog, sku: str, field: str, value: int, superseded: bool
) -> None:
    claims = {c.value: c.superseded for c in catalog.sku(sku).rivals(field)}
    assert claims[Decimal(value)] is superseded


def test_a_superseded_claim_is_in_no_interval(catalog: Catalog) -> None:
    fact = catalog.sku("rtx_pro_6000d").fact("memory.bandwidth_gb_s")
    assert (fact.low, fact.high, fact.disputed) == (Decimal(1398), Decimal(1398), False)
    assert len(fact.claims) == 1


def test_areas_of_a_package_are_disputed_where_databases_disagree(catalog: Catalog) -> None:
    fact = catalog.sku("mi308x").fact("applicable_die_area_mm2")
    assert (fact.value, fact.low, fact.high) == (Decimal(2400), Decimal(1017), Decimal(2400))
    assert catalog.die("mi300x_package").fact("applicable_die_area_mm2").basis == "derived"


def test_nothing_that_follows_is_stored(catalog: Catalog) -> None:
    from catalogs.load import data_path, read_toml

    for file in data_path("skus").glob("*.toml"):
        raw = read_toml(file)
        assert not {"tpp", "performance_density", "computed"} & raw.keys()
        assert "data_rate_gbps" not in raw.get("memory", {})
        own = raw.get("applicable_die_area_mm2")
        if own is not None:
            assert file.stem in ("mi300a", "max_1100")


def test_what_is_derived_says_so(catalog: Catalog) -> None:
    fact = catalog.sku("h100_sxm").fact("memory.data_rate_gbps")
    assert (str(fact.value), fact.basis, fact.unit) == ("5.23", "derived", "Gbit/s")
