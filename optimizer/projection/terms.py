"""Terms of one forward pass: one function each, amounts in FLOP, bytes and seconds.

Symbols: m tokens (sequences in decoding) per attention replica, t tensor shards, d hidden size,
P weights, w bytes per weight, m0 tokens at which a GEMM reaches half its rate.
"""

from __future__ import annotations

from math import ceil, sqrt

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration
from optimizer.projection.layouts import Layout
from optimizer.projection.work import (
    BF16,
    CACHE,
    GEMM,
    NOTHING,
    REREAD,
    SECONDS,
    WEIGHTS,
    Affine,
    amount,
)

BF16_BYTES = 2.0
STATE_BYTES = 4.0
# A multiply and an add.
FLOP_PER_WEIGHT = 2.0
# Tiles of a matrix product that the cache holds at once: one of each operand and the result.
TILES = 3


def linear(params: float, weight_bytes: float, shards: int, cal: Calibration) -> Affine:
    """Linear layers: t = 2 (m + m0) P / (t eta F) + s P w / (t em B).

    Parameters
    ----------
    params : float
        Weights of the layers. [1]
    weight_bytes : float
        Bytes per weight. [B]
    shards : int
        Chips that share the weights. [1]

    Notes
    -----
    Additive roofline; the rate of a GEMM of m tokens is scaled by m / (m + m0).

    References
    ----------
    .. [1] S. Williams et al., Roofline, CACM 52(4), 2009; sum in place of maximum fitted on
       `measured/public.csv`.

    Examples
    --------
    >>> from optimizer.projection.calibration import load_calibration
    >>> linear(1e9, 1.0, 1, load_calibration()).slope[GEMM]
    np.float64(2000000000.0)
    """
    slope = amount(GEMM, FLOP_PER_WEIGHT * params / shards)
    streamed = cal.smaller_term_share * params * weight_bytes
    weights = amount(WEIGHTS, streamed / (shards * cal.weight_stream_efficiency))
    return Affine(slope * cal.half_rate_tokens + weights, slope)


def rereads(params: float, weight_bytes: float, shards: int, cal: Calibration) -> Affine:
    """Tiles of matrix products read again: t = m r 2 P w / (t B sqrt(Z / 3 w)).

    A product of m x n x k in square tiles, three of which fill a cache of Z bytes, reads
    2 m n k w / sqrt(Z / 3 w) bytes of its operands; r is a fitted factor on that.

    Parameters
    ----------
    params, weight_bytes, shards
        As in `linear`.

    References
    ----------
    .. [1] J.-W. Hong and H. T. Kung, I/O complexity: the red-blue pebble game, STOC 1981.

    Examples
    --------
    >>> from optimizer.projection.calibration import load_calibration
    >>> rereads(1e9, 1.0, 1, load_calibration()).fixed.any()
    np.False_
    """
    read = cal.tile_reread_factor * FLOP_PER_WEIGHT * params * weight_bytes / shards
    return Affine(NOTHING.fixed, amount(REREAD, read * sqrt(TILES * weight_bytes)))


def routed_experts(
    model: ModelArchitecture, weight_bytes: float, layout: Layout, cal: Calibration
) -> tuple[Affine, Affine]:
    """Routed experts of one layer: amounts per token of the group and per distinct expert read.

    t = imb (2 T k Pe / (g emoe eta x / (x + me) F) + H Pe w / (g eme B)) with x = T k / H, so
    the FLOP are 2 Pe (T k + H me). T tokens of the group, H distinct experts, g shards.

    Returns
    -------
    per_token, per_expert : Affine
        Both with the fixed part zero; to be scaled by T and by H.

    References
    ----------
    .. [1] Grouped-GEMM tables shipped with NVIDIA aiconfigurator (Apache-2.0).
    """
    shards = layout.expert_shards
    imbalance = 1 + (cal.expert_imbalance - 1) * (1 - 1 / layout.experts)
    flop = (
        FLOP_PER_WEIGHT * model.expert_params * imbalance / (shards * cal.grouped_gemm_efficiency)
    )
    read = model.expert_params * weight_bytes * imbalance / (shards * cal.expert_stream_efficiency)
    per_expert = amount(GEMM, flop * cal.expert_half_rate_tokens) + amount(WEIGHTS, read)
    none = NOTHING.fixed
    return Affine(none, amount(GEMM, flop * model.top_k)), Affine(none, per_expert)


def attended(model: ModelArchitecture, context: float) -> float:
    """Mean tokens that a query attends to, over layers with and without a sliding window.

    Sparse attention attends to the tokens that its indexer picks (DeepSeek-V3.2-Exp report).
    """
    if model.sparse is not None:
        return min(context, model.sparse.top_k_tokens)
    if model.sliding_window_tokens is None:
        return context
    share = model.sliding_window_layer_share
    return (1 - share) * context + share * min(context, model.sliding_window_tokens)


def cache_bytes_per_token_layer(model: ModelArchitecture, cache_bytes: float, tensor: int) -> float:
    """Key-value bytes per token and layer on one chip; latent caches are not cut. [B]"""
    per_token = model.cache_elements_per_token_layer * cache_bytes
    return per_token if model.latent else per_token / min(tensor, model.kv_heads)


