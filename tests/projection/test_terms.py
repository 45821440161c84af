"""Each term against a sum done by hand, with round constants."""

from dataclasses import replace
from math import isclose

import numpy as np
import pytest

from catalogs.architectures import (
    LatentAttention,
    LinearAttention,
    ModelArchitecture,
    SparseAttention,
)
from optimizer.projection import terms, traffic
from optimizer.projection.calibration import Calibration
from optimizer.projection.experts import distinct_experts, envelope, kernel_factor
from optimizer.projection.layouts import Layout, Path
from optimizer.projection.passes import Request
from optimizer.projection.prices import AGAIN, FLOP_BF16, FLOP_GEMM, effective_flops, hot_prices
from optimizer.projection.work import (
    BF16,
    BUS,
    CACHE,
    GEMM,
    LINK,
    NETWORK,
    REREAD,
    SECONDS,
    WEIGHTS,
)

from .conftest import chip

SMALL = ModelArchitecture(
    id="small",
    name="Small",
    layers=2,
    hidden=100,
    q_heads=8,
    kv_heads=2,
    head_dim=10,
    vocab=1000,
    dense_layers=1,
    ffn=400,
    experts=8,
    top_k=2,
    expert_ffn=50,
    shared_ffn=30,
    published_params_b=4.898e-4,
    basis="estimated",
    source="test",
    size_source="test",
)
LATENT = SMALL.model_copy(
    update={"latent": LatentAttention(q_rank=20, kv_rank=16, rope_dim=4, nope_dim=10, v_dim=10)}
)


@pytest.fixture(scope="module")
def easy(cal: Calibration) -> Calibration:
    return replace(
        cal,
        smaller_term_share=1.0,
        weight_stream_efficiency=0.5,
        cache_stream_efficiency=0.8,
        half_rate_tokens=10.0,
        expert_half_rate_tokens=5.0,
        expert_choice_spread=1.0,
        latent_cache_stream_efficiency=0.4,
        latent_attention_efficiency=0.25,
        widened_weight_efficiency=0.5,
        replica_stall_share=0.4,
        grouped_gemm_efficiency=0.5,
        expert_imbalance=1.2,
        decode_attention_efficiency=0.5,
        prefill_attention_efficiency=0.25,
        activation_bytes_per_element=4.0,
        all_reduce_latency_s=10e-6,
        bus_latency_factor=3.0,
        link_efficiency=0.5,
        bus_efficiency=0.25,
        all_to_all_hidden_share=0.75,
        scale_out_efficiency=0.5,
    )


def test_parameters_of_a_layer_are_counted_from_the_shape() -> None:
    assert SMALL.attention_params == 100 * (8 + 4) * 10 + 80 * 100
    assert SMALL.ffn_params == 3 * 100 * 400
    assert SMALL.expert_params == 3 * 100 * 50
    assert SMALL.shared_params == 3 * 100 * 30 + 100 * 8
    assert SMALL.total_params == 2 * 20_000 + 120_000 + 8 * 15_000 + 9_800 + 2 * 100_000
    assert SMALL.total_params - SMALL.active_params == 6 * 15_000


def test_latent_attention_is_counted_by_its_ranks() -> None:
    queries = 100 * 20 + 20 * 8 * 14
    keys = 100 * 20 + 16 * 8 * 20
    assert LATENT.attention_params == queries + keys + 80 * 100
    assert LATENT.cache_elements_per_token == 2 * 20


def test_a_linear_layer_reads_its_weights_once_and_multiplies_every_token(
    easy: Calibration,
) -> None:
    work = terms.linear(1000.0, 2.0, 2, easy).at(30.0)
    assert work[GEMM] == 2 * (30 + 10) * 1000 / 2
    assert work[WEIGHTS] == 1000 * 2 / (2 * 0.5)


