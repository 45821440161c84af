"""Architectures, workloads, constants and devices as data."""

import numpy as np
import pytest
from pydantic import ValidationError

from catalogs.architectures import SIZE_TOLERANCE
from catalogs.catalog import Catalog
from catalogs.errors import InputError
from catalogs.load import data_path, read_toml
from optimizer.projection import prepare
from optimizer.projection.calibration import CalibrationFile, calibration_of
from optimizer.projection.devices import (
    NO_DRAW,
    NO_L2,
    assumptions_of_sku,
    l2_bytes,
    resources_of_sku,
)

from .conftest import GIB, chip


def test_every_architecture_has_the_size_that_was_published(catalog: Catalog) -> None:
    assert len(catalog.models) >= 41
    for name in catalog.models:
        model = catalog.model(name)
        computed = model.total_params / 1e9 + model.other_params_b
        assert computed == pytest.approx(model.published_params_b, rel=model.size_tolerance), name
        assert model.size_tolerance == SIZE_TOLERANCE or name == "kimi_k2_5"
        assert model.source.startswith("https://huggingface.co/")


def test_a_mistyped_shape_does_not_load(catalog: Catalog) -> None:
    data = catalog.model("llama_3_3_70b").model_dump() | {"layers": 60}
    with pytest.raises(ValidationError, match="more than 1% apart"):
        type(catalog.model("llama_3_3_70b")).model_validate(data)


def test_active_parameters_match_the_names(catalog: Catalog) -> None:
    for name, billions in {
        "qwen3_30b_a3b": 3.3,
        "qwen3_235b_a22b": 22.2,
        "qwen3_coder_480b_a35b": 35.4,
        "deepseek_r1": 37.5,
    }.items():
        assert catalog.model(name).active_params / 1e9 == pytest.approx(billions, rel=0.02)


@pytest.mark.parametrize(
    "limit",
    [
        {"bf16_flops": 75e12, "fp8_flops": 150e12, "dram_bytes_per_s": 1.597e12},
        {"bf16_flops": 468e12, "fp8_flops": 936e12, "dram_bytes_per_s": 600e9},
    ],
    ids=["TPP 1,200", "600 GB/s"],
)
def test_a_bus_only_part_at_a_legal_limit_serves_the_default_mix(
    catalog: Catalog, limit: dict[str, float]
) -> None:
    part = chip(link_bytes_per_s_per_dir=0.0, memory_bytes=96 * GIB, nvlink_class=False, **limit)
    table = prepare(catalog.workload("default-mix"), catalog).project(part)
    assert table.reason == (None,)
    assert table.tokens_per_s_per_chip[0] > 100
    assert all(member.chips[0] <= 8 for member in table.members)


def test_precision_is_fixed_for_all_parents(catalog: Catalog) -> None:
    for member in catalog.workload("default-mix").members:
        assert (member.weight_precision, member.kv_precision) == ("fp8", "fp8")


def _calibration(name: str, value: float) -> CalibrationFile:
    data = read_toml(data_path("calibration", "global.toml"))
    data["constants"][name] |= {"value": value, "low": -10.0, "high": 1e9}
    return CalibrationFile.model_validate(data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gemm_rate_exponent", 1.01),
        ("weight_stream_efficiency", 0.0),
        ("layer_fixed_s", -1e-9),
        ("prefill_overlap_share", 1.5),
        ("expert_imbalance", 0.9),
        ("smaller_term_share", -0.1),
    ],
)
def test_a_refit_outside_the_monotone_domain_is_refused(name: str, value: float) -> None:
    with pytest.raises(InputError, match="not monotone"):
        calibration_of(_calibration(name, value), "refit.toml")


def test_a_constant_outside_its_own_range_is_refused() -> None:
    data = read_toml(data_path("calibration", "global.toml"))
    data["constants"]["link_efficiency"]["value"] = 0.05
    with pytest.raises(InputError, match="outside"):
        calibration_of(CalibrationFile.model_validate(data), "refit.toml")


def test_constants_missing_or_unknown_are_named() -> None:
    data = read_toml(data_path("calibration", "global.toml"))
    data["constants"]["speed"] = data["constants"].pop("layer_fixed_s")
    with pytest.raises(InputError, match="layer_fixed_s: missing; speed: unknown"):
        calibration_of(CalibrationFile.model_validate(data), "refit.toml")


def test_a_geforce_part_infers_at_half_its_published_rate(catalog: Catalog) -> None:
    sku = catalog.sku("rtx_4090")
    chip_ = resources_of_sku(sku, sku.die_record)
    assert chip_.bf16_flops == pytest.approx(165.2e12, rel=0.01)
    assert chip_.fp8_flops == pytest.approx(330.3e12, rel=0.01)
    assert chip_.link_bytes_per_s_per_dir == 0
    assert chip_.pcie_bytes_per_s_per_dir == 32e9
    assert chip_.memory_bytes == 24 * GIB


def test_an_unpublished_draw_is_an_assumption_not_a_value(catalog: Catalog) -> None:
    sku = catalog.sku("b200")
    bare = sku.die_record
    assert bare is not None
    if bare.core_draw_bytes_per_clk is None:
        assert np.isinf(resources_of_sku(sku, bare).core_draw_bytes_per_s)
        assert NO_DRAW in assumptions_of_sku(sku)
    assert np.isinf(resources_of_sku(sku, None).core_draw_bytes_per_s)


def test_an_unpublished_cache_is_an_assumption_and_the_last_level_counts(catalog: Catalog) -> None:
    sku = catalog.sku("h20")
    bare = sku.model_copy(update={"l2_cache_mb": None})
    assert np.isinf(l2_bytes(bare, None))
    assert NO_L2 in assumptions_of_sku(catalog.sku("ascend_950dt"))
    assert NO_L2 not in assumptions_of_sku(sku)
    mi300x = catalog.sku("mi300x")
    assert l2_bytes(mi300x, mi300x.die_record) == 256 * 2**20


def test_a_missing_fact_is_a_reason(catalog: Catalog) -> None:
    sku = catalog.sku("h20")
    memory = sku.memory.model_copy(update={"bandwidth_gb_s": None})
    blind = sku.model_copy(update={"memory": memory})
    with pytest.raises(InputError, match=r"h20: cannot be projected: unknown memory.bandwidth"):
        resources_of_sku(blind, sku.die_record)
