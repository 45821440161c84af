"""The closed form against brute force, the mix law, limits and units."""

from dataclasses import replace

import numpy as np
import pytest

from catalogs.architectures import Workload
from catalogs.catalog import Catalog
from optimizer.projection import Prepared, Resources, prepare
from optimizer.projection.calibration import Calibration
from optimizer.projection.choice import chosen
from optimizer.projection.layouts import Path
from optimizer.projection.prices import FIXED
from optimizer.projection.single import Server
from optimizer.projection.software import Release

from .conftest import GIB, chip, one


def brute_force(prepared: Prepared, resources: Resources, steps: int = 200) -> float:
    """Best rate per chip over every layout and a grid of batches refined once, experts exact."""
    plan = prepared.plans[0]
    best = 0.0
    for request in plan.requests:
        layout = request.layout
        if layout.path is Path.LINK and float(np.max(resources.link_bytes_per_s_per_dir)) == 0:
            continue
        server = Server(request, resources, plan.release)
        if server.capacity < layout.stages:
            continue
        low, high = float(layout.stages), server.capacity
        for _ in range(2):
            batch = np.geomspace(low, high, steps)
            step = np.array([server.step_s(b) for b in batch])
            limit = np.inf if plan.step_limit_s is None else plan.step_limit_s
            further = np.array([server.further_s(b) for b in batch])
            rate = np.where(further <= limit, batch / step, 0.0)
            at = int(rate.argmax())
            low, high = batch[max(at - 1, 0)], batch[min(at + 1, steps - 1)]
        best = max(best, float(rate.max()) * layout.replicas / layout.chips)
    return best


CHIPS = {
    "h20": chip(),
    "bus only": chip(link_bytes_per_s_per_dir=0.0, dram_bytes_per_s=1.6e12),
    "small": chip(memory_bytes=48 * GIB),
    "drawn": chip(core_draw_bytes_per_s=1e12),
    "small cache": chip(l2_bytes=4e6),
}


@pytest.mark.parametrize("device", CHIPS)
@pytest.mark.parametrize("tpot", [None, 100.0, 30.0])
@pytest.mark.parametrize(("model", "tolerance"), [("llama_3_3_70b", 2e-3), ("gpt_oss_120b", 0.02)])
def test_closed_form_equals_a_search_over_batches(
    catalog: Catalog, device: str, tpot: float | None, model: str, tolerance: float
) -> None:
    prepared = prepare(one(model, tpot=tpot), catalog)
    resources = CHIPS[device]
    closed = float(prepared.tokens_per_s_per_chip(resources)[0])
    assert closed == pytest.approx(brute_force(prepared, resources), rel=tolerance, abs=1e-9)


def test_a_mix_is_output_tokens_over_weighted_seconds(catalog: Catalog, h20: Resources) -> None:
    mix = catalog.workload("default-mix")
    whole = prepare(mix, catalog).tokens_per_s_per_chip(h20)[0]
    seconds = 0.0
    for member in mix.members:
        alone = mix.model_copy(update={"members": (member.model_copy(update={"weight": 1.0}),)})
        seconds += member.weight / prepare(alone, catalog).tokens_per_s_per_chip(h20)[0]
    assert whole == pytest.approx(1 / seconds, rel=1e-12)


def test_a_mix_with_one_member_out_of_reach_is_zero(catalog: Catalog) -> None:
    small = chip(memory_bytes=24 * GIB)
    prepared = prepare(catalog.workload("default-mix"), catalog)
    assert prepared.tokens_per_s_per_chip(small)[0] == 0
    table = prepared.project(small)
    assert table.tokens_per_s_per_chip[0] == 0
    assert table.reason[0] is not None
    assert "does not fit" in table.reason[0]


def test_the_table_repeats_the_hot_path(catalog: Catalog) -> None:
    rng = np.random.default_rng(3)
    many = chip(
        dram_bytes_per_s=rng.uniform(5e11, 8e12, 500),
        memory_bytes=rng.uniform(16, 200, 500) * GIB,
        link_bytes_per_s_per_dir=rng.choice([0.0, 2e11, 4.5e11], 500),
    )
    for name in ("default-mix", "chat-70b", "deepseek-r1", "offline-70b"):
        prepared = prepare(catalog.workload(name), catalog)
        hot, table = prepared.tokens_per_s_per_chip(many), prepared.project(many)
        np.testing.assert_array_equal(table.tokens_per_s_per_chip, hot)
        with np.errstate(divide="ignore"):
            seconds = sum(
                plan.member.weight / member.tokens_per_s_per_chip
                for plan, member in zip(prepared.plans, table.members, strict=True)
            )
        np.testing.assert_allclose(1 / np.asarray(seconds), hot, rtol=1e-12)