def test_tiles_are_read_again_by_the_root_of_the_cache(easy: Calibration) -> None:
    # A product of m x n x k = 1 x 1000 x 1000 in square tiles, three of 30,000 bytes in 90,000:
    # sides of sqrt(30,000 / 2) weights of 2 bytes, so 2 x 10^6 x 2 / sqrt(15,000) bytes a token.
    cal = replace(easy, tile_reread_factor=0.5)
    once = terms.rereads(1e6, 2.0, 1, cal)
    assert not once.fixed.any()
    assert np.flatnonzero(once.slope).tolist() == [REREAD]
    prices = hot_prices("bf16", chip(dram_bytes_per_s=1e12, l2_bytes=9e4), cal, 1)
    seconds = 0.5 * 2e6 * 2.0 / np.sqrt(15_000) / 1e12
    assert isclose(once.slope[REREAD] * prices[AGAIN, 0], seconds)
    assert terms.rereads(1e6, 2.0, 4, cal).slope[REREAD] == once.slope[REREAD] / 4


def test_the_host_takes_a_time_per_step_and_one_per_sequence(easy: Calibration) -> None:
    cal = replace(easy, step_fixed_s=1e-3, sequence_fixed_s=2e-6)
    assert isclose(terms.host(cal).at(100.0)[SECONDS], 1.2e-3)
    assert isclose(terms.host(cal, 3.0).at(100.0)[SECONDS], 1.6e-3)


def test_a_long_prompt_is_passed_in_chunks(easy: Calibration) -> None:
    cal = replace(easy, prefill_chunk_tokens=100.0)
    assert [terms.chunk_count(n, cal) for n in (1.0, 100.0, 101.0, 1000.0)] == [1, 1, 2, 10]


def test_a_cache_of_unknown_size_costs_nothing(cal: Calibration) -> None:
    assert hot_prices("bf16", chip(), cal, 1)[AGAIN, 0] == 0.0


@pytest.mark.parametrize(
    ("experts", "weights", "factor"),
    [
        (8, "fp8", 1.0),
        (63, "bf16", 1.0),
        (64, "bf16", 1.5),
        (64, "fp8", 1.5),
        (64, "nvfp4", 1.0),
        (64, "int4", 1.0),
        (64, "mxfp4", 0.75),
        (8, "mxfp4", 0.75),
    ],
)
def test_kernels_of_experts_hang_on_their_number_and_format(
    easy: Calibration, experts: int, weights: str, factor: float
) -> None:
    cal = replace(easy, small_expert_factor=1.5, mxfp4_expert_factor=0.75)
    model = SMALL.model_copy(update={"experts": experts})
    assert kernel_factor(model, weights, cal) == factor


def test_experts_cost_per_token_and_per_distinct_expert(easy: Calibration) -> None:
    layout = Layout(replicas=4, experts=4, path=Path.LINK)
    per_token, per_expert = terms.routed_experts(SMALL, 1.0, layout, easy)
    imbalance = 1 + 0.2 * 3 / 4
    assert isclose(per_token.slope[GEMM], imbalance * 2 * 2 * 15_000 / (4 * 0.5))
    assert isclose(per_expert.slope[GEMM], imbalance * 2 * 5 * 15_000 / (4 * 0.5))
    read = imbalance * 15_000 / (4 * easy.expert_stream_efficiency)
    assert isclose(per_expert.slope[WEIGHTS], read)


def test_experts_cut_by_tensor_parallelism_are_balanced(easy: Calibration) -> None:
    per_token, _ = terms.routed_experts(SMALL, 1.0, Layout(tensor=4, path=Path.LINK), easy)
    assert isclose(per_token.slope[GEMM], 2 * 2 * 15_000 / (4 * 0.5))


def test_decode_attention_reads_the_cache_of_its_head_groups(easy: Calibration) -> None:
    work = terms.decode_attention(SMALL, 2.0, 50.0, 4, easy).at(3.0)
    assert isclose(work[CACHE], 3 * 50 * (2 * 2 * 10 * 2 / 2) / 0.8)
    assert isclose(work[BF16], 3 * 2 * 50 * (2 * 8 * 10) / 4 / 0.5)


def test_a_latent_cache_is_not_cut_by_tensor_parallelism(easy: Calibration) -> None:
    work = terms.decode_attention(LATENT, 1.0, 50.0, 4, easy).at(1.0)
    assert isclose(work[CACHE], 50 * 20 / 0.4)
    assert isclose(work[BF16], 2 * 50 * 8 * (2 * 16 + 4) / 4 / 0.25)


