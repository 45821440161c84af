"""A decoding step and a prompt, put together from the terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from catalogs.architectures import ModelArchitecture
from optimizer.projection import terms, traffic
from optimizer.projection.calibration import Calibration
from optimizer.projection.experts import distinct_experts, envelope, kernel_factor
from optimizer.projection.formats import CACHE_BYTES, WEIGHT_BYTES
from optimizer.projection.layouts import Layout
from optimizer.projection.software import PLAIN, Release
from optimizer.projection.work import CACHE, NOTHING, SECONDS, SIZE, Affine, Vector, amount

# All-reduces of a dense layer: after attention and after the feed-forward block.
ALL_REDUCES = 2


@dataclass(frozen=True)
class Request:
    """One kind of request on one model in one layout: everything but the device.

    Parameters
    ----------
    model : ModelArchitecture
    weight_format, cache_format : str
        Number formats of weights and key-value cache.
    input_tokens, output_tokens : float
        Lengths. [tokens]
    layout : Layout
    cal : Calibration
    release : Release
        Software, for what of it falls on some terms only; its other factors scale prices.
    cached_tokens : float
        Tokens of the prompt that are found in the cache. [tokens]
    shared : bool
        Whether the sequences of a replica share them.
    """

    model: ModelArchitecture
    weight_format: str
    cache_format: str
    input_tokens: float
    output_tokens: float
    layout: Layout
    cal: Calibration
    release: Release = PLAIN
    cached_tokens: float = 0.0
    shared: bool = True

    def with_constants(self, cal: Calibration) -> Request:
        """Return the same request under other constants."""
        return replace(self, cal=cal)

    @property
    def context(self) -> float:
        """Mean length of a sequence while it is decoded: n_in + n_out / 2. [tokens]"""
        return self.input_tokens + self.output_tokens / 2

    @property
    def computed_tokens(self) -> float:
        """Tokens of the prompt that prefill computes: all that are not cached, one at least."""
        return max(self.input_tokens - self.cached_tokens, 1.0)

    @cached_property
    def _layers(self) -> Affine:
        """Amounts of every layer that decoding and prefill share, routed experts apart."""
        model, layout, cal = self.model, self.layout, self.cal
        width = WEIGHT_BYTES[self.weight_format]
        dense, moe = model.dense_layers, model.moe_layers
        shared = model.moe_layers * model.shared_params
        params = model.mixing_params + dense * model.ffn_params + shared
        work = terms.linear(params, width, layout.tensor, cal)
        work += terms.rereads(params, width, layout.tensor, cal)
        # m0 is per GEMM, not per layer: it scales the FLOP, so one call over all weights is exact.
        work += terms.activations(model, cal) * model.layers
        if moe:
            work += Affine(amount(SECONDS, cal.moe_layer_fixed_s), NOTHING.slope) * moe
        per_moe = 1 if layout.replicas > 1 else ALL_REDUCES
        work += traffic.all_reduce(model, layout, cal) * (ALL_REDUCES * dense + per_moe * moe)
        work += traffic.stage_boundaries(model, layout, cal)
        return work + traffic.all_to_all(model, layout, cal) * moe

    @cached_property
    def _experts(self) -> tuple[Vector, Vector]:
        """Amounts of all MoE layers per token of a replica, and per distinct expert of a layer."""
        model, layout = self.model, self.layout
        if not model.moe_layers:
            return NOTHING.slope, NOTHING.slope
        width = WEIGHT_BYTES[self.weight_format]
        per_token, per_expert = terms.routed_experts(model, width, layout, self.cal)
        scale = model.moe_layers * self.release.expert_factor
        scale *= kernel_factor(model, self.weight_format, self.cal)
        return per_token.slope * layout.replicas * scale, per_expert.slope * scale

    @cached_property
    def decode(self) -> Affine:
        """Amounts of a decoding step, fixed and per sequence of a replica, experts' reads apart."""
        model, layout, cal = self.model, self.layout, self.cal
        work = self._layers + self._attention
        work += terms.linear_attention(model, layout.tensor, cal)
        work += Affine(NOTHING.fixed, self._experts[0])
        return work + terms.output_head(model, layout.tensor, cal) + self._host

    @cached_property
    def _attention(self) -> Affine:
        """Amounts of the attention of one decoded token per sequence, over all layers."""
        width = CACHE_BYTES[self.cache_format]
        one = terms.decode_attention(self.model, width, self.context, self.layout.tensor, self.cal)
        one.slope[CACHE] *= self.release.cache_reads(self.model, self.layout.tensor)
        return one * self.model.attention_layers

    @property
    def _host(self) -> Affine:
        """Time of the scheduler and sampler under this software."""
        return terms.host(self.cal, self.release.sequence_factor)

    @cached_property
    def expert_reads(self) -> tuple[Vector, float]:
        """Amounts per distinct expert of a layer, and tokens of the group per sequence."""
        return self._experts[1], float(self.layout.replicas)

    @cached_property
    def bends(self) -> NDArray[np.float64]:
        """Lines (p, q) of the envelope of distinct experts, (J, 2); (0, 0) of a dense model."""
        model = self.model
        if not model.moe_layers:
            return np.zeros((1, 2))
        return envelope(model.experts, model.top_k, self.cal.expert_choice_spread)

    @cached_property
    def decode_lines(self) -> tuple[Affine, ...]:
        """Amounts of a decoding step for each line of the envelope of distinct experts."""
        per_expert, tokens = self.expert_reads
        return tuple(
            self.decode + Affine(per_expert * p, per_expert * q * tokens) for p, q in self.bends
        )

    def decode_at(self, batch: float) -> Vector:
        """Amounts of a decoding step of `batch` sequences per replica, experts exact."""
        work = self.decode.at(batch)
        if self.model.moe_layers:
            work = work + self._experts[1] * self._distinct(batch)
        return work

    def verified_at(self, batch: float, drafts: float) -> Vector:
        """Amounts of a step that checks `drafts` draft tokens per sequence and drafts as many.

        The pass holds b (1 + j) tokens; the cache is read once per sequence. Each draft takes one
        layer's share of a pass over b tokens and an output head (one module of multi-token
        prediction).

        References
        ----------
        .. [1] DeepSeek-V3 technical report, arXiv:2412.19437, section 2.2.
        """
        model, layout, cal = self.model, self.layout, self.cal
        tokens = batch * (1 + drafts)
        head = terms.output_head(model, layout.tensor, cal)
        plain, wide = self.decode_at(batch), self.decode_at(tokens)
        again = self._attention.slope * (np.arange(SIZE) == CACHE)
        again = again + terms.linear_attention(model, layout.tensor, cal).slope
        again = again + self._host.slope
        once: Vector = wide - again * (tokens - batch)
        once += (plain / model.layers + head.at(batch)) * drafts
        return once

    def _distinct(self, tokens: float) -> float:
        group = tokens * self.layout.replicas
        spread = self.cal.expert_choice_spread
        return distinct_experts(group, self.model.experts, self.model.top_k, spread)

    def chunk(self, tokens: float, ends: float) -> Vector:
        """Amounts of a prefill pass of `tokens` prompt tokens in which `ends` prompts end."""
        model, layout, cal = self.model, self.layout, self.cal
        attention = terms.prefill_attention(
            model, self.input_tokens, layout.tensor, cal, self.cached_tokens
        )
        work = self._layers + attention * model.attention_layers
        work += Affine(NOTHING.fixed, self._experts[0])
        total = work.at(tokens) + terms.output_head(model, layout.tensor, cal).at(ends)
        if model.moe_layers:
            total = total + self._experts[1] * self._distinct(tokens)
        return total

    @cached_property
    def prefill_share(self) -> Vector:
        """Amounts per prompt beside decoding, in full chunks.

        The a attention replicas of a group wait for one another's prompts: 1 + st (1 - 1/a).
        """
        stall = 1 + self.cal.replica_stall_share * (1 - 1 / self.layout.replicas)
        return self.prefill_flow * stall

    @cached_property
    def prefill_flow(self) -> Vector:
        """Amounts per prompt when full chunks are passed back to back and nothing else."""
        tokens = self.cal.prefill_chunk_tokens
        chunks = self.computed_tokens / tokens
        return self.chunk(tokens, 1 / chunks) * chunks

    @cached_property
    def prefill_alone(self) -> Vector:
        """Amounts of the prompt of one request that meets an idle server."""
        passes = terms.chunk_count(self.computed_tokens, self.cal)
        work = self.chunk(self.computed_tokens / passes, 1 / passes) * passes
        return work + self._host.at(1) * passes

    @property
    def stage_factor(self) -> float:
        """Time of p decoding passes over one alone: (1 + pb (p - 1)^2) p ceil(L / p) / L.

        The largest stage sets the pace; the idle share pb is fitted on two to eight stages.
        """
        stages = self.layout.stages
        idle = 1 + self.cal.pipeline_bubble * (stages - 1) ** 2
        return idle * stages * self.largest_stage

    @property
    def largest_stage(self) -> float:
        """Share of the layers in the largest stage, and of a prompt's time that a replica takes.

        Chunks of prompts follow one another without the tokens of those before, so no stage waits.

        References
        ----------
        .. [1] A. Agrawal et al., SARATHI, arXiv:2308.16369: chunks of equal work leave few bubbles.
        """
        return self.layout.largest_stage(self.model.layers)

    @property
    def body_bytes(self) -> float:
        """Bytes of the weights of the layers on one chip of the largest stage. [B]"""
        model, layout = self.model, self.layout
        experts = model.moe_layers * model.experts * model.expert_params
        body = (model.body_params - experts) / layout.tensor + experts / layout.expert_shards
        return body * WEIGHT_BYTES[self.weight_format] * self.largest_stage

    @property
    def weight_bytes(self) -> float:
        """Bytes of weights on one chip, embeddings in bf16. [B]

        The first stage holds the input embedding, the last one the output embedding.
        """
        model, layout = self.model, self.layout
        one_end = model.vocab * model.hidden
        params = one_end if layout.stages > 1 else model.embedding_params
        return self.body_bytes + terms.BF16_BYTES * params / layout.tensor

    @property
    def cache_bytes(self) -> float:
        """Bytes of key-value cache that one sequence takes on one chip by itself. [B]"""
        own = self.input_tokens - (self.cached_tokens if self.shared else 0.0)
        length = own + self.cal.cache_output_share * self.output_tokens
        state = terms.state_bytes(self.model, self.layout.tensor)
        return self._held_bytes(length) + state * self.largest_stage

    @property
    def prefix_bytes(self) -> float:
        """Bytes of cache that the sequences of a replica share on one chip. [B]"""
        return self._held_bytes(self.cached_tokens) if self.shared else 0.0

    def _held_bytes(self, tokens: float) -> float:
        """Bytes of the keys and values of so many tokens on one chip of the largest stage. [B]"""
        model, layout = self.model, self.layout
        width = CACHE_BYTES[self.cache_format]
        per_token = terms.cache_bytes_per_token_layer(model, width, layout.tensor)
        held = tokens if model.sparse else terms.attended(model, tokens)
        return per_token * held * model.attention_layers * self.largest_stage


def held_bytes(request: Request, release: Release) -> float:
    """Bytes that weights, libraries and a shared prefix take from a server's memory share. [B]

    An engine that gives its cache a share of what is free once all else is loaded counts that
    share of the rest only (`memory_of_free`): u (C - W - R) = u C - u (W + R).
    """
    rest = request.weight_bytes + request.cal.memory_reserve_bytes
    return request.prefix_bytes + rest * (
        request.cal.memory_usable_share if release.memory_of_free else 1.0
    )


def stacked(lines: tuple[Affine, ...]) -> tuple[Vector, Vector]:
    """Return the fixed parts and the slopes of lines as two matrices."""
    return np.stack([x.fixed for x in lines]), np.stack([x.slope for x in lines])
