"""One server against sums done by hand: drafts, first tokens, releases."""

from dataclasses import replace
from math import isclose

import numpy as np
import pytest

from catalogs.catalog import Catalog
from optimizer.projection.calibration import Calibration
from optimizer.projection.layouts import Layout
from optimizer.projection.passes import Request
from optimizer.projection.resources import Resources
from optimizer.projection.single import Server
from optimizer.projection.software import PLAIN, Release
from optimizer.projection.work import CACHE, SECONDS


def server(
    catalog: Catalog,
    cal: Calibration,
    part: Resources,
    release: Release = PLAIN,
    layout: Layout | None = None,
    drafts: float = 0.0,
) -> Server:
    model = catalog.model("llama_3_1_8b")
    request = Request(model, "fp8", "fp8", 1000.0, 500.0, layout or Layout(), cal)
    return Server(request, part, release, drafts)


@pytest.fixture
def easy(cal: Calibration) -> Calibration:
    return replace(
        cal,
        draft_acceptance=0.5,
        request_fixed_s=0.02,
        first_token_prompts=1.0,
        first_token_steps=3.0,
        arrival_wave_share=0.1,
        replica_stall_share=0.5,
    )


def test_drafts_shorten_a_step_by_the_tokens_that_are_kept(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    free = replace(
        easy,
        half_rate_tokens=0.0,
        activation_bytes_per_element=0.0,
        gemm_efficiency_ceiling=1.0,
        gemm_half_rate_flops=1e30,
    )
    fast = replace(h20, bf16_flops=1e30, fp8_flops=1e30)
    drafted, plain = (server(catalog, free, fast, drafts=d) for d in (1.0, 0.0))
    # One draft kept half of the time: 1.5 tokens for one pass, one layer's pass and one head.
    model = catalog.model("llama_3_1_8b")
    head = 2 * model.vocab * model.hidden / (4e12 * free.weight_stream_efficiency)
    cost = plain.decode_s(8.0) * (1 + 1 / model.layers) + head
    assert drafted.decode_s(8.0) == pytest.approx(cost / 1.5, rel=1e-6)


def test_more_kept_drafts_give_more_tokens_and_cost_more_work(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    sure = replace(easy, draft_acceptance=0.9)
    times = [server(catalog, sure, h20, drafts=d).decode_s(1.0) for d in (0.0, 1.0, 3.0)]
    assert times == sorted(times, reverse=True)
    unsure = replace(easy, draft_acceptance=0.0)
    assert server(catalog, unsure, h20, drafts=3.0).decode_s(64.0) > server(
        catalog, unsure, h20
    ).decode_s(64.0)


def test_a_share_of_free_memory_leaves_more_beside_heavy_weights(
    catalog: Catalog, cal: Calibration, h20: Resources
) -> None:
    tight = replace(h20, memory_bytes=12e9)
    free = server(catalog, cal, tight, Release("free", memory_of_free=True))
    whole = server(catalog, cal, tight, Release("all"))
    taken = whole.request.weight_bytes + cal.memory_reserve_bytes
    gained = (free.capacity - whole.capacity) * whole.request.cache_bytes
    assert gained == pytest.approx((1 - cal.memory_usable_share) * taken)


def test_a_release_scales_the_kernels_of_routed_experts_only(
    catalog: Catalog, cal: Calibration
) -> None:
    model = catalog.model("qwen3_30b_a3b")
    layout = Layout()
    double = Release("double", expert_factor=2.0)
    plain, slow = (
        Request(model, "fp8", "fp8", 1000.0, 500.0, layout, cal, release)
        for release in (PLAIN, double)
    )
    dense = Request(catalog.model("llama_3_1_8b"), "fp8", "fp8", 1000.0, 500.0, layout, cal, double)
    assert (slow.decode_at(4.0) >= plain.decode_at(4.0)).all()
    assert (slow.decode_at(4.0) > plain.decode_at(4.0)).any()
    one = replace(dense, release=PLAIN)
    assert dense.decode_at(4.0).tolist() == one.decode_at(4.0).tolist()


def test_a_release_scales_the_time_of_the_host_per_sequence_not_per_step(
    catalog: Catalog, cal: Calibration
) -> None:
    model, slow = catalog.model("llama_3_1_8b"), Release("slow", sequence_factor=3.0)
    ones = [
        Request(model, "fp8", "fp8", 1000.0, 500.0, Layout(), cal, release)
        for release in (PLAIN, slow)
    ]
    none, many = (ones[1].decode_at(b) - ones[0].decode_at(b) for b in (0.0, 100.0))
    assert not none.any()
    assert np.flatnonzero(many).tolist() == [SECONDS]
    assert isclose(many[SECONDS], 2 * 100 * cal.sequence_fixed_s)


def test_attention_of_a_kernel_per_query_head_reads_the_cache_of_a_group_for_each_head(
    catalog: Catalog, cal: Calibration
) -> None:
    model, own = catalog.model("llama_3_1_8b"), Release("own", cache_per_query_head=True)
    shared, each = (
        Request(model, "fp16", "fp16", 1000.0, 500.0, Layout(), cal, release)
        for release in (PLAIN, own)
    )
    cache = 32 * 2 * 8 * 128 * 2.0 * 1250 / cal.cache_stream_efficiency
    extra = each.decode_at(1.0) - shared.decode_at(1.0)
    assert np.flatnonzero(extra).tolist() == [CACHE]
    assert isclose(extra[CACHE], 3 * cache)
    latent = Request(catalog.model("deepseek_r1"), "fp8", "fp8", 1e3, 5e2, Layout(), cal, own)
    plain = replace(latent, release=PLAIN)
    assert latent.decode_at(1.0).tolist() == plain.decode_at(1.0).tolist()


def test_a_pool_of_prompts_alone_stalls_no_replica(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    layout = Layout(replicas=4, experts=4)
    one = server(catalog, easy, h20, layout=layout)
    assert one.prompt_share_s == pytest.approx(one.prompt_flow_s * (1 + 0.5 * 3 / 4))


def test_factors_of_a_release_scale_the_chip_the_host_and_the_cache(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    plain = server(catalog, easy, h20)
    chip_ = server(catalog, easy, h20, Release("chip", device_factor=2.0))
    assert chip_.step_s(8.0) == pytest.approx(2 * plain.step_s(8.0))
    host = server(catalog, easy, h20, Release("host", host_factor=3.0))
    still = host.step_s(8.0) - plain.step_s(8.0)
    assert host.step_s(80.0) - plain.step_s(80.0) == pytest.approx(
        still + 2 * 72 * (easy.sequence_fixed_s + plain_prompt_host(plain) / 500), rel=1e-6
    )
    cache = server(catalog, easy, h20, Release("cache", cache_factor=5.0))
    assert cache.step_s(80.0) > cache.step_s(8.0) * plain.step_s(80.0) / plain.step_s(8.0)


def plain_prompt_host(one: Server) -> float:
    """Host seconds of one prompt among others."""
    from optimizer.projection.work import SECONDS

    return float(one.request.prefill_share[SECONDS])