def test_a_sliding_window_bounds_what_half_the_layers_see() -> None:
    windowed = SMALL.model_copy(
        update={"sliding_window_layer_share": 0.5, "sliding_window_tokens": 128}
    )
    assert terms.attended(windowed, 1000.0) == 0.5 * 1000 + 0.5 * 128
    assert terms.attended(windowed, 100.0) == 100


def test_prefill_attention_sees_half_the_prompt(easy: Calibration) -> None:
    work = terms.prefill_attention(SMALL, 40.0, 2, easy).at(40.0)
    assert isclose(work[BF16], 40 * 2 * 20 * (2 * 8 * 10) / 2 / 0.25)
    latent = terms.prefill_attention(LATENT, 40.0, 2, easy).at(40.0)
    assert isclose(latent[BF16], 40 * 2 * 20 * 8 * (10 + 4 + 10) / 2 / 0.25)


def test_activations_and_head(easy: Calibration) -> None:
    small = terms.activations(SMALL, easy).at(7.0)
    assert isclose(small[CACHE], 7 * 100 * 4 / 0.5)
    assert small[SECONDS] == easy.layer_fixed_s
    head = terms.output_head(SMALL, 2, easy).at(3.0)
    assert isclose(head[BF16], 3 * 2 * 1000 * 100 / 2)
    assert isclose(head[WEIGHTS], 2 * 1000 * 100 / 2 / 0.5)


def test_an_all_reduce_sends_almost_two_copies(easy: Calibration) -> None:
    link = traffic.all_reduce(SMALL, Layout(tensor=4, path=Path.LINK), easy).at(6.0)
    assert isclose(link[LINK], 2 * 3 / 4 * 6 * 100 * 2 / 0.5)
    assert isclose(link[SECONDS], 10e-6)
    bus = traffic.all_reduce(SMALL, Layout(tensor=4, path=Path.BUS), easy).at(6.0)
    assert isclose(bus[BUS], 2 * 3 / 4 * 6 * 100 * 2 / 0.25)
    assert isclose(bus[SECONDS], 30e-6)
    assert not traffic.all_reduce(SMALL, Layout(), easy).at(6.0).any()


def test_dispatch_and_combine_go_to_the_chosen_experts_or_to_all_chips(easy: Calibration) -> None:
    # Two experts a token: on four chips 1.5 copies over links go elsewhere, on two one is enough.
    layout = Layout(replicas=4, experts=4, path=Path.LINK)
    assert isclose(traffic.all_to_all(SMALL, layout, easy).at(6.0)[LINK], 6 * 1.5 * 100 * 3 / 0.5)
    pair = replace(layout, replicas=2, experts=2)
    assert isclose(traffic.all_to_all(SMALL, pair, easy).at(6.0)[LINK], 6 * 1 * 100 * 3 / 0.5)
    # A bus only gathers: a copy for each other chip.
    bus = traffic.all_to_all(SMALL, replace(layout, path=Path.BUS), easy).at(6.0)
    assert isclose(bus[BUS], 6 * 3 * 100 * 3 / 0.25)


def test_a_quarter_of_dispatch_over_a_network_is_not_hidden(easy: Calibration) -> None:
    layout = Layout(replicas=4, experts=4, path=Path.LINK, nodes=2)
    work = traffic.all_to_all(SMALL, layout, easy).at(6.0)
    nodes = 2 * (1 - 0.5**2) / 2
    assert isclose(work[NETWORK], 6 * nodes * 100 * 3 / 0.5 * 0.25)


def test_efficiency_halves_at_the_stated_rate(cal: Calibration) -> None:
    peak = np.array([cal.gemm_half_rate_flops])
    assert isclose(effective_flops(peak, cal)[0], cal.gemm_efficiency_ceiling * peak[0] / 2)


def test_a_faster_die_computes_more_at_a_lower_share_of_its_peak(cal: Calibration) -> None:
    peak = np.geomspace(1e13, 1e17, 50)
    rate = effective_flops(peak, cal)
    assert (np.diff(rate) > 0).all()
    assert (np.diff(rate / peak) < 0).all()


