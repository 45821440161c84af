"""What binds, shares of the peaks, and derivatives, against sums by hand and the projection."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalogs.catalog import Catalog
from optimizer.cli import main
from optimizer.projection import Resources, prepare
from optimizer.projection.accuracy import Pair
from optimizer.projection.calibration import Calibration
from optimizer.projection.choice import chosen
from optimizer.projection.devices import missing_facts, resources_of_sku
from optimizer.projection.gradients import _COLUMN, NAMES, TENSOR, gradients
from optimizer.projection.intervals import RATIO, figure_interval
from optimizer.projection.operating import lossless, useful_work
from optimizer.projection.planned import planned_interval
from optimizer.projection.prices import effective_flops, flop_price_elasticity
from optimizer.projection.ranking import best_of_each, ratio_errors
from optimizer.projection.ratios import same_die, told_apart
from optimizer.projection.work import BF16, CACHE, GEMM, WEIGHTS

from .conftest import chip, one

STEP = 1e-5
RATES = ("bf16_flops", "fp8_flops", "int8_flops", "fp4_flops")
# Links and bus, bus only, small memory, drawn by few cores, links that are a bus.
DEVICES: dict[str, dict[str, Any]] = {
    "h20": {},
    "bus only": {"link_bytes_per_s_per_dir": 0.0, "dram_bytes_per_s": 1.6e12},
    "small": {"memory_bytes": 60 * 2.0**30},
    "drawn": {"core_draw_bytes_per_s": 1e12},
    "small cache": {"l2_bytes": 4e6},
    "link as bus": {"nvlink_class": False, "link_bytes_per_s_per_dir": 100e9},
}


def scaled(resources: Resources, name: str, factor: float) -> Resources:
    """The same chip with one resource scaled, all rates together."""
    fields = RATES if name == TENSOR else (_COLUMN[name],)
    change: dict[str, Any] = {field: getattr(resources, field) * factor for field in fields}
    return replace(resources, **change)


@pytest.mark.parametrize("workload", ["default-mix", "offline-70b", "gpt-oss-120b", "deepseek-r1"])
@pytest.mark.parametrize("device", DEVICES)
def test_derivatives_are_those_of_the_projection(
    catalog: Catalog, workload: str, device: str
) -> None:
    prepared = prepare(catalog.workload(workload), catalog)
    resources = chip(**DEVICES[device])
    if prepared.tokens_per_s_per_chip(resources)[0] == 0:
        pytest.skip("not served")
    found, _ = gradients(prepared, resources)
    for name in NAMES:
        amount = getattr(resources, _COLUMN[name])
        if not np.isfinite(amount):
            assert found.per_unit[name][0] == 0
            continue
        up, down = (
            float(prepared.tokens_per_s_per_chip(scaled(resources, name, 1 + sign * STEP))[0])
            for sign in (1, -1)
        )
        rate = float(prepared.tokens_per_s_per_chip(resources)[0])
        assert found.elasticity[name][0] == pytest.approx(
            (up - down) / (2 * STEP * rate), abs=1e-6
        ), name
        if amount:
            assert found.per_unit[name][0] == pytest.approx(
                (up - down) / (2 * STEP * amount), rel=1e-4, abs=1e-6 * rate / amount
            )


def test_no_derivative_is_negative_on_any_cataloged_part(catalog: Catalog) -> None:
    prepared = prepare(catalog.workload("default-mix"), catalog)
    for sku in (catalog.sku(name) for name in catalog.skus):
        if missing_facts(sku):
            continue
        found, _ = gradients(prepared, resources_of_sku(sku, sku.die_record))
        values = [float(found.elasticity[name][0]) for name in NAMES]
        assert all(value >= 0 or np.isnan(value) for value in values), sku.id


def test_a_batch_held_by_memory_gains_by_the_fixed_share_of_a_step(catalog: Catalog) -> None:
    prepared = prepare(one("llama_3_1_8b", chips=1), catalog)
    plan = prepared.plans[0]
    resources = chip(memory_bytes=24 * 2.0**30)
    choice = chosen(prepared, plan, resources)
    assert choice.limit[0] == "memory"
    batch = float(choice.batch[0])
    usable = prepared.calibration.memory_usable_share * 24 * 2.0**30
    fixed = plan.requests[0].decode.fixed
    assert usable - plan.weight_bytes[0] == pytest.approx(batch / plan.per_cache_byte[0])
    assert fixed.any()
    # d ln X / d ln C = (K / T) (d ln b / d ln C), with b proportional to what the weights leave.
    found, _ = gradients(prepared, resources)
    grown = usable / (usable - plan.weight_bytes[0])
    share = found.elasticity["memory"][0] / grown
    smaller = prepare(one("llama_3_1_8b", chips=1), catalog)
    step = float(choice.step_s[0])
    slower = chosen(smaller, plan, replace(resources, memory_bytes=23 * 2.0**30))
    slope = (step - float(slower.step_s[0])) / (batch - float(slower.batch[0]))
    assert share == pytest.approx(1 - slope * batch / step, rel=1e-9)


def test_the_price_of_a_flop_falls_with_the_rate_as_its_form_says(cal: Calibration) -> None:
    for exponent in (1.0, 0.6):
        constants = replace(cal, gemm_rate_exponent=exponent)
        peak = np.array([148e12, 989e12, 1e16])
        ends = [np.log(effective_flops(peak * (1 + s * STEP), constants)) for s in (1, -1)]
        np.testing.assert_allclose(
            flop_price_elasticity(peak, constants), -(ends[0] - ends[1]) / (2 * STEP), rtol=1e-6
        )


def test_useful_work_of_a_step_is_what_a_hand_counts(catalog: Catalog) -> None:
    prepared = prepare(one("llama_3_1_8b", chips=1, prompt=1000, output=200), catalog)
    request = prepared.plans[0].requests[0]
    work = useful_work(request, 10, prompts=0)
    model = request.model
    # 32 layers: attention 2 x 4096 x 4096 + 2 x 4096 x 1024, gated block 3 x 4096 x 14336.
    body = 32 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336)
    assert body == model.body_params
    head = 128256 * 4096
    assert work[GEMM] == pytest.approx(2 * 10 * body)
    context = 1000 + 200 / 2
    attention = 10 * 32 * 2 * context * 2 * 32 * 128
    assert work[BF16] == pytest.approx(2 * 10 * head + attention)
    assert work[WEIGHTS] == pytest.approx(body + 2 * head)
    assert work[CACHE] == pytest.approx(10 * 32 * context * 2 * 8 * 128)


def test_shares_of_the_peaks_lie_between_nothing_and_all(catalog: Catalog) -> None:
    for name in ("default-mix", "offline-70b", "gpt-oss-120b", "deepseek-r1"):
        prepared = prepare(catalog.workload(name), catalog)
        for sku in (catalog.sku(each) for each in catalog.skus):
            if missing_facts(sku):
                continue
            for member in prepared.project(resources_of_sku(sku, sku.die_record)).members:
                for share in (member.peak_flops_share[0], member.peak_bytes_share[0]):
                    assert np.isnan(share) or 0 < share <= 1, (name, sku.id)


def test_a_lossless_chip_without_latency_uses_all_of_its_time(
    catalog: Catalog, cal: Calibration
) -> None:
    ideal = replace(
        lossless(cal),
        gemm_efficiency_ceiling=1.0,
        gemm_half_rate_flops=1e30,
        layer_fixed_s=0.0,
        step_fixed_s=0.0,
        sequence_fixed_s=0.0,
    )
    prepared = prepare(one("llama_3_1_8b", chips=1), catalog, ideal)
    member = prepared.project(chip()).members[0]
    assert member.peak_flops_share[0] + member.peak_bytes_share[0] == pytest.approx(1, rel=1e-9)


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["project", *words]) == 0
    return capsys.readouterr().out


def test_json_carries_what_binds_and_what_one_more_is_worth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = json.loads(answer(capsys, "h20", "-f", "json"))["projection"]
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert found["gradients"]["link_gb_s_bidir"]["per_unit"] > 0
    for member in found["members"]:
        assert member["path"] in {"link", "bus", "none"}
        assert 0 < member["peak_flops_share"] < 1
        assert 0 < member["peak_bytes_share"] < 1
        assert set(member["gradients"]) == set(found["gradients"])


def test_a_gigabyte_per_second_of_dram_is_worth_what_the_answer_says(
    capsys: pytest.CaptureFixture[str], catalog: Catalog
) -> None:
    found = json.loads(answer(capsys, "h20", "-f", "json"))["projection"]
    prepared = prepare(catalog.workload("default-mix"), catalog)
    sku = catalog.sku("h20")
    resources = resources_of_sku(sku, sku.die_record)
    more = replace(resources, dram_bytes_per_s=resources.dram_bytes_per_s + 1e9)
    gained = float(prepared.tokens_per_s_per_chip(more)[0]) - found["tokens_per_s_per_chip"]
    assert found["gradients"]["dram_gb_s"]["per_unit"] == pytest.approx(gained, rel=1e-3)


def test_text_csv_and_markdown_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    page = answer(capsys, "h20")
    assert "WHAT BINDS" in page
    assert "GB/s of DRAM bandwidth" in page
    assert "DP8 EP8 link" in page
    assert max(len(line) for line in page.splitlines()) <= 80
    rows = list(csv.DictReader(io.StringIO(answer(capsys, "h20", "-f", "csv"))))
    assert [row["binding"] for row in rows] == ["compute"] * 3
    assert all(float(row["per_bf16_tflops"]) > 0 for row in rows)
    assert all(0 < float(row["share_kv"]) < 1 for row in rows)
    assert "| GB of memory |" in answer(capsys, "h20", "-f", "md")


def test_two_parts_are_told_apart_by_the_interval_of_their_ratio() -> None:
    ratio = figure_interval(RATIO)
    assert ratio is not None
    assert ratio.low * ratio.high == pytest.approx(1)
    assert ratio.high < 1 / planned_interval(True, "Hopper", "fp8").low
    assert told_apart(100.0, 100.0 * ratio.high * 1.001, same_die())
    assert not told_apart(100.0 * ratio.high * 0.999, 100.0, same_die())


def test_ratios_of_equal_work_are_taken_both_ways() -> None:
    rows = [
        Pair(gpu, "rate", "s", 0, measured, projected, workload="w")
        for gpu, measured, projected in (("a", 1.0, 1.0), ("a", 2.0, 1.5), ("b", 6.0, 3.0))
    ]
    assert ratio_errors(rows, best_of_each) == [(3.0, 2.0), (1 / 3, 0.5)]


def test_times_carry_their_intervals_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(answer(capsys, "h20", "-f", "json"))["projection"]
    for each in (found, *found["members"]):
        assert each["ttft_low_ms"] < each["ttft_ms"] < each["ttft_high_ms"]
        assert each["tpot_low_ms"] < each["tpot_ms"] < each["tpot_high_ms"]
    assert "80 % intervals of the times: TTFT x" in answer(capsys, "h20")
    assert "tpot_high_ms" in answer(capsys, "h20", "-f", "csv")
