"""Throughput never falls when a resource grows: what the solver's proof stands on."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.load import load_catalog
from optimizer.projection import DIRECTIONS, Prepared, Resources, prepare
from optimizer.projection.resources import ARRAYS

from .conftest import GIB, one

MODELS = (
    "llama_3_3_70b",
    "qwen3_235b_a22b",
    "deepseek_r1",
    "gpt_oss_120b",
    "llama_3_1_8b",
    "qwen3_5_397b_a17b",
    "glm_5",
)
ROUNDING = 1e-12
POINTS = 256

bounds = {
    "bf16_flops": (1e12, 3e15),
    "fp8_flops": (1e12, 6e15),
    "int8_flops": (1e12, 6e15),
    "fp4_flops": (1e12, 1e16),
    "dram_bytes_per_s": (1e11, 1e13),
    "core_draw_bytes_per_s": (1e11, 2e13),
    "memory_bytes": (1 * GIB, 400 * GIB),
    "link_bytes_per_s_per_dir": (0.0, 1e12),
    "pcie_bytes_per_s_per_dir": (0.0, 2e11),
    "l2_bytes": (1e6, 1e9),
}


@cache
def ready(model: str, weights: str, limited: bool) -> Prepared:
    limits: dict[str, Any] = {"ttft": 3000.0, "tpot": 60.0} if limited else {}
    return prepare(one(model, weights=weights, **limits), load_catalog(ambient=False))


@st.composite
def designs(draw: st.DrawFn) -> Resources:
    values: dict[str, Any] = {
        name: np.array([draw(st.floats(low, high))]) for name, (low, high) in bounds.items()
    }
    for cut in ("link_bytes_per_s_per_dir", "pcie_bytes_per_s_per_dir"):
        if draw(st.integers(0, 3)) == 0:
            values[cut] = np.array([0.0])
    native = frozenset({"fp8", "fp4"}) if draw(st.booleans()) else frozenset({"fp8"})
    return Resources(
        **values,
        scale_up_domain=draw(st.sampled_from([1, 2, 8])),
        nvlink_class=draw(st.booleans()),
        native=native,
    )


def ramp(design: Resources, name: str, top: float) -> Resources:
    """The same design with one resource rising in many steps, all others equal."""
    low = float(np.asarray(getattr(design, name))[0])
    change: dict[str, Any] = {name: np.linspace(low, max(top, low), POINTS)}
    return replace(design, **change)


def test_every_array_has_a_direction() -> None:
    assert set(DIRECTIONS) == set(ARRAYS)
    assert set(DIRECTIONS.values()) == {1}


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=80)
@given(design=designs(), name=st.sampled_from(ARRAYS), weights=st.sampled_from(["fp8", "nvfp4"]))
def test_throughput_never_falls_when_a_resource_grows(
    model: str, limited: bool, design: Resources, name: str, weights: str
) -> None:
    rates = ready(model, weights, limited).tokens_per_s_per_chip(
        ramp(design, name, bounds[name][1])
    )
    assert (rates[1:] >= rates[:-1] * (1 - ROUNDING)).all()


@settings(max_examples=200)
@given(a=designs(), b=designs(), model=st.sampled_from(MODELS), limited=st.booleans())
def test_the_best_corner_of_a_box_bounds_the_box(
    a: Resources, b: Resources, model: str, limited: bool
) -> None:
    corner: dict[str, Any] = {
        name: np.maximum(getattr(a, name), getattr(b, name)) for name in ARRAYS
    }
    best = replace(a, **corner)
    prepared = ready(model, "fp8", limited)
    top = prepared.tokens_per_s_per_chip(best)
    other: dict[str, Any] = {name: getattr(b, name) for name in ARRAYS}
    for part in (a, replace(a, **other)):
        assert prepared.tokens_per_s_per_chip(part)[0] <= top[0] * (1 + ROUNDING)


@pytest.mark.parametrize(
    ("model", "limited"),
    [("llama_3_3_70b", True), ("qwen3_235b_a22b", True), ("deepseek_r1", False)],
)
def test_throughput_is_monotone_across_layout_switches_and_capacity_edges(
    model: str, limited: bool
) -> None:
    prepared = ready(model, "fp8", limited)
    memory = np.linspace(10 * GIB, 400 * GIB, 40_001)
    # A link slow enough that narrow layouts pay where they fit.
    chip = Resources(148e12, 296e12, 296e12, 148e12, 4e12, np.inf, memory, 20e9, 8e9)
    rates = prepared.tokens_per_s_per_chip(chip)
    assert rates[0] == 0
    assert rates[-1] > 0
    assert (rates[1:] >= rates[:-1] * (1 - ROUNDING)).all()
    chosen = prepared.project(
        replace(chip, memory_bytes=np.linspace(10 * GIB, 400 * GIB, 60))
    ).members[0]
    layouts = zip(chosen.tensor_parallel, chosen.data_parallel, chosen.pipeline_stages, strict=True)
    assert len(set(layouts)) > 2


def test_a_slow_link_beside_a_fast_bus_never_hurts() -> None:
    prepared = ready("llama_3_3_70b", "fp8", False)
    link = np.linspace(0, 100e9, 1001)
    chip = Resources(148e12, 296e12, 296e12, 148e12, 4e12, np.inf, 40 * GIB, link, 64e9)
    rates = prepared.tokens_per_s_per_chip(chip)
    assert (rates[1:] >= rates[:-1] * (1 - ROUNDING)).all()


def test_the_answer_does_not_hang_on_the_company_of_a_design() -> None:
    prepared = ready("qwen3_235b_a22b", "fp8", True)
    rng = np.random.default_rng(7)
    count = 5000
    values: dict[str, Any] = {
        name: rng.uniform(low, high, count) for name, (low, high) in bounds.items()
    }
    values["link_bytes_per_s_per_dir"][::3] = 0.0
    together = prepared.tokens_per_s_per_chip(Resources(**values))
    for index in range(0, count, 611):
        part: dict[str, Any] = {name: column[index : index + 1] for name, column in values.items()}
        alone = Resources(**part)
        assert prepared.tokens_per_s_per_chip(alone)[0] == pytest.approx(together[index], rel=1e-12)