@pytest.mark.parametrize(("native", "factor"), [(frozenset[str](), 2.0), (frozenset({"fp4"}), 1.0)])
def test_weights_widened_in_the_kernel_multiply_at_a_share_of_the_bf16_rate(
    easy: Calibration, native: frozenset[str], factor: float
) -> None:
    part = chip(native=native, fp4_flops=148e12)
    unlimited = replace(easy, widened_rate_flops=1e30)
    price = hot_prices("nvfp4", part, unlimited, 1)
    assert isclose(price[FLOP_GEMM, 0], price[FLOP_BF16, 0] * factor)


def test_widened_weights_do_not_multiply_faster_than_the_older_instructions(
    easy: Calibration,
) -> None:
    rates = np.array([1e14, 1e16, 1e20])
    part = replace(chip(native=frozenset[str]()), bf16_flops=rates)
    price = hot_prices("int4", part, easy, 3)[FLOP_GEMM]
    assert (np.diff(price) < 0).all()
    assert 1 / price[-1] < easy.widened_rate_flops


def test_like_tokens_choose_like_experts() -> None:
    assert isclose(distinct_experts(16, 128, 8, 0.5), distinct_experts(4, 128, 8))
    assert distinct_experts(1, 128, 8, 0.5) == distinct_experts(1, 128, 8)


def test_attention_replicas_wait_for_the_prompts_of_one_another(easy: Calibration) -> None:
    def share(layout: Layout) -> float:
        request = Request(SMALL, "fp8", "fp8", 100.0, 50.0, layout, easy)
        tokens = easy.prefill_chunk_tokens
        return float(
            request.prefill_share[GEMM] / request.chunk(tokens, tokens / 100)[GEMM] * tokens / 100
        )

    assert isclose(share(Layout()), 1)
    assert isclose(share(Layout(replicas=4, experts=4, path=Path.LINK)), 1 + 0.4 * 3 / 4)


def test_linear_attention_moves_its_state_twice_a_step(easy: Calibration) -> None:
    hybrid = SMALL.model_copy(
        update={"linear": LinearAttention(layers=1, key_heads=2, value_heads=4, head_dim=10)}
    )
    assert hybrid.attention_layers == 1
    assert terms.state_bytes(hybrid, 2) == 4 * 10 * 10 * 4 / 2
    assert isclose(terms.linear_attention(hybrid, 2, easy).at(3.0)[CACHE], 3 * 2 * 800 / 0.8)
    wide = 2 * 2 * 10 + 3 * 4 * 10 + 2 * 4
    assert hybrid.mixing_params == hybrid.attention_params + 100 * wide
    request = Request(hybrid, "fp8", "fp8", 40.0, 0.0, Layout(), easy)
    assert isclose(request.cache_bytes, 40 * 2 * 2 * 10 + 1600)


def test_sparse_attention_reads_its_index_of_what_it_does_not_attend_to(easy: Calibration) -> None:
    sparse = LATENT.model_copy(
        update={"sparse": SparseAttention(top_k_tokens=30, index_heads=2, index_dim=5)}
    )
    assert sparse.cache_elements_per_token_layer == 16 + 4 + 5
    work = terms.decode_attention(sparse, 1.0, 50.0, 1, easy).at(1.0)
    assert isclose(work[CACHE], (30 * 25 + 20 * 5) / 0.4)
    assert isclose(work[BF16], (2 * 30 * 8 * 36 + 2 * 50 * 2 * 5) / 0.25)


def test_distinct_experts_of_one_token_are_its_choices() -> None:
    assert isclose(distinct_experts(1, 128, 8), 8)
    assert isclose(distinct_experts(2, 8, 2), 8 * (1 - 0.75**2))


@pytest.mark.parametrize(("experts", "top_k"), [(8, 2), (16, 1), (128, 4), (256, 8), (384, 8)])
def test_the_envelope_follows_the_curve_within_one_percent(experts: int, top_k: int) -> None:
    tokens = np.geomspace(1, 20_000, 3000)
    exact = experts * (1 - (1 - top_k / experts) ** tokens)
    lines = envelope(experts, top_k)
    hull = (lines[:, :1] + lines[:, 1:] * tokens).min(axis=0)
    assert np.abs(hull / exact - 1).max() < 0.0205
    assert np.median(np.abs(hull / exact - 1)) < 0.01