def test_shares_of_a_step_add_up_and_name_what_binds(catalog: Catalog, h20: Resources) -> None:
    member = prepare(catalog.workload("chat-70b"), catalog).project(h20).members[0]
    shares = {term: float(share[0]) for term, share in member.shares.items()}
    assert sum(shares.values()) == pytest.approx(1, rel=1e-12)
    assert member.binding[0] == max(shares, key=lambda term: shares[term]) == "compute"
    assert member.utilization[0] == max(shares.values())
    starved = prepare(catalog.workload("chat-70b"), catalog).project(
        chip(bf16_flops=2e15, fp8_flops=4e15, dram_bytes_per_s=4e11)
    )
    assert starved.members[0].binding[0] in {"weights", "kv"}


def test_latencies_are_milliseconds_and_keep_their_limits(catalog: Catalog, h20: Resources) -> None:
    prepared = prepare(catalog.workload("chat-70b"), catalog)
    member = prepared.project(h20).members[0]
    limits = prepared.plans[0].member
    assert member.tpot_p99_ms[0] <= (limits.tpot_limit_ms or 0) * (1 + 1e-12)
    assert member.ttft_p99_ms[0] <= (limits.ttft_limit_ms or 0) * (1 + 1e-12)
    plan = prepared.plans[0]
    at = int(chosen(prepared, plan, h20).layout[0])
    # The own prompt of a sequence is in its step and over before its first token.
    own = Server(plan.requests[at], h20, plan.release).own_prompt_s
    per_chip = member.batch[0] / (member.tpot_ms[0] / 1000 + own) / member.chips[0]
    assert per_chip == pytest.approx(member.tokens_per_s_per_chip[0], rel=1e-9)


def test_a_limit_on_the_first_token_lowers_throughput(catalog: Catalog, h20: Resources) -> None:
    rates = []
    for limit in (None, 20_000.0, 4_000.0, 2_500.0, 100.0):
        prepared = prepare(one("qwen3_32b", prompt=8192, ttft=limit), catalog)
        rates.append(float(prepared.tokens_per_s_per_chip(h20)[0]))
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-2] > rates[-1] == 0
    tight = prepare(one("qwen3_32b", prompt=8192, ttft=2500.0), catalog).project(h20)
    assert tight.members[0].batch_limit[0] == "ttft"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"memory_bytes": 8 * GIB}, "does not fit"),
        ({"memory_bytes": 10.7 * GIB}, "of one request"),
        ({"dram_bytes_per_s": 8e10}, "per token"),
        ({"bf16_flops": 1e11, "fp8_flops": 1e11}, "a prompt of"),
    ],
)
def test_an_infeasible_part_says_why(
    catalog: Catalog, changes: dict[str, float], words: str
) -> None:
    part = chip(**changes)
    prepared = prepare(one("llama_3_3_70b", prompt=30_000, tpot=50, ttft=60_000), catalog)
    table = prepared.project(part)
    assert prepared.tokens_per_s_per_chip(part)[0] == 0
    assert table.reason[0] is not None
    assert words in table.reason[0]
    assert np.isnan(table.members[0].tpot_ms[0])


def test_a_rate_below_the_wider_format_is_never_used() -> None:
    from optimizer.projection import usable_rates

    cut = usable_rates({"bf16": 100.0, "fp8": 50.0, "fp4": 80.0})
    assert cut == {"bf16_flops": 100, "fp8_flops": 100, "int8_flops": 100, "fp4_flops": 100}


def test_a_stack_slows_the_chip_and_the_host_by_its_factors(
    catalog: Catalog, cal: Calibration, h20: Resources
) -> None:
    offline: Workload = catalog.workload("offline-70b")
    slower = tuple(
        Release(r.id, r.engine, current=True, memory_of_free=True, device_factor=1.5)
        if r.engine == "vllm" and r.current
        else r
        for r in cal.releases
    )
    changed = replace(cal, releases=slower)
    fast = prepare(offline, catalog).tokens_per_s_per_chip(h20)[0]
    slow = prepare(offline, catalog, changed, stack="vLLM").tokens_per_s_per_chip(h20)[0]
    assert fast / slow == pytest.approx(1.5)


def test_a_host_factor_leaves_the_work_of_the_chip_alone(
    catalog: Catalog, cal: Calibration, h20: Resources
) -> None:
    offline: Workload = catalog.workload("offline-70b")
    releases = tuple(replace(r, host_factor=2.0) for r in cal.releases)
    plain = prepare(offline, catalog).plans[0].lines
    host = prepare(offline, catalog, replace(cal, releases=releases)).plans[0].lines
    np.testing.assert_allclose(host[..., :FIXED], plain[..., :FIXED])
    np.testing.assert_allclose(host[..., FIXED], 2 * plain[..., FIXED])


def test_draw_below_the_dram_bandwidth_is_what_streams(catalog: Catalog) -> None:
    prepared = prepare(catalog.workload("offline-70b"), catalog)
    drawn = prepared.tokens_per_s_per_chip(chip(core_draw_bytes_per_s=1e12))
    slow = prepared.tokens_per_s_per_chip(chip(dram_bytes_per_s=1e12))
    assert drawn[0] == slow[0]
    wide = prepared.tokens_per_s_per_chip(replace(chip(), core_draw_bytes_per_s=1e15))
    assert wide[0] == prepared.tokens_per_s_per_chip(chip())[0]