def decode_attention(
    model: ModelArchitecture, cache_bytes: float, context: float, tensor: int, cal: Calibration
) -> Affine:
    """Attention of one decoded token per sequence, one layer: q S / (ekv B) + 2 S c / (ea' eta F).

    c = 2 hq dh / t, with a latent cache h (2 rk + dr) / t.

    References
    ----------
    .. [1] J. Ainslie et al., GQA, arXiv:2305.13245; DeepSeek-V2, arXiv:2405.04434 (absorbed form).
    """
    seen = attended(model, context)
    q = cache_bytes_per_token_layer(model, cache_bytes, tensor)
    if model.latent:
        per_key = model.q_heads * (2 * model.latent.kv_rank + model.latent.rope_dim)
    else:
        per_key = 2 * model.q_heads * model.head_dim
    latent = model.latent is not None
    own, wide = cal.decode_attention_efficiency, cal.latent_attention_efficiency
    flop = FLOP_PER_WEIGHT * seen * per_key / tensor / (wide if latent else own)
    reach = cal.latent_cache_stream_efficiency if latent else cal.cache_stream_efficiency
    slope = amount(CACHE, q * seen / reach) + amount(BF16, flop)
    if model.sparse is not None:
        unseen = max(context - seen, 0.0)
        slope += amount(CACHE, model.sparse.index_dim * cache_bytes * unseen / reach)
        index = FLOP_PER_WEIGHT * context * model.sparse.index_heads * model.sparse.index_dim
        slope += amount(BF16, index / tensor / (wide if latent else own))
    return Affine(NOTHING.fixed, slope)


def state_bytes(model: ModelArchitecture, tensor: int) -> float:
    """Bytes of the states of linear attention of one sequence on one chip, over all layers. [B]"""
    if model.linear is None:
        return 0.0
    return model.linear.layers * model.linear.state_elements * STATE_BYTES / tensor


def linear_attention(model: ModelArchitecture, tensor: int, cal: Calibration) -> Affine:
    """States of linear attention, read and written once per sequence and step: 2 y / (ekv B).

    References
    ----------
    .. [1] S. Yang et al., Gated delta networks, arXiv:2412.06464; states are kept in fp32
       (`mamba_ssm_dtype` of the public configurations).
    """
    moved = 2 * state_bytes(model, tensor) / cal.cache_stream_efficiency
    return Affine(NOTHING.fixed, amount(CACHE, moved))


def prefill_attention(
    model: ModelArchitecture,
    input_tokens: float,
    tensor: int,
    cal: Calibration,
    cached_tokens: float = 0.0,
) -> Affine:
    """Causal attention of prompt tokens, one layer: 2 m ((n + n_c) / 2) c' / (ea eta F_bf16).

    c' = 2 hq dh / t, with a latent cache h (dn + dr + dv) / t. The first n_c tokens of a prompt
    are in the cache: those computed stand behind them and attend to them.

    References
    ----------
    .. [1] T. Dao, FlashAttention-2, arXiv:2307.08691.
    """
    if model.latent:
        m = model.latent
        per_key = model.q_heads * (m.nope_dim + m.rope_dim + m.v_dim)
    else:
        per_key = 2 * model.q_heads * model.head_dim
    seen = attended(model, (input_tokens + cached_tokens) / 2)
    flop = FLOP_PER_WEIGHT * seen * per_key / tensor / cal.prefill_attention_efficiency
    return Affine(NOTHING.fixed, amount(BF16, flop))


def activations(model: ModelArchitecture, cal: Calibration) -> Affine:
    """Small kernels of one layer: m d ap / (em B) + tl, and tll more for latent attention.

    Latent attention projects down and up again and absorbs a matrix on both sides: about twice
    the kernels of grouped heads (DeepSeek-V2, arXiv:2405.04434, section 2.1).
    """
    traffic = model.hidden * cal.activation_bytes_per_element / cal.weight_stream_efficiency
    fixed = cal.layer_fixed_s + (cal.latent_layer_fixed_s if model.latent else 0.0)
    return Affine(amount(SECONDS, fixed), amount(CACHE, traffic))


def output_head(model: ModelArchitecture, tensor: int, cal: Calibration) -> Affine:
    """Output embedding in bf16: 2 b V d / (t eta F_bf16) + 2 V d / (t em B)."""
    weights = model.vocab * model.hidden / tensor
    read = BF16_BYTES * weights / cal.weight_stream_efficiency
    return Affine(amount(WEIGHTS, read), amount(BF16, FLOP_PER_WEIGHT * weights))


def host(cal: Calibration, sequence_factor: float = 1.0) -> Affine:
    """Scheduler and sampler of one step: ts + f tb b, with f of the software release."""
    sequence = cal.sequence_fixed_s * sequence_factor
    return Affine(amount(SECONDS, cal.step_fixed_s), amount(SECONDS, sequence))


def chunk_count(input_tokens: float, cal: Calibration) -> int:
    """Forward passes of one prompt."""
    return max(1, ceil(input_tokens / cal.prefill_chunk_tokens))
